"""A bookhouse and a reading base of the test library, books in the bookhouse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.drift import commands
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build


@dataclass(frozen=True, slots=True)
class Drifting:
    """``house`` at the service point, plaque of 20 May 2020; ``base`` at the west branch; ``codes`` of
    three books at the house."""

    stocked: Stocked
    house: str
    base: str
    codes: tuple[str, ...]


def settle(stocked: Stocked) -> Drifting:
    ctx = Contexts(stocked.library)
    at = moment("2020-06-01", "09:00")
    house = commands.register(
        place=stocked.library.point, kind="bookhouse", plaque_on=date(2020, 5, 20), keeper="陈阿姨",
        phone="13900000000", agreement_from=date(2020, 5, 1), agreement_until=date(2021, 4, 30),
        agreement_file="源图协〔2020〕3号", hours="每天 8:00–20:00", ctx=ctx("director", at=at),
    )  # fmt: skip
    base = commands.register(
        place=stocked.library.west, kind="reading_base", plaque_on=date(2020, 6, 1),
        ctx=ctx("director", at=at),
    )  # fmt: skip
    codes = commands.add_books(
        site=house,
        books=(
            commands.New("小王子", "圣埃克苏佩里"), commands.New("城南旧事"), commands.New("边城"),
        ),
        ctx=ctx("director", at=at),
    )  # fmt: skip
    return Drifting(stocked, house, base, codes)


@pytest.fixture
def drifting(scene: Callable[..., Any], library: Library) -> Drifting:
    def made() -> Drifting:
        stocked = build(library)
        return settle(stocked)

    found: Drifting = scene("drift.settled", made)
    return found
