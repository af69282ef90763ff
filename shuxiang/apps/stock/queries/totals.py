"""种, 册 and 码洋 by place and class, in two statements however much there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class Total:
    """种, 册, 码洋 in 分 (items without a price count 0) and how many items have no price."""

    titles: int = 0
    items: int = 0
    price_fen: int = 0
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals by (owning place, main class), by main class and in all. ``''`` is no class. A title
    held at two places counts at each, and once in ``by_class`` and ``all``."""

    cells: dict[tuple[str, str], Total]
    by_class: dict[str, Total]
    by_place: dict[str, Total]
    all: Total


_SUMS = (
    "COUNT(DISTINCT i.title_id), COUNT(*), COALESCE(SUM(i.price_fen), 0), "
    "SUM(CASE WHEN i.price_fen IS NULL THEN 1 ELSE 0 END) "
    "FROM stock_item i JOIN catalog_title t ON t.id = i.title_id WHERE "
)


def totals(owners: Sequence[str], status: str = "") -> Totals:
    """The stock that places own. ``status``: one of the item's states, '' all but withdrawn."""
    chosen = list(owners)
    if not chosen:
        return Totals({}, {}, {}, Total())
    where = f"i.owner_id IN ({sql.marks(len(chosen))}) AND "
    where += "i.status = ? " if status else "i.status <> ? "
    values = [*chosen, status or "withdrawn"]
    cells = {
        (row[0], row[1]): _total(row[2:])
        for row in sql.all(
            f"SELECT i.owner_id, t.main_class, {_SUMS}{where}GROUP BY i.owner_id, t.main_class",
            *values,
        )
    }
    by_class = {
        row[0]: _total(row[1:])
        for row in sql.all(f"SELECT t.main_class, {_SUMS}{where}GROUP BY t.main_class", *values)
    }
    # A title has one main class: the classes of a place share none.
    by_place = {
        place: _sum([t for (at, _), t in cells.items() if at == place])
        for place in dict.fromkeys(at for at, _ in cells)
    }
    return Totals(cells, by_class, by_place, _sum(list(by_class.values())))


def _total(row: tuple[int, ...]) -> Total:
    return Total(*(int(n) for n in row))


def _sum(totals: Sequence[Total]) -> Total:
    return Total(
        sum(t.titles for t in totals),
        sum(t.items for t in totals),
        sum(t.price_fen for t in totals),
        sum(t.unpriced for t in totals),
    )
