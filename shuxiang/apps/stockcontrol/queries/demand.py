"""What is asked for where, and which copies could stand there instead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stockcontrol.rules import rebalancing as rules
from shuxiang.apps.stockcontrol.rules.rebalancing import Plan, Room, Site, Title
from shuxiang.kernel import clock
from shuxiang.runtime import sql

CHUNK = 500

_LENT = (
    "SELECT l.title_id, l.place_id, COUNT(*) FROM circulation_loan l WHERE l.lent_on >= ? "
    "AND l.lent_on <= ? AND l.ended_as <> 'undone' GROUP BY l.title_id, l.place_id"
)
_WAITED = (
    "SELECT h.title_id, h.pickup_id, COUNT(*) FROM circulation_hold h WHERE h.placed_at >= ? "
    "AND h.state IN ('waiting', 'expired') GROUP BY h.title_id, h.pickup_id"
)
_FREE = (
    "NOT EXISTS (SELECT 1 FROM circulation_loan o WHERE o.item_id = i.id AND o.returned_at IS NULL) "
    "AND NOT EXISTS (SELECT 1 FROM circulation_transit r WHERE r.item_id = i.id "
    "AND r.ended_at IS NULL) AND NOT EXISTS (SELECT 1 FROM circulation_hold k "
    "WHERE k.item_id = i.id AND k.state IN ('coming', 'ready')) "
    "AND NOT EXISTS (SELECT 1 FROM exchange_deliveryline d WHERE d.item_id = i.id "
    "AND d.state IN ('packed', 'shipped'))"
)
_ASKED = (
    "SELECT l.title_id FROM circulation_loan l WHERE l.lent_on >= ? AND l.lent_on <= ? "
    "UNION SELECT h.title_id FROM circulation_hold h WHERE h.placed_at >= ?"
)
_COPIES = (
    "SELECT i.title_id, i.holder_id, i.owner_id, i.category_id, t.main_class, COUNT(*), "
    f"SUM(CASE WHEN {_FREE} THEN 1 ELSE 0 END) FROM stock_item i "
    "JOIN catalog_title t ON t.id = i.title_id JOIN stock_category c ON c.code = i.category_id "
    f"WHERE i.status = 'available' AND c.lendable AND i.title_id IN ({_ASKED}) "
    "GROUP BY i.title_id, i.holder_id, i.owner_id, i.category_id, t.main_class"
)


def plan(
    sites: Collection[str],
    *,
    until: datetime,
    window: int,
    least: float,
    most: int | None = None,
) -> Plan:
    """The rebalancing of the sites by what was asked for in the ``window`` days before a moment: loans by
    the place that lent, and reservations that got no copy by the place they were to be fetched at."""
    last = clock.business_date(until)
    first = last - timedelta(days=window)
    begin = until - timedelta(days=window)
    wanted = set(sites)
    demand: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for title, place, n in [*sql.all(_LENT, first, last), *sql.all(_WAITED, begin)]:
        if place in wanted:
            demand[title][place] += n
    copies: dict[str, dict[str, list[int]]] = defaultdict(dict)
    group_of: dict[str, str] = {}
    for title, holder, owner, category, main_class, n, free in sql.all(_COPIES, first, last, begin):
        if holder not in wanted or title not in demand:
            continue
        here = copies[title].setdefault(holder, [0, 0])
        here[0] += n
        here[1] += free
        group = stock.floats_in(owner, category, main_class, last)
        if group is not None:
            group_of.setdefault(title, group.id)
    titles = [
        Title(
            title,
            tuple(
                Site(p, *_pair(held.get(p)), demand[title].get(p, 0.0))
                for p in sorted({*held, *demand[title]})
            ),
            group_of.get(title, ""),
        )
        for title, held in sorted(copies.items())
    ]
    return rules.plan(titles, window=window, least=least, rooms=_rooms(last), most=most)


def _pair(held: list[int] | None) -> tuple[int, int]:
    return (held[0], held[1]) if held else (0, 0)


def _rooms(on: date) -> dict[tuple[str, str], Room]:
    found = {}
    for group in stock.floating_groups():
        if group.in_force(on):
            now = circulation.floating_counts(group)
            for m in group.members:
                found[group.id, m.place] = Room(now[m.place], m.floor, m.ceiling)
    return found


@dataclass(frozen=True, slots=True)
class ToMove:
    """A copy to be moved, where it stands and where it goes."""

    item: str
    barcode: str
    title_text: str
    call_number: str
    call_sort: str
    origin: str
    destination: str
    gain: float


def copies_of(made: Plan) -> tuple[ToMove, ...]:
    """A copy for each move: of those free at its place, the one that was not lent for longest. In the
    order of the plan."""
    wanted = sorted({m.title for m in made.moves})
    free: dict[tuple[str, str], list[tuple[str, str, str, str, str]]] = defaultdict(list)
    for start in range(0, len(wanted), CHUNK):
        piece = wanted[start : start + CHUNK]
        for row in sql.all(
            "SELECT i.title_id, i.holder_id, i.id, i.barcode, t.title, i.call_number, i.call_sort "
            "FROM stock_item i JOIN catalog_title t ON t.id = i.title_id "
            "JOIN stock_category c ON c.code = i.category_id "
            f"WHERE i.status = 'available' AND c.lendable AND {_FREE} "
            f"AND i.title_id IN ({sql.marks(len(piece))}) "
            "ORDER BY COALESCE((SELECT MAX(b.returned_at) FROM circulation_loan b "
            "WHERE b.item_id = i.id), i.created_at) DESC, i.id",
            *piece,
        ):
            free[row[0], row[1]].append(row[2:])
    found = []
    for move in made.moves:
        left = free[move.title, move.origin]
        if left:
            found.append(ToMove(*left.pop(), move.origin, move.destination, move.gain))
    return tuple(found)
