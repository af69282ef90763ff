"""Taking back what an undone check-out or check-in did to holds and transits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from shuxiang.apps.circulation import models
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.commands import Effect, effects, effects_of, reverse, reverse_effect

_NOW = {
    "hold.ready": "ready",
    "hold.set_aside": "coming",
    "hold.requeued": "waiting",
    "hold.filled": "filled",
}
"""The state a hold must still be in for its event to be taken back."""


def take_back(type_: str, item: stock.ScannedItem, loan: str, ctx: Context, *, seq: int) -> int:
    """Reverse what the last event of a type of a loan did to holds and transits of its item, newest
    first; returns the item's last ledger number. Raises Refused: nothing-to-undo, where something
    else has happened to one of them since."""
    return _reversed(effects(type_, loan=loan, of=("hold.", "transit.")), item, ctx, seq)


def take_back_arrival(request: str, item: stock.ScannedItem, ctx: Context) -> int:
    """The same of a request that took in an item that was not on loan, that it was moved included;
    where it stood before is the caller's to put back."""
    done = effects_of(request, item=item.id, of=("hold.", "transit."))
    seq = _reversed(done, item, ctx, item.event_seq)
    if effects_of(request, item=item.id, of=("item.moved",)):
        seq += 1
        reverse("item.moved", item=item.id, item_seq=seq, last=True, ctx=ctx)
    return seq


def _reversed(done: tuple[Effect, ...], item: stock.ScannedItem, ctx: Context, seq: int) -> int:
    for effect in done:
        seq += 1
        if effect.type.startswith("hold."):
            _hold(effect, item)
        else:
            _transit(effect, ctx)
        reverse_effect(effect, item_seq=seq, ctx=ctx)
    return seq


def _hold(effect: Effect, item: stock.ScannedItem) -> None:
    row = models.Hold.objects.filter(id=effect.subject, state=_NOW[effect.type]).first()
    data = effect.data
    if row is None or (effect.type == "hold.filled" and _another(row)):
        raise refuse(stop("nothing-to-undo"))
    waits, ready = data["was"] == "waiting", data["was"] == "ready"
    models.Hold.objects.filter(id=row.id).update(
        state=data["was"],
        item=None if waits else item.id,
        ready_at=_moment(data["was_at"]) if ready else None,
        ready_until=date.fromisoformat(data["was_until"]) if ready else None,
        shelved=ready,
        loan=None,
        ended_at=None,
    )


def _another(row: models.Hold) -> bool:
    """Whether the reader has placed another hold on the title since."""
    later = models.Hold.objects.filter(patron=row.patron_id, title=row.title_id, ended_at=None)
    return later.exists()


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(text)


def _transit(effect: Effect, ctx: Context) -> None:
    sent = effect.type == "transit.sent"
    rows = models.Transit.objects.filter(id=effect.subject, ended_at__isnull=sent)
    changed = rows.update(
        ended_at=ctx.occurred_at if sent else None, ended_as="undone" if sent else ""
    )
    if not changed:
        raise refuse(stop("nothing-to-undo"))
