"""What others may ask about pickup slots and bookings (`queries` hands it on)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from shuxiang.apps.circulation import models
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Reason, stop


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot and how many places are left."""

    id: str
    place: str
    day: date
    starts: time
    ends: time
    capacity: int
    booked: int
    closed: bool = False

    @property
    def free(self) -> int:
        return 0 if self.closed else max(self.capacity - self.booked, 0)


@dataclass(frozen=True, slots=True)
class PickupView:
    """A booking with its slot."""

    id: str
    patron: str
    state: str
    slot: SlotView
    booked_at: datetime
    staged_at: datetime | None
    arrived_at: datetime | None
    ended_at: datetime | None


def slot_view(row: models.PickupSlot) -> SlotView:
    days = (row.day, row.starts, row.ends)
    return SlotView(row.id, row.place_id, *days, row.capacity, row.booked, row.closed)


def pickup_view(row: models.Pickup) -> PickupView:
    times = (row.booked_at, row.staged_at, row.arrived_at, row.ended_at)
    return PickupView(row.id, row.patron_id or "", row.state, slot_view(row.slot), *times)


def slot(slot_id: str) -> SlotView | None:
    row = models.PickupSlot.objects.filter(id=slot_id).first() if loans.is_id(slot_id) else None
    return slot_view(row) if row else None


def pickup(pickup_id: str) -> PickupView | None:
    rows = models.Pickup.objects.select_related("slot")
    row = rows.filter(id=pickup_id).first() if loans.is_id(pickup_id) else None
    return pickup_view(row) if row else None


def slots(place: str, first: date, last: date) -> tuple[SlotView, ...]:
    """The slots of a place between two days, in order."""
    rows = models.PickupSlot.objects.filter(place=place, day__range=(first, last))
    return tuple(map(slot_view, rows.order_by("day", "starts")))


def slots_to_book(place_ids: Iterable[str], at: datetime, days: int = 14) -> tuple[SlotView, ...]:
    """Slots of the places that have not begun, on days they are open, with a place left."""
    today = clock.business_date(at)
    last = today + timedelta(days=days)
    rows: Any = models.PickupSlot.objects.filter(
        place__in=list(place_ids), day__range=(today, last)
    ).order_by("day", "starts")
    calendars = places.calendars(today, last)
    return tuple(
        s
        for s in map(slot_view, rows)
        if s.free
        and at < clock.at_local(s.day, s.starts)
        and not slot_shut(calendars[s.place], s.day, s.starts, s.ends)
    )


def slot_shut(calendar: places.Calendar, day: date, starts: time, ends: time) -> bool:
    """Whether nobody can come to a slot: the place is closed that day, or a phase's hours leave it
    out. Times outside the usual hours are the library's own choice."""
    if not calendar.is_open(day):
        return True
    span = calendar.span(day)
    if span is None or not span.hours or day in calendar.days:
        return False
    return not any(a <= starts and ends <= b for a, b in calendar.hours(day))


def pickups_of(patron: str) -> tuple[PickupView, ...]:
    """The reader's bookings that stand."""
    rows = models.Pickup.objects.filter(patron=patron, ended_at=None).select_related("slot")
    return tuple(map(pickup_view, rows.order_by("slot__day", "slot__starts")))


def pickups_at(place: str, day: date) -> tuple[PickupView, ...]:
    """The bookings of a place and day, given up ones left out, in the order of their times."""
    rows = models.Pickup.objects.filter(place=place, slot__day=day).exclude(state="cancelled")
    return tuple(
        map(pickup_view, rows.select_related("slot").order_by("slot__starts", "booked_at"))
    )


def against_pickup(patron: str, place: str, on: date) -> tuple[Reason, ...]:
    """What stands against lending what is ready to a reader, said before they come (PU-6): the card,
    overdue loans, the loan limit."""
    reader = patrons.loan_reader(patron)
    if reader is None:
        return (stop("patron-unknown"),)
    reasons = list(reader.opens(on).reasons)
    ready = [h for h in loans.holds_of(patron) if h.state == "ready" and h.pickup == place]
    held = loans.counts(patron, "", on)
    rule = loans.explain(place, reader.category, "book", on).rule
    if rule is not None:
        if held.overdue and rule.overdue_blocks:
            reasons.append(stop("overdue-loans", count=held.overdue))
        if held.open + len(ready) > rule.loan_limit:
            reasons.append(stop("loan-limit", limit=rule.loan_limit, open=held.open))
    return tuple(reasons)
