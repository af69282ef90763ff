"""赔款: what a lost or damaged item costs, charged and paid in the act that settles its case; and what a
card in place of another costs."""

from __future__ import annotations

from shuxiang.apps.fees import models, queries
from shuxiang.apps.fees.commands import charging, common, paying
from shuxiang.apps.fees.commands.common import Side
from shuxiang.apps.fees.commands.paying import Paid
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse
from shuxiang.runtime.commands import reverse


def take_for(
    subject: str,
    *,
    patron: str,
    kind: str,
    amount_fen: int,
    item: stock.ScannedItem,
    loan: str | None,
    lent_place: str | None,
    method: str,
    note: str,
    ctx: Context,
) -> Paid:
    """Charge a case (``kind``: replacement or damage) and take the money for it. For circulation,
    inside its command. Raises Refused: patron-unknown, pay-method-unknown."""
    who = common.reader(patron)
    if reasons := common.against_method(method):
        raise refuse(*reasons)
    made = charging.make(
        kind,
        amount_fen,
        who=who,
        item=item,
        note=note,
        loan=loan,
        lending_place=lent_place,
        subject=subject,
        ctx=ctx,
    )
    row = models.Charge.objects.get(id=made)
    return paying.settle(
        [row], amount_fen, who=who, side=Side("till", amount_fen, method), note="", ctx=ctx
    )


def card_replaced(*, patron: str, ctx: Context) -> None:
    """补证: charge for the new card what the row in force says, inside the command that made it; nothing
    where no row says so or no money is taken."""
    who = patrons.loan_reader(patron)
    if who is None or not queries.at_desk(ctx.service_point):
        return
    on = clock.business_date(ctx.occurred_at)
    rule = queries.in_force("card", ctx.service_point, who.category, on)
    if rule is not None and rule.amount_fen:
        charging.make("card", rule.amount_fen, who=who, ctx=ctx)


def untake_for(subject: str, *, why: str, ctx: Context) -> None:
    """A settlement made by mistake: its payment is taken back and its charge was never made. Raises
    Refused: drawer-short, and what `reverse_payment` says."""
    for row in models.Charge.objects.filter(subject=subject, voided_fen=0, patron__isnull=False):
        notes = models.Allocation.objects.filter(charge=row, what="paid", amount_fen__gt=0)
        for entry in notes.filter(entry__reversed_by=None).values_list("entry", flat=True):
            paying.take_back_payment(str(entry), why=why, ctx=ctx)
        row.refresh_from_db()
        charging.unmake(row, ctx=ctx)
        reverse("fee.charged", subject=str(row.id), item_seq=None, ctx=ctx)


def give_back_for(subject: str, *, why: str, ctx: Context) -> None:
    """The item turned up: what was paid for it is given back in cash. Raises Refused: drawer-short."""
    for row in models.Charge.objects.filter(subject=subject, patron__isnull=False):
        held = charging.lock(str(row.id))
        if held.paid_fen:
            paying.give_back(held, held.paid_fen, method="cash", why=why, ctx=ctx)
