"""Booked pickup times in a closure (rows S1, F3): moved, called off, given back. Cases PH-19, PH-20."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.circulation.models import PickupSlot
from shuxiang.apps.circulation.rules import pickups as rules
from shuxiang.apps.notices import models as notices
from shuxiang.apps.notices import queries as told
from shuxiang.apps.phases import commands, queries
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.project import notices as telling
from shuxiang.project.subscriptions import SUBSCRIPTIONS
from shuxiang.runtime.worker import Worker
from tests.apps.phases.acts import applied, broken, closed, finish, write
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

FRIDAY, TUESDAY, THURSDAY = date(2020, 1, 31), date(2020, 3, 3), date(2020, 3, 12)
AT = datetime(2020, 1, 29)


def slot(name: str, day: int, *, free: int = 1) -> rules.Slot:
    return rules.Slot(id=name, place="m", day=date(2020, 3, day), starts=time(9), free=free)


def booking(name: str, minute: int, *, kept: int | None = 9, place: str = "m") -> rules.Booking:
    return rules.Booking(
        id=name,
        place=place,
        begins=(date(2020, 2, 1), time(9)),
        booked_at=datetime(2020, 1, 1, 9, minute),
        kept_until=date(2020, 3, kept) if kept else None,
    )


@pytest.mark.parametrize(
    ("bookings", "slots", "expected"),
    [
        pytest.param(
            [booking("b", 2), booking("a", 1)],
            [slot("y", 5), slot("x", 4)],
            {"a": "x", "b": "y"},
            id="in the order they were made, each to the first time",
        ),
        pytest.param(
            [booking("a", 1), booking("b", 2)],
            [slot("x", 4)],
            {"a": "x", "b": None},
            id="never more than there is room for",
        ),
        pytest.param(
            [booking("a", 1, kept=3), booking("b", 2, kept=4)],
            [slot("x", 4)],
            {"a": None, "b": "x"},
            id="only while its books are kept",
        ),
        pytest.param([booking("a", 1, kept=None)], [slot("x", 4)], {"a": None}, id="no books"),
        pytest.param([booking("a", 1, place="o")], [slot("x", 4)], {"a": None}, id="its place"),
    ],
)
def test_ph_19_where_bookings_go(
    bookings: list[rules.Booking], slots: list[rules.Slot], expected: dict[str, str | None]
) -> None:
    assert rules.moved(bookings, slots) == expected


@pytest.mark.parametrize(
    ("change", "free", "why"),
    [
        ({}, 1, None),
        ({}, 0, "full"),
        ({"begun": True}, 1, "past"),
        ({"untouched": False}, 1, "changed"),
        ({"again": False}, 1, "changed"),
    ],
)
def test_ph_20_what_goes_back(change: dict[str, bool], free: int, why: str | None) -> None:
    facts = {"untouched": True, "again": True, "begun": False} | change
    row = rules.Shifted(id="a", base="x", booked_at=AT, **facts)
    back, kept = rules.given_back([row], {"x": free})
    assert (back, kept) == (({"a": "x"}, {}) if why is None else ({}, {"a": why}))


@pytest.fixture
def booked(stocked: Stocked, ctx: Contexts, at: Any) -> Stocked:
    """Books are ready for the adult and the other reader since Tuesday 28 January, kept to 2 February;
    both have a time on Friday the 31st, the adult first. One place is left on 3 March, two on the
    12th."""
    desk = ctx("desk", at=at("2020-01-28"))
    for title, barcode, who in ((0, "B001", "adult"), (1, "B002", "other")):
        circulation.place_hold(
            title=stocked.titles[title],
            card=stocked.cards[who],
            pickup=stocked.library.main,
            ctx=desk.with_key(who),
        )
        assert circulation.check_in(item_barcode=barcode, ctx=desk.with_key(barcode)).hold
    for day, closes in ((FRIDAY, time(10)), (TUESDAY, time(9, 30)), (THURSDAY, time(10))):
        circulation.open_slots(
            place=stocked.library.main, first=day, last=day, opens=time(9), closes=closes,
            minutes=30, capacity=1, ctx=desk.with_key(str(day)),
        )  # fmt: skip
    for who, one in zip(("adult", "other"), times(stocked, FRIDAY), strict=True):
        mine = ctx(Actor("patron", stocked.patrons[who]), channel="portal", at=at("2020-01-28"))
        circulation.book_own_pickup(slot=one.id, ctx=mine)
    return stocked


def times(stocked: Stocked, day: date) -> tuple[loans.SlotView, ...]:
    return loans.slots(stocked.library.main, day, day)


def mine(stocked: Stocked, who: str) -> list[tuple[date, time]]:
    found = loans.pickups_of(stocked.patrons[who])
    return [(p.slot.day, p.slot.starts) for p in found]


def taken() -> dict[date, int]:
    found: dict[date, int] = {}
    for day, count in PickupSlot.objects.values_list("day", "booked"):
        found[day] = found.get(day, 0) + count
    return found


def events() -> list[str]:
    rows = Event.objects.filter(type__startswith="pickup.").exclude(type="pickup.booked")
    return sorted(rows.values_list("type", flat=True))


def test_ph_19_a_closure_moves_booked_times_or_calls_them_off(
    booked: Stocked, ctx: Contexts, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    director = ctx("director", at=at("2020-01-29"))
    draft = write(booked.library.main, closed("2020-01-30", "2020-02-29"), director)
    phase = places.phase(draft)
    assert phase is not None
    # The preview says so, and how many notices: two of the closure, two of the bookings.
    plan = queries.planned_pickups(phase, director.occurred_at)
    assert [(m.patron, m.after and m.after.day) for m in plan] == [
        (booked.patrons["adult"], TUESDAY),
        (booked.patrons["other"], None),
    ]
    assert len(queries.told(phase)) == 2
    assert mine(booked, "adult") == [(FRIDAY, time(9))]
    commands.apply(phase=draft, ctx=director.with_key("apply"))
    finish(draft, director)
    assert mine(booked, "adult") == [(TUESDAY, time(9))]
    assert mine(booked, "other") == []
    # The book of the one called off is kept as long as everybody's.
    (hold,) = loans.holds_of(booked.patrons["other"])
    assert (hold.state, hold.ready_until) == ("ready", date(2020, 3, 4))
    assert taken() == {FRIDAY: 0, TUESDAY: 1, THURSDAY: 0}
    assert events() == ["pickup.called_off", "pickup.shifted"]
    assert finish(draft, director) == 0
    # Both are told, each once; and nothing is booked while it is shut.
    monkeypatch.setattr(clock, "now", lambda: at("2020-01-29", "10:00"))
    worker = Worker(SUBSCRIPTIONS, ())
    worker.turn()
    worker.turn()
    found = notices.Notice.objects.filter(kind__startswith="pickup-").order_by("kind")
    assert [(n.kind, n.patron) for n in found] == [
        ("pickup-cancelled", booked.patrons["other"]),
        ("pickup-moved", booked.patrons["adult"]),
    ]
    monkeypatch.setattr(clock, "now", lambda: at("2020-01-29", "11:00"))
    telling.assemble()
    (said,) = told.inbox(booked.patrons["adult"])
    assert "改到 3月3日 09:00–09:30" in said.text
    # PU-8: such times are not offered, and refused.
    assert loans.slots_to_book([booked.library.main], at("2020-01-29")) == ()
    with pytest.raises(Refused) as refused:
        circulation.move_pickup(
            pickup=loans.pickups_of(booked.patrons["adult"])[0].id,
            slot=times(booked, FRIDAY)[0].id,
            ctx=ctx("desk", at=at("2020-01-29", "12:00")),
        )
    assert refused.value.decision.codes == ("slot-shut",)
    assert broken() == []


def test_ph_20_extended_and_taken_back(booked: Stocked, ctx: Contexts, at: Any) -> None:
    director = ctx("director", at=at("2020-01-29"))
    phase = applied(booked.library.main, closed("2020-01-30", "2020-02-29"), director)
    longer = ctx("director", at=at("2020-01-29", "16:00"))
    commands.set_end(phase=phase, last_day=date(2020, 3, 10), ctx=longer)
    finish(phase, longer)
    assert mine(booked, "adult") == [(THURSDAY, time(9))]
    back, kept = queries.given_back_pickups(places.phase(phase), longer.occurred_at)
    assert ([m.after.day for m in back if m.after], kept) == ([FRIDAY, FRIDAY], {})
    commands.revert(phase=phase, ctx=longer.with_key("back"))
    finish(phase, longer)
    assert (mine(booked, "adult"), mine(booked, "other")) == (
        [(FRIDAY, time(9))],
        [(FRIDAY, time(9, 30))],
    )
    assert taken() == {FRIDAY: 2, TUESDAY: 0, THURSDAY: 0}
    assert events() == [
        "pickup.called_off", "pickup.restored", "pickup.shifted", "pickup.shifted",
        "pickup.shifted",
    ]  # fmt: skip
    assert finish(phase, longer) == 0
    assert broken() == []


def test_ph_20_what_somebody_changed_since_stays(booked: Stocked, ctx: Contexts, at: Any) -> None:
    director = ctx("director", at=at("2020-01-29"))
    phase = applied(booked.library.main, closed("2020-01-30", "2020-02-29"), director)
    for day in (date(2020, 3, 4),):
        circulation.open_slots(
            place=booked.library.main, first=day, last=day, opens=time(9), closes=time(10),
            minutes=30, capacity=1, ctx=ctx("desk", at=at("2020-01-29", "11:00")),
        )  # fmt: skip
    (moved,) = loans.pickups_of(booked.patrons["adult"])
    first, second = times(booked, date(2020, 3, 4))
    desk = ctx("desk", at=at("2020-01-29", "12:00"))
    circulation.move_pickup(pickup=moved.id, slot=first.id, ctx=desk)
    # The one called off has booked anew.
    mine_ = ctx(Actor("patron", booked.patrons["other"]), channel="portal", at=at("2020-01-29"))
    circulation.book_own_pickup(slot=second.id, ctx=mine_)
    _, kept = queries.given_back_pickups(places.phase(phase), desk.occurred_at)
    assert sorted(kept.values()) == ["changed", "changed"]
    commands.revert(phase=phase, ctx=director.with_key("back"))
    finish(phase, director)
    assert mine(booked, "adult") == [(date(2020, 3, 4), time(9))]
    assert mine(booked, "other") == [(date(2020, 3, 4), time(9, 30))]
    assert taken()[FRIDAY] == 0
    assert broken() == []


def test_ph_19_shorter_hours_shut_only_the_times_outside_them(
    booked: Stocked, ctx: Contexts, at: Any
) -> None:
    """Limited hours from half past nine: nine o'clock moves to what is free, half past stays."""
    hours = {n: ((time(9, 30), time(12)),) for n in range(7)}
    terms = closed(
        "2020-01-30", "2020-02-29", kind="limited", due_mode="none", hours=hours, reason=""
    )
    desk = ctx("desk", at=at("2020-01-29"))
    circulation.open_slots(
        place=booked.library.main, first=date(2020, 2, 1), last=date(2020, 2, 1), opens=time(10),
        closes=time(10, 30), minutes=30, capacity=1, ctx=desk,
    )  # fmt: skip
    applied(booked.library.main, terms, ctx("director", at=at("2020-01-29")))
    assert mine(booked, "adult") == [(date(2020, 2, 1), time(10))]
    assert mine(booked, "other") == [(FRIDAY, time(9, 30))]
    assert broken() == []
