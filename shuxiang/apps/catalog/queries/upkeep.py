"""Duplicates found, merges done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shuxiang.apps.catalog import rules
from shuxiang.apps.catalog.alike import Compared
from shuxiang.apps.catalog.queries.listing import FIRST_ID, is_id
from shuxiang.runtime import sql

_COMPARED = (
    "SELECT id, library, kind, title, volume, responsibility, edition, publisher, year, language, "
    "extent, extra FROM catalog_title WHERE alias_of_id IS NULL AND "
)


def _compared(row: tuple[Any, ...]) -> Compared:
    extra = rules.extra_of(row[11])
    author = extra.authors[0] if extra.authors else row[5].split(rules.BETWEEN_STATEMENTS)[0]
    return Compared(
        id=row[0],
        library=row[1],
        kind=row[2],
        title=row[3],
        volume=row[4],
        author=author,
        edition=row[6],
        publisher=row[7],
        year=row[8],
        isbns=extra.isbns,
        unified=extra.unified_number,
        language=row[9],
        extent=row[10],
    )


def to_compare(at_once: int = 1000) -> Iterator[list[Compared]]:
    """Every title that is not merged, in parts, as duplicates are looked for."""
    last = FIRST_ID
    while rows := sql.all(f"{_COMPARED}id > ? ORDER BY id LIMIT ?", last, at_once):
        yield list(map(_compared, rows))
        last = rows[-1][0]


def compared(ids: Sequence[str]) -> dict[str, Compared]:
    """The same of the titles among ``ids``, by id."""
    if not ids:
        return {}
    rows = sql.all(f"{_COMPARED}id IN ({sql.marks(len(ids))})", *ids)
    return {row[0]: _compared(row) for row in rows}


@dataclass(frozen=True, slots=True)
class SearchView:
    """A search for duplicates and how far it has come."""

    id: str
    state: str
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    read: int
    compared: int
    found: int
    crowded: int


_SEARCH = (
    "SELECT id, state, started_at, started_by, ended_at, read, compared, found, crowded "
    "FROM catalog_duplicatesearch "
)


def newest_search() -> SearchView | None:
    """The last search for duplicates."""
    row = sql.one(_SEARCH + "ORDER BY id DESC LIMIT 1")
    return SearchView(*row) if row else None


def wanted_search() -> SearchView | None:
    """The search the worker is to do, or to go on with."""
    row = sql.one(
        _SEARCH + "WHERE by_worker AND state IN ('queued', 'running') ORDER BY id DESC LIMIT 1"
    )
    return SearchView(*row) if row else None


@dataclass(frozen=True, slots=True)
class DuplicateView:
    """A pair of the queue; ``why``: (part of the score, points)."""

    id: str
    library: str
    first: str
    second: str
    score: int
    why: tuple[tuple[str, int], ...]
    state: str
    decided_at: datetime | None
    decided_by: str


_DUPLICATE = (
    "SELECT id, library, first_id, second_id, score, why, state, decided_at, decided_by "
    "FROM catalog_duplicate "
)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _duplicate(row: tuple[Any, ...]) -> DuplicateView:
    why = tuple((str(name), int(points)) for name, points in _json(row[5]))
    return DuplicateView(*(*row[:5], why, *row[6:]))


def duplicates(
    state: str = "open", *, offset: int = 0, limit: int = 50
) -> tuple[DuplicateView, ...]:
    """Pairs in one state, the likeliest first."""
    rows = sql.all(
        f"{_DUPLICATE}WHERE state = ? ORDER BY score DESC, id LIMIT ? OFFSET ?",
        state,
        limit,
        offset,
    )
    return tuple(map(_duplicate, rows))


def duplicate_counts() -> dict[str, int]:
    """Number of pairs by state."""
    return dict(sql.all("SELECT state, COUNT(*) FROM catalog_duplicate GROUP BY state"))


def duplicate_of(first: str, second: str) -> DuplicateView | None:
    """What is known of a pair, in either order."""
    one, other = sorted((first, second))
    row = sql.one(f"{_DUPLICATE}WHERE first_id = ? AND second_id = ?", one, other)
    return _duplicate(row) if row else None


@dataclass(frozen=True, slots=True)
class MergeView:
    """A merge: ``lost`` was merged into ``survivor``. ``taken``: tags of the fields taken over."""

    id: str
    library: str
    survivor: str
    survivor_title: str
    lost: str
    lost_title: str
    state: str
    merged_at: datetime
    merged_by: str
    undone_at: datetime | None
    undone_by: str
    taken: tuple[str, ...]


_MERGE = (
    "SELECT m.id, m.library, m.survivor_id, s.title, m.lost_id, l.title, m.state, m.merged_at, "
    "m.merged_by, m.undone_at, m.undone_by, m.taken FROM catalog_merge m "
    "JOIN catalog_title s ON s.id = m.survivor_id JOIN catalog_title l ON l.id = m.lost_id "
)


def _merge(row: tuple[Any, ...]) -> MergeView:
    return MergeView(*(*row[:11], tuple(_json(row[11]))))


def merges(limit: int = 50) -> tuple[MergeView, ...]:
    """The newest merges first."""
    return tuple(map(_merge, sql.all(_MERGE + "ORDER BY m.id DESC LIMIT ?", limit)))


def merge(merge_id: str) -> MergeView | None:
    """One merge, or None."""
    if not is_id(merge_id):
        return None
    row = sql.one(_MERGE + "WHERE m.id = ?", merge_id)
    return _merge(row) if row else None


def merges_of(title: str) -> tuple[MergeView, ...]:
    """Merges into a title that stand, newest first."""
    rows = sql.all(
        _MERGE + "WHERE m.survivor_id = ? AND m.state = 'merged' ORDER BY m.id DESC", title
    )
    return tuple(map(_merge, rows))


def merge_moved(merge_id: str, kind: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    """(row, what it was before) of the rows of one kind that a merge moved, in the order moved."""
    rows = sql.all(
        "SELECT subject, data FROM catalog_mergemoved WHERE merge_id = ? AND kind = ? ORDER BY id",
        merge_id,
        kind,
    )
    return tuple((row[0], dict(_json(row[1]))) for row in rows)


def merge_moved_counts(merge_id: str) -> dict[str, int]:
    """How many rows of each kind a merge moved."""
    return dict(
        sql.all(
            "SELECT kind, COUNT(*) FROM catalog_mergemoved WHERE merge_id = ? GROUP BY kind",
            merge_id,
        )
    )


def live_title(title_id: str) -> str:
    """The title itself, or the one it was merged into; '' for no such title. Kept from being merged
    until the running transaction ends."""
    if not is_id(title_id):
        return ""
    share = "" if sql.is_sqlite() else " FOR SHARE"
    row = sql.one(f"SELECT alias_of_id FROM catalog_title WHERE id = ?{share}", title_id)
    return "" if row is None else str(row[0] or title_id)
