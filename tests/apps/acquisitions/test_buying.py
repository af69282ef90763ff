"""Fund → order → receive → item → invoice (row I1; cases AQ-)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.acquisitions import commands, queries
from shuxiang.apps.acquisitions.commands import NewLine
from shuxiang.apps.exchange import commands as exchange
from shuxiang.apps.exchange import queries as sent
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.items import change_item
from shuxiang.documents.report import BRANCHES_TOO
from shuxiang.kernel.context import Context, Override
from shuxiang.kernel.decision import Refused
from shuxiang.runtime import sql
from shuxiang.statistics import daily, invariants
from shuxiang.statistics.figures import figures
from tests.apps.acquisitions.conftest import Buying
from tests.support.library import Contexts

pytestmark = pytest.mark.db
Unchanged = Callable[[], AbstractContextManager[None]]
ISBN = "9787536692930"


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [r.code for r in refused.value.decision.refusing]


def lifting(ctx: Context, **whys: str) -> Context:
    answers = tuple(Override(code.replace("_", "-"), why) for code, why in whys.items())
    return replace(ctx, overrides=answers)


def drafted(buying: Buying, ctx: Contexts, price: int = 2980, **shares: int) -> tuple[str, str]:
    """(order, its line): 三体全集 for places by name."""
    made = commands.open_order(supplier=buying.supplier, fund=buying.fund, ctx=ctx("acquisitions"))
    library = buying.stocked.library
    by_id = {getattr(library, name): n for name, n in (shares or {"main": 2, "east": 3}).items()}
    line = NewLine(
        title_text="三体全集", author="刘慈欣著", publisher="重庆出版社", year="2012", isbn=ISBN,
        price_fen=price, shares=by_id,
    )  # fmt: skip
    commands.add_lines(order=made, lines=(line,), ctx=ctx("acquisitions"))
    return made, queries.lines([made])[0].id


def placed(buying: Buying, ctx: Contexts, **shares: int) -> tuple[str, str]:
    made, line = drafted(buying, ctx, **shares)
    commands.place_order(order=made, ctx=ctx("acquisitions"))
    return made, line


def money(buying: Buying) -> tuple[int, int, int]:
    """(set aside, spent, left)."""
    found = queries.fund(buying.fund)
    assert found is not None
    return found.encumbered_fen, found.spent_fen, found.left_fen


def test_i1_from_the_fund_to_the_shelves_of_the_branches(buying: Buying, ctx: Contexts) -> None:
    library = buying.stocked.library
    order, line = placed(buying, ctx)
    # 5 × 29.80 at 68 %.
    assert money(buying) == (10132, 0, 989868)
    got = commands.receive(line=line, copies=5, ctx=ctx("acquisitions"))
    assert got.waiting == 0
    assert [place for _i, _c, place in got.items] == [library.main] * 2 + [library.east] * 3
    assert [code for _i, code, _p in got.items] == [f"N{n:06d}" for n in range(1, 6)]
    views = [stock.item(item) for item, _c, _p in got.items]
    assert {(v.title, v.price_fen, v.source, v.status, v.holder) for v in views if v} == {
        (got.title, 2980, "purchase", "in_processing", library.main)
    }
    assert [v.owner for v in views if v] == [library.main] * 2 + [library.east] * 3
    invoice = commands.enter_invoice(
        order=order, number="FP1", dated=date(2020, 6, 1), copies={line: 5}, total_fen=10630,
        freight_fen=500, ctx=ctx("acquisitions"),
    )  # fmt: skip
    (shown,) = queries.invoices(order)
    assert (shown.id, shown.list_fen, shown.net_fen, shown.total_fen) == (
        invoice, 14900, 10130, 10630,
    )  # fmt: skip
    assert money(buying) == (0, 10630, 989370)
    # Sent to the branch: shipped is received.
    delivery = exchange.deliver_order(
        order=order, destination=library.east, ctx=ctx("acquisitions")
    )
    assert exchange.ship(delivery=delivery, ctx=ctx("acquisitions")) == 3
    there = {d.place: d for d in sent.distribution(order)}
    assert (there[library.east].shipped, there[library.east].to_send) == (3, 0)
    for item, _code, place in got.items:
        if place == library.east:
            exchange.receive(delivery=delivery, item=item, ctx=ctx("branch", place=library.east))
    assert exchange.close_delivery(delivery=delivery, ctx=ctx("branch", place=library.east)) == (
        3,
        0,
        0,
    )
    there = {d.place: d for d in sent.distribution(order)}
    assert (there[library.east].received, there[library.east].arrived) == (3, 3)
    assert stock.item(got.items[-1][0]).holder == library.east  # type: ignore[union-attr]
    assert commands.end_order(order=order, ctx=ctx("acquisitions")) == "closed"
    daily.refresh()
    report = figures(2020, place=library.main, scope=BRANCHES_TOO)
    # Ten items came that year by hand, then these five.
    assert report["new_coll_buy"].value == 15
    assert [c for c in invariants.check() if not c.ok and c.id != "9"] == []


def test_aq_5_beyond_the_fund_only_with_the_permission_and_a_why(
    buying: Buying, ctx: Contexts, unchanged: Unchanged
) -> None:
    order, _line = drafted(buying, ctx, price=2_000_000, main=1)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.place_order(order=order, ctx=ctx("acquisitions"))
    assert codes(refused) == ["fund-exceeded"]
    assert refused.value.decision.reasons[0].data == {"needed": "13600.00", "available": "10000.00"}
    for role, why, left in (
        ("acquisitions", "急用", ["fund-exceeded", "override-not-permitted"]),
        ("director", " ", ["fund-exceeded", "override-without-why"]),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.place_order(order=order, ctx=lifting(ctx(role), fund_exceeded=why))
        assert codes(refused) == left
    commands.place_order(order=order, ctx=lifting(ctx("director"), fund_exceeded="馆务会同意"))
    assert money(buying) == (1360000, 0, -360000)
    (told,) = sql.all("SELECT data FROM ledger_event WHERE type = 'order.placed'")
    assert "馆务会同意" in told[0]


def test_aq_6_short_over_damaged(buying: Buying, ctx: Contexts, unchanged: Unchanged) -> None:
    _order, line = placed(buying, ctx)
    by = ctx("acquisitions")
    got = commands.receive(line=line, copies=2, damaged=1, ctx=by)
    # A short delivery leaves no place without any.
    library = buying.stocked.library
    assert [place for _i, _c, place in got.items] == [library.main, library.east]
    assert got.waiting == 3
    with unchanged(), pytest.raises(Refused) as refused:
        commands.receive(line=line, copies=4, ctx=ctx("acquisitions"))
    assert codes(refused) == ["receive-surplus"]
    got = commands.receive(
        line=line, copies=4, ctx=lifting(ctx("acquisitions"), receive_surplus="书商多发一册，留用")
    )
    assert got.waiting == 0
    shown = queries.line(line)
    assert shown is not None
    assert (shown.received, shown.damaged) == (6, 1)
    assert [(s.copies, s.received) for s in shown.shares] == [(2, 3), (3, 3)]


def test_aq_7_cancelling_frees_the_money(
    buying: Buying, ctx: Contexts, unchanged: Unchanged
) -> None:
    order, line = placed(buying, ctx)
    commands.receive(line=line, copies=2, ctx=ctx("acquisitions"))
    commands.cancel_copies(line=line, copies=1, why="缺货", ctx=ctx("acquisitions"))
    assert money(buying)[0] == 8106  # 4 × 20.264
    with unchanged(), pytest.raises(Refused) as refused:
        commands.cancel_copies(line=line, copies=3, why="", ctx=ctx("acquisitions"))
    assert codes(refused) == ["cancel-number", "reason-missing"]
    with unchanged(), pytest.raises(Refused) as refused:
        commands.end_order(order=order, ctx=ctx("acquisitions"))
    assert codes(refused) == ["reason-missing"]
    assert commands.end_order(order=order, why="年底清单", ctx=ctx("acquisitions")) == "closed"
    # What came is still to be paid.
    assert money(buying)[0] == 4053
    again, _line = placed(buying, ctx)
    assert commands.end_order(order=again, why="重复", ctx=ctx("acquisitions")) == "cancelled"
    assert money(buying)[0] == 4053


def test_aq_8_an_invoice_is_voided_and_its_money_set_aside_again(
    buying: Buying, ctx: Contexts, unchanged: Unchanged
) -> None:
    order, line = placed(buying, ctx)
    commands.receive(line=line, copies=5, ctx=ctx("acquisitions"))
    given: dict[str, Any] = {
        "order": order, "number": "FP9", "dated": date(2020, 6, 1), "copies": {line: 5},
    }  # fmt: skip
    with unchanged(), pytest.raises(Refused) as refused:
        commands.enter_invoice(**given, total_fen=14900, ctx=ctx("acquisitions"))
    assert codes(refused) == ["invoice-difference"]
    made = commands.enter_invoice(**given, total_fen=10132, ctx=ctx("acquisitions"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.enter_invoice(**given, total_fen=10132, ctx=ctx("acquisitions"))
    assert codes(refused) == ["invoice-exists", "invoice-over"]
    commands.void_invoice(invoice=made, why="开错抬头", ctx=ctx("acquisitions"))
    assert money(buying) == (10132, 0, 989868)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.void_invoice(invoice=made, why="再来", ctx=ctx("acquisitions"))
    assert codes(refused) == ["invoice-unknown"]
    commands.enter_invoice(**given, total_fen=10132, ctx=ctx("acquisitions"))
    assert money(buying) == (0, 10132, 989868)


def test_a_copy_received_by_mistake_is_waited_for_again(
    buying: Buying, ctx: Contexts, unchanged: Unchanged
) -> None:
    _order, line = placed(buying, ctx, main=2)
    got = commands.receive(line=line, copies=2, ctx=ctx("acquisitions"))
    (first, _code, _place), (second, _other, _p) = got.items
    commands.take_back(item=first, ctx=ctx("acquisitions"))
    assert stock.item(first) is None
    shown = queries.line(line)
    assert shown is not None
    assert shown.waiting == 1
    change_item(item=second, volume="上", ctx=ctx("acquisitions"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.take_back(item=second, ctx=ctx("acquisitions"))
    assert "item-not-fresh" in codes(refused)
    daily.refresh()
    report = figures(2020, place=buying.stocked.library.main, scope=BRANCHES_TOO)
    assert report["new_coll_buy"].value == 11
    assert report["weeded"].value == 0
    assert [c for c in invariants.check() if not c.ok and c.id != "9"] == []


def test_aq_4_bad_lines_are_told_all_at_once(
    buying: Buying, ctx: Contexts, unchanged: Unchanged
) -> None:
    order = commands.open_order(supplier=buying.supplier, fund=buying.fund, ctx=ctx("acquisitions"))
    bad = (
        NewLine(title_text=" ", price_fen=None, shares={}),
        NewLine(title_text="好书", price_fen=100, rate=30000, shares={"0" * 32: 1}),
    )
    with unchanged(), pytest.raises(Refused) as refused:
        commands.add_lines(order=order, lines=bad, ctx=ctx("acquisitions"))
    told = [(r.code, r.data["line"]) for r in refused.value.decision.refusing]
    assert told == [
        ("title-missing", 1), ("price-missing", 1), ("copies-number", 1),
        ("rate-range", 2), ("place-unknown", 2),
    ]  # fmt: skip


def test_two_orders_at_once_never_overdraw_a_fund(
    buying: Buying, ctx: Contexts, together: Callable[..., list[Any]]
) -> None:
    made = [drafted(buying, ctx, price=1_000_000, main=1)[0] for _ in range(2)]

    def act(n: int) -> Any:
        try:
            return commands.place_order(order=made[n], ctx=ctx("acquisitions"))
        except Refused as refused:
            return refused.decision.codes

    assert sorted(map(str, together(2, act))) == sorted(["680000", "('fund-exceeded',)"])
    assert money(buying) == (680000, 0, 320000)
