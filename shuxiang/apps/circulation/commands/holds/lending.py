"""A check-out and holds: what is set aside for another stays; the reader's own hold is filled."""

from __future__ import annotations

from dataclasses import replace

from shuxiang.apps.circulation import models
from shuxiang.apps.circulation.commands.holds import routing
from shuxiang.apps.circulation.commands.holds.routing import HoldRow, Standing, before
from shuxiang.apps.circulation.commands.holds.routing import standing as standing
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import advance
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, stop


def kept_for_another(now: Standing, item: stock.ScannedItem, patron: str) -> tuple[Reason, ...]:
    """Against lending a copy that is set aside for somebody else; it does not say for whom."""
    hold = now.aside(item.id)
    if hold is None or hold.patron == patron:
        return ()
    until = hold.ready_until.isoformat() if hold.ready_until else ""
    return (stop("item-on-hold-shelf", pickup=hold.pickup, until=until),)


def make_way(item: stock.ScannedItem, now: Standing, patron: str, ctx: Context, *, seq: int) -> int:
    """Before the loan, whose ledger number is to be ``seq``: the copy's transit ends, the hold of
    another reader that was overruled waits again at its place. Returns the loan's number."""
    if now.transit is not None:
        arrived = now.transit.destination == ctx.service_point
        how = "received" if arrived else "cancelled"
        routing.end_transit(item, now.transit, how, ctx, at=ctx.service_point, seq=seq)
        seq += 1
    aside = now.aside(item.id)
    if aside is not None and aside.patron != patron:
        requeue(item, aside, ctx, seq=seq)
        seq += 1
    for row in now.holds:
        if row.shelved and not row.active and row.item == item.id:
            models.Hold.objects.filter(id=row.id).update(shelved=False)
    return seq


def requeue(item: stock.ScannedItem, hold: HoldRow, ctx: Context, *, seq: int) -> None:
    """The copy set aside is gone: its hold waits again, where it stood in the queue."""
    models.Hold.objects.filter(id=hold.id).update(
        state="waiting", item=None, ready_at=None, ready_until=None, shelved=False
    )
    advance(item.id, seq=seq)
    routing.hold_event(
        "hold.requeued",
        hold.id,
        ctx,
        item=item,
        seq=seq,
        reader=patrons.loan_reader(hold.patron),
        pickup=hold.pickup,
        place="",
        data=before(hold),
    )


def fill(
    item: stock.ScannedItem,
    now: Standing,
    reader: patrons.LoanReader,
    loan: str,
    ctx: Context,
    *,
    seq: int,
) -> str:
    """After the loan (ledger number ``seq``): the reader's own hold on the title is filled by it.
    Another copy that had been set aside for it goes on to the next reader. Returns the hold's id,
    '' without one; a hold of one certain copy is filled by that copy alone."""
    hold = now.of(reader.patron)
    if hold is None or hold.wanted not in (None, item.id):
        return ""
    other = hold.item if hold.item not in (None, item.id) else None
    models.Hold.objects.filter(id=hold.id).update(
        state="filled",
        item=item.id,
        loan=loan,
        ended_at=ctx.occurred_at,
        shelved=False,
    )
    advance(item.id, seq=seq + 1)
    routing.hold_event(
        "hold.filled",
        hold.id,
        ctx,
        item=item,
        seq=seq + 1,
        reader=reader,
        pickup=hold.pickup,
        place="",
        loan=loan,
        data=before(replace(hold, state="waiting") if other else hold),
    )
    if other is not None:
        freed = stock.lock_item(other)
        assert freed is not None, "a hold keeps its copy"
        routing.free(freed, hold.id, ctx, at=hold.pickup, seq=freed.event_seq)
    return hold.id
