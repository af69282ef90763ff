"""配送单 to a branch or service point: shipped = received, or the difference told (rows B3, B5; cases DL-)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.exchange import commands, queries
from shuxiang.apps.stock import queries as stock
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
    point = stocked.library.point
    made = packed(stocked, ctx, "B001", "B002")
    commands.ship(delivery=made, ctx=ctx("director"))
    assert commands.receive(
        delivery=made, item=stocked.items["B001"], ctx=ctx("branch", place=point)
    )
    assert not commands.receive(
        delivery=made, item=stocked.items["B003"], ctx=ctx("branch", place=point)
    )
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
