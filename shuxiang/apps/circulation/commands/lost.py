"""丢失与损坏 (row E4): reported, settled by 赔同版书, 赔款 or 减免, and taken back when the book is
found.

A lost book stays on its reader's account until the case is settled, which writes the loan off. A
damaged one is in the clerk's hands: reporting it takes it back first. Where money is handled (setting
``fees.at_desk``), 赔款 is a charge and its payment in the books; elsewhere the amount is a note.
"""

from __future__ import annotations

from typing import Any

from shuxiang.apps.circulation import models, queries, rules
from shuxiang.apps.circulation.commands import common
from shuxiang.apps.circulation.commands.check_in import check_in
from shuxiang.apps.circulation.commands.holds.keeping import item_gone
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.fees import queries as money
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import advance, set_status
from shuxiang.apps.stock.commands.replacing import accept_replacement
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import Dimensions, command, permitted, record, require, reverse

KINDS = ("lost", "damaged")
WAYS = ("replaced", "paid", "waived")
MOST_FEN = 10_000_000
WHY_LENGTH = 200


@command("circulation.report_lost", permission="circulation.report_lost")
def report_lost(*, item: str, kind: str, why: str, ctx: Context) -> str:
    """Report an item lost or damaged; returns the case. On loan and ``lost``: the loan stays open
    until the case is settled. On loan and ``damaged``: it is taken back here first.

    Raises Refused: not-permitted (where an item on the shelf stands, too), item-unknown,
    item-withdrawn, lost-kind-unknown, lost-known, reason-missing.
    """
    reasons = [] if kind in KINDS else [stop("lost-kind-unknown", kind=kind)]
    if not why.strip():
        reasons.append(stop("reason-missing"))
    loan, found = _locked(item)
    if found.status == "withdrawn":
        reasons.append(stop("item-withdrawn"))
    if models.LostCase.objects.filter(item=item, ended_at=None).exists():
        reasons.append(stop("lost-known"))
    if reasons:
        raise refuse(*reasons)
    if loan is None:
        require(ctx, "circulation.report_lost", found.holder)
    elif kind == "damaged":
        check_in(item_barcode=found.barcode, item_library=found.library, ctx=ctx)
        found = _again(item)
    row = models.LostCase(
        id=new_id(),
        library=found.library,
        item_id=item,
        title_id=found.title,
        loan_id=loan.id if loan else None,
        patron_id=loan.patron if loan else None,
        kind=kind,
        status_before=found.status,
        place_id=ctx.service_point,
        reported_at=ctx.occurred_at,
        reported_by=ctx.actor.id,
        why=why.strip()[:WHY_LENGTH],
    )
    row.save(force_insert=True)
    seq = found.event_seq
    if found.status != kind:
        seq += 1
        _status(found, kind, seq, row.id, ctx)
    if loan is None or kind == "damaged":
        seq = item_gone(item=item, ctx=ctx)
    seq += 1
    advance(item, seq=seq)
    _told("lost.reported", found, seq, row, ctx, {"kind": kind, "why": row.why})
    return str(row.id)


@command("circulation.settle_lost", permission="circulation.settle_lost")
def settle_lost(
    *,
    case: str,
    how: str,
    why: str,
    amount_fen: int | None = None,
    barcode: str = "",
    method: str = "cash",
    ctx: Context,
) -> str:
    """Settle a case: ``replaced`` adds the copy given (``barcode``, else the next free one), ``paid``
    takes ``amount_fen`` 分 by ``method`` (or notes them only), ``waived`` needs the permission
    ``circulation.waive_lost``. The loan of a lost book is written off. Returns the replacement's id,
    '' without one.

    Raises Refused: not-permitted, lost-case-unknown, lost-case-ended, lost-settled, lost-item-back,
    lost-way-unknown, reason-missing, amount-missing, and what `accept_replacement` says.
    """
    row, found = _case(case, "circulation.settle_lost", ctx)
    reasons: list[Reason] = []
    if row.settled_as:
        reasons.append(stop("lost-settled"))
    if found.status != row.kind:
        reasons.append(stop("lost-item-back"))
    if how not in WAYS:
        reasons.append(stop("lost-way-unknown", way=how))
    if not why.strip():
        reasons.append(stop("reason-missing"))
    if how == "paid" and not (amount_fen and 0 < amount_fen <= MOST_FEN):
        reasons.append(stop("amount-missing"))
    if reasons:
        raise refuse(*reasons)
    if how == "waived":
        require(ctx, "circulation.waive_lost", ctx.service_point)
    replacement = (
        accept_replacement(item=row.item_id, barcode=barcode, ctx=ctx) if how == "replaced" else ""
    )
    if how == "paid" and amount_fen and row.patron_id and money.at_desk(ctx.service_point):
        fees.take_for(
            case,
            patron=row.patron_id,
            kind="replacement" if row.kind == "lost" else "damage",
            amount_fen=amount_fen,
            item=found,
            loan=row.loan_id,
            lent_place=row.loan.place_id if row.loan else None,
            method=method,
            note=why,
            ctx=ctx,
        )
    seq = found.event_seq
    loan = row.loan if row.kind == "lost" and row.loan and row.loan.returned_at is None else None
    if loan is not None:
        seq += 1
        _loan_event("loan.written_off", found, loan, seq, ctx)
        _end(loan, "written_off", ctx)
    seq += 1
    advance(row.item_id, seq=seq)
    amount = amount_fen if how == "paid" else None
    told = {"why": why.strip(), **({"replacement": replacement} if replacement else {})}
    _told("lost.settled", found, seq, row, ctx, told, amount=amount, source=how)
    models.LostCase.objects.filter(id=case).update(
        patron=None,
        settled_as=how,
        settled_at=ctx.occurred_at,
        settled_by=ctx.actor.id,
        settled_why=why.strip()[:WHY_LENGTH],
        amount_fen=amount,
        replacement=replacement or None,
        wrote_off=loan is not None,
    )
    return replacement


