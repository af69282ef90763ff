"""Calendars: which days a place is open, and where a due date on a closed day goes; and the record
of an operating phase, which closes days or gives them other hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

HORIZON_DAYS = 400


@dataclass(frozen=True, slots=True)
class Week:
    """Opening hours of the weekdays (0 Monday … 6 Sunday) in force in a period."""

    hours: dict[int, tuple[tuple[time, time], ...]]
    valid_from: date
    valid_to: date | None = None

    def in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Day:
    """A day that departs from the week."""

    open: bool
    hours: tuple[tuple[time, time], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """What an operating phase says of opening: closed, or open at hours of its own (none said: at
    the usual ones)."""

    first: date
    last: date | None
    closed: bool
    hours: dict[int, tuple[tuple[time, time], ...]] = field(default_factory=dict)
    reason: str = ""
    until_notice: bool = False

    def in_force(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything known about when one place is open. The first of ``weeks`` and of ``spans`` in force
    on a day counts."""

    weeks: tuple[Week, ...] = ()
    days: dict[date, Day] = field(default_factory=dict)
    holidays: dict[date, str] = field(default_factory=dict)
    open_on_holidays: bool = True
    spans: tuple[Span, ...] = ()

    def span(self, day: date) -> Span | None:
        """What an operating phase says of a day."""
        return next((s for s in self.spans if s.in_force(day)), None)

    def hours(self, day: date) -> tuple[tuple[time, time], ...]:
        """Opening periods of a day; empty when closed. A closure by an operating phase beats a named
        day beats a holiday beats a phase's hours beats the week."""
        span = self.span(day)
        if span is not None and span.closed:
            return ()
        named = self.days.get(day)
        week: Span | Week | None = span if span is not None and span.hours else None
        week = week or next((w for w in self.weeks if w.in_force(day)), None)
        usual = week.hours.get(day.weekday(), ()) if week else ()
        if named is not None:
            return (named.hours or usual or ((time(9), time(17)),)) if named.open else ()
        if day in self.holidays and not self.open_on_holidays:
            return ()
        if week is None:
            return ((time.min, time.max),)
        return usual

    def is_open(self, day: date) -> bool:
        return bool(self.hours(day))

    def why_closed(self, day: date) -> str:
        """The reason of a closed day in the library's words, '' when it is just the week."""
        span = self.span(day)
        if span is not None and span.closed:
            return span.reason
        named = self.days.get(day)
        if named is not None:
            return named.reason
        return self.holidays.get(day, "")

    def next_open(self, day: date) -> date:
        """The day itself if open, else the next open one; the day itself if none is known within
        400 days (a place closed for good must not push dates to infinity)."""
        for ahead in range(HORIZON_DAYS):
            candidate = day + timedelta(days=ahead)
            if self.is_open(candidate):
                return candidate
        return day

    def last_open(self, day: date) -> date:
        """The day itself if open, else the last open one before it; the day itself if none is known
        within 400 days."""
        for back in range(HORIZON_DAYS):
            candidate = day - timedelta(days=back)
            if self.is_open(candidate):
                return candidate
        return day

    def open_days(self, first: date, last: date) -> int:
        """Open days from ``first`` to ``last``, both included."""
        span = (last - first).days + 1
        return sum(self.is_open(first + timedelta(days=n)) for n in range(span))


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a place is open at a moment: until when, or when it opens next (None: not known within
    400 days) and why it is closed. ``always`` is for places that keep no hours."""

    open: bool
    until: time | None = None
    next_day: date | None = None
    next_at: time | None = None
    why: str = ""
    always: bool = False


def standing(calendar: Calendar, at: datetime) -> Standing:
    """The standing at a local wall-clock moment."""
    day, clock = at.date(), at.time()
    today = calendar.hours(day)
    if today == ((time.min, time.max),):
        return Standing(True, always=True)
    for opens, closes in today:
        if opens <= clock < closes:
            return Standing(True, until=closes)
    later = next((opens for opens, _ in today if clock < opens), None)
    if later is not None:
        return Standing(False, next_day=day, next_at=later)
    why = "" if today else calendar.why_closed(day)
    span = calendar.span(day)
    if span is not None and span.closed and span.until_notice:
        return Standing(False, why=why)
    following = calendar.next_open(day + timedelta(days=1))
    hours = calendar.hours(following)
    if not hours:
        return Standing(False, why=why)
    return Standing(False, next_day=following, next_at=hours[0][0], why=why)


@dataclass(frozen=True, slots=True)
class Departure:
    """Consecutive days on which a place departs from its week for one reason: closed, or open at the
    hours given (none given: at its usual ones)."""

    first: date
    last: date
    open: bool
    hours: tuple[tuple[time, time], ...]
    reason: str


def departures(calendar: Calendar, first: date, last: date) -> tuple[Departure, ...]:
    """Every departure between two days, both included, in order: what readers are told ahead. Not
    what operating phases say: they have notices of their own."""
    found: list[Departure] = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        named, span = calendar.days.get(day), calendar.span(day)
        if span is not None and span.closed:
            continue
        if named is not None:
            what = (named.open, named.hours, named.reason)
        elif day in calendar.holidays and not calendar.open_on_holidays:
            what = (False, (), calendar.holidays[day])
        else:
            continue
        before = found[-1] if found else None
        if (
            before is not None
            and before.last == day - timedelta(days=1)
            and (before.open, before.hours, before.reason) == what
        ):
            found[-1] = Departure(before.first, day, *what)
        else:
            found.append(Departure(day, day, *what))
    return tuple(found)


LIVE = ("applying", "applied")
"""States in which an operating phase is in force on its days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One operating phase (`models.OperatingPhase`, whose fields these are)."""

    id: str
    library: str
    place: str
    include_branches: bool
    kind: str
    name: str
    reason: str
    first_day: date
    last_day: date | None
    until_notice: bool
    state: str
    round: int
    fresh_from: date | None
    counted: dict[str, tuple[tuple[date, date], ...]]
    hours: dict[int, tuple[tuple[time, time], ...]]
    slot_minutes: int | None
    slot_quota: int | None
    moment_quota: int | None
    day_quota: int | None
    checks: tuple[str, ...]
    lanes: tuple[str, ...]
    seats_off: int
    max_stay_minutes: int | None
    loan_days: int | None
    extra_loans: int
    due_mode: str
    due_days: int
    spread_most: int | None
    move_holds: bool
    quarantine_hours: int
    notice: str
    desk_notice: str
    written_at: datetime
    written_by: str
    applied_at: datetime | None
    applied_by: str

    def in_force(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def span(self) -> Span:
        """Its share of a calendar."""
        return Span(
            self.first_day,
            self.last_day,
            self.kind == "closed",
            self.hours,
            self.reason or self.name,
            self.until_notice,
        )


def reaching(phases: Iterable[Phase], chain: Sequence[str]) -> tuple[Phase, ...]:
    """Those of the phases that a place keeps, given the ids from itself up to the root, the one that
    counts first: a closure beats what only limits, then the nearest place, then the later first
    day."""
    rank = {place: n for n, place in enumerate(chain)}
    found = [p for p in phases if p.place in rank and (p.include_branches or rank[p.place] == 0)]
    found.sort(key=lambda p: (p.first_day, p.id), reverse=True)
    found.sort(key=lambda p: (p.kind != "closed", rank[p.place]))
    return tuple(found)
