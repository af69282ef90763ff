"""集体外借: a batch for a group, one loan a scan."""

from __future__ import annotations

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation.commands import common
from shuxiang.apps.exchange import models, rules
from shuxiang.apps.exchange.commands._shared import next_number
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, require

LEND = "circulation.check_out"


@command("exchange.open_batch", permission=LEND)
def open_batch(*, card: str, card_library: str | None = None, note: str = "", ctx: Context) -> str:
    """Open a batch for the group that holds the card; returns its id.

    Raises Refused: card-unknown, card-ambiguous, batch-not-group, and what stands against the card.
    """
    reader = common.find_reader(card, card_library, ctx)
    kind = patrons.category(reader.category)
    on = clock.business_date(ctx.occurred_at)
    decision = rules.may_open_batch(
        for_group=bool(kind and kind.for_groups), card=reader.opens(on).reasons
    )
    if not decision.allowed:
        raise Refused(decision)
    row = models.GroupBatch.objects.create(
        id=new_id(),
        library=places.place(ctx.service_point).library,
        number=next_number("exchange_groupbatch", "JT", ctx),
        patron_id=reader.patron,
        place_id=ctx.service_point,
        note=note.strip()[:200],
        opened_at=ctx.occurred_at,
        opened_by=ctx.actor.id,
    )
    return str(row.id)


@command("exchange.lend_in_batch", permission=LEND)
def lend_in_batch(
    *, batch: str, item_barcode: str, item_library: str | None = None, ctx: Context
) -> circulation.CheckedOut:
    """Lend one book under a batch: an ordinary loan on the group's card, listed with it.

    Raises Refused: batch-unknown, batch-closed, and whatever check-out refuses.
    """
    row = _locked(batch, ctx)
    decision = rules.may_add(closed=row.closed_at is not None)
    if not decision.allowed:
        raise Refused(decision)
    reader = patrons.loan_reader(row.patron_id)
    assert reader is not None, "a batch holds its reader"
    done = circulation.check_out(
        item_barcode=item_barcode,
        item_library=item_library,
        card=reader.number,
        card_library=reader.library,
        ctx=ctx,
    )
    if not models.GroupLine.objects.filter(loan=done.loan).exists():
        models.GroupLine.objects.create(
            id=new_id(), batch=row, loan_id=done.loan, added_at=ctx.occurred_at
        )
    return done


@command("exchange.close_batch", permission=LEND)
def close_batch(*, batch: str, ctx: Context) -> None:
    """Nothing is added any more; the books stay on loan until they come back by scan."""
    row = _locked(batch, ctx)
    if row.closed_at is not None:
        raise refuse(stop("batch-closed"))
    models.GroupBatch.objects.filter(id=row.id).update(closed_at=ctx.occurred_at)


def _locked(batch: str, ctx: Context) -> models.GroupBatch:
    row = models.GroupBatch.objects.select_for_update().filter(id=batch).first()
    if row is None:
        raise refuse(stop("batch-unknown"))
    require(ctx, LEND, row.place_id)
    return row
