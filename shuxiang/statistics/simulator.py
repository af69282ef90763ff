"""借阅规则模拟: a past year's loans played again under another rule (row D3).

What readers wanted is taken from what they did: a loan begins when it began, and its reader needed
the book until it came back. Two assumptions bound what a longer term does: ``kept`` (books come back
on the day they did) and ``used`` (the added days are used up, and days taken away are missed).
Demand that the old limits turned away is in no record, so more loans are never foretold.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import queries as places
from shuxiang.runtime import sql

BEFORE = 120
"""Days before the year from which loans are played, so that it does not begin with empty hands."""
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Past:
    """A loan as it was. ``reader`` is a year's key, '' unknown; ``returned`` None: not yet."""

    lent: date
    returned: date | None
    place: str
    item: str
    title: str
    reader: str
    reader_category: str
    item_category: str
    clc: str
    renewals: int


@dataclass(frozen=True, slots=True)
class Row:
    """The numbers of a rule."""

    loan_limit: int
    loan_days: int
    renewal_limit: int
    renewal_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A new rule row: for whom (``*``: any) and what it says."""

    row: Row
    reader_category: str = circulation.ANY
    item_category: str = circulation.ANY

    def covers(self, loan: Past) -> bool:
        return self.reader_category in (
            circulation.ANY,
            loan.reader_category,
        ) and self.item_category in (circulation.ANY, loan.item_category)


@dataclass(slots=True)
class Outcome:
    """What a year comes to under a rule. Days are copy-days, by ``months`` and ``classes`` too."""

    loans: int = 0
    refused: int = 0
    at_limit: int = 0
    overdue: int = 0
    overdue_days: int = 0
    renewals: int = 0
    term_days: int = 0
    out_days: int = 0
    waits: int = 0
    wait_days: int = 0
    peak: int = 0
    months: list[int] = field(default_factory=lambda: [0] * 12)
    classes: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)

    def mean_out(self, days: int) -> int:
        """Copies out on an average day."""
        return round(self.out_days / days) if days else 0

    @property
    def term(self) -> int:
        """Days a loan may be kept on average, renewals included."""
        return round(self.term_days / self.loans) if self.loans else 0

    @property
    def overdue_share(self) -> int:
        """Per mille of the loans that were overdue."""
        return round(self.overdue * 1000 / self.loans) if self.loans else 0


@dataclass(frozen=True, slots=True)
class Simulated:
    """A year three times: as the rules were, and as the new row makes it under either assumption.
    ``copies`` by title, ``held`` by class; ``touched``: loans that the new row covers."""

    year: int
    days: int
    loans: int
    touched: int
    unknown: int
    was: Outcome
    kept: Outcome
    used: Outcome
    copies: Mapping[str, int]
    held: Mapping[str, int]


_LOANS = (
    "SELECT l.lent_on, l.returned_on, e.lending_place, e.item, e.title, e.year_key, "
    "e.reader_category, e.item_category, e.clc, l.renewals FROM ledger_event e "
    "JOIN circulation_loan l ON l.id = e.loan WHERE e.type = 'loan.opened' AND e.quantity > 0 "
    "AND e.business_date BETWEEN ? AND ? AND e.place IN ({}) AND l.ended_as <> 'undone' "
    "ORDER BY e.occurred_at, e.id"
)


def past_loans(inside: Sequence[str], first: date, last: date) -> list[Past]:
    """The loans made at places from one day to another, in order."""
    found: list[Past] = []
    for start in range(0, len(inside), 500):
        some = inside[start : start + 500]
        found += [
            Past(*row) for row in sql.all(_LOANS.format(sql.marks(len(some))), first, last, *some)
        ]
    if len(inside) > 500:
        found.sort(key=lambda loan: loan.lent)
    return found


def simulate(year: int, inside: Sequence[str], change: Change, *, today: date) -> Simulated:
    """Play a year's loans of places under the rules that were in force, and under a new row."""
    first, last = date(year, 1, 1), min(date(year, 12, 31), today)
    loans = past_loans(inside, first - timedelta(days=BEFORE), last)
    copies = _copies(loans)
    old = _Rules(inside, first - timedelta(days=BEFORE), last)

    def play(rule: Callable[[Past], Row | None], *, shifting: bool) -> Outcome:
        return played(
            loans, rule, old, old.next_open, copies, (first, last), today, shifting=shifting
        )

    def new(loan: Past) -> Row | None:
        return change.row if change.covers(loan) else old(loan)

    asked = [loan for loan in loans if loan.lent >= first]
    return Simulated(
        year=year,
        days=(last - first).days + 1,
        loans=len(asked),
        touched=sum(change.covers(loan) for loan in asked),
        unknown=sum(not loan.reader for loan in asked),
        was=play(old, shifting=False),
        kept=play(new, shifting=False),
        used=play(new, shifting=True),
        copies=copies,
        held=_held(),
    )


def _row(rule: circulation.Rule) -> Row:
    return Row(rule.loan_limit, rule.loan_days, rule.renewal_limit, rule.renewal_days)


