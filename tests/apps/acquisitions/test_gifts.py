"""赠书: ledger of givers, certificate, apart in statistics (row I3; cases DN-)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.acquisitions import commands, queries
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.books import NONE, Copies, Shelving
from shuxiang.apps.stock.commands.items import change_item
from shuxiang.documents.report import LIBRARY_ALONE
from shuxiang.kernel.decision import Refused
from shuxiang.statistics import daily, invariants
from shuxiang.statistics.figures import figures
from tests.apps.acquisitions.conftest import Buying
from tests.support.library import Contexts

pytestmark = pytest.mark.db
Unchanged = Callable[[], AbstractContextManager[None]]


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [r.code for r in refused.value.decision.refusing]


def given(ctx: Contexts, giver: str = "张建国", **more: Any) -> str:
    return commands.enter_donation(
        giver=giver, kind=more.pop("kind", "person"), given_on=date(2020, 6, 9), **more,
        ctx=ctx("acquisitions"),
    )  # fmt: skip


def add(
    ctx: Contexts, donation: str, place: str, count: int = 2, source: str = "gift"
) -> list[str]:
    copies = Copies(
        place=place, category="book", source=source, price_fen=3000, count=count,
        shelving=Shelving(how=NONE),
    )  # fmt: skip
    added = commands.add_gift(
        donation=donation,
        short=ShortRecord(title="源城史话"),
        copies=copies,
        ctx=ctx("acquisitions"),
    )
    return [item for item, _code in added.items]


def test_i3_a_gift_with_its_books_apart_in_the_figures(buying: Buying, ctx: Contexts) -> None:
    main = buying.stocked.library.main
    first, second = given(ctx, public=True), given(ctx, "市作家协会", kind="organisation")
    items = add(ctx, first, main)
    add(ctx, second, main, count=1)
    assert {stock.item(i).source for i in items} == {"gift"}  # type: ignore[union-attr]
    shown = queries.donation(first)
    assert shown is not None
    assert (shown.titles, shown.copies, shown.price_fen) == (1, 2, 6000)
    # Numbered in the order they were printed, once.
    for donation, number in ((second, 1), (first, 2), (second, 1)):
        assert commands.number_certificate(donation=donation, ctx=ctx("acquisitions")) == number
    assert [d.giver for d in queries.thanked(main)] == ["张建国"]
    commands.change_donation(donation=first, anonymous=True, public=False, ctx=ctx("acquisitions"))
    assert queries.thanked(main) == ()
    daily.refresh()
    report = figures(2020, place=main, scope=LIBRARY_ALONE)
    # Nine items of 2020 are the main library's by purchase.
    assert (report["new_coll_buy"].value, report["new_coll_gift"].value) == (9, 3)
    assert report["new_coll"].value == 12
    assert [c for c in invariants.check() if not c.ok and c.id != "9"] == []


def test_a_gift_is_undone_while_its_books_are_untouched(
    buying: Buying, ctx: Contexts, unchanged: Unchanged
) -> None:
    main = buying.stocked.library.main
    made = given(ctx)
    (item, other) = add(ctx, made, main)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.undo_donation(donation=made, why=" ", ctx=ctx("acquisitions"))
    assert codes(refused) == ["reason-missing"]
    change_item(item=other, volume="下", ctx=ctx("acquisitions"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.undo_donation(donation=made, why="录错", ctx=ctx("acquisitions"))
    assert codes(refused) == ["item-not-fresh"]
    again = given(ctx)
    add(ctx, again, main, count=1)
    assert commands.undo_donation(donation=again, why="录错", ctx=ctx("acquisitions")) == 1
    for act in (
        lambda: commands.undo_donation(donation=again, why="再来", ctx=ctx("acquisitions")),
        lambda: commands.number_certificate(donation=again, ctx=ctx("acquisitions")),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            act()
        assert codes(refused) == ["donation-undone"]
    daily.refresh()
    assert figures(2020, place=main, scope=LIBRARY_ALONE)["new_coll_gift"].value == 2
    assert stock.item(item) is not None


def test_bad_gifts_are_told(buying: Buying, ctx: Contexts, unchanged: Unchanged) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        commands.enter_donation(
            giver=" ", kind="firm", given_on=date(2020, 6, 11), anonymous=True, public=True,
            ctx=ctx("acquisitions"),
        )  # fmt: skip
    assert codes(refused) == ["name-missing", "giver-kind", "donation-date", "donation-anonymous"]
    made = given(ctx)
    with unchanged(), pytest.raises(Refused) as refused:
        add(ctx, made, buying.stocked.library.main, source="purchase")
    assert codes(refused) == ["donation-source"]
    with unchanged(), pytest.raises(Refused) as refused:
        commands.number_certificate(donation=made, ctx=ctx("acquisitions"))
    assert codes(refused) == ["donation-empty"]
    with unchanged(), pytest.raises(Refused) as refused:
        commands.attach_gift(
            donation=made, item=buying.stocked.items["B001"], ctx=ctx("acquisitions")
        )
    assert codes(refused) == ["donation-source"]
    with unchanged(), pytest.raises(Refused) as refused:
        commands.enter_donation(
            giver="某人", kind="person", given_on=date(2020, 6, 9), ctx=replace(ctx("desk"))
        )
    assert codes(refused) == ["not-permitted"]
