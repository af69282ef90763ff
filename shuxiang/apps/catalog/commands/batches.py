"""Import batches and the bulk writing of titles. Called inside the commands of an import, which
belongs to the app that knows items."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from shuxiang.apps.catalog import models, rules
from shuxiang.apps.catalog.rules import NewTitle, SetAside
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import recorded_at

RUNNING, DONE, UNDOING, UNDONE = "running", "done", "undoing", "undone"
DRAFT, QUEUED, FAILED = "draft", "queued", "failed"

_TITLE = (
    "id",
    "library",
    "batch_id",
    "position",
    *rules.TEXT_COLUMNS,
    "created_at",
    "updated_at",
)
_INSERT_TITLE = f"INSERT INTO catalog_title ({', '.join(_TITLE)}) VALUES ({sql.marks(len(_TITLE))})"
_INSERT_IDENTIFIER = (
    "INSERT INTO catalog_identifier (id, title_id, kind, value) VALUES (?, ?, ?, ?)"
)
_INSERT_SOURCE = (
    "INSERT INTO catalog_source (title_id, format, charset, data, edited) VALUES (?, ?, ?, ?, ?)"
)
_INSERT_QUARANTINED = (
    'INSERT INTO catalog_quarantined (id, batch_id, kind, position, "offset", reason, detail, '
    "barcode, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def open_batch(
    *,
    library: str,
    place: str,
    file_name: str,
    file_sha256: str,
    file_size: int,
    charset: str,
    format: str,  # noqa: A002 - the column's name
    profile: Mapping[str, Any],
    options: Mapping[str, Any],
    at: datetime,
    kind: str = "marc",
    status: str = RUNNING,
    file_path: str = "",
    started_by: str = "",
) -> tuple[str, str]:
    """Begin a batch; returns its id and number (``20200610-1``: the first of that day)."""
    day = f"{clock.business_date(at):%Y%m%d}-"
    taken = models.Batch.objects.filter(number__startswith=day).values_list("number", flat=True)
    last = max((int(n.rpartition("-")[2]) for n in taken), default=0)
    row = models.Batch(
        id=new_id(),
        library=library,
        number=f"{day}{last + 1}",
        file_name=file_name[:200],
        file_sha256=file_sha256,
        file_size=file_size,
        charset=charset,
        format=format,
        profile=dict(profile),
        options=dict(options),
        place_id=place,
        started_at=at,
        kind=kind,
        status=status,
        file_path=file_path,
        started_by=started_by,
    )
    row.save(force_insert=True)
    return row.id, row.number


def move_on(
    batch: str,
    *,
    offset: int,
    records: int = 0,
    titles: int = 0,
    items: int = 0,
    quarantined: int = 0,
    warnings: int = 0,
    control: Mapping[str, Any],
) -> None:
    """Note how far a batch has come: ``offset`` is the byte to go on from; the counts are added."""
    sql.run(
        'UPDATE catalog_batch SET "offset" = ?, records = records + ?, titles = titles + ?, '
        "items = items + ?, quarantined = quarantined + ?, warnings = warnings + ?, control = ? "
        "WHERE id = ?",
        offset,
        records,
        titles,
        items,
        quarantined,
        warnings,
        json.dumps(control, ensure_ascii=False),
        batch,
    )


def set_status(batch: str, status: str, *, at: datetime) -> None:
    """``done`` and ``undone`` note the moment too."""
    moments = {DONE: {"finished_at": at}, UNDONE: {"undone_at": at}}
    models.Batch.objects.filter(id=batch).update(status=status, **moments.get(status, {}))


def insert_titles(
    titles: Sequence[NewTitle], *, library: str, batch: str | None, at: datetime
) -> None:
    """Write titles with their numbers and sources; ``batch`` None: of no import."""
    made, recorded = sql.value(at), sql.value(recorded_at())
    sql.many(
        _INSERT_TITLE,
        [(t.id, library, batch, t.position, *t.values, made, recorded) for t in titles],
        converted=True,
    )
    sql.many(
        _INSERT_IDENTIFIER,
        [(new_id(), t.id, kind, value) for t in titles for kind, value in t.numbers],
        converted=True,
    )
    sql.many(
        _INSERT_SOURCE,
        [(t.id, t.format, t.charset, t.data, False) for t in titles],
        converted=True,
    )


def insert_set_aside(rows: Iterable[SetAside], *, batch: str) -> None:
    """Write to the quarantine."""
    sql.many(
        _INSERT_QUARANTINED,
        [
            (
                new_id(),
                batch,
                r.kind,
                r.position,
                r.offset,
                r.reason[:60],
                r.detail[:300],
                r.barcode[:40],
                r.data,
            )
            for r in rows
        ],
    )


def delete_titles(titles: Sequence[str]) -> None:
    """Delete titles of an import that is being undone, with their numbers and sources."""
    rows = [(t,) for t in titles]
    sql.many("DELETE FROM catalog_identifier WHERE title_id = ?", rows)
    sql.many("DELETE FROM catalog_source WHERE title_id = ?", rows)
    at = sql.value(recorded_at())
    sql.many(
        "INSERT INTO catalog_removedtitle (id, library, main_class, removed_at) "
        "SELECT id, library, main_class, ? FROM catalog_title WHERE id = ?",
        [(at, t) for t in titles],
        converted=True,
    )
    sql.many("DELETE FROM catalog_title WHERE id = ?", rows)


def set_profile(
    batch: str, profile: Mapping[str, Any], *, rows: int, seen: Mapping[str, Any] | None = None
) -> None:
    """How a list is read, how many rows it has then, and how its file was seen (None: as before)."""
    options = dict(models.Batch.objects.get(id=batch).options) | {"rows": rows}
    if seen is not None:
        options["seen"] = dict(seen)
    models.Batch.objects.filter(id=batch).update(profile=dict(profile), options=options)


def forget_file(batch: str) -> None:
    """The file that was uploaded for a batch is no longer its own."""
    models.Batch.objects.filter(id=batch).update(file_path="")


def delete_draft(batch: str) -> None:
    """Delete a batch of which nothing was written."""
    models.Batch.objects.filter(id=batch, status=DRAFT).delete()
