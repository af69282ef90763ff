"""代还: a partner's book given back at our desk, kept apart and sent on."""

from __future__ import annotations

from dataclasses import dataclass

from shuxiang.apps.exchange import models
from shuxiang.apps.exchange.commands.partners import enqueue, partner_terms
from shuxiang.apps.places import queries as places
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command, record


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A partner's book taken back; ``again``: it waits here already, nothing was done."""

    id: str
    barcode: str
    partner: str
    partner_name: str
    again: bool = False


@command("exchange.take_return", permission="circulation.check_in")
def take_return(*, partner: str, barcode: str, ctx: Context) -> TakenBack:
    """Take back a book of a partner (FR-1). The partner is told, now or when the link is up again.

    Raises Refused: partner-unknown, agreement-none, return-not-agreed, return-number.
    """
    terms = partner_terms(partner, ctx)
    code = scanned(barcode)
    name = places.place(partner).name
    if not terms.returns:
        raise refuse(stop("return-not-agreed", partner=name))
    if not code or len(code) > 40 or (terms.item_digits and not terms.is_item(code)):
        raise refuse(stop("return-number", barcode=code, partner=name))
    waiting = models.ForeignReturn.objects.filter(
        partner=partner, barcode=code, sent_at=None
    ).first()
    if waiting is not None:
        return TakenBack(waiting.id, code, partner, name, again=True)
    row = models.ForeignReturn.objects.create(
        id=new_id(),
        partner_id=partner,
        barcode=code,
        place_id=ctx.service_point,
        taken_at=ctx.occurred_at,
        taken_by=ctx.actor.id,
    )
    record("partner.returned", ctx=ctx, library=partner, subject=row.id)
    body = {
        "barcode": code,
        "place": places.place(ctx.service_point).code,
        "returned_at": ctx.occurred_at.isoformat(),
    }
    enqueue(partner, "return", row.id, body, ctx)
    return TakenBack(row.id, code, partner, name)


@command("exchange.send_returns", permission="circulation.check_in")
def send_returns(*, partner: str, ctx: Context) -> int:
    """Everything of a partner that waits at this place goes with the courier; returns how many.
    Raises Refused: return-nothing."""
    rows = models.ForeignReturn.objects.filter(
        partner=partner, place=ctx.service_point, sent_at=None
    )
    sent = rows.update(sent_at=ctx.occurred_at)
    if not sent:
        raise refuse(stop("return-nothing"))
    record("partner.sent", ctx=ctx, library=partner, subject=partner, quantity=sent)
    return sent
