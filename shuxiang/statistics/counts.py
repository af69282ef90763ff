"""Counts of a year and the year before, read once and added up in memory.

Read from the daily counts or, for proof, from the ledger itself up to any of its rows: both have the
same columns, so every figure is computed by the same code from either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from shuxiang.runtime import sql
from shuxiang.statistics import fold
from shuxiang.statistics.indicators import Indicator

By = Literal["month", "place", "clc", "source"]


@dataclass(slots=True)
class Total:
    """A sum, the first and last ledger row in it, and the sources it came from. Without rows
    ``from_seq`` is None."""

    count: int = 0
    from_seq: int | None = None
    to_seq: int | None = None
    sources: set[str] = field(default_factory=set)

    def add(self, cell: Cell, sign: int = 1) -> None:
        self.count += sign * cell.count
        self.sources.add(cell.source)
        if self.from_seq is None or cell.from_seq < self.from_seq:
            self.from_seq = cell.from_seq
        if self.to_seq is None or cell.to_seq > self.to_seq:
            self.to_seq = cell.to_seq


@dataclass(frozen=True, slots=True)
class Cell:
    """Daily counts added up. ``month`` is YYYYMM; ``place`` as `fold.months_sql` says."""

    measure: str
    month: int
    place: str
    source: str
    reader_category: str
    clc: str
    count: int
    from_seq: int
    to_seq: int

    @property
    def year(self) -> int:
        return self.month // 100


Cells = dict[str, list[Cell]]


class Counts:
    """What was counted in ``year`` and the year before."""

    def __init__(
        self,
        year: int,
        *,
        months: str = "statistics_monthcount",
        classes: str = "statistics_monthclass",
        borrowers: str = "statistics_borrowerday",
    ) -> None:
        self.year = year
        self._borrowers = borrowers
        first, last = (year - 1) * 100 + 1, year * 100 + 12
        owned = ", ".join(f"'{m}'" for m in fold.OWNED)
        # Stock adds up from the beginning; everything else is wanted of two years.
        wanted = f"month <= {last} AND (month >= {first} OR measure IN ({owned}))"
        names = "measure, month, place, source"
        self._months = self._read(f"SELECT {names}, reader_category, ''", months, wanted)
        self._classes = self._read(f"SELECT {names}, '', clc", classes, wanted)
        self._groups = {
            row[0] for row in sql.all("SELECT code FROM patrons_category WHERE for_groups")
        }
        self._readers = {y: self._read_borrowers(y) for y in (year - 1, year)}

    @staticmethod
    def _read(select: str, table: str, where: str) -> Cells:
        found: Cells = defaultdict(list)
        for row in sql.all(f"{select}, count, from_seq, to_seq FROM {table} WHERE {where}"):
            measure, month, place, source, category, main_class, count, first, last = row
            found[measure].append(
                Cell(measure, month, place, source, category, main_class, int(count), first, last)
            )
        return found

    def _read_borrowers(self, year: int) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for place, key in sql.all(
            f"SELECT DISTINCT place, year_key FROM {self._borrowers} "
            "WHERE business_date BETWEEN ? AND ?",
            date(year, 1, 1),
            date(year, 12, 31),
        ):
            found[place].add(key)
        return found

    def has_data(self, year: int, places: Iterable[str]) -> bool:
        """Whether anything was counted in the year at one of the places, or of items they own."""
        wanted = set(places)
        return any(
            cell.year == year and cell.place in wanted
            for cells in self._months.values()
            for cell in cells
        )

    def total(self, one: Indicator, year: int, places: Iterable[str]) -> Total:
        """The sum of an indicator in a year (of a stock: to its end) within some places."""
        found = Total()
        wanted = frozenset(places)
        for sign, cell in self._taken(one, year, wanted, self._months):
            found.add(cell, sign)
        return found

    def split(
        self, one: Indicator, year: int, places: Iterable[str], by: By
    ) -> dict[str | int, Total]:
        """The same by month (1 … 12), place, main class or source. Only loans, additions and stock
        are kept by class."""
        found: dict[str | int, Total] = defaultdict(Total)
        cells = self._classes if by == "clc" else self._months
        for sign, cell in self._taken(one, year, frozenset(places), cells):
            key = cell.month % 100 if by == "month" else getattr(cell, by)
            found[key].add(cell, sign)
        return dict(found)

    def measured(self, measure: str, year: int, places: Iterable[str]) -> int:
        """The plain count of one measure, no indicator's rules applied."""
        wanted = set(places)
        cells = self._months.get(measure, [])
        return sum(c.count for c in cells if c.year == year and c.place in wanted)

    def by_month(self, measure: str, year: int, places: Iterable[str]) -> dict[int, int]:
        """The plain count of one measure by month (1 … 12; months without a row are absent)."""
        wanted = set(places)
        found: dict[int, int] = defaultdict(int)
        for month in range(1, 13):
            for cell in self._months.get(measure, []):
                if cell.month == year * 100 + month and cell.place in wanted:
                    found[month] += cell.count
        return dict(found)

    def borrowers(self, year: int, places: Iterable[str]) -> int:
        """Distinct readers who borrowed in the year at one of the places."""
        return len(set().union(*(self._readers[year].get(p, set()) for p in places)))

    def _taken(
        self, one: Indicator, year: int, wanted: frozenset[str], cells: Cells
    ) -> Iterator[tuple[int, Cell]]:
        for term in one.terms:
            for cell in cells.get(term.measure, ()):
                if cell.year > year if one.how == "stock" else cell.year != year:
                    continue
                if cell.place not in wanted or not term.takes(cell.source):
                    continue
                if term.of_groups and cell.reader_category not in self._groups:
                    continue
                yield term.sign, cell


@contextmanager
def frozen(year: int, last_seq: int) -> Iterator[Counts]:
    """The counts as the ledger had them at ``last_seq``, read from its rows and not from the daily
    counts. Slow (seconds a million rows): for proving what was published."""
    owned = ", ".join(f"'{m}'" for m in fold.OWNED)
    where = (
        f"s.seq <= {last_seq} AND e.business_date <= '{year}-12-31' "
        f"AND (e.business_date >= '{year - 1}-01-01' OR e.type IN ({owned}))"
    )
    cells, months, classes, borrowers = (f"statistics_frozen_{n}" for n in range(4))
    made = {
        cells: fold.cells_sql(where),
        months: fold.months_sql(cells, "month > 0"),
        classes: fold.classes_sql(cells, "month > 0"),
        borrowers: fold.borrowers_sql(where),
    }
    try:
        for name, text in made.items():
            sql.run(f"CREATE TEMPORARY TABLE {name} AS {text}")
        yield Counts(year, months=months, classes=classes, borrowers=borrowers)
    finally:
        for name in made:
            sql.run(f"DROP TABLE IF EXISTS {name}")
