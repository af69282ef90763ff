"""A main library that buys: one fund, one supplier, barcodes of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from shuxiang.apps.acquisitions import commands
from shuxiang.apps.places import commands as places
from shuxiang.project.wiring import wire
from tests.support.library import Contexts, Library
from tests.support.stocked import Stocked, build


@dataclass(frozen=True, slots=True)
class Buying:
    """``fund``: 10,000.00 yuan of 2020; ``supplier`` at 68 %."""

    stocked: Stocked
    fund: str
    supplier: str


def _build(library: Library) -> Buying:
    stocked = build(library)
    ctx = Contexts(library)
    for key, value in (("items.barcode_prefix", "N"), ("items.barcode_digits", 6)):
        places.set_setting(place=library.main, key=key, value=value, ctx=ctx())
    fund = commands.add_fund(
        code="GZ", name="购书经费", source="budget", year=2020, budget_fen=1_000_000, ctx=ctx()
    )
    supplier = commands.save_supplier(code="XH", name="新华书店", rate=6800, ctx=ctx())
    return Buying(stocked, fund, supplier)


@pytest.fixture
def buying(scene: Callable[..., Any], library: Library) -> Buying:
    """The test library with what buying needs."""
    wire()
    made: Buying = scene("acquisitions.buying", lambda: _build(library))
    return made
