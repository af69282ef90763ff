"""F3: pickup slots, never oversold; staged, arrived, delivered, no-show. Cases PU-1 … PU-7 of holds.md."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.circulation.models import Pickup, PickupSlot
from shuxiang.apps.circulation.rules import pickups as rules
from shuxiang.apps.stock.commands import items
from shuxiang.kernel.context import Actor
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event, Reader
from tests.apps.patrons import people
from tests.support.library import Contexts
from tests.support.stocked import Stocked

DAY = date(2020, 6, 11)


def test_pu_a_period_is_cut_into_whole_slots() -> None:
    assert rules.times(time(9), time(10, 20), 30) == [
        (time(9), time(9, 30)),
        (time(9, 30), time(10)),
    ]
    assert rules.times(time(10), time(9), 30) == []


@pytest.mark.parametrize(
    ("state", "to", "allowed"),
    [
        ("booked", "staged", True),
        ("booked", "arrived", True),
        ("booked", "delivered", True),
        ("staged", "no_show", True),
        ("staged", "staged", False),
        ("arrived", "cancelled", False),
        ("arrived", "no_show", False),
        ("delivered", "arrived", False),
        ("no_show", "delivered", False),
        ("cancelled", "staged", False),
    ],
)
def test_pu_5_from_which_state_to_which(state: str, to: str, allowed: bool) -> None:
    assert rules.may_become(state, to).allowed is allowed


@pytest.fixture
def ready(stocked: Stocked, ctx: Contexts) -> Stocked:
    """B001 and B002 are ready for the adult, B003 for the other reader, at the main library."""
    for title, barcode, who in ((0, "B001", "adult"), (1, "B002", "adult"), (2, "B003", "other")):
        commands.place_hold(
            title=stocked.titles[title],
            card=stocked.cards[who],
            pickup=stocked.library.main,
            ctx=ctx("desk"),
        )
        assert commands.check_in(item_barcode=barcode, ctx=ctx("desk")).hold
    return stocked


def open_slots(ready: Stocked, ctx: Contexts, **values: Any) -> int:
    given = {
        "place": ready.library.main, "first": DAY, "last": DAY, "opens": time(9),
        "closes": time(10), "minutes": 30, "capacity": 1,
    }  # fmt: skip
    return commands.open_slots(**(given | values), ctx=ctx("desk"))


def codes(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {r.code for r in refused.value.decision.refusing}


@pytest.mark.db
def test_f3_slots_on_open_days_alone(ready: Stocked, ctx: Contexts, unchanged: Any) -> None:
    # Monday the 15th is closed.
    assert open_slots(ready, ctx, first=date(2020, 6, 14), last=date(2020, 6, 16)) == 4
    assert open_slots(ready, ctx, first=date(2020, 6, 16), last=date(2020, 6, 16), capacity=3) == 0
    assert {s.capacity for s in queries.slots(ready.library.main, DAY, date(2020, 7, 1))} == {1, 3}
    for values, code in (
        ({"first": date(2020, 6, 1)}, "slot-days"),
        ({"last": date(2020, 12, 1)}, "slot-days"),
        ({"minutes": 0}, "slot-times"),
        ({"capacity": 0}, "slot-times"),
        ({"closes": time(8)}, "slot-times"),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            open_slots(ready, ctx, **values)
        assert codes(refused) == {code}
    with unchanged(), pytest.raises(Refused) as refused:
        commands.open_slots(
            place=ready.library.west, first=DAY, last=DAY, opens=time(9), closes=time(10),
            minutes=30, capacity=1, ctx=ctx("branch"),
        )  # fmt: skip
    assert codes(refused) == {"not-permitted"}


@pytest.mark.db
def test_f3_booked_staged_arrived_delivered(
    ready: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    open_slots(ready, ctx)
    slot, second = queries.slots_to_book([ready.library.main], at("2020-06-10"))
    mine = ctx(Actor("patron", ready.patrons["adult"]), channel="portal")
    booked = commands.book_own_pickup(slot=slot.id, ctx=mine)
    assert (booked.day, booked.starts, booked.tells) == (DAY, time(9), ())
    for who, where, code in (
        ("other", slot.id, "slot-full"),
        ("child", second.id, "pickup-nothing-ready"),
        ("adult", second.id, "pickup-booked"),
        ("other", "nonsense", "slot-unknown"),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.book_pickup(slot=where, patron=ready.patrons[who], ctx=ctx("desk"))
        assert codes(refused) == {code}
    commands.stage_pickup(pickup=booked.pickup, ctx=ctx("desk"))
    here = ctx(Actor("patron", ready.patrons["adult"]), channel="portal")
    commands.arrive_own_pickup(pickup=booked.pickup, ctx=here)
    done = commands.deliver_pickup(
        pickup=booked.pickup, ctx=ctx("desk", at=at("2020-06-11", "09:10"))
    )
    assert (sorted(done.lent), done.refused) == (["B001", "B002"], ())
    assert len(queries.open_loans(ready.patrons["adult"])) == 2
    assert [e.type for e in Event.objects.filter(subject=booked.pickup).order_by("id")] == [
        "pickup.booked", "pickup.staged", "pickup.arrived", "pickup.delivered",
    ]  # fmt: skip


@pytest.mark.db
def test_f3_cancelled_gives_the_place_back_and_a_stranger_finds_nothing(
    ready: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    open_slots(ready, ctx)
    slot = queries.slots_to_book([ready.library.main], at("2020-06-10"))[0]
    booked = commands.book_pickup(slot=slot.id, patron=ready.patrons["adult"], ctx=ctx("desk"))
    theirs = ctx(Actor("patron", ready.patrons["other"]), channel="portal")
    with unchanged(), pytest.raises(Refused) as refused:
        commands.cancel_own_pickup(pickup=booked.pickup, ctx=theirs)
    assert codes(refused) == {"pickup-unknown"}
    commands.cancel_pickup(pickup=booked.pickup, ctx=ctx("desk"))
    assert PickupSlot.objects.get(id=slot.id).booked == 0
    commands.book_pickup(slot=slot.id, patron=ready.patrons["other"], ctx=ctx("desk"))


@pytest.mark.db
def test_f3_what_stands_against_it_is_said_early(ready: Stocked, ctx: Contexts, at: Any) -> None:
    commands.check_out(item_barcode="B004", card=ready.cards["other"], ctx=ctx(at=at("2020-04-01")))
    open_slots(ready, ctx)
    slot = queries.slots_to_book([ready.library.main], at("2020-06-10"))[0]
    booked = commands.book_pickup(slot=slot.id, patron=ready.patrons["other"], ctx=ctx("desk"))
    assert [r.code for r in booked.tells] == ["overdue-loans"]
    with pytest.raises(Refused) as refused:
        commands.deliver_pickup(
            pickup=booked.pickup, ctx=ctx("branch", place=ready.library.east, at=at("2020-06-11"))
        )
    assert codes(refused) >= {"overdue-loans"}
    assert Pickup.objects.get(id=booked.pickup).state == "booked"


@pytest.mark.db
def test_f3_a_reader_who_did_not_come(ready: Stocked, ctx: Contexts, at: Any) -> None:
    open_slots(ready, ctx)
    slot = queries.slots_to_book([ready.library.main], at("2020-06-10"))[0]
    booked = commands.book_pickup(slot=slot.id, patron=ready.patrons["adult"], ctx=ctx("desk"))
    with pytest.raises(Refused) as refused:
        commands.miss_pickup(pickup=booked.pickup, ctx=ctx("desk", at=at("2020-06-11", "09:29")))
    assert codes(refused) == {"slot-not-over"}
    assert commands.miss_pickups(ctx=ctx(at=at("2020-06-11", "23:00"))) == 0
    assert commands.miss_pickups(ctx=ctx(at=at("2020-06-12", "00:10"))) == 1
    assert Pickup.objects.get(id=booked.pickup).state == "no_show"
    # I13: after a year nobody can tell who it was.
    about = [e.id for e in Event.objects.filter(subject=booked.pickup)]
    assert Reader.objects.filter(event__in=about).count() == 2
    commands.forget_due(ctx=ctx(at=at("2021-06-14")))
    assert not Reader.objects.filter(event__in=about).exists()
    assert Pickup.objects.get(id=booked.pickup).patron_id is None
    assert [h.state for h in queries.holds_of(ready.patrons["adult"])] == ["ready", "ready"]


@pytest.mark.db
def test_f3_twelve_readers_for_three_places_in_one_instant(
    stocked: Stocked, ctx: Contexts, at: Any, together: Any
) -> None:
    readers = []
    for n in range(12):
        made = people.adult(
            ctx(), number=people.id_number(date(1980, 1, n + 1), 1), name=f"读者{n}"
        )
        barcode = f"P{n:03d}"
        items.add_item(
            title=stocked.titles[0],
            barcode=barcode,
            owner=stocked.library.main,
            category="book",
            ctx=ctx(),
        )
        commands.place_hold(
            item_barcode=barcode, card=made.number, pickup=stocked.library.main, ctx=ctx("desk")
        )
        commands.check_in(item_barcode=barcode, ctx=ctx("desk"))
        readers.append(made.patron)
    open_slots(stocked, ctx, closes=time(9, 30), capacity=3)
    (slot,) = queries.slots_to_book([stocked.library.main], at("2020-06-10"))

    def book(number: int) -> str:
        try:
            return commands.book_pickup(
                slot=slot.id, patron=readers[number], ctx=ctx("desk")
            ).pickup
        except Refused as refused:
            return refused.decision.codes[0]

    outcomes = together(12, book)
    assert sorted(len(o) for o in outcomes) == [len("slot-full")] * 9 + [32] * 3
    assert PickupSlot.objects.get(id=slot.id).booked == 3
    assert Pickup.objects.filter(state="booked").count() == 3
