"""One act of an offline desk, done by the usual command at the time it happened (cases OF- of
docs/circulation/offline.md). What it comes to depends on the acts before it and on nothing else, so
that journals may arrive in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from shuxiang.apps.circulation import queries
from shuxiang.apps.circulation.commands import common, late
from shuxiang.apps.circulation.commands.check_in import check_in
from shuxiang.apps.circulation.commands.check_out import check_out
from shuxiang.apps.circulation.commands.in_house import use_in_house
from shuxiang.apps.circulation.commands.late import Done, PaperLine
from shuxiang.apps.circulation.commands.renew import renew
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context, Override
from shuxiang.kernel.decision import Refused, refuse, stop, tell

ACTS = ("check_out", "check_in", "renew", "in_house")
CHANNEL = "offline"
GONE = (
    "loan-limit",
    "overdue-loans",
    "card-expired",
    "item-found-again",
    "item-on-hold-shelf",
    "fees-owed",
    "points-frozen",
    "points-frozen-for-good",
    "deposit-missing",
    "price-above-deposit",
)
"""Reasons that no longer keep a book here that has left: recorded as lifted (OF-3)."""


def act(line: PaperLine, ctx: Context, *, told: date | None = None, number: int = 0) -> Done:
    """Do what the line says. ``ctx`` is who answers for it, now; ``told`` the due date the reader was
    told. What stands against it is in the result, never raised."""
    then = replace(ctx, occurred_at=line.at, channel=CHANNEL)
    item = None
    try:
        site = places.place(ctx.service_point)
        if site.closed_on is not None and site.closed_on < clock.business_date(line.at):
            raise refuse(stop("journal-place-closed", last=site.closed_on.isoformat()))
        find = common.find_returned if line.act == "check_in" else common.find_item
        item = find(line.barcode, line.item_library, ctx)
        if line.act == "check_out":
            return _lend(line, item, then, ctx, told, number)
        if line.act == "check_in":
            return _take_back(line, item, then)
        if line.act == "renew":
            return _renew(item, then)
        return _use(line, item, then)
    except Refused as refused:
        loan = queries.loan_at(item.id, line.at) if item else None
        return Done(
            state="conflict",
            item=item,
            patron=_patron(line) or (loan.patron if loan else None),
            reasons=refused.decision.refusing,
        )


def _patron(line: PaperLine) -> str | None:
    found = patrons.card_for_loan(line.card) if line.card else ()
    return found[0].patron if len(found) == 1 else None


def _lend(
    line: PaperLine,
    item: stock.ScannedItem,
    then: Context,
    ctx: Context,
    told: date | None,
    number: int,
) -> Done:
    reader = common.find_reader(line.card, line.card_library, ctx)
    loan = queries.open_loan_of(item.id)
    if loan is not None and loan.patron == reader.patron and late.same_day(loan.lent_at, line.at):
        return Done(
            state="known", item=item, due_on=loan.due_on, loan=loan.id, patron=reader.patron
        )
    if loan is None:
        before = queries.loan_at(item.id, line.at)
        if (
            before is not None
            and before.patron == reader.patron
            and late.same_day(before.lent_at, line.at)
        ):
            return Done(state="known", item=item, loan=before.id, patron=reader.patron)
        against = late.later_acts(item, then)
        if against:
            raise refuse(*against)
    lost = patrons.card_lost_at(reader.card)
    gone = GONE + (("card-lost",) if lost is not None and lost > line.at else ())
    why = f"offline #{number}" if number else "offline"
    lifted = {o.code: o for o in then.overrides}
    lifts = tuple(lifted.get(code) or Override(code, why) for code in gone)
    rest = tuple(o for o in then.overrides if o.code not in gone)
    done = check_out(
        item_barcode=line.barcode,
        card=line.card,
        item_library=line.item_library,
        card_library=line.card_library,
        ctx=replace(then, overrides=(*rest, *lifts)),
    )
    promised = told if told is not None and told <= done.due_on + late.MOST_TOLD else None
    return Done(
        state="done",
        item=item,
        due_on=late.never_overdue_by_lateness(done, then, entered=ctx.occurred_at, told=promised),
        loan=done.loan,
        patron=done.patron,
        reasons=done.tells,
    )


def _take_back(line: PaperLine, item: stock.ScannedItem, then: Context) -> Done:
    then_open = queries.loan_at(item.id, line.at)
    if then_open is None:
        if queries.open_loan_of(item.id) is not None or late.later_acts(item, then):
            # It was in no reader's hands then, and what happened later says more.
            return Done(state="known", item=item)
        done = check_in(item_barcode=line.barcode, item_library=line.item_library, ctx=then)
        return Done(state="done", item=item, reasons=done.tells)
    patron = then_open.patron
    if then_open.returned_at is not None:
        on_time = then_open.returned_on is None or then_open.returned_on <= then_open.due_on
        if on_time or late.same_day(then_open.returned_at, line.at):
            return Done(state="known", item=item, loan=then_open.id, patron=patron)
        raise refuse(
            stop(
                "journal-returned-before",
                at=then_open.returned_at.isoformat(),
                due=then_open.due_on.isoformat(),
            )
        )
    against = late.later_acts(item, then)
    if against:
        raise refuse(*against)
    done = check_in(item_barcode=line.barcode, item_library=line.item_library, ctx=then)
    return Done(state="done", item=item, loan=done.loan, patron=patron, reasons=done.tells)


def _renew(item: stock.ScannedItem, then: Context) -> Done:
    loan = queries.open_loan_of(item.id)
    if loan is None or loan.lent_at > then.occurred_at:
        raise refuse(stop("loan-not-open"))
    against = late.later_acts(item, then)
    if against:
        raise refuse(*against)
    done = renew(loan=loan.id, ctx=then)
    return Done(
        state="done",
        item=item,
        due_on=done.due_on,
        loan=loan.id,
        patron=done.patron,
        reasons=done.tells,
    )


def _use(line: PaperLine, item: stock.ScannedItem, then: Context) -> Done:
    try:
        against = late.later_acts(item, then)
        if against:
            raise refuse(*against)
        use_in_house(item_barcode=line.barcode, item_library=line.item_library, ctx=then)
    except Refused as refused:
        if refused.decision.codes == ("just-used",):
            return Done(
                state="known",
                item=item,
                reasons=(tell("just-used", **refused.decision.reasons[0].data),),
            )
        raise
    return Done(state="done", item=item)
