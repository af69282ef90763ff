"""How issues come, which are late, and what is held (docs/circulation/serials.md, numbered SE-)."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shuxiang.kernel.clock import add_months
from shuxiang.kernel.decision import Reason, stop

FREQUENCIES = (
    "daily", "weekly", "ten_days", "half_month", "monthly", "bimonthly", "quarterly",
)  # fmt: skip
_MONTH_DAYS = {"ten_days": (5, 15, 25), "half_month": (1, 16)}
_STEPS = {"monthly": 1, "bimonthly": 2, "quarterly": 3}
MOST_ISSUES = 800
MOST_COPIES = 50
HIGHEST = 100_000
"""Of a printed number, volume or 总期号: the oldest dailies are below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """How the issues of a title come.

    Attributes:
        weekdays: Monday 1 … Sunday 7, of a daily or weekly; empty: every day, the weekday of the
            first day.
        month_days: days of the month of 旬刊 and 半月刊; empty: 5 15 25 and 1 16.
        number: of the first issue; volume: 卷 of it, 0 for none; total: 总期号 of it, 0 for none.
        yearly: numbers begin with 1 again each year, and the volume goes up.
        combined: months of a monthly that appear as one issue, such as ((1, 2), (7, 8)).
        skipped: days without an issue, which takes no number.
    """

    frequency: str
    weekdays: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    number: int = 1
    volume: int = 0
    total: int = 0
    yearly: bool = True
    combined: tuple[tuple[int, ...], ...] = ()
    skipped: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Predicted:
    """An issue to come. ``number`` as printed: 7, or 7-8 of a combined one."""

    expected_on: date
    volume: int
    number: str
    total: int
    kind: str = "regular"


def pattern_reasons(pattern: Pattern, first: date, last: date) -> tuple[Reason, ...]:
    """What is wrong with a pattern and its period (SE-1)."""
    reasons = []
    if pattern.frequency not in FREQUENCIES:
        reasons.append(stop("serial-frequency", frequency=pattern.frequency))
    if last < first or last > add_months(first, 25):
        reasons.append(stop("serial-period"))
    wrong = (
        any(not 1 <= d <= 7 for d in pattern.weekdays)
        or any(not 1 <= d <= 31 for d in pattern.month_days)
        or not 1 <= pattern.number <= HIGHEST
        or not 0 <= pattern.volume <= HIGHEST
        or not 0 <= pattern.total <= HIGHEST
        or any(len(m) < 2 or any(not 1 <= x <= 12 for x in m) for m in pattern.combined)
        or (bool(pattern.combined) and pattern.frequency != "monthly")
    )
    if wrong:
        reasons.append(stop("serial-pattern"))
    return tuple(reasons)


def predict(pattern: Pattern, first: date, last: date) -> tuple[Predicted, ...]:
    """Every issue from a day to a day (SE-2)."""
    number, volume, total = pattern.number, pattern.volume, pattern.total
    year = first.year
    found = []
    for day, months in _days(pattern, first, last):
        if day in pattern.skipped:
            continue
        if pattern.yearly and day.year != year:
            number = 1
            volume += (day.year - year) if volume else 0
            year = day.year
        text = str(number) if months == 1 else f"{number}-{number + months - 1}"
        found.append(Predicted(day, volume, text, total, "regular" if months == 1 else "combined"))
        number += months
        # A combined issue has the numbers of both, and one number in the whole run.
        total += 1 if total else 0
    return tuple(found)


def _days(pattern: Pattern, first: date, last: date) -> Iterator[tuple[date, int]]:
    """(day, months it stands for)."""
    if pattern.frequency in ("daily", "weekly"):
        wanted = pattern.weekdays or (
            (first.isoweekday(),) if pattern.frequency == "weekly" else tuple(range(1, 8))
        )
        day = first
        while day <= last:
            if day.isoweekday() in wanted:
                yield day, 1
            day += timedelta(days=1)
        return
    if pattern.frequency in _MONTH_DAYS:
        days = sorted(pattern.month_days or _MONTH_DAYS[pattern.frequency])
        month = first.replace(day=1)
        while month <= last:
            length = calendar.monthrange(month.year, month.month)[1]
            for day_of in dict.fromkeys(min(d, length) for d in days):
                day = month.replace(day=day_of)
                if first <= day <= last:
                    yield day, 1
            month = add_months(month, 1)
        return
    step = _STEPS[pattern.frequency]
    leading = {months[0]: len(months) for months in pattern.combined}
    following = {m for months in pattern.combined for m in months[1:]}
    for n in range(0, 400, step):
        # From the first day each time: 31 January leads to 28 February and to 31 March again.
        day = add_months(first, n)
        if day > last:
            return
        if day.month not in following:
            yield day, leading.get(day.month, 1)


def late(*, expected_on: date, grace_days: int, copies: int, arrived: int, on: date) -> int:
    """Days an issue is late, counted from the end of its grace; 0 for not at all (SE-4)."""
    if arrived >= copies:
        return 0
    return max((on - expected_on).days - grace_days, 0)


def runs(numbers: Iterable[str]) -> str:
    """Numbers of a year in short: 1-5, 7, 增刊1 (SE-6)."""
    spans: list[list[int]] = []
    others = []
    for text in numbers:
        first, _dash, end = text.partition("-")
        if not first.isdigit() or (end and not end.isdigit()):
            others.append(text)
            continue
        low, high = int(first), int(end or first)
        if spans and low == spans[-1][1] + 1:
            spans[-1][1] = high
        elif not spans or low > spans[-1][1]:
            spans.append([low, high])
    said = [str(a) if a == b else f"{a}-{b}" for a, b in spans]
    return ", ".join([*said, *dict.fromkeys(others)])


def bind_reasons(
    *, copies: int, places: Sequence[str], bound: Sequence[str], years: Sequence[int]
) -> tuple[Reason, ...]:
    """Copies that are bound together (SE-5): some, of one place and year, none bound already."""
    reasons = []
    if not copies:
        reasons.append(stop("bind-nothing"))
    if len(set(places)) > 1 or len(set(years)) > 1:
        reasons.append(stop("bind-mixed"))
    if any(bound):
        reasons.append(stop("bind-bound"))
    return tuple(reasons)
