"""Lists a library works from: loans overdue and soon due (逾期清单、即将到期), and what is lent most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shuxiang.runtime import sql

PAGE = 50
AT_ONCE = 2_000
MOST_RANKED = 500
MOST_DAYS = 366
"""Rows a page; rows read in one statement for a whole list; titles and days of a ranking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Which open loans are wanted: lent at one of ``inside`` and due from ``first`` (None: however
    long ago) to ``last``; of readers of one ``category``, '' any. ``by_reader`` keeps a reader's
    loans together, otherwise the oldest comes first."""

    inside: tuple[str, ...]
    first: date | None
    last: date
    category: str = ""
    by_reader: bool = False
    by_shelf: bool = False


@dataclass(frozen=True, slots=True)
class DueLoan:
    """An open loan as the lists show it. The name is whole here: what a page shows of it is the
    page's to decide. ``patron`` is '' where the link was deleted."""

    loan: str
    patron: str
    name: str
    card: str
    category: str
    title: str
    barcode: str
    call_number: str
    place: str
    lent_on: date
    due_on: date
    renewals: int

    def days_over(self, on: date) -> int:
        """Whole days past the due date; negative while it is still to come."""
        return (on - self.due_on).days


@dataclass(frozen=True, slots=True)
class DuePage:
    """A page of the list, and how many loans and readers are on all of it."""

    rows: tuple[DueLoan, ...]
    loans: int
    readers: int
    page: int
    pages: int


def overdue(
    on: date,
    *,
    inside: tuple[str, ...],
    least: int = 1,
    most: int | None = None,
    category: str = "",
    by_reader: bool = False,
    by_shelf: bool = False,
) -> Due:
    """What is ``least`` to ``most`` whole days overdue on a day."""
    return Due(
        inside=inside,
        first=on - timedelta(days=most) if most is not None else None,
        last=on - timedelta(days=max(least, 1)),
        category=category,
        by_reader=by_reader,
        by_shelf=by_shelf,
    )


def due_soon(
    on: date,
    *,
    inside: tuple[str, ...],
    within: int,
    category: str = "",
    by_reader: bool = False,
    by_shelf: bool = False,
) -> Due:
    """What falls due on a day or in the ``within`` days after it."""
    return Due(
        inside=inside,
        first=on,
        last=on + timedelta(days=within),
        category=category,
        by_reader=by_reader,
        by_shelf=by_shelf,
    )


_SELECT = (
    "SELECT l.id, COALESCE(REPLACE(CAST(l.patron_id AS TEXT), '-', ''), ''), "
    "COALESCE(p.name, ''), COALESCE(c.number, ''), COALESCE(k.name, ''), t.title, i.barcode, "
    "i.call_number, s.name, l.lent_on, l.due_on, l.renewals "
)
_FROM = (
    "FROM circulation_loan l JOIN stock_item i ON i.id = l.item_id "
    "JOIN catalog_title t ON t.id = l.title_id JOIN places_place s ON s.id = l.place_id "
    "LEFT JOIN patrons_patron p ON p.id = l.patron_id "
    "LEFT JOIN patrons_card c ON c.id = l.card_id "
    "LEFT JOIN patrons_category k ON k.code = p.category_id "
)
_OLDEST = "ORDER BY l.due_on, l.id"
_BY_SHELF = "ORDER BY i.call_sort, i.volume, i.barcode, l.id"
_BY_READER = "ORDER BY p.name, l.patron_id, l.due_on, l.id"


def _order(wanted: Due) -> str:
    return _BY_READER if wanted.by_reader else _BY_SHELF if wanted.by_shelf else _OLDEST


def _where(wanted: Due) -> tuple[str, list[object]]:
    text = "WHERE l.returned_at IS NULL AND l.due_on <= ? "
    values: list[object] = [wanted.last]
    if wanted.first is not None:
        text += "AND l.due_on >= ? "
        values.append(wanted.first)
    # Hidden in expressions, place and category can't lead the search into all loans there ever were
    # or all readers: the partial index of open loans by due date does.
    text += f"AND CASE WHEN l.place_id IN ({sql.marks(len(wanted.inside))}) THEN 1 END = 1 "
    values += wanted.inside
    if wanted.category:
        text += "AND CASE WHEN p.category_id = ? THEN 1 END = 1 "
        values.append(wanted.category)
    return text, values


