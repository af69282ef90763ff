"""配送单 to a branch or service point: shipped = received, or the difference told (rows B3, B5; cases DL-)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.exchange import commands, queries, rules
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.items import move_item, withdraw_item
from shuxiang.documents.report import BRANCHES_TOO, LIBRARY_ALONE
from shuxiang.kernel.decision import Refused
from shuxiang.statistics import daily, invariants
from shuxiang.statistics.figures import figures
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
Unchanged = Callable[[], AbstractContextManager[None]]


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [r.code for r in refused.value.decision.refusing]


def packed(stocked: Stocked, ctx: Contexts, *barcodes: str) -> str:
    """A delivery from the main library to the service point with the items on it."""
    made = commands.open_delivery(
        destination=stocked.library.point, note="换架", ctx=ctx("director")
    )
    for barcode in barcodes:
        commands.pack(delivery=made, item=stocked.items[barcode], ctx=ctx("director"))
    return made


def test_dl_5_shipped_received_and_based_there(stocked: Stocked, ctx: Contexts) -> None:
    """DL-5, DL-6."""
    point = stocked.library.point
    made = packed(stocked, ctx, "B001", "B002")
    assert commands.ship(delivery=made, ctx=ctx("director")) == 2
    for barcode in ("B001", "B002"):
        transit = loans.transit_of(stocked.items[barcode])
        assert transit is not None
        assert transit.destination == point
    there = ctx("branch", place=point)
    assert commands.receive(delivery=made, item=stocked.items["B001"], ctx=there) is True
    # The other one is taken in by an ordinary scan: received as well.
    circulation.check_in(item_barcode="B002", ctx=ctx("branch", place=point))
    found = queries.delivery(made)
    assert found is not None
    assert found.counts == {"received": 2}
    assert commands.close_delivery(delivery=made, ctx=ctx("branch", place=point)) == (2, 0, 0)
    # Lent at the point and returned there it stays; returned elsewhere it is sent there.
    for at, goes in ((point, ""), (stocked.library.main, point)):
        circulation.check_out(
            item_barcode="B001", card=stocked.cards["adult"], ctx=ctx(place=point)
        )
        done = circulation.check_in(item_barcode="B001", ctx=ctx(place=at, at=moment("2020-06-11")))
        assert done.transit_to == goes


def test_dl_8_a_difference_is_told_and_needs_a_why(
    stocked: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    """DL-7, DL-8."""
    point = stocked.library.point
    made = packed(stocked, ctx, "B001", "B002")
    commands.ship(delivery=made, ctx=ctx("director"))
    assert commands.receive(
        delivery=made, item=stocked.items["B001"], ctx=ctx("branch", place=point)
    )
    assert not commands.receive(
        delivery=made, item=stocked.items["B003"], ctx=ctx("branch", place=point)
    )
    extra = stock.scanned_item(stocked.items["B003"])
    assert extra is not None
    assert extra.holder == point
    with unchanged(), pytest.raises(Refused) as refused:
        commands.close_delivery(delivery=made, ctx=ctx("branch", place=point))
    (reason,) = refused.value.decision.refusing
    assert (reason.code, reason.data) == ("delivery-difference", {"missing": 1, "extra": 1})
    closed = commands.close_delivery(
        delivery=made, why="箱子破损，电话已告总馆", ctx=ctx("branch", place=point)
    )
    assert closed == (1, 1, 1)
    states = {li.barcode: li.state for li in queries.delivery_lines(made)}
    assert states == {"B001": "received", "B002": "missing", "B003": "extra"}
    gone = stock.scanned_item(stocked.items["B002"])
    assert gone is not None
    assert gone.status == "missing"
    # Found on a shelf at home: it counts again, and goes where it was sent.
    found = circulation.check_in(item_barcode="B002", ctx=ctx(at=moment("2020-06-12")))
    assert "was-missing" in [t.code for t in found.tells]
    assert found.transit_to == point
    broken = [f"{c.id} {c.detail}" for c in invariants.check() if not c.ok and c.id != "9"]
    assert broken == []


USUAL: dict[str, Any] = {
    "state": "packed",
    "status": "available",
    "on_loan": None,
    "under_way": False,
    "kept": False,
    "here": True,
    "holder": "main",
    "partner": False,
    "listed": False,
}


@pytest.mark.parametrize(
    ("case", "facts", "codes"),
    [
        ("none of these", {}, ()),
        ("DL-1 the list has left", {"state": "shipped"}, ("delivery-state",)),
        ("DL-1 the list is closed", {"state": "closed"}, ("delivery-state",)),
        ("DL-1 withdrawn", {"status": "withdrawn"}, ("item-withdrawn",)),
        (
            "DL-1 on loan, wherever it stood",
            {"on_loan": date(2020, 7, 10), "here": False},
            ("delivery-on-loan",),
        ),
        ("DL-1 a partner's", {"partner": True}, ("delivery-partner",)),
        ("DL-2 on its way", {"under_way": True}, ("delivery-listed",)),
        ("DL-2 on another list", {"listed": True}, ("delivery-listed",)),
        ("DL-3", {"kept": True}, ("delivery-kept",)),
        ("DL-4", {"here": False}, ("delivery-not-here",)),
        (
            "every reason at once",
            {"state": "shipped", "status": "withdrawn", "kept": True, "here": False},
            ("delivery-state", "item-withdrawn", "delivery-kept", "delivery-not-here"),
        ),
    ],
)
def test_dl_what_stands_against_packing(
    case: str, facts: dict[str, Any], codes: tuple[str, ...]
) -> None:
    assert rules.may_pack(**USUAL | facts).codes == codes, case


def test_dl_1_to_dl_4_what_can_not_be_packed(
    stocked: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    """DL-1 … DL-4 as the desk meets them: left, withdrawn, on loan, on its way, kept, elsewhere."""
    library, card = stocked.library, stocked.cards["adult"]
    made = commands.open_delivery(destination=library.point, ctx=ctx("director"))
    withdraw_item(item=stocked.items["B001"], why="破损", ctx=ctx())
    circulation.check_out(item_barcode="B002", card=card, ctx=ctx())
    circulation.check_in(item_barcode="E001", ctx=ctx())
    circulation.place_hold(item_barcode="B003", card=card, pickup=library.main, ctx=ctx("desk"))
    assert circulation.check_in(item_barcode="B003", ctx=ctx("desk")).hold
    move_item(item=stocked.items["B004"], holder=library.west, ctx=ctx())
    for barcode, code in (
        ("B001", "item-withdrawn"),
        ("B002", "delivery-on-loan"),
        ("E001", "delivery-listed"),
        ("B003", "delivery-kept"),
        ("B004", "delivery-not-here"),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.pack(delivery=made, item=stocked.items[barcode], ctx=ctx("director"))
        assert codes(refused) == [code]
    commands.pack(delivery=made, item=stocked.items["B005"], ctx=ctx("director"))
    commands.ship(delivery=made, ctx=ctx("director"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.pack(delivery=made, item=stocked.items["B006"], ctx=ctx("director"))
    assert codes(refused) == ["delivery-state"]


def test_dl_what_is_refused(stocked: Stocked, ctx: Contexts, unchanged: Unchanged) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        commands.open_delivery(destination=stocked.library.main, ctx=ctx("director"))
    assert codes(refused) == ["delivery-same-place"]
    made = packed(stocked, ctx, "B001")
    circulation.check_out(item_barcode="B002", card=stocked.cards["adult"], ctx=ctx())
    for barcode, code in (
        ("B001", "delivery-listed"),
        ("B002", "delivery-on-loan"),
        ("E001", "delivery-not-here"),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.pack(delivery=made, item=stocked.items[barcode], ctx=ctx("director"))
        assert codes(refused) == [code]
    empty = commands.open_delivery(destination=stocked.library.east, ctx=ctx("director"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.ship(delivery=empty, ctx=ctx("director"))
    assert codes(refused) == ["delivery-empty"]
    with unchanged(), pytest.raises(Refused) as refused:
        commands.receive(delivery=made, item=stocked.items["B001"], ctx=ctx("director"))
    assert codes(refused) == ["delivery-state"]
    with unchanged(), pytest.raises(Refused) as refused:
        commands.ship(delivery=made, ctx=ctx("branch", place=stocked.library.east))
    assert codes(refused) == ["not-permitted"]
    line = queries.delivery_lines(made)[0]
    commands.unpack(line=line.id, ctx=ctx("director"))
    assert queries.delivery_lines(made) == ()


def test_dl_9_no_loan_no_return_no_visit(stocked: Stocked, ctx: Contexts) -> None:
    made = packed(stocked, ctx, "B001", "B002")
    commands.ship(delivery=made, ctx=ctx("director"))
    for barcode in ("B001", "B002"):
        commands.receive(
            delivery=made,
            item=stocked.items[barcode],
            ctx=ctx("branch", place=stocked.library.point),
        )
    commands.close_delivery(delivery=made, ctx=ctx("branch", place=stocked.library.point))
    daily.refresh()
    expected = {"delivered": 2, "loan_vol": 0, "return_vol": 0, "loan_person": 0, "coll": 10}
    below = figures(2020, place=stocked.library.main, scope=BRANCHES_TOO)
    assert {code: below[code].value for code in expected} == expected
    assert figures(2020, place=stocked.library.main, scope=LIBRARY_ALONE)["delivered"].value == 0
