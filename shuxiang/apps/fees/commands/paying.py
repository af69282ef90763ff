"""收款、退款: money that comes in for charges and goes back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from shuxiang.apps.fees import models, queries, rules
from shuxiang.apps.fees.commands import charging, common
from shuxiang.apps.fees.commands.common import Side
from shuxiang.apps.patrons import queries as patrons
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, Refused, refuse, stop
from shuxiang.kernel.values import yuan
from shuxiang.runtime.commands import command


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidLine:
    """What of a payment went to one charge."""

    charge: str
    kind: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """Money taken or given back: its transaction, the receipt's number, what the reader owes now."""

    entry: str
    receipt: str
    amount_fen: int
    owed_fen: int
    lines: tuple[PaidLine, ...] = ()


@command("fees.pay", permission="fees.pay")
def pay(
    *,
    card: str,
    amount_fen: int,
    method: str = "cash",
    reference: str = "",
    charges: tuple[str, ...] = (),
    card_library: str | None = None,
    ctx: Context,
) -> Paid:
    """Take a reader's money: it goes to their open charges, the oldest first, or to ``charges``
    alone in the order given. Never more than they owe. ``reference`` is the number of the payment
    elsewhere. The same request key never pays twice.

    Raises Refused: card-unknown, card-ambiguous, amount-missing, amount-too-large,
    pay-method-unknown, pay-too-much.
    """
    who = common.find_reader(card, card_library)
    reasons = [*common.against_amount(amount_fen), *common.against_method(method)]
    chosen = _open(who.patron, charges)
    owed = sum(charging.open_of(row) for row in chosen)
    if amount_fen > owed:
        reasons.append(stop("pay-too-much", owed=yuan(owed)))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    return settle(
        chosen, amount_fen, who=who, side=Side("till", amount_fen, method), note=reference, ctx=ctx
    )


def _open(patron: str, wanted: Sequence[str]) -> list[models.Charge]:
    rows = list(
        models.Charge.objects.select_for_update()
        .filter(patron=patron, settled_at=None)
        .order_by("at", "id")
    )
    if not wanted:
        return rows
    known = {row.id: row for row in rows}
    return [known[charge] for charge in dict.fromkeys(wanted) if charge in known]


def open_charges(patron: str) -> list[models.Charge]:
    """Every open charge of a reader, locked, oldest first."""
    return _open(patron, ())


def settle(
    rows: Sequence[models.Charge],
    amount_fen: int,
    *,
    who: patrons.LoanReader,
    side: Side,
    note: str = "",
    ctx: Context,
) -> Paid:
    """Pay charges from a side of the books (a till, or the deposit), inside a command."""
    by_id: dict[str, models.Charge] = {str(row.id): row for row in rows}
    parts = rules.allocate(amount_fen, [(str(row.id), charging.open_of(row)) for row in rows])
    of_library: dict[str, int] = defaultdict(int)
    for charge, part in parts:
        of_library[by_id[charge].library] += part
    entry = common.post(
        "payment",
        [side, *(Side("receivable", -n, library=of) for of, n in of_library.items())],
        amount_fen=amount_fen,
        patron=who.patron,
        method=side.what if side.kind == "till" else "deposits",
        reference=note,
        receipt=True,
        ctx=ctx,
    )
    lines = []
    for charge, part in parts:
        row = by_id[charge]
        made = charging.allocate(row, entry, "paid", part, ctx=ctx)
        common.told(
            "fee.paid",
            ctx=ctx,
            library=entry.library,
            amount=part,
            subject=made,
            who=who,
            item=charging.item_of(row),
            loan=row.loan,
            lending_place=row.lent_place_id,
            source=entry.method,
            data={"kind": row.kind},
        )
        lines.append(PaidLine(charge=charge, kind=row.kind, amount_fen=part))
    return Paid(
        entry=entry.id,
        receipt=common.receipt_number(entry),
        amount_fen=amount_fen,
        owed_fen=queries.owed(who.patron),
        lines=tuple(lines),
    )