def due_page(wanted: Due, page: int = 1, *, size: int | None = None) -> DuePage:
    """A page of ``size`` loans (`PAGE` unless given). Two queries, however many loans."""
    size = size or PAGE
    if not wanted.inside:
        return DuePage((), 0, 0, 1, 1)
    where, values = _where(wanted)
    counted = sql.one(
        "SELECT COUNT(*), COUNT(DISTINCT l.patron_id) FROM circulation_loan l "
        f"LEFT JOIN patrons_patron p ON p.id = l.patron_id {where}",
        *values,
    )
    loans, readers = counted or (0, 0)
    pages = max((loans + size - 1) // size, 1)
    page = min(max(page, 1), pages)
    order = _order(wanted)
    rows = sql.all(
        f"{_SELECT}{_FROM}{where}{order} LIMIT ? OFFSET ?", *values, size, (page - 1) * size
    )
    return DuePage(tuple(DueLoan(*row) for row in rows), loans, readers, page, pages)


def due_list(wanted: Due) -> Iterator[DueLoan]:
    """All of the list, read `AT_ONCE` at a time."""
    if not wanted.inside:
        return
    where, values = _where(wanted)
    order = _order(wanted)
    at = 0
    while True:
        rows = sql.all(f"{_SELECT}{_FROM}{where}{order} LIMIT ? OFFSET ?", *values, AT_ONCE, at)
        yield from (DueLoan(*row) for row in rows)
        if len(rows) < AT_ONCE:
            return
        at += AT_ONCE


@dataclass(frozen=True, slots=True)
class Ranked:
    """A title with its rank: titles lent equally often share one, and the next rank is as much
    lower as there are of them (1, 2, 2, 4)."""

    rank: int
    title: str
    title_text: str
    responsibility: str
    publisher: str
    year: int | None
    isbn: str
    clc: str
    loans: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Titles by how often they were lent. ``titles`` and ``loans`` are of all that were lent at all.

    ``left_out`` are (rank, loans, how many titles) of the last rank where so many share it that the
    list would be more than twice as long as was asked for; otherwise all who share it are in.
    """

    rows: tuple[Ranked, ...]
    titles: int
    loans: int
    left_out: tuple[int, int, int] | None


def ranking(
    first: date,
    last: date,
    *,
    inside: Sequence[str],
    clc: str = "",
    category: str = "",
    most: int = 50,
) -> Ranking:
    """借阅排行 of a period at some places: of one main class, of readers of one category.

    Loans that were taken back are not counted, renewals and books borrowed from partners neither; a merged title counts for the one
    it was merged into. One query. Raises ValueError for a period or number out of bounds.
    """
    if not (0 <= (last - first).days < MOST_DAYS and 1 <= most <= MOST_RANKED):
        raise ValueError(f"{first} to {last}, {most} titles: out of bounds")
    if not inside:
        return Ranking((), 0, 0, None)
    of = f"AND e.place IN ({sql.marks(len(inside))}) "
    values: list[object] = [first, last, *inside]
    for column, value in (("clc", clc), ("reader_category", category)):
        if value:
            of += f"AND e.{column} = ? "
            values.append(value)
    rows = sql.all(
        "WITH lent AS (SELECT e.title AS title, SUM(e.quantity) AS loans FROM ledger_event e "
        "WHERE e.type = 'loan.opened' AND e.source <> 'interloan' "
        f"AND e.business_date BETWEEN ? AND ? {of}AND e.title IS NOT NULL GROUP BY e.title), "
        "merged AS (SELECT COALESCE(t.alias_of_id, t.id) AS title, "
        "CAST(SUM(lent.loans) AS BIGINT) AS loans "
        "FROM lent JOIN catalog_title t ON t.id = lent.title GROUP BY 1 HAVING SUM(lent.loans) > 0), "
        "ranked AS (SELECT title, loans, RANK() OVER (ORDER BY loans DESC) AS place, "
        "COUNT(*) OVER (PARTITION BY loans) AS sharing, COUNT(*) OVER () AS titles, "
        "SUM(loans) OVER () AS all_loans FROM merged) "
        "SELECT r.place, r.title, t.title, t.responsibility, t.publisher, t.year, t.isbn, t.clc, "
        "r.loans, r.sharing, r.titles, r.all_loans "
        "FROM ranked r JOIN catalog_title t ON t.id = r.title WHERE r.place <= ? "
        "ORDER BY r.place, t.clc_sort, t.title, t.id LIMIT ?",
        *values,
        most,
        2 * most + 1,
    )
    if not rows:
        return Ranking((), 0, 0, None)
    left_out = None
    titles, loans = int(rows[0][10]), int(rows[0][11])
    if len(rows) > 2 * most:
        rank, often, sharing = rows[-1][0], int(rows[-1][8]), int(rows[-1][9])
        left_out = (rank, often, sharing)
        rows = [row for row in rows if row[0] < rank]
    return Ranking(tuple(Ranked(*row[:9]) for row in rows), titles, loans, left_out)
