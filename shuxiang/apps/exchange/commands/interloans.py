"""馆际互借: a partner's book borrowed for a reader of ours."""

from __future__ import annotations

from datetime import date, timedelta

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands.short_titles import borrowed_title
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.circulation.commands import common
from shuxiang.apps.circulation.commands.holds.keeping import item_gone
from shuxiang.apps.exchange import models, rules
from shuxiang.apps.exchange.commands._shared import next_number
from shuxiang.apps.exchange.commands.partners import enqueue, partner_terms
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.borrowing import borrowed_item
from shuxiang.apps.stock.commands.custody import set_status
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command, record, require

ACT = "circulation.interloan"


@command("exchange.ask_interloan", permission=ACT)
def ask_interloan(
    *,
    partner: str,
    card: str,
    card_library: str | None = None,
    title: str,
    author: str = "",
    isbn: str = "",
    note: str = "",
    ctx: Context,
) -> str:
    """Ask a partner for a book for one of our readers (IL-1); returns the request's id.

    Raises Refused: agreement-none, interloan-not-agreed, title-missing, card-unknown, and what stands
    against the card.
    """
    terms = partner_terms(partner, ctx)
    reader = common.find_reader(card, card_library, ctx)
    on = clock.business_date(ctx.occurred_at)
    reasons = [*reader.opens(on).refusing]
    if not terms.lending:
        reasons.append(stop("interloan-not-agreed"))
    if not title.strip():
        reasons.append(stop("title-missing"))
    if reasons:
        raise refuse(*reasons)
    row = models.InterLoan.objects.create(
        id=new_id(),
        number=next_number("exchange_interloan", "HJ", ctx),
        partner_id=partner,
        place_id=ctx.service_point,
        patron_id=reader.patron,
        title_text=title.strip()[:200],
        author=author.strip()[:120],
        isbn=isbn.strip()[:24],
        note=note.strip()[:200],
        asked_at=ctx.occurred_at,
        asked_by=ctx.actor.id,
    )
    record(
        "interloan.asked", ctx=ctx, library=places.place(ctx.service_point).library, subject=row.id,
        patron=reader.patron, card=reader.card,
    )  # fmt: skip
    body = {"number": row.number, "title": row.title_text, "author": row.author, "isbn": row.isbn}
    enqueue(partner, "ask", row.id, body, ctx)
    return str(row.id)


@command("exchange.receive_interloan", permission=ACT)
def receive_interloan(*, interloan: str, barcode: str, back_by: date, ctx: Context) -> str:
    """The book arrived (IL-2): it becomes an item of the partner's that stands here until ``back_by``,
    never part of our stock. Returns the item's id.

    Raises Refused: interloan-unknown, interloan-state, interloan-back-by, barcode-missing,
    barcode-taken.
    """
    row = _locked(interloan, ctx)
    on = clock.business_date(ctx.occurred_at)
    decision = rules.may_receive(state=row.state, back_by=back_by, on=on)
    code = scanned(barcode)
    reasons: list[Reason] = [*decision.reasons]
    if not code or len(code) > 40:
        reasons.append(stop("barcode-missing"))
    elif any(
        i.library == row.partner_id and i.status != "withdrawn" for i in stock.scanned_items(code)
    ):
        reasons.append(stop("barcode-taken", barcode=code))
    if reasons:
        raise refuse(*reasons)
    held = catalog.by_identifier(row.isbn) if row.isbn else ()
    title = held[0].id if held else borrowed_title(
        ShortRecord(title=row.title_text, responsibility=row.author, isbn=row.isbn), ctx
    )  # fmt: skip
    item = borrowed_item(
        title=title, library=row.partner_id, barcode=code, holder=ctx.service_point,
        back_by=back_by, data={"number": row.number}, ctx=ctx,
    )  # fmt: skip
    models.InterLoan.objects.filter(id=row.id).update(
        state="received", item=item, back_by=back_by, received_at=ctx.occurred_at
    )
    return item


@command("exchange.return_interloan", permission=ACT)
def return_interloan(*, interloan: str, ctx: Context) -> None:
    """The book goes back to the partner (IL-5). Raises Refused: interloan-unknown, interloan-state,
    item-on-loan."""
    row = _locked(interloan, ctx)
    if row.state != "received" or row.item_id is None:
        raise refuse(stop("interloan-state"))
    loan = circulation.open_loan_of(row.item_id)
    if loan is not None:
        raise refuse(
            stop("item-on-loan", since=loan.lent_at.isoformat(), due=loan.due_on.isoformat(),
                 place=loan.place, same_reader=False)
        )  # fmt: skip
    seq = item_gone(item=row.item_id, ctx=ctx) + 1
    item = stock.scanned_item(row.item_id)
    assert item is not None
    set_status(item.id, status="withdrawn", seq=seq)
    record(
        "interloan.returned",
        ctx=ctx,
        library=item.library,
        item=item.id,
        item_seq=seq,
        title=item.title,
        subject=row.id,
        dimensions=common.dimensions(item, None, None, clock.business_date(ctx.occurred_at)),
    )
    models.InterLoan.objects.filter(id=row.id).update(state="returned", ended_at=ctx.occurred_at)
    enqueue(row.partner_id, "back", row.id, {"number": row.number, "barcode": item.barcode}, ctx)


@command("exchange.cancel_interloan", permission=ACT)
def cancel_interloan(*, interloan: str, ctx: Context) -> None:
    """It is not needed any more, or the partner has none to lend (IL-6). Raises Refused:
    interloan-unknown, interloan-state."""
    row = _locked(interloan, ctx)
    if row.state != "asked":
        raise refuse(stop("interloan-state"))
    models.InterLoan.objects.filter(id=row.id).update(state="cancelled", ended_at=ctx.occurred_at)
    record(
        "interloan.cancelled", ctx=ctx, library=places.place(row.place_id).library, subject=row.id
    )
    enqueue(row.partner_id, "cancel", row.id, {"number": row.number}, ctx)


def kept_for(*, ctx: Context, item: str, patron: str) -> tuple[Reason, ...]:
    """Guard: a borrowed book is lent to whom it was asked for (IL-3)."""
    row = models.InterLoan.objects.filter(item=item, state="received").first()
    if row is None or row.patron_id in (None, patron):
        return ()
    return (stop("interloan-for-another", number=row.number),)


@command("exchange.forget_asked", permission="system.forget_history")
def forget_asked(*, limit: int = 200, ctx: Context) -> int:
    """Requests ended longer ago than ``privacy.history_days`` no longer name their reader (0 keeps
    everything); returns how many."""
    days = places.setting(places.main_library().id, "privacy.history_days").value
    if not days:
        return 0
    old = models.InterLoan.objects.filter(
        ended_at__lt=ctx.occurred_at - timedelta(days=days), patron__isnull=False
    )
    ids = list(old.values_list("id", flat=True)[:limit])
    return models.InterLoan.objects.filter(id__in=ids).update(patron=None)


def _locked(interloan: str, ctx: Context) -> models.InterLoan:
    row = models.InterLoan.objects.select_for_update().filter(id=interloan).first()
    if row is None:
        raise refuse(stop("interloan-unknown"))
    require(ctx, ACT, row.place_id)
    return row
