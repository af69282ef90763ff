"""Batch edits: how they stand, what a draft would change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shuxiang.apps.catalog import editing
from shuxiang.apps.catalog.queries.records import format_of, marc, source
from shuxiang.runtime import sql

LOOKED_AT = 1000
"""Rows of a draft that a preview tries."""


@dataclass(frozen=True, slots=True)
class EditView:
    """A batch edit."""

    id: str
    place: str
    number: str
    what: str
    spec: dict[str, Any]
    chosen: str
    state: str
    rows: int
    made_at: datetime
    made_by: str
    ended_at: datetime | None
    undone_at: datetime | None
    undone_by: str


_EDIT = (
    'SELECT id, place_id, "number", what, spec, chosen, state, "rows", made_at, made_by, ended_at, '
    "undone_at, undone_by FROM catalog_editbatch "
)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _edit(row: tuple[Any, ...]) -> EditView:
    return EditView(*(*row[:4], dict(_json(row[4])), *row[5:]))


def edits(limit: int = 100) -> tuple[EditView, ...]:
    """The newest batches first."""
    return tuple(map(_edit, sql.all(_EDIT + "ORDER BY id DESC LIMIT ?", limit)))


def edit(number: str) -> EditView | None:
    """A batch by its number."""
    row = sql.one(_EDIT + 'WHERE "number" = ?', number)
    return _edit(row) if row else None


def edit_under_way() -> EditView | None:
    """The oldest batch the worker has to go on with."""
    row = sql.one(
        _EDIT + "WHERE state IN ('queued', 'running', 'undoing') ORDER BY made_at, id LIMIT 1"
    )
    return _edit(row) if row else None


def edit_counts(batch: str) -> dict[str, int]:
    """Rows of a batch by state."""
    return dict(
        sql.all(
            "SELECT state, COUNT(*) FROM catalog_editrow WHERE batch_id = ? GROUP BY state", batch
        )
    )


@dataclass(frozen=True, slots=True)
class EditRowView:
    """A row of a batch; ``why``: reason codes of one refused or kept."""

    position: int
    subject: str
    state: str
    why: tuple[str, ...]
    before: dict[str, Any]


def edit_rows(
    batch: str, *, state: str = "", offset: int = 0, limit: int = 50
) -> tuple[EditRowView, ...]:
    """Rows in their order; of one state where it is named."""
    rows = sql.all(
        "SELECT position, subject, state, why, before FROM catalog_editrow WHERE batch_id = ? "
        f"{'AND state = ? ' if state else ''}ORDER BY position LIMIT ? OFFSET ?",
        batch,
        *((state,) if state else ()),
        limit,
        offset,
    )
    return tuple(
        EditRowView(p, subject, s, tuple(_json(why)), dict(_json(before)))
        for p, subject, s, why, before in rows
    )


@dataclass(frozen=True, slots=True)
class Preview:
    """What a draft would do to the rows looked at: how many change, how many of the results are
    invalid and would be refused, and the first that change (subject, differences)."""

    looked_at: int
    changed: int
    same: int
    unreadable: int
    invalid: int
    first: tuple[tuple[str, tuple[editing.Difference, ...]], ...]


def preview_edit(view: EditView, *, shown: int = 20) -> Preview:
    """Try a change of records without making it."""
    asked = editing.edit_of(view.spec)
    changed = same = unreadable = invalid = 0
    first: list[tuple[str, tuple[editing.Difference, ...]]] = []
    rows = edit_rows(view.id, limit=LOOKED_AT)
    for row in rows:
        found = source(row.subject)
        record = marc(found) if found else None
        if found is None or record is None:
            unreadable += 1
            continue
        after = editing.edited(record, asked)
        if after is record:
            same += 1
            continue
        if editing.faults_of(after, record, format_of(found)):
            invalid += 1
            continue
        changed += 1
        if len(first) < shown:
            first.append((row.subject, editing.differences(record, after)))
    return Preview(len(rows), changed, same, unreadable, invalid, tuple(first))