@command("circulation.cancel_settlement", permission="circulation.settle_lost")
def cancel_settlement(*, case: str, why: str, ctx: Context) -> None:
    """Take a settlement back that was made by mistake: the case is open again and so is the loan.
    A replacement that was accessioned can't be taken back this way.

    Raises Refused: lost-case-unknown, lost-case-ended, lost-not-settled, lost-replaced,
    lost-item-back, lost-reader-forgotten, reason-missing.
    """
    row, found = _case(case, "circulation.settle_lost", ctx)
    reasons: list[Reason] = []
    if not row.settled_as:
        reasons.append(stop("lost-not-settled"))
    if row.settled_as == "replaced":
        reasons.append(stop("lost-replaced"))
    if found.status != row.kind:
        reasons.append(stop("lost-item-back"))
    loan = row.loan
    if row.wrote_off and (loan is None or loan.patron_id is None):
        reasons.append(stop("lost-reader-forgotten"))
    if not why.strip():
        reasons.append(stop("reason-missing"))
    if reasons:
        raise refuse(*reasons)
    fees.untake_for(case, why=why, ctx=ctx)
    seq = found.event_seq + 1
    reverse("lost.settled", item=row.item_id, item_seq=seq, ctx=ctx)
    if row.wrote_off and loan is not None:
        seq += 1
        reverse("loan.written_off", loan=loan.id, item_seq=seq, ctx=ctx)
        models.Loan.objects.filter(id=loan.id).update(
            returned_at=None, returned_on=None, returned_place=None, ended_as=""
        )
    advance(row.item_id, seq=seq)
    models.LostCase.objects.filter(id=case).update(
        patron_id=loan.patron_id if loan else None,
        settled_as="",
        settled_at=None,
        settled_by="",
        settled_why="",
        amount_fen=None,
        wrote_off=False,
    )


@command("circulation.found_again", permission="circulation.report_lost")
def found_again(*, case: str, why: str, refunded: bool = False, ctx: Context) -> None:
    """The book is here again, or mended: it is available at the service point, its loan closed as
    returned (a write-off is reversed first), the case ended. ``refunded``: what was paid was given
    back, so the settlement is reversed too.

    Raises Refused: lost-case-unknown, lost-case-ended, item-withdrawn, reason-missing,
    lost-nothing-paid.
    """
    row, found = _case(case, "circulation.report_lost", ctx)
    reasons: list[Reason] = []
    if found.status == "withdrawn":
        reasons.append(stop("item-withdrawn"))
    if not why.strip():
        reasons.append(stop("reason-missing"))
    if refunded and row.settled_as != "paid":
        reasons.append(stop("lost-nothing-paid"))
    if reasons:
        raise refuse(*reasons)
    loan = row.loan
    if loan is not None and loan.returned_at is None:
        check_in(item_barcode=found.barcode, item_library=found.library, ctx=ctx)
        found = _again(row.item_id)
    seq = found.event_seq
    if row.wrote_off and loan is not None:
        reverse("loan.written_off", loan=loan.id, item_seq=seq + 1, ctx=ctx)
        _loan_event("loan.closed", found, loan, seq + 2, ctx)
        _end(loan, "returned", ctx)
        seq += 2
    if refunded:
        fees.give_back_for(case, why=why, ctx=ctx)
        seq += 1
        reverse("lost.settled", item=row.item_id, item_seq=seq, ctx=ctx)
    if found.status in KINDS:
        seq += 1
        _status(found, "available", seq, case, ctx)
    seq += 1
    # Lent again since it turned up, it is where that loan has it.
    lent = queries.open_loan_of(row.item_id) is not None
    advance(row.item_id, seq=seq, holder=None if lent else ctx.service_point)
    told = {"why": why.strip(), **({"refunded": True} if refunded else {})}
    _told("lost.found", found, seq, row, ctx, told)
    models.LostCase.objects.filter(id=case).update(
        patron=None,
        ended_as="found",
        ended_at=ctx.occurred_at,
        ended_by=ctx.actor.id,
        ended_why=why.strip()[:WHY_LENGTH],
    )


