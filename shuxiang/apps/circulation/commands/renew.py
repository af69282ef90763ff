"""续借."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shuxiang.apps.circulation import matching, queries, rules
from shuxiang.apps.circulation.commands import common
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.fees import queries as owing
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import advance
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, refuse, stop
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, record

NEVER = frozenset(
    {"no-rule", "card-replaced", "card-closed", "loan-not-open", "renewal-adds-nothing"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """A loan renewed: its due date before and now, and how many renewals are left."""

    loan: str
    item: str
    barcode: str
    title: str
    title_text: str
    patron: str
    due_before: date
    due_on: date
    renewals: int
    remaining: int
    rule: str
    tells: tuple[Reason, ...] = ()


@command("circulation.renew", permission="circulation.renew")
def renew(*, loan: str, ctx: Context) -> Renewed:
    """Renew an open loan by the rule and calendar of the place that lent it. Raises Refused with
    every reason."""
    return _renew(loan, ctx)


@command("circulation.renew_own")
def renew_own(*, loan: str, ctx: Context) -> Renewed:
    """A reader renews a loan of their own, or of whom they act for as guardian or proxy; somebody
    else's loan answers like one that isn't there."""
    found = queries.loan(loan)
    open_loan = queries.open_loan_of(found.item) if found else None
    if ctx.actor.kind != "patron" or open_loan is None or open_loan.id != loan:
        raise refuse(stop("loan-not-open"))
    through = ""
    if open_loan.patron != ctx.actor.id:
        on = clock.business_date(ctx.occurred_at)
        through = patrons.how_acts(ctx.actor.id, open_loan.patron, on)
        if not through:
            raise refuse(stop("loan-not-open"))
    return _renew(loan, ctx, through)


def _renew(loan_id: str, ctx: Context, through: str = "") -> Renewed:
    on = clock.business_date(ctx.occurred_at)
    view = queries.loan(loan_id)
    loan = queries.open_loan_of(view.item) if view else None
    if view is None or loan is None or loan.id != loan_id:
        raise refuse(stop("loan-not-open"))
    common.lock(loan.patron, view.item)
    loan = queries.open_loan_of(view.item) if not sql.is_sqlite() else loan
    item = stock.scanned_item(view.item)
    reader = patrons.loan_reader(loan.patron) if loan else None
    if loan is None or loan.id != loan_id or item is None or reader is None:
        raise refuse(stop("loan-not-open"))
    decision, rule, due_on = _decided(loan, item, reader, ctx)
    decision = common.settled(decision, ctx, place=ctx.service_point, never=NEVER)
    assert rule is not None, "no-rule is never lifted"
    seq = item.event_seq + 1
    sql.run(
        "UPDATE circulation_loan SET due_on = ?, due_before = ?, renewals = renewals + 1 "
        "WHERE id = ?",
        due_on,
        loan.due_on,
        loan.id,
    )
    advance(item.id, seq=seq)
    record(
        "loan.renewed",
        ctx=ctx,
        library=item.library,
        item=item.id,
        item_seq=seq,
        title=item.title,
        loan=loan.id,
        dimensions=common.dimensions(item, reader, loan.place, on),
        patron=reader.patron,
        card=reader.card,
        source=common.source_of(reader, item),
        data={
            "from": loan.due_on.isoformat(),
            "to": due_on.isoformat(),
            **(common.told(common.override_data(decision, ctx), through) or {}),
        },
    )
    # An overdue book that is renewed has been late till today.
    tells = fees.returned(
        loan=loan.id,
        due_on=loan.due_on,
        lent_at_place=loan.place,
        item=item,
        who=reader,
        ctx=ctx,
    )
    return Renewed(
        loan=loan.id,
        item=item.id,
        barcode=item.barcode,
        title=item.title,
        title_text=item.title_text,
        patron=reader.patron,
        due_before=loan.due_on,
        due_on=due_on,
        renewals=loan.renewals + 1,
        remaining=max(rule.renewal_limit - loan.renewals - 1, 0),
        rule=rule.id,
        tells=(*decision.reasons, *tells),
    )


def against_renewal(*, loan: str, ctx: Context) -> Decision:
    """What `renew` would say of an open loan at this moment, for pages that offer it; changes nothing."""
    view = queries.loan(loan)
    known = queries.open_loan_of(view.item) if view else None
    item = stock.scanned_item(view.item) if view else None
    reader = patrons.loan_reader(known.patron) if known else None
    if known is None or known.id != loan or item is None or reader is None:
        return Decision((stop("loan-not-open"),))
    return _decided(known, item, reader, ctx)[0]


def _decided(
    loan: rules.OpenLoan, item: stock.ScannedItem, reader: patrons.LoanReader, ctx: Context
) -> tuple[Decision, rules.Rule | None, date]:
    """Whether a loan may be renewed, by which rule, and until when."""
    on = clock.business_date(ctx.occurred_at)
    rule = queries.explain(loan.place, reader.category, item.category, on).rule
    due_on = _new_due(rule, loan, item.back_by, on) if rule else loan.due_on
    decision = rules.may_renew(
        loan=loan,
        borrower=rules.Borrower(
            patron=reader.patron,
            reasons=(
                *reader.opens(on).reasons,
                *common.age_reasons(reader, item, loan.place, on),
                *owing.against_more("renewals", reader.patron, reader.category, loan.place, on),
            ),
        ),
        rule=rule,
        new_due=due_on,
        on=on,
        waiting=matching.unserved(item.title, besides=reader.patron, at=ctx.occurred_at),
    )
    return decision, rule, due_on


def _new_due(rule: rules.Rule, loan: rules.OpenLoan, back_by: date | None, on: date) -> date:
    base = rules.renewal_base(rule, due_on=loan.due_on, on=on)
    bounds = [d for d in (rules.longest_due(rule, loan.lent_on), back_by) if d is not None]
    latest = min(bounds, default=None)
    return queries.due_date(loan.place, base, rule.renewal_days, latest=latest)
