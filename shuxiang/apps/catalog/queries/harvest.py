"""Titles in the order they were made, with those that are gone: what others harvest (OAI-PMH)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shuxiang.apps.catalog.queries.listing import FIRST_ID, is_id
from shuxiang.apps.catalog.queries.records import SourceView
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class Harvested:
    """A title as harvesters see it: when it was last recorded, its main class, its record; None of
    one that was removed."""

    title: str
    changed: datetime
    main_class: str
    source: SourceView | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which titles: recorded from … until (both included), of one main class ('' any)."""

    from_: datetime | None = None
    until: datetime | None = None
    main_class: str = ""

    def _where(self, moment: str) -> tuple[str, list[Any]]:
        parts: list[str] = []
        values: list[Any] = []
        if self.from_ is not None:
            parts.append(f" AND {moment} >= ?")
            values.append(self.from_)
        if self.until is not None:
            parts.append(f" AND {moment} <= ?")
            values.append(self.until)
        if self.main_class:
            parts.append(" AND main_class = ?")
            values.append(self.main_class)
        return "".join(parts), values


_LIVE = (
    "SELECT t.id, t.updated_at, t.main_class, s.format, s.charset, s.data "
    "FROM catalog_title t JOIN catalog_source s ON s.title_id = t.id WHERE t.alias_of_id IS NULL "
)


def harvest(wanted: Wanted, *, after: str = "", limit: int = 500) -> tuple[Harvested, ...]:
    """The next titles wanted after one, by id: a title changed meanwhile keeps its place, so a list
    read in parts has each exactly once."""
    start = after or FIRST_ID
    where, values = wanted._where("t.updated_at")
    live = sql.all(f"{_LIVE}AND t.id > ?{where} ORDER BY t.id LIMIT ?", start, *values, limit)
    where, values = wanted._where("removed_at")
    gone = sql.all(
        "SELECT id, removed_at, main_class FROM catalog_removedtitle "
        f"WHERE id > ?{where} ORDER BY id LIMIT ?",
        start,
        *values,
        limit,
    )
    found = [_harvested(row) for row in live] + [_removed(row) for row in gone]
    return tuple(sorted(found, key=lambda each: each.title)[:limit])


def _harvested(row: tuple[Any, ...]) -> Harvested:
    title, changed, main_class, format_, charset, data = row
    source = SourceView(title, format_, charset, bytes(data), False, None)
    return Harvested(title, changed, main_class, source)


def _removed(row: tuple[Any, ...]) -> Harvested:
    title, removed, main_class = row
    return Harvested(title, removed, main_class, None)


def harvested(title: str) -> Harvested | None:
    """One title, a removed one too; None when there never was such a title."""
    if not is_id(title):
        return None
    row = sql.one(f"{_LIVE}AND t.id = ?", title)
    if row is not None:
        return _harvested(row)
    gone = sql.one(
        "SELECT id, removed_at, main_class FROM catalog_removedtitle WHERE id = ?", title
    )
    return _removed(gone) if gone else None


def harvested_of(titles: Sequence[str]) -> tuple[Harvested, ...]:
    """Several titles in the order given, removed and unknown ones left out."""
    if not titles:
        return ()
    rows = sql.all(f"{_LIVE}AND t.id IN ({sql.marks(len(titles))})", *titles)
    found = {row[0]: _harvested(row) for row in rows}
    return tuple(found[title] for title in titles if title in found)


def count_harvest(wanted: Wanted) -> int:
    """How many titles are wanted, removed ones too."""
    where, values = wanted._where("updated_at")
    live = sql.one(f"SELECT COUNT(*) FROM catalog_title WHERE alias_of_id IS NULL{where}", *values)
    where, values = wanted._where("removed_at")
    gone = sql.one(f"SELECT COUNT(*) FROM catalog_removedtitle WHERE 1 = 1{where}", *values)
    return int(live[0] if live else 0) + int(gone[0] if gone else 0)


def earliest_change() -> datetime | None:
    """When the oldest title was recorded; None in an empty catalogue."""
    found = [row[0] for row in _firsts() if row and row[0] is not None]
    return min(found, default=None)


def _firsts() -> Iterator[tuple[Any, ...] | None]:
    yield sql.one("SELECT updated_at FROM catalog_title ORDER BY updated_at LIMIT 1")
    yield sql.one("SELECT removed_at FROM catalog_removedtitle ORDER BY removed_at LIMIT 1")
