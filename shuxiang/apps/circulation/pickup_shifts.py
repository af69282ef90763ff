"""Bookings of pickup slots that an operating phase shuts: which, where they go, what comes back
(`queries` hands it on)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shuxiang.apps.circulation import models
from shuxiang.apps.circulation.pickups import PickupView, SlotView, pickup_view, slot_view
from shuxiang.apps.circulation.rules import pickups as rules
from shuxiang.kernel import clock

STANDS = ("booked", "staged")
"""States of a booking whose reader has not come yet."""


def bookings_since(place_ids: Iterable[str], since: date) -> tuple[PickupView, ...]:
    """Bookings at places, from a day on, whose readers have not come yet, in the order they were
    made."""
    rows = models.Pickup.objects.filter(
        place__in=list(place_ids), state__in=STANDS, slot__day__gte=since
    )
    return tuple(map(pickup_view, rows.select_related("slot").order_by("booked_at", "id")))


def open_slots_since(place_ids: Iterable[str], since: date) -> tuple[SlotView, ...]:
    """Slots at places, from a day on, with a place left."""
    rows = models.PickupSlot.objects.filter(place__in=list(place_ids), day__gte=since)
    found = map(slot_view, rows.order_by("day", "starts", "id"))
    return tuple(slot for slot in found if slot.free)


def kept_for(place_ids: Sequence[str]) -> dict[tuple[str, str], dict[str, date]]:
    """{(reader, place): {hold: last day its copy is kept}} of what is ready at places."""
    found: dict[tuple[str, str], dict[str, date]] = {}
    rows = models.Hold.objects.filter(
        pickup__in=list(place_ids), state="ready", ended_at=None, ready_until__isnull=False
    )
    for hold, patron, place, until in rows.values_list(
        "id", "patron_id", "pickup_id", "ready_until"
    ):
        found.setdefault((patron, place), {})[hold] = until
    return found


@dataclass(frozen=True, slots=True)
class PickupMove:
    """A booking to be moved to the slot ``after``, or called off (None). ``before`` is its slot now,
    None of one called off; ``base`` the one before the cause."""

    pickup: str
    patron: str
    base: SlotView
    before: SlotView | None
    after: SlotView | None


def last_shifts(cause: str) -> dict[str, models.PickupShift]:
    rows = models.PickupShift.objects.filter(cause=cause).select_related("base", "before", "after")
    return {row.pickup_id: row for row in rows.order_by("round")}


def pickups_moved(
    shut_slots: Iterable[PickupView],
    free: Sequence[SlotView],
    kept: Mapping[tuple[str, str], date],
    cause: str,
) -> tuple[PickupMove, ...]:
    """Where a cause moves bookings whose slots it shuts (`rules.moved`)."""
    before = {b.id: b for b in shut_slots}
    if not before:
        return ()
    goals = rules.moved(
        (
            rules.Booking(
                id=b.id,
                place=b.slot.place,
                begins=(b.slot.day, b.slot.starts),
                booked_at=b.booked_at,
                kept_until=kept.get((b.patron, b.slot.place)),
            )
            for b in before.values()
        ),
        [rules.Slot(id=s.id, place=s.place, day=s.day, starts=s.starts, free=s.free) for s in free],
    )
    known, by_id = last_shifts(cause), {s.id: s for s in free}
    found = []
    for id_, goal in goals.items():
        one, last = before[id_], known.get(id_)
        base = slot_view(last.base) if last and last.after_id == one.slot.id else one.slot
        after = by_id[goal] if goal else None
        found.append(PickupMove(id_, one.patron, base, one.slot, after))
    return tuple(found)


def pickups_given_back(
    cause: str, round_: int, at: datetime
) -> tuple[tuple[PickupMove, ...], dict[str, str]]:
    """What taking a cause back does to bookings: the moves, and what stays with why."""
    known = {k: v for k, v in last_shifts(cause).items() if v.round != round_}
    rows = models.Pickup.objects.filter(id__in=list(known)).select_related("slot")
    views = {row.id: pickup_view(row) for row in rows}
    ready = kept_for(sorted({v.slot.place for v in views.values()}))
    booked = {
        (patron, place): id_
        for id_, patron, place in models.Pickup.objects.filter(
            patron__in=[v.patron for v in views.values() if v.patron], ended_at=None
        ).values_list("id", "patron_id", "place_id")
    }
    facts, free = [], {}
    for id_, shift in known.items():
        one, base = views[id_], slot_view(shift.base)
        where = (one.patron, one.slot.place)
        if shift.after_id is None:
            untouched = one.state == "cancelled" and one.ended_at == shift.shifted_at
        else:
            untouched = one.state in STANDS and one.slot.id == shift.after_id
        if shift.after_id == shift.base_id:
            continue
        free[base.id] = base.free
        facts.append(
            rules.Shifted(
                id=id_,
                base=base.id,
                booked_at=one.booked_at,
                untouched=untouched,
                again=where in ready and booked.get(where, id_) == id_,
                begun=at >= clock.at_local(base.day, base.starts),
            )
        )
    back, kept = rules.given_back(facts, free)
    moves = []
    for id_ in back:
        one, base = views[id_], slot_view(known[id_].base)
        before = one.slot if one.ended_at is None else None
        moves.append(PickupMove(id_, one.patron, base, before, base))
    return tuple(moves), kept