@command("fees.reverse_payment", permission="fees.refund")
def reverse_payment(*, entry: str, why: str, ctx: Context) -> Paid:
    """Take a payment back that was entered by mistake: the money leaves the drawer of whoever takes
    it back, and what it paid is owed again.

    Raises Refused: payment-unknown, payment-reversed, reason-missing, drawer-short, charge-refunded.
    """
    return take_back_payment(entry, why=why, ctx=ctx)


def take_back_payment(entry: str, *, why: str, ctx: Context) -> Paid:
    """The same inside a command."""
    known = models.Entry.objects.filter(id=entry, kind="payment", patron__isnull=False).first()
    if known is None:
        raise refuse(stop("payment-unknown"))
    who = common.reader(str(known.patron_id), "fees.refund", ctx)
    reasons: list[Reason] = common.against_why(why)
    known_notes = models.Allocation.objects.filter(entry=entry).order_by("id")
    notes = list(known_notes.select_related("charge"))
    if known.method == "deposits":
        reasons.append(stop("payment-unknown"))
    elif models.Entry.objects.filter(reverses=entry).exists():
        reasons.append(stop("payment-reversed"))
    elif any(note.charge.paid_fen < note.amount_fen for note in notes):
        reasons.append(stop("charge-refunded"))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    of_library: dict[str, int] = defaultdict(int)
    for note in notes:
        of_library[note.charge.library] += note.amount_fen
    undone = common.post(
        "payment-reversed",
        [
            Side("till", -known.amount_fen, known.method),
            *(Side("receivable", n, library=of) for of, n in of_library.items()),
        ],
        library=known.library,
        amount_fen=known.amount_fen,
        patron=who.patron,
        method=known.method,
        note=why,
        receipt=True,
        reverses=known.id,
        ctx=ctx,
    )
    for note in notes:
        charging.take_back(note, entry=undone, ctx=ctx)
    return Paid(
        entry=undone.id,
        receipt=common.receipt_number(undone),
        amount_fen=known.amount_fen,
        owed_fen=queries.owed(who.patron),
    )


@command("fees.refund", permission="fees.refund")
def refund(
    *, charge: str, amount_fen: int | None = None, method: str = "cash", why: str, ctx: Context
) -> Paid:
    """Give back what was paid of a charge that should not have been, all of it unless ``amount_fen``
    says; it is not owed again.

    Raises Refused: charge-unknown, amount-missing, refund-too-much, pay-method-unknown,
    reason-missing, drawer-short.
    """
    row = charging.lock(charge, "fees.refund", ctx)
    amount = row.paid_fen if amount_fen is None else amount_fen
    reasons = [
        *common.against_amount(amount),
        *common.against_method(method),
        *common.against_why(why),
    ]
    if amount > row.paid_fen:
        reasons.append(stop("refund-too-much", paid=yuan(row.paid_fen)))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    return give_back(row, amount, method=method, why=why, ctx=ctx)


def give_back(row: models.Charge, amount_fen: int, *, method: str, why: str, ctx: Context) -> Paid:
    """The refund itself, inside a command."""
    entry = common.post(
        "refund",
        [Side("income", amount_fen, row.kind), Side("till", -amount_fen, method)],
        library=row.library,
        amount_fen=amount_fen,
        patron=row.patron_id,
        method=method,
        note=why,
        receipt=True,
        ctx=ctx,
    )
    charging.allocate(row, entry, "paid", -amount_fen, ctx=ctx)
    made = charging.allocate(row, entry, "voided", amount_fen, ctx=ctx)
    common.told(
        "fee.refunded",
        ctx=ctx,
        library=row.library,
        amount=amount_fen,
        subject=made,
        who=patrons.loan_reader(str(row.patron_id)),
        item=charging.item_of(row),
        loan=row.loan,
        lending_place=row.lent_place_id,
        source=method,
        data={"kind": row.kind, "why": why.strip()[: common.NOTE]},
    )
    return Paid(
        entry=entry.id,
        receipt=common.receipt_number(entry),
        amount_fen=amount_fen,
        owed_fen=queries.owed(str(row.patron_id)),
        lines=(PaidLine(charge=row.id, kind=row.kind, amount_fen=amount_fen),),
    )
