from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.circulation import commands
from tests.support.library import Contexts, Library
from tests.support.stocked import Stocked, build


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library) -> Stocked:
    """The test library with books, readers and rules."""
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    return made


@pytest.fixture
def out(stocked: Stocked, ctx: Contexts) -> Stocked:
    """Every copy of 三体 (B002, B005, B008) is out to the child."""
    for barcode in ("B002", "B005", "B008"):
        commands.check_out(item_barcode=barcode, card=stocked.cards["child"], ctx=ctx("desk"))
    return stocked
