"""What others may ask about loans and their rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shuxiang.apps.circulation import rules
from shuxiang.apps.circulation.rules import ANY as ANY
from shuxiang.apps.circulation.rules import Rule as Rule
from shuxiang.apps.places import queries as places
from shuxiang.runtime import sql
from shuxiang.runtime.revision import cached

_RULE_COLUMNS = (
    "id, place_id, reader_category, item_category, valid_from, valid_to, lendable, loan_limit, "
    "loan_days, renewal_limit, renewal_days, renew_from, renew_overdue, renew_within_days, "
    "most_extra_days, overdue_blocks, note"
)


@cached("rules")
def _rules(chain: tuple[tuple[str, int], ...]) -> tuple[rules.Rule, ...]:
    depth = dict(chain)
    rows = sql.all(
        f"SELECT {_RULE_COLUMNS} FROM circulation_loanrule "
        f"WHERE place_id IN ({sql.marks(len(chain))})",
        *depth,
    )
    return tuple(
        rules.Rule(
            id=r[0],
            place=r[1],
            depth=depth[r[1]],
            reader_category=r[2],
            item_category=r[3],
            valid_from=r[4],
            valid_to=r[5],
            lendable=bool(r[6]),
            loan_limit=r[7],
            loan_days=r[8],
            renewal_limit=r[9],
            renewal_days=r[10],
            renew_from=r[11],
            renew_overdue=bool(r[12]),
            renew_within_days=r[13],
            most_extra_days=r[14],
            overdue_blocks=bool(r[15]),
            note=r[16],
        )
        for r in rows
    )


def rules_at(place: str) -> tuple[rules.Rule, ...]:
    """Every rule row said at the place or above it, whatever its dates."""
    chain = places.ancestors(places.place(place))
    return _rules(tuple((p.id, p.depth) for p in chain))


def explain(place: str, reader_category: str, item_category: str, on: date) -> rules.Explanation:
    """Which rule row decides a loan at ``place`` that day, and which lost to it (row D1)."""
    return rules.choose(
        rules_at(place), reader_category=reader_category, item_category=item_category, on=on
    )


def due_date(place: str, on: date, days: int) -> date:
    """``days`` after ``on``, pushed to the place's next open day."""
    nominal = on + timedelta(days=days)
    # The calendar is cached by quarter of a year, so that a day's desk reads it once.
    first = date(nominal.year, (nominal.month - 1) // 3 * 3 + 1, 1)
    return places.calendar(place, first, first + timedelta(days=150)).next_open(nominal)


@dataclass(frozen=True, slots=True)
class LoanView:
    """One loan as a list shows it."""

    id: str
    item: str
    barcode: str
    title: str
    title_text: str
    call_number: str
    place: str
    lent_at: datetime
    due_on: date
    renewals: int
    returned_at: datetime | None

    def overdue_days(self, on: date) -> int:
        """Whole days past the due date; 0 when not overdue."""
        return max((on - self.due_on).days, 0)


_VIEW = (
    "SELECT l.id, l.item_id, i.barcode, l.title_id, t.title, i.call_number, l.place_id, l.lent_at, "
    "l.due_on, l.renewals, l.returned_at FROM circulation_loan l "
    "JOIN stock_item i ON i.id = l.item_id JOIN catalog_title t ON t.id = l.title_id "
)


def open_loans(patron: str) -> tuple[LoanView, ...]:
    """The reader's open loans, the one due first on top."""
    rows = sql.all(
        _VIEW + "WHERE l.patron_id = ? AND l.returned_at IS NULL ORDER BY l.due_on, l.id", patron
    )
    return tuple(LoanView(*r) for r in rows)


def loan(loan_id: str) -> LoanView | None:
    row = sql.one(_VIEW + "WHERE l.id = ?", loan_id)
    return LoanView(*row) if row else None


def history(patron: str, limit: int = 50) -> tuple[LoanView, ...]:
    """Loans given back, newest first, as long as the library keeps the link."""
    rows = sql.all(
        _VIEW + "WHERE l.patron_id = ? AND l.returned_at IS NOT NULL "
        "ORDER BY l.returned_at DESC LIMIT ?",
        patron,
        limit,
    )
    return tuple(LoanView(*r) for r in rows)


def open_loan_of(item: str) -> rules.OpenLoan | None:
    row = sql.one(
        "SELECT id, patron_id, lent_at, due_on, renewals, place_id, lent_on FROM circulation_loan "
        "WHERE item_id = ? AND returned_at IS NULL",
        item,
    )
    if row is None:
        return None
    return rules.OpenLoan(
        id=row[0],
        patron=row[1],
        lent_at=row[2],
        due_on=row[3],
        renewals=row[4],
        place=row[5],
        lent_on=row[6],
    )


def due_by_item(items: Sequence[str]) -> dict[str, date]:
    """Due dates of those of the items that are on loan: availability is derived from this."""
    if not items:
        return {}
    rows = sql.all(
        "SELECT item_id, due_on FROM circulation_loan WHERE returned_at IS NULL "
        f"AND item_id IN ({sql.marks(len(items))})",
        *items,
    )
    return dict(rows)


@dataclass(frozen=True, slots=True)
class Counts:
    """A reader's open loans: in all, of one item category, and overdue."""

    open: int
    of_category: int
    overdue: int


def counts(patron: str, item_category: str, on: date) -> Counts:
    rows = sql.all(
        "SELECT i.category_id, COUNT(*), SUM(CASE WHEN l.due_on < ? THEN 1 ELSE 0 END) "
        "FROM circulation_loan l JOIN stock_item i ON i.id = l.item_id "
        "WHERE l.patron_id = ? AND l.returned_at IS NULL GROUP BY i.category_id",
        on,
        patron,
    )
    return Counts(
        sum(r[1] for r in rows),
        sum(r[1] for r in rows if r[0] == item_category),
        sum(r[2] for r in rows),
    )


def loans_by_title(titles: Iterable[str] | None = None) -> dict[str, int]:
    """How often each title was ever lent (for popularity; titles never lent are absent)."""
    if titles is None:
        return dict(sql.all("SELECT title_id, COUNT(*) FROM circulation_loan GROUP BY title_id"))
    wanted = list(titles)
    if not wanted:
        return {}
    return dict(
        sql.all(
            "SELECT title_id, COUNT(*) FROM circulation_loan "
            f"WHERE title_id IN ({sql.marks(len(wanted))}) GROUP BY title_id",
            *wanted,
        )
    )


def last_return(item: str) -> tuple[datetime, str] | None:
    """When and where the item was last given back."""
    row = sql.one(
        "SELECT returned_at, returned_place_id FROM circulation_loan WHERE item_id = ? "
        "AND returned_at IS NOT NULL AND ended_as = 'returned' "
        "ORDER BY returned_at DESC LIMIT 1",
        item,
    )
    return (row[0], row[1]) if row else None
