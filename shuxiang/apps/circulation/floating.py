"""Items of floating groups: how many stand where, where one in hand belongs, what could be moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from shuxiang.apps.circulation.rules import floating as rules
from shuxiang.apps.circulation.rules.floating import Bounds
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.queries import FloatingGroup
from shuxiang.runtime import sql


def _of(group: FloatingGroup) -> tuple[str, list[Any]]:
    """The condition on items ``i`` and titles ``t`` that a group is made of."""
    where = f"i.owner_id IN ({sql.marks(len(group.members))}) AND i.status = 'available' "
    values: list[Any] = [*group.places]
    if group.item_category != "*":
        where += "AND i.category_id = ? "
        values.append(group.item_category)
    if group.main_class:
        where += "AND t.main_class = ? "
        values.append(group.main_class)
    return where, values


_FREE = "NOT EXISTS (SELECT 1 FROM circulation_loan l WHERE l.item_id = i.id AND l.returned_at IS NULL) "
_STILL = "NOT EXISTS (SELECT 1 FROM circulation_transit r WHERE r.item_id = i.id AND r.ended_at IS NULL) "


def counts(group: FloatingGroup, *, but: str = "") -> dict[str, int]:
    """Items of a group standing at each member, those on their way counted where they go; ``but``: an
    item left out."""
    where, values = _of(group)
    marks = sql.marks(len(group.members))
    titles = "JOIN catalog_title t ON t.id = i.title_id " if group.main_class else ""
    except_ = "AND i.id <> ? " if but else ""
    left = [but] if but else []
    found = dict.fromkeys(group.places, 0)
    for place, n in sql.all(
        f"SELECT i.holder_id, COUNT(*) FROM stock_item i {titles}WHERE i.holder_id IN ({marks}) "
        f"AND {where}{except_}AND {_FREE}AND {_STILL}GROUP BY i.holder_id",
        *group.places,
        *values,
        *left,
    ):
        found[place] += n
    for place, n in sql.all(
        "SELECT r.destination_id, COUNT(*) FROM circulation_transit r JOIN stock_item i "
        f"ON i.id = r.item_id {titles}WHERE r.ended_at IS NULL AND r.destination_id IN ({marks}) "
        f"AND {where}{except_}GROUP BY r.destination_id",
        *group.places,
        *values,
        *left,
    ):
        found[place] += n
    return found


def bounds(group: FloatingGroup) -> dict[str, Bounds]:
    return {m.place: Bounds(m.floor, m.ceiling) for m in group.members}


def home(item: stock.ScannedItem, at: str, on: date) -> str:
    """Where an item in hand that nobody waits for belongs: where a delivery based it, else by its
    floating group, else with its owner."""
    if item.base is not None:
        return item.base
    group = stock.floats_in(item.owner, item.category, item.clc, on)
    if group is None:
        return item.owner
    limits = bounds(group)
    here = limits.get(at)
    if here is not None and here.ceiling is None:
        return at
    now = counts(group, but=item.id)
    now[at] = now.get(at, 0) + 1
    return rules.destination(rules.Facts(owner=item.owner, at=at, members=limits, counts=now))


@dataclass(frozen=True, slots=True)
class ToMove:
    """An item that could be moved, with where it stands."""

    item: str
    barcode: str
    title_text: str
    call_number: str


def candidates(group: FloatingGroup, place: str, limit: int) -> tuple[ToMove, ...]:
    """Items of a group standing at a place, those that stand there longest first, in shelf order."""
    where, values = _of(group)
    rows = sql.all(
        "SELECT i.id, i.barcode, t.title, i.call_number, i.call_sort FROM stock_item i "
        "JOIN catalog_title t ON t.id = i.title_id "
        f"WHERE i.holder_id = ? AND {where}AND {_FREE}AND {_STILL}"
        "ORDER BY COALESCE((SELECT MAX(b.returned_at) FROM circulation_loan b "
        "WHERE b.item_id = i.id), i.created_at), i.id LIMIT ?",
        place,
        *values,
        limit,
    )
    return tuple(ToMove(*row[:4]) for row in sorted(rows, key=lambda r: r[4]))


def moves(group: FloatingGroup, now: dict[str, int]) -> tuple[tuple[str, str, int], ...]:
    """The rebalancing list of a group: (from, to, how many)."""
    return rules.rebalance(bounds(group), now)
