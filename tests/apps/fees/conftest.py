from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.fees import commands as fees
from shuxiang.apps.places import commands as places
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build

FROM = date(2020, 1, 2)


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library) -> Stocked:
    """The test library with books, readers and loan rules; nothing is charged."""
    made: Stocked = scene("fees.stocked", lambda: build(library))
    return made


@pytest.fixture
def add_rule(stocked: Stocked, ctx: Contexts) -> Callable[..., str]:
    """``add_rule("overdue", amount_fen=20)``: a fee rule of the main library from 2020-01-02 on."""

    def add(kind: str, **values: Any) -> str:
        at = ctx(at=moment(FROM, "09:00"))
        given = {"place": stocked.library.main, "valid_from": FROM} | values
        return fees.add_rule(kind=kind, **given, ctx=at)

    return add


@pytest.fixture
def charging(stocked: Stocked, ctx: Contexts, add_rule: Callable[..., str]) -> Stocked:
    """Money at the desk: overdue days at 20 分, at most 10.00 yuan, owing 5.00 stops lending."""
    places.set_setting(place=stocked.library.main, key="fees.at_desk", value=True, ctx=ctx())
    add_rule("overdue", amount_fen=20, cap_fen=1000)
    add_rule("limit", amount_fen=500)
    return stocked
