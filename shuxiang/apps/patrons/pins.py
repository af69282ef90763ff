"""PINs: which are good enough, how one is drawn, and how guessing is slowed down. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shuxiang.kernel.decision import Decision, Reason, stop

LEAST = 6
MOST = 12
"""A PIN's length in digits: keypads of machines have nothing else."""

WINDOW = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
FORGIVEN_AFTER = timedelta(hours=24)
WRONG_OF_A_NAME = 5
WRONG_OF_AN_ADDRESS = 30
"""Wrong sign-ins within `WINDOW` before a lock: of one card or document number; of one address,
behind which a whole reading room may sit."""


def may_use(
    pin: str, *, born_on: date | None = None, numbers: Iterable[str] = (), as_before: bool = False
) -> Decision:
    """Whether a reader may choose a PIN. ``numbers`` are their card, phone and documents: nobody
    should open an account with what is printed on the card."""
    reasons: list[Reason] = []
    if not (pin.isascii() and pin.isdigit() and LEAST <= len(pin) <= MOST):
        return Decision((stop("pin-form", least=LEAST, most=MOST),))
    if _trivial(pin):
        reasons.append(stop("pin-trivial"))
    if born_on is not None and any(form in pin for form in _forms(born_on)):
        reasons.append(stop("pin-birthday"))
    if any(pin in _digits(number) for number in numbers):
        reasons.append(stop("pin-in-number"))
    if as_before:
        reasons.append(stop("pin-as-before"))
    return Decision(tuple(reasons))


def draw(
    below: Callable[[int], int], *, born_on: date | None = None, numbers: Iterable[str] = ()
) -> str:
    """A random PIN of six digits that reads like no date at all. ``below(n)`` gives a random number
    from 0 to n - 1, as `secrets.randbelow`."""
    known = tuple(numbers)
    while True:
        pin = f"{below(10**LEAST):0{LEAST}d}"
        if not _like_a_date(pin) and may_use(pin, born_on=born_on, numbers=known).allowed:
            return pin


def _trivial(pin: str) -> bool:
    digits = [int(c) for c in pin]
    steps = {(b - a) % 10 for a, b in itertools.pairwise(digits)}
    repeats = any(pin == (pin[:n] * len(pin))[: len(pin)] for n in (1, 2, 3))
    pairs = len(pin) % 2 == 0 and all(pin[n] == pin[n + 1] for n in range(0, len(pin), 2))
    return len(set(pin)) < 3 or repeats or pairs or steps in ({1}, {9})


def _forms(day: date) -> tuple[str, ...]:
    return tuple(f"{day:{form}}" for form in ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m"))


def _like_a_date(pin: str) -> bool:
    a, b, c = (int(pin[n : n + 2]) for n in (0, 2, 4))
    month_day = (1 <= b <= 12 and 1 <= c <= 31) or (1 <= a <= 12 and 1 <= b <= 31)
    day_month = 1 <= a <= 31 and 1 <= b <= 12
    return month_day or day_month or (a in (19, 20) and 1 <= c <= 12)


def _digits(number: str) -> str:
    return "".join(c for c in number if c.isdigit())


@dataclass(frozen=True, slots=True)
class Guessed:
    """Wrong sign-ins so far: how many since when, and how often that already led to a lock."""

    wrong: int
    since: datetime
    level: int = 0
    locked_until: datetime | None = None
    last_at: datetime | None = None


def locked_minutes(guessed: Guessed | None, at: datetime) -> int:
    """Whole minutes until the lock opens, at least 1; 0 when there is none."""
    if guessed is None or guessed.locked_until is None or at >= guessed.locked_until:
        return 0
    left = guessed.locked_until - at
    return int((left + timedelta(seconds=59)).total_seconds() // 60)


def after_wrong(guessed: Guessed | None, at: datetime, *, most: int) -> Guessed:
    """One more wrong sign-in. The ``most``-th within `WINDOW` locks for a quarter of an hour, each
    further lock for twice as long, up to a day; a day without any is forgiven."""
    if guessed is None or (guessed.last_at and at - guessed.last_at > FORGIVEN_AFTER):
        guessed = Guessed(0, at)
    if at - guessed.since > WINDOW:
        guessed = replace(guessed, wrong=0, since=at)
    guessed = replace(guessed, wrong=guessed.wrong + 1, last_at=at)
    if guessed.wrong < most:
        return guessed
    lock = min(WINDOW * 2 ** min(guessed.level, 7), LONGEST_LOCK)
    return replace(guessed, wrong=0, since=at, level=guessed.level + 1, locked_until=at + lock)
