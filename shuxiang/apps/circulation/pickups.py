"""What others may ask about pickup slots and bookings (`queries` hands it on)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from shuxiang.apps.circulation import models
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.patrons import queries as patrons
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

    @property
    def free(self) -> int:
        return max(self.capacity - self.booked, 0)


@dataclass(frozen=True, slots=True)
class PickupView:
    """A booking with its slot."""

    id: str
    patron: str
    state: str
    slot: SlotView
    staged_at: datetime | None
    arrived_at: datetime | None


def _slot(row: models.PickupSlot) -> SlotView:
    return SlotView(row.id, row.place_id, row.day, row.starts, row.ends, row.capacity, row.booked)


def _pickup(row: models.Pickup) -> PickupView:
    return PickupView(
        row.id, row.patron_id or "", row.state, _slot(row.slot), row.staged_at, row.arrived_at
    )


def slots(place: str, first: date, last: date) -> tuple[SlotView, ...]:
    """The slots of a place between two days, in order."""
    rows = models.PickupSlot.objects.filter(place=place, day__range=(first, last))
    return tuple(map(_slot, rows.order_by("day", "starts")))


def slots_to_book(place_ids: Iterable[str], at: datetime, days: int = 14) -> tuple[SlotView, ...]:
    """Slots of the places that have not begun and have a place left."""
    today = clock.business_date(at)
    rows: Any = models.PickupSlot.objects.filter(
        place__in=list(place_ids), day__range=(today, date.fromordinal(today.toordinal() + days))
    ).order_by("day", "starts")
    return tuple(s for s in map(_slot, rows) if s.free and at < clock.at_local(s.day, s.starts))


def pickups_of(patron: str) -> tuple[PickupView, ...]:
    """The reader's bookings that stand."""
    rows = models.Pickup.objects.filter(patron=patron, ended_at=None).select_related("slot")
    return tuple(map(_pickup, rows.order_by("slot__day", "slot__starts")))


def pickups_at(place: str, day: date) -> tuple[PickupView, ...]:
    """The bookings of a place and day, given up ones left out, in the order of their times."""
    rows = models.Pickup.objects.filter(place=place, slot__day=day).exclude(state="cancelled")
    return tuple(map(_pickup, rows.select_related("slot").order_by("slot__starts", "booked_at")))


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
