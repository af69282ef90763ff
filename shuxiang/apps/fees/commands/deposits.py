"""押金: taken, given back, forfeited, brought along from an earlier system; and 免押 by credit."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import F

from shuxiang.apps.fees import models, queries
from shuxiang.apps.fees.commands import charging, common, paying
from shuxiang.apps.fees.commands.common import Side
from shuxiang.apps.fees.commands.paying import Paid
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons import queries as readers
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import yuan
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require

AT_ONCE = 100


@command("fees.take_deposit", permission="fees.deposit")
def take_deposit(
    *,
    card: str,
    amount_fen: int,
    method: str = "cash",
    reference: str = "",
    card_library: str | None = None,
    ctx: Context,
) -> Paid:
    """Take a deposit from a reader, on top of what is held.

    Raises Refused: card-unknown, card-ambiguous, fees-off, patron-closed, amount-missing, amount-too-large,
    pay-method-unknown.
    """
    who = common.find_reader(card, card_library)
    common.in_reach(who, "fees.deposit", ctx)
    reasons = [*common.against_amount(amount_fen), *common.against_method(method)]
    reasons += common.against_switch(ctx)
    if who.closed:
        reasons.append(stop("patron-closed"))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    return _moved(
        "taken", amount_fen, Side("till", amount_fen, method), who=who, note=reference, ctx=ctx
    )


@command("fees.refund_deposit", permission="fees.deposit")
def refund_deposit(
    *,
    patron: str,
    amount_fen: int | None = None,
    method: str = "cash",
    note: str = "",
    ctx: Context,
) -> Paid:
    """Give a deposit back, all that is held unless ``amount_fen`` says; never more than is held.

    Raises Refused: patron-unknown, deposit-none, deposit-too-little, amount-missing,
    pay-method-unknown, drawer-short.
    """
    who = common.reader(patron, "fees.deposit", ctx)
    held = _locked(patron)
    amount = held if amount_fen is None else amount_fen
    reasons = common.against_method(method)
    if not held:
        reasons.append(stop("deposit-none"))
    else:
        reasons += common.against_amount(amount)
        if amount > held:
            reasons.append(stop("deposit-too-little", held=yuan(held)))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    return _moved("refunded", -amount, Side("till", -amount, method), who=who, note=note, ctx=ctx)


@command("fees.forfeit_deposit", permission="fees.forfeit")
def forfeit_deposit(*, patron: str, amount_fen: int, why: str, ctx: Context) -> Paid:
    """Keep a deposit or a part of it (扣押金): it pays the reader's open charges, the oldest first; what
    is beyond them goes to the library.

    Raises Refused: patron-unknown, deposit-none, deposit-too-little, amount-missing, reason-missing.
    """
    who = common.reader(patron, "fees.forfeit", ctx)
    held = _locked(patron)
    reasons = [*common.against_amount(amount_fen), *common.against_why(why)]
    if not held:
        reasons.append(stop("deposit-none"))
    elif amount_fen > held:
        reasons.append(stop("deposit-too-little", held=yuan(held)))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    side = Side("forfeited", -amount_fen)
    kept = _moved("kept", -amount_fen, side, who=who, note=why, ctx=ctx)
    rows = paying.open_charges(patron)
    paid = min(amount_fen, sum(charging.open_of(row) for row in rows))
    lines: tuple[paying.PaidLine, ...] = ()
    if paid:
        # A transaction of its own: it forgets its reader when the charges do, the deposit's never.
        side = Side("forfeited", paid)
        lines = paying.settle(rows, paid, who=who, side=side, note=why, ctx=ctx).lines
    return Paid(
        entry=kept.entry,
        receipt=kept.receipt,
        amount_fen=amount_fen,
        owed_fen=queries.owed(patron),
        lines=lines,
    )


@command("fees.take_over_deposit", permission="fees.deposit")
def take_over_deposit(*, patron: str, ctx: Context) -> int:
    """Bring a deposit that came along from an earlier system into these books; returns the amount.

    Raises Refused: patron-unknown, not-permitted, deposit-none.
    """
    who = common.reader(patron, "fees.deposit", ctx)
    amount = patrons.hand_over_deposit(patron=patron, ctx=ctx)
    _moved("brought", amount, Side("brought", amount), who=who, receipt=False, ctx=ctx)
    return amount


def take_over_deposits(*, place: str, ctx: Context) -> tuple[int, int]:
    """The same for every reader at home at a place or below it, in chunks; goes on where it was
    interrupted. Returns how many and how much."""
    count = amount = step = 0
    while True:
        done, fen = take_over_deposits_chunk(place=place, ctx=ctx.with_key(str(step)))
        if not done:
            return count, amount
        count, amount, step = count + done, amount + fen, step + 1


@command("fees.take_over_deposits_chunk")
def take_over_deposits_chunk(*, place: str, ctx: Context) -> tuple[int, int]:
    """Up to `AT_ONCE` readers of the place and below it."""
    require(ctx, "fees.deposit", place)
    ids = readers.with_brought_deposit(place, limit=AT_ONCE)
    return len(ids), sum(take_over_deposit(patron=patron, ctx=ctx) for patron in ids)


def _locked(patron: str) -> int:
    row = models.Deposit.objects.select_for_update().filter(patron=patron).first()
    return int(row.held_fen) if row else 0


def _hold(patron: str, amount_fen: int) -> None:
    """Change what is held; the database refuses to go below 0."""
    if not models.Deposit.objects.filter(patron=patron).update(held_fen=F("held_fen") + amount_fen):
        models.Deposit.objects.create(patron_id=patron, held_fen=amount_fen)


def _moved(
    how: str,
    amount_fen: int,
    other: Side,
    *,
    who: readers.LoanReader,
    note: str = "",
    receipt: bool = True,
    ctx: Context,
) -> Paid:
    """A deposit grows (or shrinks: negative) against another account; ``other`` is that account."""
    _hold(who.patron, amount_fen)
    entry = common.post(
        f"deposit-{how}",
        [other, Side("deposits", -amount_fen, library=who.library)],
        amount_fen=abs(amount_fen),
        patron=who.patron,
        method=other.what,
        reference=note if how == "taken" else "",
        note="" if how == "taken" else note,
        receipt=receipt,
        ctx=ctx,
    )
    _told(how, abs(amount_fen), entry.id, who=who, ctx=ctx, source=other.what)
    return Paid(
        entry=entry.id,
        receipt=common.receipt_number(entry),
        amount_fen=abs(amount_fen),
        owed_fen=queries.owed(who.patron),
    )


def _told(
    how: str, amount_fen: int, entry: str, *, who: readers.LoanReader, source: str, ctx: Context
) -> None:
    common.told(f"deposit.{how}", ctx=ctx, amount=amount_fen, subject=entry, who=who, source=source)


@command("fees.give_credit", permission="fees.credit")
def give_credit(
    *, patron: str, basis: str, valid_from: date, valid_to: date | None = None, ctx: Context
) -> str:
    """免押: let a reader borrow without a deposit from one day to another (None: until it is ended).
    Returns its id.

    Raises Refused: patron-unknown, credit-basis-missing, credit-days, credit-exists.
    """
    who = common.reader(patron, "fees.credit", ctx)
    reasons = []
    if not basis.strip():
        reasons.append(stop("credit-basis-missing"))
    if valid_to is not None and valid_to < valid_from:
        reasons.append(stop("credit-days"))
    if queries.credit(patron, valid_from) is not None:
        reasons.append(stop("credit-exists"))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    row = models.Credit.objects.create(
        id=new_id(),
        patron_id=patron,
        basis=basis.strip()[:40],
        valid_from=valid_from,
        valid_to=valid_to,
        given_at=ctx.occurred_at,
        given_by=ctx.actor.id,
    )
    common.told(
        "credit.given", ctx=ctx, amount=None, subject=row.id, who=who, data={"basis": row.basis}
    )
    return str(row.id)


@command("fees.end_credit", permission="fees.credit")
def end_credit(*, credit: str, ctx: Context) -> None:
    """End a credit: from today on a deposit is needed again. Raises Refused: credit-unknown."""
    row = models.Credit.objects.filter(id=credit).first()
    today = clock.business_date(ctx.occurred_at)
    if row is None or (row.valid_to is not None and row.valid_to < today):
        raise refuse(stop("credit-unknown"))
    who = common.reader(str(row.patron_id), "fees.credit", ctx)
    before = max(row.valid_from, today) - timedelta(days=1)
    models.Credit.objects.filter(id=credit).update(valid_to=before)
    changed(ctx, "credit", credit, "", {"valid_to": row.valid_to}, {"valid_to": before})
    common.told("credit.ended", ctx=ctx, amount=None, subject=credit, who=who)