def _locked(item: str) -> tuple[rules.OpenLoan | None, stock.ScannedItem]:
    """The open loan and the item, locked in the one order: readers, then items."""
    known = queries.open_loan_of(item)
    common.lock(known.patron if known else None, item)
    return queries.open_loan_of(item), _again(item)


def _again(item: str) -> stock.ScannedItem:
    found = stock.scanned_item(item)
    if found is None:
        raise refuse(stop("item-unknown", barcode=""))
    return found


def _case(case: str, action: str, ctx: Context) -> tuple[models.LostCase, stock.ScannedItem]:
    """An open case and its item, locked with the reader; the actor must hold the action where it
    was reported or where the item belongs."""
    known = models.LostCase.objects.filter(id=case).select_related("loan").first()
    if known is None:
        raise refuse(stop("lost-case-unknown"))
    common.lock(known.loan.patron_id if known.loan else None, known.item_id)
    row = models.LostCase.objects.select_for_update().get(id=case)
    if row.ended_at is not None:
        raise refuse(stop("lost-case-ended"))
    found = _again(row.item_id)
    if not permitted(ctx, action, row.place_id):
        require(ctx, action, found.owner)
    return row, found


def _status(found: stock.ScannedItem, status: str, seq: int, case: str, ctx: Context) -> None:
    set_status(found.id, status=status, seq=seq)
    record(
        "item.status",
        ctx=ctx,
        library=found.library,
        item=found.id,
        item_seq=seq,
        title=found.title,
        subject=case,
        dimensions=_dimensions(found, None, None, ctx),
        data={"from": found.status, "to": status},
    )


def _dimensions(
    found: stock.ScannedItem, reader: patrons.LoanReader | None, place: str | None, ctx: Context
) -> Dimensions:
    return common.dimensions(found, reader, place, clock.business_date(ctx.occurred_at))


def _told(
    type_: str,
    found: stock.ScannedItem,
    seq: int,
    row: models.LostCase,
    ctx: Context,
    data: dict[str, Any],
    *,
    amount: int | None = None,
    source: str = "",
) -> None:
    """The ledger row of the case itself; its reader is linked through the loan, and goes with it."""
    patron = row.loan.patron_id if row.loan else None
    reader = patrons.loan_reader(patron) if patron else None
    record(
        type_,
        ctx=ctx,
        library=found.library,
        item=found.id,
        item_seq=seq,
        title=found.title,
        loan=row.loan_id,
        subject=row.id,
        amount=amount,
        source=source,
        dimensions=_dimensions(found, reader, row.loan.place_id if row.loan else None, ctx),
        patron=patron,
        card=reader.card if reader else None,
        data=data,
    )


def _loan_event(
    type_: str, found: stock.ScannedItem, loan: models.Loan, seq: int, ctx: Context
) -> None:
    reader = patrons.loan_reader(loan.patron_id) if loan.patron_id else None
    record(
        type_,
        ctx=ctx,
        library=found.library,
        item=found.id,
        item_seq=seq,
        title=found.title,
        loan=loan.id,
        dimensions=_dimensions(found, reader, loan.place_id, ctx),
        patron=loan.patron_id,
        card=reader.card if reader else None,
    )


def _end(loan: models.Loan, ended_as: str, ctx: Context) -> None:
    models.Loan.objects.filter(id=loan.id).update(
        returned_at=ctx.occurred_at,
        returned_on=clock.business_date(ctx.occurred_at),
        returned_place_id=ctx.service_point,
        ended_as=ended_as,
    )
