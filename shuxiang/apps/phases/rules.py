"""Operating phases: what a record may say, and where due dates go (decision tables in
`docs/circulation/phases.md`, numbered PH-)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Protocol

from shuxiang.kernel.decision import Decision, Reason, stop

KINDS = ("closed", "limited", "normal")
DUE_MODES = ("none", "closed_days", "reopening", "extra")
MOST_DAYS = 400
"""The longest closure, and how far a due date is moved at most to find a free day."""
MOST_NUMBER = 9999
LONGEST_NOTICE = 4000
MOST_LINES = 20
Hours = dict[int, tuple[tuple[time, time], ...]]
Ranges = tuple[tuple[date, date], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a phase says, as it is written down."""

    kind: str
    name: str
    first_day: date
    last_day: date | None = None
    until_notice: bool = False
    reason: str = ""
    hours: Hours = field(default_factory=dict)
    slot_minutes: int | None = None
    slot_quota: int | None = None
    moment_quota: int | None = None
    day_quota: int | None = None
    checks: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    seats_off: int = 0
    max_stay_minutes: int | None = None
    loan_days: int | None = None
    extra_loans: int = 0
    due_mode: str = "none"
    due_days: int = 0
    spread_most: int | None = None
    move_holds: bool = True
    quarantine_hours: int = 0
    notice: str = ""
    desk_notice: str = ""


def may_write(terms: Terms) -> Decision:
    """Every reason against writing a phase down (PH-1)."""
    reasons: list[Reason] = []
    if terms.kind not in KINDS:
        reasons.append(stop("phase-kind-unknown", kind=terms.kind))
    if not terms.name.strip():
        reasons.append(stop("name-missing"))
    for name, text, most in (
        ("name", terms.name, 40),
        ("reason", terms.reason, 120),
        ("notice", terms.notice, LONGEST_NOTICE),
        ("desk_notice", terms.desk_notice, 200),
    ):
        if len(text.strip()) > most:
            reasons.append(stop("text-too-long", field=name, most=most))
    reasons += _days(terms)
    for periods in terms.hours.values():
        reasons += [
            stop("hours-reversed", opens=str(opens), closes=str(closes))
            for opens, closes in periods
            if opens >= closes
        ]
    numbers = (
        terms.slot_minutes,
        terms.slot_quota,
        terms.moment_quota,
        terms.day_quota,
        terms.seats_off,
        terms.max_stay_minutes,
        terms.loan_days,
        terms.extra_loans,
        terms.due_days,
        terms.spread_most,
        terms.quarantine_hours,
    )
    if any(n is not None and not 0 <= n <= MOST_NUMBER for n in numbers):
        reasons.append(stop("phase-number", most=MOST_NUMBER))
    if terms.spread_most == 0 or terms.loan_days == 0:
        reasons.append(stop("phase-zero"))
    if bool(terms.slot_minutes) != bool(terms.slot_quota):
        reasons.append(stop("phase-slot-half"))
    for lines in (terms.checks, terms.lanes):
        if len(lines) > MOST_LINES or any(len(line) > 60 for line in lines):
            reasons.append(stop("phase-lines", most=MOST_LINES))
    return Decision(tuple(reasons))


def _days(terms: Terms) -> list[Reason]:
    reasons = []
    if terms.last_day is not None and terms.last_day < terms.first_day:
        reasons.append(stop("days-reversed", most=MOST_DAYS))
    if terms.due_mode not in DUE_MODES:
        reasons.append(stop("phase-due-unknown", mode=terms.due_mode))
    if terms.kind == "closed":
        if terms.last_day is None:
            reasons.append(stop("phase-closed-endless"))
        elif (terms.last_day - terms.first_day).days >= MOST_DAYS:
            reasons.append(stop("days-reversed", most=MOST_DAYS))
        if terms.due_mode not in ("closed_days", "reopening"):
            reasons.append(stop("phase-closed-unmoved"))
    elif terms.due_mode in ("closed_days", "reopening"):
        reasons.append(stop("phase-open-moved"))
    return reasons


