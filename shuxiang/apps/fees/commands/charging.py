"""What readers have to pay: charges made by hand or by a late return, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import F

from shuxiang.apps.fees import models, queries, rules
from shuxiang.apps.fees.commands import common
from shuxiang.apps.fees.commands.common import Side
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, reverse

BY_HAND = tuple(kind for kind in rules.CHARGES if kind != "overdue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """A charge made, and what the reader owes in all now."""

    charge: str
    amount_fen: int
    owed_fen: int


@command("fees.charge", permission="fees.charge")
def charge(
    *,
    card: str,
    amount_fen: int,
    kind: str = "other",
    note: str = "",
    item: str | None = None,
    card_library: str | None = None,
    ctx: Context,
) -> Charged:
    """Charge a reader by hand: ``kind`` is replacement, damage, card, brought (owed in an earlier
    system) or other, which needs a ``note``.

    Raises Refused: card-unknown, card-ambiguous, charge-kind-unknown, fees-off, amount-missing,
    amount-too-large, reason-missing, item-unknown.
    """
    who = common.find_reader(card, card_library)
    common.in_reach(who, "fees.charge", ctx)
    found = stock.scanned_item(item) if item else None
    reasons = common.against_amount(amount_fen)
    if kind not in BY_HAND:
        reasons.append(stop("charge-kind-unknown", kind=kind))
    if kind == "other":
        reasons += common.against_why(note)
    if item and found is None:
        reasons.append(stop("item-unknown", barcode=""))
    reasons += common.against_switch(ctx)
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    made = make(kind, amount_fen, who=who, item=found, note=note, ctx=ctx)
    return Charged(charge=made, amount_fen=amount_fen, owed_fen=queries.owed(who.patron))


def make(
    kind: str,
    amount_fen: int,
    *,
    who: patrons.LoanReader,
    ctx: Context,
    item: stock.ScannedItem | None = None,
    note: str = "",
    loan: str | None = None,
    lending_place: str | None = None,
    subject: str | None = None,
    due_on: date | None = None,
    cost: rules.Overdue | None = None,
    day: date | None = None,
    batch: str | None = None,
) -> str:
    """Write a charge into the books, inside a command; returns its id. ``day`` and ``batch`` of one
    that an import brings."""
    library = common.library_of(ctx)
    entry = common.post(
        "charge",
        [Side("receivable", amount_fen), Side("income", -amount_fen, kind)],
        library=library,
        amount_fen=amount_fen,
        patron=who.patron,
        note=note,
        ctx=ctx,
    )
    row = models.Charge(
        id=new_id(),
        library=library,
        patron_id=who.patron,
        kind=kind,
        entry=entry,
        place_id=ctx.service_point,
        at=ctx.occurred_at,
        day=day or clock.business_date(ctx.occurred_at),
        amount_fen=amount_fen,
        note=note.strip()[: common.NOTE],
        item_id=item.id if item else None,
        loan=loan,
        lent_place_id=lending_place,
        subject=subject,
        due_on=due_on,
        days=cost.days if cost else None,
        working=cost.working if cost else "",
        cap_fen=cost.cap_fen if cost else None,
        batch_id=batch,
    )
    row.save(force_insert=True)
    common.told(
        "fee.charged",
        ctx=ctx,
        library=library,
        amount=amount_fen,
        subject=row.id,
        who=who,
        item=item,
        loan=loan,
        lending_place=lending_place,
        source=kind,
        data={"days": cost.days, "working": cost.working} if cost else None,
    )
    return str(row.id)


@command("fees.void", permission="fees.void")
def void(*, charge: str, why: str, ctx: Context) -> int:
    """Take a charge back that was made by mistake: what is still open of it is owed no more. Returns
    that amount. What was paid of it is given back with `refund`.

    Raises Refused: charge-unknown, charge-settled, reason-missing.
    """
    row = lock(charge, "fees.void", ctx)
    reasons = common.against_why(why)
    if not open_of(row):
        reasons.append(stop("charge-settled"))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    return write_off(row, "voided", open_of(row), why=why, ctx=ctx)


def lock(charge: str, action: str = "", ctx: Context | None = None) -> models.Charge:
    """A charge with its reader locked first, as everywhere. Refuses with ``charge-unknown``, also
    for one whose reader the library has forgotten."""
    known = models.Charge.objects.filter(id=charge, patron__isnull=False).first()
    if known is None:
        raise refuse(stop("charge-unknown"))
    common.reader(str(known.patron_id), action, ctx)
    return models.Charge.objects.select_for_update().get(id=charge)


def open_of(row: models.Charge) -> int:
    """What is still to be paid of a charge."""
    return int(row.amount_fen - row.paid_fen - row.waived_fen - row.voided_fen)


def item_of(row: models.Charge) -> stock.ScannedItem | None:
    return stock.scanned_item(row.item_id) if row.item_id else None


def allocate(
    row: models.Charge, entry: models.Entry, what: str, amount_fen: int, *, ctx: Context
) -> str:
    """Note what of a transaction went to a charge (negative: taken back) and whether it is settled
    now; returns the id of the note, which its ledger row names."""
    made = models.Allocation(id=new_id(), entry=entry, charge=row, what=what, amount_fen=amount_fen)
    made.save(force_insert=True)
    field = f"{what}_fen"
    models.Charge.objects.filter(id=row.id).update(**{field: F(field) + amount_fen})
    row.refresh_from_db()
    settled = None if open_of(row) else row.settled_at or ctx.occurred_at
    if settled != row.settled_at:
        models.Charge.objects.filter(id=row.id).update(settled_at=settled)
        row.settled_at = settled
    return str(made.id)


def write_off(
    row: models.Charge,
    what: str,
    amount_fen: int,
    *,
    why: str,
    ctx: Context,
    amnesty: str | None = None,
) -> int:
    """Let a reader off what is open of a charge: ``waived`` (减免) or ``voided`` (made by mistake)."""
    other = Side("waived", amount_fen) if what == "waived" else Side("income", amount_fen, row.kind)
    entry = common.post(
        what,
        [Side("receivable", -amount_fen), other],
        library=row.library,
        amount_fen=amount_fen,
        patron=row.patron_id,
        note=why,
        amnesty=amnesty,
        ctx=ctx,
    )
    note = allocate(row, entry, what, amount_fen, ctx=ctx)
    common.told(
        f"fee.{what}",
        ctx=ctx,
        library=row.library,
        amount=amount_fen,
        subject=note,
        who=patrons.loan_reader(str(row.patron_id)),
        item=item_of(row),
        loan=row.loan,
        lending_place=row.lent_place_id,
        source=row.kind,
        data={"why": why.strip()[: common.NOTE]},
    )
    return amount_fen


def unmake(row: models.Charge, *, ctx: Context) -> None:
    """A charge that was never due, its act being undone: out of the books again. Its ledger row is the
    caller's to reverse."""
    entry = common.post(
        "voided",
        [Side("receivable", -row.amount_fen), Side("income", row.amount_fen, row.kind)],
        library=row.library,
        amount_fen=row.amount_fen,
        patron=row.patron_id,
        ctx=ctx,
    )
    allocate(row, entry, "voided", row.amount_fen, ctx=ctx)


def take_back(note: models.Allocation, *, entry: models.Entry, ctx: Context) -> None:
    """Reverse one note of a transaction: what it paid, waived or voided is open again."""
    row = models.Charge.objects.select_for_update().get(id=note.charge_id)
    allocate(row, entry, note.what, -note.amount_fen, ctx=ctx)
    reverse(f"fee.{note.what}", subject=str(note.id), item_seq=None, ctx=ctx)
