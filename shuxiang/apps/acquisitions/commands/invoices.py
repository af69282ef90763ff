"""发票: what the supplier asks for, in 码洋 and 实洋."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from shuxiang.apps.acquisitions import models, rules
from shuxiang.apps.acquisitions.commands._shared import (
    MONEY,
    available,
    enter,
    facts_of,
    lifted,
    locked_fund,
    locked_order,
    whys,
)
from shuxiang.apps.acquisitions.commands.joined import line_changed
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import yuan
from shuxiang.runtime.commands import command, record, require, reverse


@command("acquisitions.enter_invoice", permission=MONEY)
def enter_invoice(
    *,
    order: str,
    number: str,
    dated: date,
    copies: Mapping[str, int],
    total_fen: int,
    freight_fen: int = 0,
    ctx: Context,
) -> str:
    """Enter an invoice of an order, ``copies`` by line; returns its id. What was set aside for them is
    free, what is paid is spent; the lines' nets and the freight are the total to the 分 (AQ-8).

    Raises Refused: order-unknown, invoice-number, invoice-date, AQ-8, and fund-exceeded where more is
    paid than was set aside and the fund has no more.
    """
    row = locked_order(order)
    require(ctx, MONEY, row.place_id)
    fund = locked_fund(row.fund_id)
    lines = {line.id: line for line in row.lines.order_by("position")}
    wanted = [(lines[i], n) for i, n in copies.items() if i in lines and n]
    facts = [(facts_of(line), n) for line, n in wanted]
    decision = rules.may_invoice(
        state=row.state,
        copies=facts,
        total_fen=total_fen,
        freight_fen=freight_fen,
        exists=models.Invoice.objects.filter(
            supplier=row.supplier_id, number=number.strip(), voided_at__isnull=True
        ).exists(),
    )
    reasons = list(decision.reasons)
    if not number.strip():
        reasons.append(stop("invoice-number"))
    if dated > clock.business_date(ctx.occurred_at):
        reasons.append(stop("invoice-date"))
    freed = sum(
        f.encumbered
        - rules.LineFacts(
            ordered=f.ordered,
            price_fen=f.price_fen,
            rate=f.rate,
            cancelled=f.cancelled,
            invoiced=f.invoiced + n,
        ).encumbered
        for f, n in facts
    )
    left = available(fund.id)
    if total_fen - freed > left:
        reasons.append(stop("fund-exceeded", needed=yuan(total_fen - freed), available=yuan(left)))
    decision = lifted(Decision(tuple(reasons)), ctx, row.place_id)
    nets = rules.spread(
        total_fen - freight_fen, [rules.net(f.price_fen, n, f.rate) for f, n in facts]
    )
    invoice = models.Invoice.objects.create(
        id=new_id(),
        library=row.library,
        place_id=row.place_id,
        supplier_id=row.supplier_id,
        order=row,
        number=number.strip()[:40],
        dated=dated,
        freight_fen=freight_fen,
        total_fen=total_fen,
        entered_at=ctx.occurred_at,
        entered_by=ctx.actor.id,
    )
    for (line, n), (before, _n), paid in zip(wanted, facts, nets, strict=True):
        models.InvoiceLine.objects.create(
            id=new_id(),
            invoice=invoice,
            line=line,
            copies=n,
            list_fen=line.price_fen * n,
            net_fen=paid,
        )
        _invoiced(row, line, before, n, ctx)
    enter(fund.id, "spent", total_fen, ctx, subject=invoice.id, note=invoice.number)
    used = whys(ctx, decision)
    record(
        "invoice.entered", ctx=ctx, library=row.library, place=row.place_id, subject=invoice.id,
        quantity=sum(n for _line, n in wanted), amount=total_fen, source=fund.source,
        data={"overrides": used} if used else None,
    )  # fmt: skip
    return str(invoice.id)


@command("acquisitions.void_invoice", permission=MONEY)
def void_invoice(*, invoice: str, why: str, ctx: Context) -> None:
    """作废: an invoice entered by mistake; its money is set aside again. Raises Refused:
    invoice-unknown, reason-missing."""
    found = models.Invoice.objects.filter(id=invoice).first()
    if found is None:
        raise refuse(stop("invoice-unknown"))
    order = locked_order(found.order_id)
    require(ctx, MONEY, order.place_id)
    fund = locked_fund(order.fund_id)
    found.refresh_from_db()
    reasons = [] if found.voided_at is None else [stop("invoice-unknown")]
    if not why.strip():
        reasons.append(stop("reason-missing"))
    if reasons:
        raise refuse(*reasons)
    models.Invoice.objects.filter(id=invoice).update(
        voided_at=ctx.occurred_at, why=why.strip()[:200]
    )
    for part in found.lines.select_related("line"):
        _invoiced(order, part.line, facts_of(part.line), -part.copies, ctx)
    enter(fund.id, "spent", -found.total_fen, ctx, subject=invoice, note=why)
    reverse("invoice.entered", ctx=ctx, item_seq=None, subject=invoice)


def _invoiced(
    order: models.Order, line: models.OrderLine, before: rules.LineFacts, copies: int, ctx: Context
) -> None:
    models.OrderLine.objects.filter(id=line.id).update(invoiced=line.invoiced + copies)
    line.refresh_from_db()
    line_changed(order, line, before, ctx)
