"""Batch edits (row A6): prepared, looked at, run a few rows at a time, taken back by number.

Each row is changed by the same command as by hand, so it is refused for the same reasons; a batch goes
on where it was interrupted, because what was done to a row is written with the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shuxiang.apps.catalog import editing, models, queries
from shuxiang.apps.catalog.commands.headings import put_heading
from shuxiang.apps.catalog.commands.short_titles import encoded
from shuxiang.apps.catalog.commands.titles import replace_record
from shuxiang.apps.places import queries as places
from shuxiang.formats.marc.charset import GB18030, UTF8, Charset
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command

MOST = 20_000
"""Rows of one batch: what a person can still answer for."""
CHANGED_SINCE = stop("edit-changed-since").code
"""Why a row is not taken back."""
KIND = "batch-edit"
"""What the change log calls a batch."""


def prepared(
    *, what: str, spec: dict[str, Any], subjects: Sequence[str], chosen: str, ctx: Context
) -> str:
    """Inside a command that has checked the change: a draft with its rows; returns its number."""
    rows = list(dict.fromkeys(subjects))
    if not rows:
        raise refuse(stop("edit-nothing-chosen"))
    if len(rows) > MOST:
        raise refuse(stop("edit-too-many", most=MOST, count=len(rows)))
    day = f"E{clock.business_date(ctx.occurred_at):%Y%m%d}-"
    taken = models.EditBatch.objects.filter(number__startswith=day)
    last = max(
        (int(n.rpartition("-")[2]) for n in taken.values_list("number", flat=True)), default=0
    )
    batch = models.EditBatch(
        id=new_id(),
        library=places.place(ctx.service_point).library,
        place_id=ctx.service_point,
        number=f"{day}{last + 1}",
        what=what,
        spec=spec,
        chosen=chosen[:200],
        rows=len(rows),
        made_at=ctx.occurred_at,
        made_by=ctx.actor.id,
    )
    batch.save(force_insert=True)
    sql.many(
        "INSERT INTO catalog_editrow (id, batch_id, position, subject, state, why, before, written) "
        "VALUES (?, ?, ?, ?, 'waiting', '[]', '{}', '')",
        [(new_id(), batch.id, n, subject) for n, subject in enumerate(rows, 1)],
        converted=True,
    )
    return batch.number


@command("catalog.prepare_edit", permission="catalog.edit_batch")
def prepare_edit(
    *, edit: editing.RecordEdit, titles: tuple[str, ...], chosen: str = "", ctx: Context
) -> str:
    """Prepare a change of many records; returns the number of the draft, which changes nothing yet.

    Raises Refused: edit-nothing-chosen, edit-too-many and what is wrong with the edit itself.
    """
    reasons = editing.reasons(edit)
    if reasons:
        raise refuse(*reasons)
    spec = {name: getattr(edit, name) for name in edit.__struct_fields__}
    return prepared(what="records", spec=spec, subjects=titles, chosen=chosen, ctx=ctx)


@command("catalog.run_edit", permission="catalog.edit_batch")
def run_edit(*, number: str, ctx: Context) -> None:
    """Let the worker make the change. Raises Refused: edit-unknown, edit-not-draft, edit-changed-since
    (a heading to be renamed is another by now)."""
    batch = locked(number)
    if batch.state != "draft":
        raise refuse(stop("edit-not-draft"))
    spec = batch.spec
    if "authority" in spec:
        old, new = spec["find"], spec["value"]
        if not put_heading(spec["authority"], old, new, see=old * spec["keep_old"], ctx=ctx):
            raise refuse(stop("edit-changed-since"))
    _to(batch, "queued", ctx, "applied")


@command("catalog.discard_edit", permission="catalog.edit_batch")
def discard_edit(*, number: str, ctx: Context) -> None:
    """Drop a draft. Raises Refused: edit-unknown, edit-not-draft."""
    batch = locked(number)
    if batch.state != "draft":
        raise refuse(stop("edit-not-draft"))
    models.EditRow.objects.filter(batch=batch).delete()
    models.EditBatch.objects.filter(id=batch.id).delete()


@command("catalog.undo_edit", permission="catalog.edit_batch")
def undo_edit(*, number: str, ctx: Context) -> None:
    """Let the worker take a batch back; rows that somebody changed since stay as they are and are
    counted. Raises Refused: edit-unknown, edit-not-done, edit-changed-since (a heading)."""
    batch = locked(number)
    if batch.state != "done":
        raise refuse(stop("edit-not-done"))
    models.EditBatch.objects.filter(id=batch.id).update(
        position=0, undone_at=ctx.occurred_at, undone_by=ctx.actor.id
    )
    if "authority" in batch.spec:
        old, new = batch.spec["find"], batch.spec["value"]
        if not put_heading(batch.spec["authority"], new, old, see="", ctx=ctx):
            raise refuse(stop("edit-changed-since"))
    _to(batch, "undoing", ctx, "undone")


def locked(number: str) -> models.EditBatch:
    """A batch, locked. Raises Refused: edit-unknown."""
    batch = models.EditBatch.objects.select_for_update().filter(number=number).first()
    if batch is None:
        raise refuse(stop("edit-unknown", number=number))
    return batch


def _to(batch: models.EditBatch, state: str, ctx: Context, action: str) -> None:
    models.EditBatch.objects.filter(id=batch.id).update(state=state)
    changed(
        ctx, KIND, batch.id, batch.number, {"state": batch.state}, {"state": state}, action=action
    )


def next_rows(batch: models.EditBatch, count: int) -> list[models.EditRow]:
    """The next rows of a batch under way; undoing goes from the last to the first. None left ends it."""
    rows = models.EditRow.objects.filter(batch=batch)
    if batch.state == "undoing":
        return list(rows.filter(state="changed").order_by("-position")[:count])
    return list(rows.filter(position__gt=batch.position).order_by("position")[:count])


def went_on(batch: models.EditBatch, rows: Sequence[models.EditRow], ctx: Context) -> int:
    """Note that rows are done, or, with none, that the batch is; returns how many."""
    if rows:
        for row in rows:
            row.save()
        models.EditBatch.objects.filter(id=batch.id).update(
            position=max(batch.position, *[r.position for r in rows]),
            state="undoing" if batch.state == "undoing" else "running",
        )
    else:
        ended = "undone" if batch.state == "undoing" else "done"
        models.EditBatch.objects.filter(id=batch.id).update(state=ended, ended_at=ctx.occurred_at)
    return len(rows)


@command("catalog.edit_records", permission="catalog.edit_batch")
def edit_records(*, number: str, count: int = 3, ctx: Context) -> int:
    """Go on with a batch of records; returns how many rows were done, 0 when it is through."""
    batch = locked(number)
    if batch.state not in ("queued", "running", "undoing"):
        return 0
    rows = next_rows(batch, count)
    for row in rows:
        (_undo if batch.state == "undoing" else _apply)(row, batch, ctx)
    return went_on(batch, rows, ctx)


def _apply(row: models.EditRow, batch: models.EditBatch, ctx: Context) -> None:
    source = queries.source(queries.live_title(row.subject))
    record = queries.marc(source) if source else None
    if source is None or record is None:
        row.state, row.why = "refused", ["title-unknown" if source is None else "record-unreadable"]
        return
    after = editing.edited(record, editing.edit_of(batch.spec))
    if after is record:
        row.state = "same"
        return
    wrong = editing.faults_of(after, record, queries.format_of(source))
    if wrong:
        row.state, row.why = "refused", [editing.stored_fault(fault) for fault in wrong]
        return
    models.EditRow.objects.filter(id=row.id).update(subject=source.title)
    row.refresh_from_db(fields=["subject"])
    row.before = {"charset": source.charset, "edited": source.edited}
    row.data = source.data
    charset: Charset = GB18030 if source.charset == GB18030 else UTF8
    try:
        data, charset = encoded(after, charset)
        replace_record(title=source.title, data=data, charset=charset, ctx=ctx)
    except Refused as refused:
        row.state, row.why, row.data = "refused", codes(refused.decision), None
        return
    models.TitleChange.objects.create(
        id=new_id(),
        title_id=source.title,
        changed_at=ctx.occurred_at,
        actor=ctx.actor.id,
        before={"batch": None},
        after={"batch": batch.number},
        charset=source.charset,
        data=source.data,
    )
    row.state, row.written = "changed", queries.fingerprint(data)


def _undo(row: models.EditRow, batch: models.EditBatch, ctx: Context) -> None:
    source = queries.source(row.subject)
    if source is None or queries.fingerprint(source.data) != row.written:
        row.state, row.why = "kept", [CHANGED_SINCE]
        return
    try:
        replace_record(
            title=row.subject, data=bytes(row.data or b""), charset=row.before["charset"], ctx=ctx
        )
    except Refused as refused:
        row.state, row.why = "kept", codes(refused.decision)
        return
    if not row.before["edited"]:
        # As it came: nothing of ours is left in it.
        models.Source.objects.filter(title=row.subject).update(edited=False, original=None)
    row.state, row.data = "undone", None


def codes(decision: Decision) -> list[str]:
    """What refused a row, for its list."""
    return [reason.code for reason in decision.refusing]
