"""Versions of records, templates of new ones, and titles that wait for a cataloguer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shuxiang.apps.catalog.queries.listing import is_id
from shuxiang.apps.catalog.queries.records import SourceView, source
from shuxiang.apps.catalog.templates import Template, merged
from shuxiang.runtime import sql

MOST_VERSIONS = 200


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """A version of a record that was replaced: ``source`` as it was until then; ``replaced_at`` and
    ``by`` whom."""

    id: str
    replaced_at: datetime
    by: str
    source: SourceView


def versions(title: str, limit: int = MOST_VERSIONS) -> tuple[RecordVersion, ...]:
    """The versions of a record before the present one, the latest first."""
    now = source(title)
    if now is None:
        return ()
    rows = sql.all(
        "SELECT id, changed_at, actor, charset, data FROM catalog_titlechange "
        "WHERE title_id = ? ORDER BY id DESC LIMIT ?",
        title,
        limit,
    )
    return tuple(
        RecordVersion(id_, at, by, SourceView(title, now.format, charset, bytes(data), True, None))
        for id_, at, by, charset, data in rows
    )


def templates(library: str) -> tuple[Template, ...]:
    """What a new record of a library may begin with, in the order offered."""
    rows = sql.all(
        "SELECT code, name, format, lines FROM catalog_recordtemplate WHERE library = ?", library
    )
    return merged(
        {
            code: Template(code, name, format_, lines, own=True)
            for code, name, format_, lines in rows
        }
    )


@dataclass(frozen=True, slots=True)
class PendingTitle:
    """A title that waits for a cataloguer; ``why``: stub or unchecked."""

    title: str
    text: str
    isbn: str
    why: str
    place: str
    since: datetime
    by: str


_PENDING = (
    "SELECT p.title_id, t.title, t.isbn, p.why, p.place_id, p.since, p.by "
    "FROM catalog_pending p JOIN catalog_title t ON t.id = p.title_id "
)


def pending(title: str) -> PendingTitle | None:
    """What a title waits for, None where it does not wait."""
    if not is_id(title):
        return None
    row = sql.one(_PENDING + "WHERE p.title_id = ?", title)
    return PendingTitle(*row) if row else None


def pending_titles(
    places: Sequence[str], *, limit: int = 100
) -> tuple[tuple[PendingTitle, ...], int]:
    """Titles entered at these places that wait, the longest waiting first, and how many there are."""
    if not places:
        return (), 0
    where = f"WHERE t.alias_of_id IS NULL AND p.place_id IN ({sql.marks(len(places))}) "
    counted = sql.one(
        f"SELECT COUNT(*) FROM catalog_pending p JOIN catalog_title t ON t.id = p.title_id {where}",
        *places,
    )
    rows = sql.all(f"{_PENDING}{where}ORDER BY p.since, p.title_id LIMIT ?", *places, limit)
    return tuple(PendingTitle(*row) for row in rows), int(counted[0]) if counted else 0
