"""Rebalancing by demand and rotating sets, down to the deliveries they become (row B3)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.exchange import commands as exchange
from shuxiang.apps.exchange import queries as deliveries
from shuxiang.apps.stock.commands.floating import add_floating
from shuxiang.apps.stockcontrol import commands, queries
from shuxiang.kernel.decision import Refused
from tests.support.library import Contexts, moment
from tests.support.statements import counted
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

NOW = moment("2020-06-10")


def asked_for(stocked: Stocked, ctx: Contexts, place: str, barcode: str, times: int) -> None:
    """Lent at a place and given back there, again and again; at last the book is home again."""
    card = stocked.cards["adult"]
    for n in range(times):
        at = NOW - timedelta(days=100 - 3 * n)
        circulation.check_out(item_barcode=barcode, card=card, ctx=ctx(place=place, at=at))
        circulation.check_in(item_barcode=barcode, ctx=ctx(place=place, at=at + timedelta(hours=5)))
    circulation.check_in(
        item_barcode=barcode, ctx=ctx(place=stocked.library.main, at=NOW - timedelta(days=1))
    )


def planned(stocked: Stocked, **more: Any) -> Any:
    sites = (stocked.library.main, stocked.library.east)
    usual = {"until": NOW, "window": 180, "least": 0.0}
    return queries.rebalancing(sites, **(usual | more))


def test_b3_a_copy_goes_where_the_title_is_asked_for(stocked: Stocked, ctx: Contexts) -> None:
    """三体 has B002, B005 and B008 at the main library and is lent at the east branch."""
    asked_for(stocked, ctx, stocked.library.east, "B002", 8)
    made = planned(stocked)
    assert made.after < made.before
    assert {(m.title, m.origin, m.destination) for m in made.moves} == {
        (stocked.titles[1], stocked.library.main, stocked.library.east)
    }
    copies = queries.copies_of(made)
    assert {c.barcode for c in copies} <= {"B002", "B005", "B008"}
    # The one nobody took goes before the one that was.
    assert copies[0].barcode != "B002"
    done = commands.apply_rebalancing(
        moves=[(c.item, c.origin, c.destination) for c in copies], note="调配", ctx=ctx("director")
    )
    assert (len(done.deliveries), done.books, done.refused) == (1, len(copies), ())
    view = deliveries.delivery(done.deliveries[0])
    assert view is not None
    assert (view.origin, view.destination) == (stocked.library.main, stocked.library.east)
    # What is on a list is not planned again.
    left = {c.item for c in queries.copies_of(planned(stocked))}
    assert left.isdisjoint({c.item for c in copies})


def test_b3_a_floor_and_a_ceiling_hold(stocked: Stocked, ctx: Contexts) -> None:
    asked_for(stocked, ctx, stocked.library.east, "B002", 8)
    assert planned(stocked).moves
    add_floating(
        name="浮动", valid_from=date(2020, 6, 10), ctx=ctx(),
        members=((stocked.library.main, 0, None), (stocked.library.east, 0, 1)),
    )  # fmt: skip
    # E001 stands there already: the branch is full.
    assert planned(stocked).moves == ()


def test_b3_what_was_lent_meanwhile_is_told(stocked: Stocked, ctx: Contexts) -> None:
    circulation.check_out(item_barcode="B002", card=stocked.cards["adult"], ctx=ctx())
    main, east = stocked.library.main, stocked.library.east
    moves = [(stocked.items[b], main, east) for b in ("B002", "B005")]
    done = commands.apply_rebalancing(moves=moves, note="", ctx=ctx("director"))
    assert done.books == 1
    assert [(i, r.code) for i, r in done.refused] == [(stocked.items["B002"], "delivery-on-loan")]


def test_b3_ten_times_the_titles_take_no_more_statements(stocked: Stocked, ctx: Contexts) -> None:
    def cost() -> int:
        with counted() as ran:
            queries.copies_of(planned(stocked))
        return ran.number

    asked_for(stocked, ctx, stocked.library.east, "B002", 8)
    # Places and groups are looked up once a process.
    cost()
    before = cost()
    asked_for(stocked, ctx, stocked.library.east, "B001", 8)
    asked_for(stocked, ctx, stocked.library.east, "B003", 8)
    assert cost() == before


def begun(stocked: Stocked, ctx: Contexts, **more: Any) -> str:
    usual: dict[str, Any] = {
        "name": "流转一", "weeks": 4, "next_on": date(2020, 6, 10), "barcodes": ("B001", "B002"),
        "stops": (stocked.library.main, stocked.library.east, stocked.library.west),
    }  # fmt: skip
    return commands.open_rotation(**(usual | more), ctx=ctx("director"))


def test_b3_a_set_moves_along_its_row(stocked: Stocked, ctx: Contexts) -> None:
    main, east, west = stocked.library.main, stocked.library.east, stocked.library.west
    rotation = begun(stocked, ctx)
    for origin, destination, day in (
        (main, east, date(2020, 7, 8)),
        (east, west, date(2020, 8, 5)),
        (west, main, date(2020, 9, 2)),
    ):
        moved = commands.rotate(rotation=rotation, ctx=ctx())
        assert (moved.books, moved.behind) == (2, 0)
        view = deliveries.delivery(moved.delivery)
        assert view is not None
        assert (view.origin, view.destination) == (origin, destination)
        exchange.ship(delivery=moved.delivery, ctx=ctx(place=origin))
        for barcode in ("B001", "B002"):
            exchange.receive(
                delivery=moved.delivery, item=stocked.items[barcode], ctx=ctx(place=destination)
            )
        exchange.close_delivery(delivery=moved.delivery, ctx=ctx(place=destination))
        (row,) = queries.rotations()
        assert (row.here, row.next_on) == (destination, day)


def test_b3_what_is_lent_stays_behind_and_nothing_to_move_is_refused(
    stocked: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    rotation = begun(stocked, ctx)
    card = stocked.cards["adult"]
    circulation.check_out(item_barcode="B001", card=card, ctx=ctx())
    moved = commands.rotate(rotation=rotation, ctx=ctx())
    assert (moved.books, moved.behind) == (1, 1)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.rotate(rotation=rotation, ctx=ctx())
    assert refused.value.decision.codes == ("rotation-nothing",)
    commands.end_rotation(rotation=rotation, ctx=ctx())
    with unchanged(), pytest.raises(Refused) as refused:
        commands.rotate(rotation=rotation, ctx=ctx())
    assert refused.value.decision.codes == ("rotation-ended",)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": " "}, "name-missing"),
        ({"stops": ()}, "rotation-stops"),
        ({"weeks": 0}, "rotation-weeks"),
        ({"next_on": date(2020, 6, 9)}, "rotation-day"),
        ({"barcodes": ()}, "scan-empty"),
        ({"barcodes": ("X999",)}, "item-unknown"),
    ],
)
def test_b3_what_is_no_set(
    stocked: Stocked, ctx: Contexts, unchanged: Any, values: dict[str, Any], code: str
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        begun(stocked, ctx, **values)
    assert refused.value.decision.codes == (code,)


def test_b3_a_book_is_in_one_set(stocked: Stocked, ctx: Contexts) -> None:
    begun(stocked, ctx)
    with pytest.raises(Refused) as refused:
        begun(stocked, ctx, barcodes=("B002", "B003"))
    assert refused.value.decision.codes == ("rotation-taken",)
