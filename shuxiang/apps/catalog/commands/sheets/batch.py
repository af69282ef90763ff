"""The batch of a list: drafted, mapped, queued, begun, finished or failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import batches
from shuxiang.apps.places import queries as places
from shuxiang.formats.sheets import SheetMap, is_complete
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.commands import command, require

PERMISSIONS: dict[str, str] = {
    "holdings": "catalog.import",
    "readers": "imports.readers",
    "loans": "imports.loans",
    "holds": "imports.loans",
    "debts": "imports.readers",
}


@dataclass(frozen=True, slots=True)
class Begun:
    """A batch that is open, and how many of its rows are done."""

    batch: str
    number: str
    offset: int


@command("catalog.begin_sheet")
def begin_sheet(
    *,
    kind: str,
    place: str,
    file_name: str,
    file_sha256: str,
    file_size: int,
    charset: str,
    format: str,  # noqa: A002 - the column's name
    profile: dict[str, Any],
    rows: int,
    draft: bool,
    file_path: str,
    seen: dict[str, Any] | None = None,
    ctx: Context,
) -> Begun:
    """Open a batch for a list, take up its draft, or find the one that was interrupted. ``seen`` is
    kept with a draft: how its file was seen.

    Raises Refused: not-permitted, columns-missing, import-known, import-being-undone.
    """
    require(ctx, PERMISSIONS[kind], place)
    library = places.place(place).library
    how = SheetMap.from_dict(profile)
    known = catalog.batch_of_file(library=library, place=place, file_sha256=file_sha256, kind=kind)
    if known is not None and known.status == batches.DONE:
        raise refuse(stop("import-known", number=known.number, at=known.started_at.isoformat()))
    if known is not None and known.status == batches.UNDOING:
        raise refuse(stop("import-being-undone", number=known.number))
    if not draft:
        check_columns(how)
    if known is None:
        batch, number = batches.open_batch(
            library=library,
            place=place,
            file_name=file_name,
            file_sha256=file_sha256,
            file_size=file_size,
            charset=charset,
            format=format,
            profile=how.to_dict(),
            options={"rows": rows, "seen": seen or {}},
            at=ctx.occurred_at,
            kind=kind,
            status=batches.DRAFT if draft else batches.RUNNING,
            file_path=file_path,
            started_by=ctx.actor.id,
        )
        return Begun(batch, number, 0)
    if not draft and known.status in (batches.DRAFT, batches.QUEUED, batches.FAILED):
        if not known.offset:
            batches.set_profile(known.id, how.to_dict(), rows=rows)
        # The worker goes on only with files that were left to it.
        batches.forget_file(known.id)
        batches.set_status(known.id, batches.RUNNING, at=ctx.occurred_at)
    return Begun(known.id, known.number, known.offset)


def check_columns(how: SheetMap) -> None:
    """Raises Refused: columns-missing, naming what the kind needs."""
    if not is_complete(how.kind, how.columns):
        raise refuse(stop("columns-missing", kind=how.kind))


@command("catalog.map_sheet")
def map_sheet(
    *,
    batch: str,
    profile: dict[str, Any],
    rows: int,
    seen: dict[str, Any] | None = None,
    ctx: Context,
) -> None:
    """Keep how a draft is to be read, and how its file was seen that way. Raises Refused: import-unknown, import-elsewhere,
    not-permitted."""
    found = _draft(batch, ctx)
    batches.set_profile(found.id, SheetMap.from_dict(profile).to_dict(), rows=rows, seen=seen)


@command("catalog.queue_sheet")
def queue_sheet(*, batch: str, ctx: Context) -> None:
    """Give a draft to the worker. Raises Refused: import-unknown, import-elsewhere, columns-missing,
    not-permitted."""
    found = _draft(batch, ctx)
    check_columns(SheetMap.from_dict(found.profile))
    batches.set_status(found.id, batches.QUEUED, at=ctx.occurred_at)


@command("catalog.discard_sheet")
def discard_sheet(*, batch: str, ctx: Context) -> None:
    """Throw a draft away; nothing of it was written. Raises Refused: import-unknown,
    import-elsewhere, not-permitted."""
    batches.delete_draft(_draft(batch, ctx).id)


def _draft(batch: str, ctx: Context) -> catalog.BatchView:
    found = catalog.lock_batch(batch)
    if found is None:
        raise refuse(stop("import-unknown", number=""))
    require(ctx, PERMISSIONS[found.kind], found.place)
    if found.status != batches.DRAFT:
        raise refuse(stop("import-elsewhere", number=found.number))
    return found


@command("catalog.start_sheet")
def start_sheet(*, batch: str, ctx: Context) -> Begun:
    """Take a queued list, or go on with one that was stopped. Raises Refused: import-elsewhere."""
    found = catalog.lock_batch(batch)
    if found is None or found.status not in (batches.QUEUED, batches.RUNNING):
        raise refuse(stop("import-elsewhere", number=found.number if found else ""))
    require(ctx, PERMISSIONS[found.kind], found.place)
    if found.status == batches.QUEUED:
        batches.set_status(found.id, batches.RUNNING, at=ctx.occurred_at)
    return Begun(found.id, found.number, found.offset)


@command("catalog.fail_sheet")
def fail_sheet(*, batch: str, why: str, ctx: Context) -> None:
    """Note why a list could not be read to its end; what was taken stays and can be undone."""
    found = catalog.lock_batch(batch)
    if found is None or found.status not in (batches.QUEUED, batches.RUNNING):
        return
    require(ctx, PERMISSIONS[found.kind], found.place)
    batches.move_on(found.id, offset=found.offset, control=found.control | {"failed": why[:300]})
    batches.set_status(found.id, batches.FAILED, at=ctx.occurred_at)


@command("catalog.finish_sheet")
def finish_sheet(*, batch: str, rows: int, ctx: Context) -> None:
    """Close a batch whose list has been read to its end."""
    found = catalog.lock_batch(batch)
    if found is None or found.status != batches.RUNNING:
        raise refuse(stop("import-elsewhere", number=found.number if found else ""))
    require(ctx, PERMISSIONS[found.kind], found.place)
    batches.move_on(batch, offset=rows, control=found.control)
    batches.set_status(batch, batches.DONE, at=ctx.occurred_at)
