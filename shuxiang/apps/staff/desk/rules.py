"""Desk PINs: 4 to 6 digits, for a desk that somebody has signed in to with a password that day."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from shuxiang.kernel.decision import Decision, Reason, stop

LEAST, MOST = 4, 6
LOCK_AFTER = 5
LOCK = timedelta(minutes=30)
VOID_AFTER = 15
"""Wrong PINs in a row after which the PIN is void: of 10,000 PINs a guesser tries 15."""


def may_use_pin(pin: str) -> Decision:
    """4 to 6 digits; not one digit throughout, no straight run up or down."""
    if not (pin.isascii() and pin.isdigit() and LEAST <= len(pin) <= MOST):
        return Decision((stop("desk-pin-form", least=LEAST, most=MOST),))
    steps = {int(b) - int(a) for a, b in pairwise(pin)}
    if len(steps) == 1 and steps <= {-1, 0, 1}:
        return Decision((stop("desk-pin-simple"),))
    return Decision()


def may_take_desk(
    *,
    right: bool,
    active: bool,
    locked_until: datetime | None,
    rights_here: bool,
    password_due: bool,
    at: datetime,
) -> Decision:
    """Why an account may not take the desk by its PIN. An account that isn't there, has no PIN or has
    another one is told apart by nobody."""
    if locked_until is not None and at < locked_until:
        return Decision((stop("desk-pin-locked", at=locked_until.isoformat()),))
    if not (right and active):
        return Decision((stop("desk-pin-wrong"),))
    reasons: list[Reason] = []
    if not rights_here:
        reasons.append(stop("desk-no-rights"))
    if password_due:
        reasons.append(stop("desk-password-due"))
    return Decision(tuple(reasons))


def after_failure(failures: int, at: datetime) -> tuple[int, datetime | None, bool]:
    """After one more wrong PIN: how many in a row, locked until when, and whether the PIN is void."""
    failures += 1
    locked = at + LOCK if failures % LOCK_AFTER == 0 else None
    return failures, locked, failures >= VOID_AFTER
