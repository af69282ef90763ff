"""Decisions about pickup slots (cases PU- of `docs/circulation/holds.md`)."""

from __future__ import annotations

from datetime import datetime, time

from shuxiang.kernel.decision import Decision, Reason, stop

NEXT = {
    "staged": ("booked",),
    "arrived": ("booked", "staged"),
    "delivered": ("booked", "staged", "arrived"),
    "no_show": ("booked", "staged"),
    "cancelled": ("booked", "staged"),
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
) -> Decision:
    """Every reason against booking a slot (PU-1 … PU-4). ``free``: places left in it."""
    reasons = list(card)
    if ready == 0:
        reasons.append(stop("pickup-nothing-ready"))
    if already:
        reasons.append(stop("pickup-booked"))
    if at >= begins:
        reasons.append(stop("slot-over"))
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
