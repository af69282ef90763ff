"""Pure decisions about batches: ranges, handing over and taking over, when a project will be done."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shuxiang.formats.identifiers import parse_isbn
from shuxiang.kernel.decision import Reason, stop

STAGES = ("entered", "labelled", "shelved")
STEPS = {"label": ("entered", "labelled"), "shelve": ("labelled", "shelved")}
"""Step → (stage it takes books from, stage it brings them to)."""
MOST_LINES = 500
MOST_RANGE = 1_000_000
WINDOW = 28
"""Days a forecast looks back."""
LEAST_DAYS = 5
"""Days with work within them that a forecast needs."""
FAR = 3650


@dataclass(frozen=True, slots=True)
class Range:
    """Barcodes from ``first`` to ``last`` under one prefix, of so many digits."""

    prefix: str
    digits: int
    first: int
    last: int

    def text(self, number: int) -> str:
        """The barcode of a number."""
        return f"{self.prefix}{number:0{self.digits}d}"

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    def number(self, barcode: str) -> int | None:
        """The number of a barcode of the range; None for any other."""
        tail = barcode[len(self.prefix) :]
        if not barcode.startswith(self.prefix) or len(tail) != self.digits:
            return None
        if not (tail.isascii() and tail.isdigit()):
            return None
        return int(tail) if self.first <= int(tail) <= self.last else None


def parse_range(first: str, last: str) -> Range | None:
    """The range between two barcodes that differ in their last digits only; None where they are not
    two ends of one range."""
    head = first.rstrip("0123456789")
    digits = len(first) - len(head)
    if not digits or len(first) != len(last) or not last.startswith(head):
        return None
    tail = last[len(head) :]
    if digits > 18 or not (tail.isascii() and tail.isdigit() and first.isascii()):
        return None
    return Range(head, digits, int(first[len(head) :]), int(tail))


def range_reasons(
    wanted: Range | None, there: Sequence[Range], *, most_length: int
) -> list[Reason]:
    """What stands against reserving a range beside those that are reserved."""
    if wanted is None:
        return [stop("barcode-range-unclear")]
    reasons = []
    if wanted.last < wanted.first:
        reasons.append(stop("barcode-range-unclear"))
    elif wanted.count > MOST_RANGE:
        reasons.append(stop("barcode-range-long", most=MOST_RANGE))
    if len(wanted.prefix) > 20 or len(wanted.prefix) + wanted.digits > most_length:
        reasons.append(stop("barcode-too-long", limit=most_length))
    for other in there:
        same = (other.prefix, other.digits) == (wanted.prefix, wanted.digits)
        if same and other.first <= wanted.last and wanted.first <= other.last:
            reasons.append(
                stop(
                    "barcode-range-taken",
                    first=other.text(other.first),
                    last=other.text(other.last),
                )
            )
    return reasons


def may_enter(*, lines: int, barcode: str, has_range: bool) -> list[Reason]:
    """A truck holds so many books; a book is entered under its own barcode, not under its ISBN."""
    reasons = [stop("batch-full", most=MOST_LINES)] if lines >= MOST_LINES else []
    if not barcode and not has_range:
        reasons.append(stop("barcode-missing"))
    if barcode[:3] in ("978", "979") and parse_isbn(barcode).valid:
        reasons.append(stop("barcode-is-isbn", barcode=barcode))
    return reasons


def may_hand_over(*, step: str, waiting: int, under_way: bool) -> list[Reason]:
    """``waiting`` books stand at the stage the step takes them from."""
    if step not in STEPS:
        return [stop("handover-step")]
    if under_way:
        return [stop("handover-under-way")]
    return [] if waiting else [stop("handover-empty")]


def may_receive(
    *, handed: int, counted: int, missing: Sequence[str], known: set[str]
) -> list[Reason]:
    """Every book handed over is counted or named as missing.

    Args:
        known: barcodes that were handed over.
    """
    reasons = [stop("handover-foreign", barcode=code) for code in missing if code not in known]
    if not reasons and counted + len(missing) != handed:
        reasons.append(
            stop("handover-differs", handed=handed, counted=counted, missing=len(missing))
        )
    return reasons


# --- when it will be done -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a stage will have reached its target, and what that rests on.

    ``per_day``: books a calendar day over the ``days`` looked back on, of which ``worked`` had work;
    ``done_on`` at that rate, ``soonest`` and ``latest`` at the best and the poorest week's. All None
    where nothing can be said: ``why`` is then done, few-days, stands-still or too-far.
    """

    left: int
    per_day: float
    days: int
    worked: int
    done_on: date | None = None
    soonest: date | None = None
    latest: date | None = None
    why: str = ""


def forecast(target: int, done: int, by_day: Mapping[date, int], today: date) -> Forecast:
    """When ``target`` will be reached at the pace of the last four weeks, today left out (it is not
    over). Days off count: the pace is per calendar day."""
    left = max(target - done, 0)
    begun = min((day for day, count in by_day.items() if count), default=today)
    since = max(today - timedelta(days=WINDOW), begun)
    days = (today - since).days
    counts = [by_day.get(since + timedelta(days=n), 0) for n in range(days)]
    worked = sum(1 for count in counts if count)
    pace = sum(counts) / days if days else 0.0
    plain = Forecast(left, pace, days, worked)
    if not left:
        return _because(plain, "done")
    if worked < LEAST_DAYS:
        return _because(plain, "few-days" if sum(counts) or not days else "stands-still")
    weeks = [sum(counts[max(end - 7, 0) : end]) / 7 for end in range(days, 6, -7)] or [pace]
    reached = _on(today, left, pace)
    if reached is None:
        return _because(plain, "too-far")
    return Forecast(
        left,
        pace,
        days,
        worked,
        reached,
        _on(today, left, max(*weeks, pace)),
        _on(today, left, min(*weeks, pace)),
    )


def _because(plain: Forecast, why: str) -> Forecast:
    return Forecast(plain.left, plain.per_day, plain.days, plain.worked, why=why)


def _on(today: date, left: int, pace: float) -> date | None:
    if pace <= 0 or (days := math.ceil(left / pace)) > FAR:
        return None
    return today + timedelta(days=days - 1)
