from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.library import Library
from tests.support.stocked import Stocked, build


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library) -> Stocked:
    """The test library with books, readers and rules."""
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    return made
