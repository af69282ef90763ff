"""The records themselves, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shuxiang.apps.catalog.queries.listing import FIRST_ID, is_id
from shuxiang.formats.marc import Bibliographic, RawRecord, Record, decode, from_record
from shuxiang.formats.marc.bibliographic import Format
from shuxiang.formats.marc.charset import GB18030, UTF8
from shuxiang.formats.marc.iso2709 import Quarantined as Unreadable
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class SourceView:
    """The record of a title as it stands: ``data`` is ISO 2709 in ``charset``; ``original`` the
    bytes it came in where it was edited since."""

    title: str
    format: str
    charset: str
    data: bytes
    edited: bool
    original: bytes | None


_SOURCE = "SELECT s.title_id, s.format, s.charset, s.data, s.edited, s.original "


def source_of_row(row: tuple[Any, ...]) -> SourceView:
    """title, format, charset, data, edited, original as a view."""
    title_id, format_, charset, data, edited, original = row
    kept = None if original is None else bytes(original)
    return SourceView(title_id, format_, charset, bytes(data), bool(edited), kept)


def source(title_id: str) -> SourceView | None:
    """The bytes of a title's record, or None."""
    if not is_id(title_id):
        return None
    row = sql.one(f"{_SOURCE}FROM catalog_source s WHERE s.title_id = ?", title_id)
    return source_of_row(row) if row else None


def format_of(view: SourceView) -> Format:
    """Whose fields the record has."""
    return "marc21" if view.format == "marc21" else "cnmarc"


def marc(view: SourceView) -> Record | None:
    """The record in the bytes; None when they cannot be read."""
    data, charset = view.data, view.charset
    if charset.startswith("utf-16"):
        data, charset = data.decode(charset, "replace").encode(), UTF8
    found = decode(RawRecord(0, 1, data), GB18030 if charset == GB18030 else UTF8)
    return None if isinstance(found, Unreadable) else found.record


def fingerprint(data: bytes) -> str:
    """Names the bytes of a record, so that a form sent late is found out."""
    return hashlib.sha256(data).hexdigest()[:32]


def bibliographic(title_id: str) -> Bibliographic | None:
    """The whole description of a title, read from its record: for its page and its editor."""
    view = source(title_id)
    read = marc(view) if view else None
    return from_record(read) if read else None


def sources() -> Iterator[SourceView]:
    """Every record: imports in their order, each in the order of its file, then what was added by
    hand. Read in short statements, so that nothing is locked or kept in memory."""
    for (batch_id,) in sql.all("SELECT id FROM catalog_batch ORDER BY id"):
        position = 0
        while rows := sql.all(
            f"{_SOURCE}, t.position FROM catalog_title t JOIN catalog_source s "
            "ON s.title_id = t.id WHERE t.batch_id = ? AND t.position > ? "
            "ORDER BY t.position LIMIT 500",
            batch_id,
            position,
        ):
            yield from (source_of_row(row[:-1]) for row in rows)
            position = rows[-1][-1]
    last = FIRST_ID
    while rows := sql.all(
        f"{_SOURCE}FROM catalog_title t JOIN catalog_source s ON s.title_id = t.id "
        "WHERE t.batch_id IS NULL AND t.id > ? ORDER BY t.id LIMIT 500",
        last,
    ):
        yield from (source_of_row(row) for row in rows)
        last = rows[-1][0]
