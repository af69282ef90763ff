"""Taking a list of open loans back: only as long as none was returned, renewed or settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import batches
from shuxiang.apps.catalog.commands.sheets import PERMISSIONS
from shuxiang.apps.circulation import models
from shuxiang.apps.circulation.commands.take_over.writing import TAKEN_OVER
from shuxiang.apps.stock.commands.custody import advance
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, next_number, require, running_request

AT_ONCE = 200
LISTED = 20
_AT = {name: place for place, name in enumerate(ledger.COLUMNS)}


def undo_loans(
    number: str, *, ctx: Context, progress: Callable[[int, int], None] | None = None
) -> None:
    """Remove every loan of a list, in chunks; goes on where it was interrupted. The quarantine and
    the batch stay, the batch as ``undone``.

    Raises Refused: import-unknown, import-undone, and one reason for each of the first `LISTED`
    loans to which something has happened since.
    """
    total = begin_undo_loans(number=number, ctx=ctx)
    done = step = 0
    while removed := undo_loans_chunk(
        number=number, ctx=replace(ctx, request_key=f"{ctx.request_key}.{step}")
    ):
        step += 1
        done += removed
        if progress:
            progress(done, total)


@command("circulation.begin_undo_loans")
def begin_undo_loans(*, number: str, ctx: Context) -> int:
    """Check that a list can be undone and mark it; returns how many loans it has left."""
    batch = _found(number, ctx)
    if batch.status == batches.UNDONE:
        raise refuse(stop("import-undone", number=number))
    reasons = _against(batch.id)
    if reasons:
        raise refuse(*reasons)
    batches.set_status(batch.id, batches.UNDOING, at=ctx.occurred_at)
    return int(models.Loan.objects.filter(batch=batch.id).count())


@command("circulation.undo_loans_chunk")
def undo_loans_chunk(*, number: str, ctx: Context) -> int:
    """Remove the last loans of a list; returns how many, 0 when it is done."""
    batch = _found(number, ctx)
    if batch.status == batches.UNDONE:
        return 0
    if batch.status != batches.UNDOING:
        raise refuse(stop("import-elsewhere", number=number))
    loans = sql.all(
        "SELECT l.id, l.item_id, i.event_seq FROM circulation_loan l "
        "JOIN stock_item i ON i.id = l.item_id WHERE l.batch_id = ? ORDER BY l.item_id LIMIT ?"
        + (" FOR UPDATE" if not sql.is_sqlite() else ""),
        batch.id,
        AT_ONCE,
    )
    if not loans:
        batches.set_status(batch.id, batches.UNDONE, at=ctx.occurred_at)
        return 0
    # Asked again: a book may have come back since the undoing began.
    reasons = _against(batch.id)
    if reasons:
        raise refuse(*reasons)
    ids = [row[0] for row in loans]
    ledger.append_many(sql, _reversals(ids, {row[1]: row[2] for row in loans}, ctx))
    ledger.forget_readers(sql, ids)
    for _, item, seq in loans:
        advance(item, seq=seq + 1)
    models.Loan.objects.filter(id__in=ids).delete()
    return len(ids)


def _found(number: str, ctx: Context) -> catalog.BatchView:
    known = catalog.batch(number)
    batch = catalog.lock_batch(known.id) if known else None
    if batch is None or batch.kind != "loans":
        raise refuse(stop("import-unknown", number=number))
    require(ctx, PERMISSIONS["loans"], batch.place)
    return batch


_LOANS = (
    "SELECT l.id, l.item_id, i.event_seq, l.returned_at, i.barcode, i.status, t.title "
    "FROM circulation_loan l JOIN stock_item i ON i.id = l.item_id "
    "JOIN catalog_title t ON t.id = i.title_id WHERE l.batch_id = ? AND l.id > ? "
    "ORDER BY l.id LIMIT ?"
)


def _against(batch: str) -> list[Reason]:
    """A reason for each loan whose book something has happened to since it was taken over."""
    reasons: list[Reason] = []
    last = "0" * 32
    while rows := sql.all(_LOANS, batch, last, AT_ONCE):
        last = rows[-1][0]
        taken = {
            event[_AT["loan"]]: event[_AT["item_seq"]]
            for event in ledger.loan_events(sql, TAKEN_OVER, [row[0] for row in rows])
        }
        reasons += [
            stop("item-used-since", barcode=barcode, status=status, title=title)
            for loan, _, seq, returned, barcode, status, title in rows
            if returned is not None or taken.get(loan) != seq
        ]
        if len(reasons) >= LISTED:
            break
    return reasons[:LISTED]


def _reversals(loans: Sequence[str], seqs: dict[str, int], ctx: Context) -> list[list[Any]]:
    """One reversing row for each loan, with all its dimensions; they name no reader."""
    events = ledger.loan_events(sql, TAKEN_OVER, loans)
    number = next_number(len(events))
    moment = sql.value(ctx.occurred_at)
    rows: list[list[Any]] = []
    for event in events:
        values = {name: sql.value(value) for name, value in zip(ledger.COLUMNS, event, strict=True)}
        values |= {
            "id": new_id(),
            "request": running_request(),
            "number": number,
            "occurred_at": moment,
            "recorded_at": moment,
            "channel": ctx.channel,
            "actor_kind": ctx.actor.kind,
            "actor": ctx.actor.id,
            "session": ctx.session_id,
            "item_seq": seqs[event[_AT["item"]]] + 1,
            "quantity": -event[_AT["quantity"]],
            "reverses": event[_AT["id"]],
        }
        rows.append([values[name] for name in ledger.COLUMNS])
        number += 1
    return rows
