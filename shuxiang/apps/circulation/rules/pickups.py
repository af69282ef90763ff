"""Decisions about pickup slots (cases PU- of `docs/circulation/holds.md`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from shuxiang.kernel.decision import Decision, Reason, stop

NEXT = {
    "staged": ("booked",),
    "arrived": ("booked", "staged"),
    "delivered": ("booked", "staged", "arrived"),
    "no_show": ("booked", "staged"),
    "cancelled": ("booked", "staged"),
    "moved": ("booked", "staged"),
}
"""From which states a booking comes to a state (PU-5)."""


def may_book(
    *,
    card: tuple[Reason, ...],
    ready: int,
    already: bool,
    begins: datetime,
    at: datetime,
    free: int,
    shut: bool = False,
) -> Decision:
    """Every reason against booking a slot (PU-1 … PU-4, PU-8). ``free``: places left in it; ``shut``:
    the place is closed that day."""
    reasons = list(card)
    if ready == 0:
        reasons.append(stop("pickup-nothing-ready"))
    if already:
        reasons.append(stop("pickup-booked"))
    if at >= begins:
        reasons.append(stop("slot-over"))
    if shut:
        reasons.append(stop("slot-shut"))
    if free <= 0:
        reasons.append(stop("slot-full"))
    return Decision(tuple(reasons))


def may_become(state: str, to: str) -> Decision:
    """Whether a booking may come to a state from the one it is in."""
    return Decision() if state in NEXT[to] else Decision((stop("pickup-state", state=state),))


def times(opens: time, closes: time, minutes: int) -> list[tuple[time, time]]:
    """The slots of a period, each ``minutes`` long; what is left at its end is none."""
    start = opens.hour * 60 + opens.minute
    end = closes.hour * 60 + closes.minute
    return [
        (time(*divmod(at, 60)), time(*divmod(at + minutes, 60)))
        for at in range(start, end - minutes + 1, minutes)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A slot that takes bookings, and how many more."""

    id: str
    place: str
    day: date
    starts: time
    free: int

    @property
    def begins(self) -> tuple[date, time]:
        return self.day, self.starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A booking whose slot a closure has shut. ``kept_until``: how long what is ready for its reader
    there is kept, the closure counted; None when nothing is."""

    id: str
    place: str
    begins: tuple[date, time]
    booked_at: datetime
    kept_until: date | None


def moved(bookings: Iterable[Booking], slots: Sequence[Slot]) -> dict[str, str | None]:
    """Where bookings of shut slots go (PH-19): in the order they were made, each to the first slot of
    its place after its own that has room while its books are kept; None where there is none."""
    found: dict[str, str | None] = {}
    left = {slot.id: slot.free for slot in slots}
    ordered = sorted(slots, key=lambda slot: slot.begins)
    for booking in sorted(bookings, key=lambda b: (b.booked_at, b.id)):
        until = booking.kept_until
        goal = next(
            (
                slot.id
                for slot in ordered
                if slot.place == booking.place
                and slot.begins > booking.begins
                and until is not None
                and slot.day <= until
                and left[slot.id] > 0
            ),
            None,
        )
        found[booking.id] = goal
        if goal is not None:
            left[goal] -= 1
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifted:
    """A booking that a closure moved or called off. ``untouched``: nobody has changed it since;
    ``base``: its slot before; ``again``: it could stand again (its reader has books there and no other
    booking); ``begun``: that slot has."""

    id: str
    base: str
    booked_at: datetime
    untouched: bool
    again: bool
    begun: bool


def given_back(
    rows: Iterable[Shifted], free: Mapping[str, int]
) -> tuple[dict[str, str], dict[str, str]]:
    """({booking: slot it goes back to}, {booking: why it stays}) when the closure is taken back
    (PH-20). ``free``: places left by slot. Why: ``changed`` since, ``past``, ``full``."""
    back: dict[str, str] = {}
    kept: dict[str, str] = {}
    left = dict(free)
    for row in sorted(rows, key=lambda r: (r.booked_at, r.id)):
        if not (row.untouched and row.again):
            kept[row.id] = "changed"
        elif row.begun:
            kept[row.id] = "past"
        elif left.get(row.base, 0) <= 0:
            kept[row.id] = "full"
        else:
            left[row.base] -= 1
            back[row.id] = row.base
    return back, kept