class _Rules:
    """The rules that were in force, operating phases included, and the calendars they count by."""

    def __init__(self, inside: Sequence[str], first: date, last: date) -> None:
        self._calendars = places.calendars(first, last + timedelta(days=LONGEST))
        self._known: dict[tuple[str, str, str, date], Row | None] = {}
        self._open: dict[tuple[str, date], date] = {}

    def __call__(self, loan: Past) -> Row | None:
        key = (loan.place, loan.reader_category, loan.item_category, loan.lent)
        if key not in self._known:
            rule = circulation.explain(*key).rule
            self._known[key] = _row(rule) if rule is not None else None
        return self._known[key]

    def next_open(self, place: str, day: date) -> date:
        found = self._open.get((place, day))
        if found is None:
            found = self._open[place, day] = self._calendars[place].next_open(day)
        return found


def _due(
    loan: Past, row: Row, lent: date, needed: date, next_open: Callable[[str, date], date]
) -> tuple[date, int]:
    """(last due date, renewals used): who renewed then renews as often as needed and allowed."""
    due = next_open(loan.place, lent + timedelta(days=row.loan_days))
    used = 0
    while loan.renewals and used < row.renewal_limit and due < needed and row.renewal_days:
        due = next_open(loan.place, due + timedelta(days=row.renewal_days))
        used += 1
    return due, used


def played(
    loans: Iterable[Past],
    rule: Callable[[Past], Row | None],
    old: Callable[[Past], Row | None],
    next_open: Callable[[str, date], date],
    copies: Mapping[str, int],
    span: tuple[date, date],
    today: date,
    *,
    shifting: bool,
) -> Outcome:
    """One play of the loans, in order. ``shifting``: a book comes back as much later or earlier as
    its due date moves against the old rule's."""
    first, last = span
    made = Outcome()
    hands: dict[str, list[date]] = defaultdict(list)
    out: dict[str, list[date]] = defaultdict(list)
    changes: Counter[date] = Counter()
    for loan in loans:
        row, before = rule(loan), old(loan)
        if row is None or before is None:
            continue
        counted = loan.lent >= first
        held = hands[loan.reader] if loan.reader else []
        while held and held[0] <= loan.lent:
            heapq.heappop(held)
        if len(held) >= row.loan_limit:
            made.refused += counted
            continue
        shelf = out[loan.title]
        while shelf and shelf[0] <= loan.lent:
            heapq.heappop(shelf)
        waited = 0
        if len(shelf) >= copies.get(loan.title, 1):
            # The copy given back first is the next reader's.
            waited = (heapq.heappop(shelf) - loan.lent).days
        lent = loan.lent + timedelta(days=waited)
        needed = (loan.returned or today) + timedelta(days=waited)
        due, renewals = _due(loan, row, lent, needed, next_open)
        if shifting and loan.returned is not None:
            then, _ = _due(loan, before, lent, needed, next_open)
            needed = max(needed + (due - then), lent)
        heapq.heappush(shelf, needed)
        if loan.reader:
            heapq.heappush(held, needed)
        _days_out(made, changes, loan.clc, lent, needed, span)
        if not counted:
            continue
        made.loans += 1
        made.at_limit += len(held) >= row.loan_limit
        made.renewals += renewals
        made.term_days += (due - lent).days
        if needed > due and due < today:
            made.overdue += 1
            made.overdue_days += (min(needed, today) - due).days
        if waited:
            made.waits += 1
            made.wait_days += waited
            made.waiting[loan.title] += 1
    level = 0
    for day in sorted(changes):
        level += changes[day]
        if first <= day <= last:
            made.peak = max(made.peak, level)
    return made


def _days_out(
    made: Outcome,
    changes: Counter[date],
    clc: str,
    lent: date,
    back: date,
    span: tuple[date, date],
) -> None:
    start, end = max(lent, span[0]), min(back, span[1] + timedelta(days=1))
    if start >= end:
        return
    changes[start] += 1
    changes[end] -= 1
    days = (end - start).days
    made.out_days += days
    made.classes[clc] += days
    while start < end:
        month_end = min(end, date(start.year + start.month // 12, start.month % 12 + 1, 1))
        made.months[start.month - 1] += (month_end - start).days
        start = month_end


def _copies(loans: Iterable[Past]) -> dict[str, int]:
    """Copies by title: those held that may be lent, or as many as were lent where that is more (some
    were withdrawn since)."""
    lent: dict[str, set[str]] = defaultdict(set)
    for loan in loans:
        lent[loan.title].add(loan.item)
    rows = sql.all(
        "SELECT i.title_id, COUNT(*) FROM stock_item i JOIN stock_category c "
        "ON c.code = i.category_id WHERE i.status <> 'withdrawn' AND c.lendable "
        "GROUP BY i.title_id"
    )
    held = dict(rows)
    return {title: max(len(items), held.get(title, 0)) for title, items in lent.items()}


def _held() -> dict[str, int]:
    """Copies by main class."""
    rows = sql.all(
        "SELECT t.main_class, COUNT(*) FROM stock_item i JOIN catalog_title t ON t.id = i.title_id "
        "WHERE i.status <> 'withdrawn' GROUP BY t.main_class"
    )
    return dict(rows)
