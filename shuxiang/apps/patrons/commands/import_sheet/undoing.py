"""Taking a reader list back: only as long as nothing else has happened to its readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import batches
from shuxiang.apps.catalog.commands.sheets import PERMISSIONS
from shuxiang.apps.patrons import models
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import mask_number
from shuxiang.ledger import append as ledger
from shuxiang.runtime import guards, sql
from shuxiang.runtime.commands import command, next_number, require, running_request

AT_ONCE = 200
LISTED = 20
_AT = {name: place for place, name in enumerate(ledger.COLUMNS)}
_OWN = ("patron.registered", "card.issued")


def undo_readers(
    number: str, *, ctx: Context, progress: Callable[[int, int], None] | None = None
) -> None:
    """Remove every reader of a list, in chunks; goes on where it was interrupted. The quarantine and
    the batch stay, the batch as ``undone``.

    Raises Refused: import-unknown, import-undone, and one reason for each of the first `LISTED`
    readers to whom something has happened since.
    """
    total = begin_undo_readers(number=number, ctx=ctx)
    done = step = 0
    while removed := undo_readers_chunk(
        number=number, ctx=replace(ctx, request_key=f"{ctx.request_key}.{step}")
    ):
        step += 1
        done += removed
        if progress:
            progress(done, total)


@command("patrons.begin_undo_readers")
def begin_undo_readers(*, number: str, ctx: Context) -> int:
    """Check that a list can be undone and mark it; returns how many readers it has left."""
    batch = _found(number, ctx)
    if batch.status == batches.UNDONE:
        raise refuse(stop("import-undone", number=number))
    ids = list(models.Patron.objects.filter(batch=batch.id).values_list("id", flat=True))
    reasons: list[Reason] = []
    for start in range(0, len(ids), AT_ONCE):
        reasons += _against(ids[start : start + AT_ONCE], ctx)
        if len(reasons) >= LISTED:
            break
    if reasons:
        raise refuse(*reasons[:LISTED])
    batches.set_status(batch.id, batches.UNDOING, at=ctx.occurred_at)
    return len(ids)


@command("patrons.undo_readers_chunk")
def undo_readers_chunk(*, number: str, ctx: Context) -> int:
    """Remove the last readers of a list; returns how many, 0 when it is done."""
    batch = _found(number, ctx)
    if batch.status == batches.UNDONE:
        return 0
    if batch.status != batches.UNDOING:
        raise refuse(stop("import-elsewhere", number=number))
    ids = list(
        models.Patron.objects.select_for_update()
        .filter(batch=batch.id)
        .order_by("-id")
        .values_list("id", flat=True)[:AT_ONCE]
    )
    if not ids:
        batches.set_status(batch.id, batches.UNDONE, at=ctx.occurred_at)
        return 0
    # Asked again: a reader may have borrowed something since the undoing began.
    reasons = _against(ids, ctx)
    if reasons:
        raise refuse(*reasons[:LISTED])
    ledger.append_many(sql, _reversals(ids, ctx))
    ledger.forget_patrons(sql, ids)
    for model, field in (
        (models.Document, "patron"),
        (models.Guardian, "child"),
        (models.Card, "patron"),
    ):
        model.objects.filter(**{f"{field}__in": ids}).delete()
    models.Patron.objects.filter(id__in=ids).delete()
    return len(ids)


def _found(number: str, ctx: Context) -> catalog.BatchView:
    known = catalog.batch(number)
    batch = catalog.lock_batch(known.id) if known else None
    if batch is None or batch.kind != "readers":
        raise refuse(stop("import-unknown", number=number))
    require(ctx, PERMISSIONS["readers"], batch.place)
    return batch


def _against(ids: Sequence[str], ctx: Context) -> list[Reason]:
    """A reason for each reader who did anything, was changed, or holds something of anybody's."""
    busy = {
        patron for patron, event in ledger.reader_events(sql, ids) if event[_AT["type"]] not in _OWN
    }
    for model in (models.Unmasking, models.Consent, models.Pin, models.Credential):
        busy |= set(model.objects.filter(patron__in=ids).values_list("patron", flat=True))
    # Whoever agreed to something, or was trusted with it, is somebody's reader by now.
    for side in ("patron", "proxy"):
        rows = models.Proxy.objects.filter(**{f"{side}__in": ids})
        busy |= set(rows.values_list(side, flat=True))
    for patron in ids:
        if patron not in busy and guards.ask("patrons.remove", ctx, patron=patron):
            busy.add(patron)
    cards = dict(
        models.Card.objects.filter(patron__in=busy, replaces=None).values_list("patron", "number")
    )
    return [stop("reader-used-since", card=mask_number(cards.get(p, ""))) for p in sorted(busy)]


def _reversals(ids: Sequence[str], ctx: Context) -> list[list[Any]]:
    """One reversing row for each row the import wrote, with all its dimensions. They name no
    reader."""
    events = [event for _, event in ledger.reader_events(sql, ids)]
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
            "quantity": -event[_AT["quantity"]],
            "reverses": event[_AT["id"]],
        }
        rows.append([values[name] for name in ledger.COLUMNS])
        number += 1
    return rows
