"""录入 → 贴标 → 上架: books of a batch given on and taken over (row A7)."""

from __future__ import annotations

from collections.abc import Sequence

from shuxiang.apps.processing import models, queries, rules
from shuxiang.apps.processing.commands.tally import count
from shuxiang.apps.stock.commands.items import put_on_shelf
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command, record, require

HAND = "stock.hand_over"


@command("processing.hand_over")
def hand_over(*, batch: str, step: str, note: str = "", ctx: Context) -> int:
    """Give on every book of a batch that waits for a step (label, shelve); returns how many.

    Raises Refused: not-permitted (at the batch's place), batch-unknown, handover-step,
    handover-under-way, handover-empty.
    """
    row = _locked(batch, ctx)
    known = step in rules.STEPS
    waiting = (
        models.Line.objects.filter(batch=row, stage=rules.STEPS[step][0]).count() if known else 0
    )
    reasons = rules.may_hand_over(
        step=step, waiting=waiting, under_way=_open(row, step) is not None
    )
    if reasons:
        raise refuse(*reasons)
    models.Handover.objects.create(
        id=new_id(),
        batch=row,
        step=step,
        handed=waiting,
        handed_at=ctx.occurred_at,
        handed_by=ctx.actor.id,
        note=note.strip()[:200],
    )
    _record("processing.handed_over", row, step, waiting, ctx)
    return waiting


@command("processing.receive")
def receive(
    *,
    batch: str,
    step: str,
    counted: int,
    missing: Sequence[str] = (),
    note: str = "",
    ctx: Context,
) -> int:
    """Take over what was given on: ``counted`` books, those in ``missing`` (barcodes) were not among
    them and stay where they were. Taken over to be shelved, a book may be lent. Returns how many
    were taken over.

    Raises Refused: not-permitted (at the batch's place), batch-unknown, handover-step,
    handover-none, handover-foreign, handover-differs.
    """
    row = _locked(batch, ctx)
    if step not in rules.STEPS:
        raise refuse(stop("handover-step"))
    under_way = _open(row, step)
    if under_way is None:
        raise refuse(stop("handover-none"))
    stage, to = rules.STEPS[step]
    lines = {
        line.barcode: line
        for line in queries.lines(batch, stage=stage)
        # What was entered after the books had gone is not among them.
        if line.entered_at <= under_way.handed_at
    }
    gone = tuple(dict.fromkeys(code for code in map(scanned, missing) if code))
    reasons = rules.may_receive(
        handed=under_way.handed, counted=counted, missing=gone, known=set(lines)
    )
    if reasons:
        raise refuse(*reasons)
    taken = [line.item for code, line in lines.items() if code not in set(gone)]
    models.Line.objects.filter(batch=row, item__in=taken).update(stage=to)
    if step == "shelve":
        for item in taken:
            put_on_shelf(item, ctx)
    models.Handover.objects.filter(id=under_way.id).update(
        received=len(taken),
        received_at=ctx.occurred_at,
        received_by=ctx.actor.id,
        missing=list(gone),
        note=(note.strip() or under_way.note)[:200],
    )
    count(row, to, len(taken), ctx)
    _record("processing.received", row, step, len(taken), ctx, missing=list(gone))
    return len(taken)


def _locked(batch: str, ctx: Context) -> models.Batch:
    row = models.Batch.objects.select_for_update().filter(id=queries.asked_for(batch)).first()
    if row is None:
        raise refuse(stop("batch-unknown"))
    require(ctx, HAND, row.place_id)
    return row


def _open(row: models.Batch, step: str) -> models.Handover | None:
    return models.Handover.objects.filter(batch=row, step=step, received_at=None).first()


def _record(
    type_: str, row: models.Batch, step: str, quantity: int, ctx: Context, **data: object
) -> None:
    record(
        type_,
        ctx=ctx,
        library=row.library,
        place=row.place_id,
        subject=row.id,
        quantity=quantity,
        data={"step": step, "batch": row.number, **data},
    )