class Loan(Protocol):
    """An open loan as planning sees it (`circulation.queries.DueLoan`)."""

    @property
    def id(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def patron(self) -> str: ...
    @property
    def due_on(self) -> date: ...
    @property
    def lent_on(self) -> date: ...
    @property
    def lent_at(self) -> datetime: ...
    @property
    def round(self) -> int: ...
    @property
    def base(self) -> date: ...
    @property
    def after(self) -> date: ...
    @property
    def untouched(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a phase does to due dates in its present round. ``counted``: the closed days that it adds,
    by place; of a loan that something else moved meanwhile only those from ``fresh_from`` on."""

    closed: bool
    first_day: date
    last_day: date | None
    mode: str
    days: int = 0
    spread_most: int | None = None
    round: int = 1
    applied_at: datetime
    counted: Mapping[str, Ranges] = field(default_factory=dict)
    fresh_from: date

    def in_force(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)

    def shut(self, day: date) -> bool:
        return self.closed and self.in_force(day)


@dataclass(frozen=True, slots=True)
class Move:
    """A due date to be moved. ``wanted`` is where it would go without the limit of a day."""

    loan: str
    place: str
    patron: str
    base: date
    before: date
    after: date
    wanted: date


@dataclass(frozen=True, slots=True)
class Plan:
    """What a round does: the moves; how many loans fall due by place and day afterwards; ``crowded``:
    loans for which no day under the limit was found."""

    moves: tuple[Move, ...] = ()
    load: Mapping[tuple[str, date], int] = field(default_factory=dict)
    crowded: int = 0


NextOpen = Callable[[str, date], date]


def concerned(loan: Loan, effect: Effect, next_open: NextOpen) -> bool:
    """Whether a round is about a loan (PH-4): open before the phase was applied, due on its first day
    or later; and, whatever its history, any that falls due on a day that the phase closes."""
    if loan.round == effect.round:
        return False
    if effect.in_force(loan.due_on) and next_open(loan.place, loan.due_on) != loan.due_on:
        return True
    if effect.mode == "none" or (effect.mode == "reopening" and not effect.shut(_base(loan))):
        return False
    if loan.round == 0 and loan.due_on < effect.first_day:
        return False
    before = loan.lent_at < effect.applied_at
    return before or (effect.closed and loan.lent_on < effect.first_day)


def _base(loan: Loan) -> date:
    return loan.base if loan.untouched else loan.due_on


def wanted_due(loan: Loan, effect: Effect) -> tuple[date, date]:
    """(due date before the phase, due date it asks for) of a loan, calendar and limit aside."""
    fresh, base = loan.untouched, _base(loan)
    if effect.mode == "closed_days":
        since = loan.lent_on + timedelta(days=1)
        if not fresh:
            since = max(since, effect.fresh_from)
        lost = days_in(effect.counted.get(loan.place, ()), since)
        return base, base + timedelta(days=lost + effect.days)
    if effect.mode == "reopening":
        if not effect.shut(base) or effect.last_day is None:
            return base, base
        return base, effect.last_day + timedelta(days=1 + effect.days)
    if effect.mode == "extra":
        return base, base + timedelta(days=effect.days if fresh else 0)
    return base, base


def plan(loans: Sequence[Loan], effect: Effect, next_open: NextOpen) -> Plan:
    """Where every due date goes (PH-5 … PH-9). ``loans``: the open ones of the phase's places due
    from its first day on.

    Deterministic, and the same when a part of it has been carried out already: loans are taken in
    order of the day asked for, then of the due date before, then of lending; each goes to the first
    open day with room for it and for the same reader's others of that day. No due date is brought
    forward.
    """
    load: Counter[tuple[str, date]] = Counter()
    asked: list[_Asked] = []
    for loan in loans:
        if not concerned(loan, effect, next_open):
            load[loan.place, loan.due_on] += 1
            continue
        base, wanted = wanted_due(loan, effect)
        asked.append((next_open(loan.place, max(wanted, loan.due_on)), base, loan))
    moves: list[Move] = []
    crowded, most = 0, effect.spread_most
    for parcel in _parcels(asked, most):
        wanted, _, first = parcel[0]
        day, found = _day_for(len(parcel), first.place, wanted, most, load, next_open)
        crowded += 0 if found else len(parcel)
        load[first.place, day] += len(parcel)
        moves += [
            Move(loan.id, loan.place, loan.patron, base, loan.due_on, day, wanted)
            for _, base, loan in parcel
            if day != loan.due_on
        ]
    return Plan(tuple(moves), load, crowded)


_Asked = tuple[date, date, Loan]
"""A loan with the day it asks for and its due date before the phase, the day first."""


def _order(one: _Asked) -> tuple[date, date, datetime, str]:
    return (one[0], one[1], one[2].lent_at, one[2].id)


def _parcels(asked: list[_Asked], most: int | None) -> list[list[_Asked]]:
    """What one reader brings on one day together, as many as a day takes at most; each by its first.
    Of a reader with more the rest is a parcel of its own, so that the order is the same once the
    first is done."""
    groups: dict[tuple[str, date, str], list[_Asked]] = {}
    for one in sorted(asked, key=_order):
        groups.setdefault((one[2].place, one[0], one[2].patron), []).append(one)
    found = [
        members[n : n + (most or len(members))]
        for members in groups.values()
        for n in range(0, len(members), most or len(members))
    ]
    return sorted(found, key=lambda parcel: _order(parcel[0]))


def _day_for(
    count: int,
    place: str,
    wanted: date,
    most: int | None,
    load: Mapping[tuple[str, date], int],
    next_open: NextOpen,
) -> tuple[date, bool]:
    """The first open day from ``wanted`` on with room for ``count`` more; ``wanted`` itself, and
    False, where there is none within reach."""
    if most is None:
        return wanted, True
    day = wanted
    while (day - wanted).days <= MOST_DAYS:
        if load[place, day] + count <= most:
            return day, True
        following = day + timedelta(days=1)
        day = max(following, next_open(place, following))
    return wanted, False


def giving_back(loans: Sequence[Loan], *, round_: int, today: date) -> tuple[Plan, dict[str, str]]:
    """The moves of taking a phase back (PH-12): every due date it moved goes to what it was. Kept, by
    loan: ``changed`` since by something else; ``past``: it would be overdue at once."""
    moves: list[Move] = []
    kept: dict[str, str] = {}
    for loan in loans:
        if loan.round in (0, round_) or loan.after == loan.base:
            continue
        if not loan.untouched:
            kept[loan.id] = "changed"
        elif loan.base < today:
            kept[loan.id] = "past"
        else:
            moves.append(
                Move(loan.id, loan.place, loan.patron, loan.base, loan.due_on, loan.base, loan.base)
            )
    return Plan(tuple(moves)), kept


# --- ranges of days ------------------------------------------------------------------------


def days_in(ranges: Ranges, since: date) -> int:
    """Days of the ranges from a day on."""
    return sum(max((last - max(first, since)).days + 1, 0) for first, last in ranges)


def without(first: date, last: date, others: Iterable[tuple[date, date]]) -> Ranges:
    """The days from ``first`` to ``last``, both included, that are in none of the others."""
    left = [(first, last)]
    one = timedelta(days=1)
    for a, b in others:
        cut: list[tuple[date, date]] = []
        for x, y in left:
            if b < x or y < a:
                cut.append((x, y))
                continue
            if x < a:
                cut.append((x, a - one))
            if b < y:
                cut.append((b + one, y))
        left = cut
    return tuple(sorted(left))


def joined(ranges: Iterable[tuple[date, date]]) -> Ranges:
    """The ranges in order, those that touch made one."""
    found: list[tuple[date, date]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + timedelta(days=1):
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)
