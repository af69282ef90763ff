"""Imports: batches, what they set aside, what they find already there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shuxiang.apps.catalog.queries.listing import FIRST_ID
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class BatchView:
    """One import; the counts are of what was read so far, or of what was undone."""

    id: str
    library: str
    number: str
    file_name: str
    file_sha256: str
    file_size: int
    charset: str
    format: str
    profile: dict[str, Any]
    options: dict[str, Any]
    control: dict[str, Any]
    place: str
    status: str
    offset: int
    records: int
    titles: int
    items: int
    quarantined: int
    warnings: int
    started_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None
    kind: str = "marc"
    file_path: str = ""
    started_by: str = ""


@dataclass(frozen=True, slots=True)
class QuarantinedView:
    """A record or item set aside; ``reason`` is a note or reason code."""

    id: str
    kind: str
    position: int
    offset: int
    reason: str
    detail: str
    barcode: str
    data: bytes


_BATCH = (
    'SELECT id, library, "number", file_name, file_sha256, file_size, charset, format, profile, '
    'options, control, place_id, status, "offset", records, titles, items, quarantined, warnings, '
    "started_at, finished_at, undone_at, kind, file_path, started_by "
    "FROM catalog_batch "
)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _batch(row: tuple[Any, ...]) -> BatchView:
    return BatchView(*row[:8], *map(_json, row[8:11]), *row[11:])


def batch(number: str) -> BatchView | None:
    """An import by its number."""
    row = sql.one(_BATCH + 'WHERE "number" = ?', number)
    return _batch(row) if row else None


def batches(limit: int = 100) -> tuple[BatchView, ...]:
    """The newest imports first."""
    return tuple(map(_batch, sql.all(_BATCH + "ORDER BY id DESC LIMIT ?", limit)))


def batch_of_file(
    *, library: str, place: str, file_sha256: str, kind: str = "marc"
) -> BatchView | None:
    """The import of a file into a place that stands or is under way."""
    row = sql.one(
        _BATCH + "WHERE library = ? AND place_id = ? AND file_sha256 = ? AND kind = ? "
        "AND status <> 'undone'",
        library,
        place,
        file_sha256,
        kind,
    )
    return _batch(row) if row else None


def newest_profile(kind: str, headings: Sequence[str]) -> dict[str, Any] | None:
    """How the newest list of a kind with these headings was read; None when there was none."""
    rows = sql.all(
        "SELECT profile FROM catalog_batch WHERE kind = ? AND status <> 'draft' "
        "ORDER BY id DESC LIMIT 50",
        kind,
    )
    profiles: list[dict[str, Any]] = [_json(row[0]) for row in rows]
    return next((p for p in profiles if p.get("headings") == list(headings)), None)


def next_queued() -> BatchView | None:
    """The oldest import that waits for the worker or that it was stopped in."""
    row = sql.one(
        _BATCH + "WHERE status = 'queued' OR (status = 'running' AND kind <> 'marc' "
        "AND file_path <> '') ORDER BY id LIMIT 1"
    )
    return _batch(row) if row else None


def uploaded() -> tuple[BatchView, ...]:
    """Imports whose uploaded file may still be wanted."""
    rows = sql.all(
        _BATCH + "WHERE file_path <> '' "
        "AND status IN ('draft', 'queued', 'running', 'failed') ORDER BY id"
    )
    return tuple(map(_batch, rows))


def lock_batch(batch_id: str) -> BatchView | None:
    """The import, locked until the transaction ends."""
    row = sql.one(_BATCH + "WHERE id = ?" + sql.for_update(), batch_id)
    return _batch(row) if row else None


def quarantined(
    number: str, *, kind: str = "", reason: str = "", after: str = "", limit: int = 100
) -> tuple[QuarantinedView, ...]:
    """What an import set aside, ids above ``after``; ``kind``: record, item or row, '' all three
    (``claim``: a row that was taken and says something to be looked at); ``reason``: one code, ''
    all."""
    narrowed = [(c, v) for c, v in (("q.kind", kind), ("q.reason", reason)) if v]
    others = "" if kind else " AND q.kind <> 'claim'"
    rows = sql.all(
        'SELECT q.id, q.kind, q.position, q."offset", q.reason, q.detail, q.barcode, q.data '
        "FROM catalog_quarantined q JOIN catalog_batch b ON b.id = q.batch_id "
        f'WHERE b."number" = ? AND q.id > ?{"".join(f" AND {c} = ?" for c, _ in narrowed)}{others} '
        "ORDER BY q.id LIMIT ?",
        number,
        after or FIRST_ID,
        *[v for _, v in narrowed],
        limit,
    )
    return tuple(QuarantinedView(*(*row[:-1], bytes(row[-1]))) for row in rows)


def same_publications(
    batch_id: str, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], bool]:
    """Which of (ISBN, title proper) the catalogue already has, and whether from this very import."""
    values = list({isbn for isbn, _ in wanted})
    if not values:
        return {}
    asked = set(wanted)
    rows = sql.all(
        "SELECT i.value, t.title, t.batch_id FROM catalog_identifier i "
        "JOIN catalog_title t ON t.id = i.title_id "
        f"WHERE i.value IN ({sql.marks(len(values))}) AND i.kind = 'isbn'",
        *values,
    )
    found: dict[tuple[str, str], bool] = {}
    for isbn, proper, batch_ in rows:
        if (isbn, proper) in asked:
            found[isbn, proper] = found.get((isbn, proper), True) and batch_ == batch_id
    return found
