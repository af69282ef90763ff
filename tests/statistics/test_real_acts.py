"""From the real commands to the figures, nothing made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.circulation import commands
from shuxiang.apps.stock.commands import items
from shuxiang.documents.report import BRANCHES_TOO, LIBRARY_ALONE
from shuxiang.runtime import sql
from shuxiang.statistics import daily, invariants
from shuxiang.statistics.figures import figures
from tests.support.library import Contexts, Library
from tests.support.stocked import Stocked, build


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library) -> Stocked:
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    return made


def test_a_week_of_a_library(
    library: Library, stocked: Stocked, ctx: Contexts, at: Callable[..., Any]
) -> None:
    wednesday, thursday = at("2020-06-10"), at("2020-06-11")

    def lend(barcode: str, who: str, when: Any = wednesday, place: str = "") -> str:
        return commands.check_out(
            item_barcode=barcode, card=stocked.cards[who], ctx=ctx(at=when, place=place)
        ).loan

    lend("B001", "adult")
    second = lend("B002", "adult")
    lend("B003", "adult", thursday, library.east)
    lend("B004", "child")
    mistaken = lend("B005", "other")
    commands.undo(act="check_out", subject=mistaken, done_at=wednesday, ctx=ctx(at=wednesday))
    commands.renew(loan=second, ctx=ctx(at=thursday))
    commands.check_in(item_barcode="B001", ctx=ctx(at=thursday, place=library.east))
    commands.use_in_house(item_barcode="B008", ctx=ctx(at=thursday))
    items.withdraw_item(item=stocked.items["B007"], why="破损", ctx=ctx(at=thursday))
    items.move_item(item=stocked.items["B006"], owner=library.east, ctx=ctx(at=thursday))
    daily.refresh()

    def found(scope: Any) -> dict[str, int | None]:
        return {c: f.value for c, f in figures(2020, place=library.main, scope=scope).items()}

    expected = {"loan_vol": (3, 4), "loan_person": (2, 3), "active_reader": (2, 2),
                "renew_vol": (1, 1), "return_vol": (0, 1), "read_vol": (1, 1),
                "coll": (7, 9), "new_coll": (9, 10), "weeded": (1, 1),
                "cards_new": (3, 3), "cards_valid": (3, 3), "visit_gate": (None, None)}  # fmt: skip
    alone, below = found(LIBRARY_ALONE), found(BRANCHES_TOO)
    assert {code: (alone[code], below[code]) for code in expected} == expected
    broken = [f"{c.id} {c.detail}" for c in invariants.check() if not c.ok and c.id != "9"]
    assert broken == []
    sql.run("DELETE FROM ledger_reader")
    daily.rebuild(at("2020-01-01").date(), at("2020-12-31").date())
    assert (found(LIBRARY_ALONE), found(BRANCHES_TOO)) == (alone, below)
