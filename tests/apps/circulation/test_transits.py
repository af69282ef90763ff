"""Items on their way, case by case (TR- of docs/circulation/transits.md; row B2)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import items
from shuxiang.kernel.decision import Refused
from shuxiang.project.wiring import wire
from tests.apps.circulation.acts import codes, line, place
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def holder(stocked: Stocked, barcode: str) -> str:
    found = stock.scanned_item(stocked.items[barcode])
    assert found is not None
    return found.holder


def test_tr_3_on_the_way_the_same_transit_goes_on_with_its_age(
    out: Stocked, ctx: Contexts, at: Any
) -> None:
    east, west, main = out.library.east, out.library.west, out.library.main
    sent = commands.check_in(item_barcode="B002", ctx=ctx(place=east))
    on_the_way = commands.check_in(
        item_barcode="B002", ctx=ctx(place=west, at=at("2020-06-12", "10:00"))
    )
    assert (on_the_way.transit, on_the_way.transit_to) == (sent.transit, main)
    view = queries.transit_of(out.items["B002"])
    assert view is not None
    assert (view.id, view.origin, view.destination) == (sent.transit, east, main)
    assert view.days(at("2020-06-13", "10:00")) == 3
    assert holder(out, "B002") == west


def test_tr_4_at_its_destination_it_says_whence_and_how_long(
    out: Stocked, ctx: Contexts, at: Any
) -> None:
    east, west, main = out.library.east, out.library.west, out.library.main
    place(out, ctx, "adult", pickup=west)
    commands.check_in(item_barcode="B002", ctx=ctx(place=east))
    arrived = commands.check_in(
        item_barcode="B002", ctx=ctx(place=west, at=at("2020-06-13", "10:00"))
    )
    told = {t.code: t.data for t in arrived.tells}
    assert told["transit-arrived"] == {"origin": east, "days": 3}
    assert (arrived.kind, set(told)) == ("received", {"transit-arrived", "hold-ready"})
    # One that nobody waits for any more goes on from there.
    commands.check_in(item_barcode="B005", ctx=ctx(place=east))
    home = commands.check_in(item_barcode="B005", ctx=ctx(at=at("2020-06-11", "09:59")))
    assert {t.code: t.data for t in home.tells}["transit-arrived"] == {"origin": east, "days": 0}
    assert (home.transit_to, holder(out, "B005")) == ("", main)


def test_tr_4_it_goes_on_where_the_hold_has_changed_its_place(out: Stocked, ctx: Contexts) -> None:
    east, west = out.library.east, out.library.west
    held = place(out, ctx, "adult", pickup=west)
    commands.check_in(item_barcode="B002", ctx=ctx())
    commands.change_pickup(hold=held.hold, pickup=east, ctx=ctx("desk"))
    arrived = commands.check_in(item_barcode="B002", ctx=ctx(place=west))
    assert (arrived.kind, arrived.transit_to, arrived.hold) == ("received", east, held.hold)
    assert line("B002", out)[-2:] == ["transit.received", "transit.sent"]


def test_tr_5_needed_elsewhere_it_is_sent_anew_from_here(out: Stocked, ctx: Contexts) -> None:
    east, west = out.library.east, out.library.west
    first = commands.check_in(item_barcode="B002", ctx=ctx(place=east))
    assert first.transit_to == out.library.main
    held = place(out, ctx, "adult", pickup=east)
    # On its way home through the west it is found to be wanted in the east.
    second = commands.check_in(item_barcode="B002", ctx=ctx(place=west))
    assert (second.hold, second.transit_to) == (held.hold, east)
    view = queries.transit_of(out.items["B002"])
    assert view is not None
    assert (view.id, view.origin, view.destination) == (second.transit, west, east)
    assert second.transit != first.transit
    assert line("B002", out)[-4:] == [
        "item.moved",
        "transit.cancelled",
        "hold.set_aside",
        "transit.sent",
    ]


@pytest.mark.parametrize(("where", "how"), [("main", "received"), ("west", "cancelled")])
def test_tr_6_lent_while_on_its_way(out: Stocked, ctx: Contexts, where: str, how: str) -> None:
    commands.check_in(item_barcode="B002", ctx=ctx(place=out.library.east))
    at = getattr(out.library, where)
    commands.check_out(item_barcode="B002", card=out.cards["adult"], ctx=ctx(place=at))
    assert queries.transit_of(out.items["B002"]) is None
    assert line("B002", out)[-3:] == ["transit.sent", f"transit.{how}", "loan.opened"]
    assert holder(out, "B002") == at


def lose(out: Stocked, ctx: Contexts) -> None:
    commands.report_lost(item=out.items["B002"], kind="lost", why="运输丢失", ctx=ctx())


def withdraw(out: Stocked, ctx: Contexts) -> None:
    items.withdraw_item(item=out.items["B002"], why="破损", ctx=ctx())


def block(out: Stocked, ctx: Contexts) -> None:
    items.set_item_status(item=out.items["B002"], status="blocked", ctx=ctx())


def damage(out: Stocked, ctx: Contexts) -> None:
    items.set_item_status(item=out.items["B002"], status="damaged", ctx=ctx())


@pytest.mark.parametrize("act", [lose, withdraw, block, damage])
def test_tr_7_out_of_use_it_is_on_its_way_nowhere(out: Stocked, ctx: Contexts, act: Any) -> None:
    wire()
    held = place(out, ctx, "adult", pickup=out.library.west)
    commands.check_in(item_barcode="B002", ctx=ctx(place=out.library.east))
    act(out, ctx)
    assert queries.transit_of(out.items["B002"]) is None
    happened = line("B002", out)
    assert happened.count("transit.cancelled") == 1
    assert happened.index("transit.cancelled") < happened.index("hold.requeued")
    view = queries.hold(held.hold)
    assert view is not None
    assert (view.state, view.item) == ("waiting", "")


@pytest.mark.parametrize(
    ("pickup", "code"), [("west", "item-in-transit"), ("main", "item-on-hold-shelf")]
)
def test_tr_8_not_moved_while_on_its_way_or_set_aside(
    out: Stocked, ctx: Contexts, unchanged: Any, pickup: str, code: str
) -> None:
    wire()
    place(out, ctx, "adult", pickup=getattr(out.library, pickup))
    commands.check_in(item_barcode="B002", ctx=ctx())
    with unchanged(), pytest.raises(Refused) as refused:
        items.move_item(item=out.items["B002"], holder=out.library.east, ctx=ctx())
    assert codes(refused) == {code}


def test_tr_1_a_transit_is_open_for_one_item_once(out: Stocked, ctx: Contexts, at: Any) -> None:
    """From its return to its arrival: in the list of what is to be sent, with since when."""
    east = out.library.east
    done = commands.check_in(item_barcode="B002", ctx=ctx(place=east, at=at("2020-06-11")))
    assert [t.code for t in done.tells] == ["belongs-elsewhere"]
    assert done.tells[0].data == {"owner": out.library.main}
    view = queries.transit_of(out.items["B002"])
    assert view is not None
    assert (view.origin, view.destination, view.hold) == (east, out.library.main, "")
    assert (view.sent_at, date(2020, 6, 11)) == (at("2020-06-11"), view.sent_at.date())
    assert line("B002", out) == ["loan.opened", "loan.closed", "transit.sent"]
