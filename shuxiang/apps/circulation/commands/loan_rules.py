"""借阅规则: dated rows, never changed once they have been in force."""

from __future__ import annotations

from datetime import date
from typing import Any

from shuxiang.apps.circulation import models
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.revision import bump

KIND = "loan-rule"
"""What the change log calls a rule row."""

MOST = 9999
"""What no number of a rule exceeds: books, days and renewals alike."""


@command("circulation.add_rule")
def add_rule(
    *,
    place: str,
    valid_from: date,
    loan_limit: int,
    loan_days: int,
    reader_category: str = "*",
    item_category: str = "*",
    valid_to: date | None = None,
    lendable: bool = True,
    renewal_limit: int = 1,
    renewal_days: int = 30,
    renew_from: str = "due",
    renew_overdue: bool = False,
    renew_within_days: int | None = None,
    most_extra_days: int | None = None,
    overdue_blocks: bool = True,
    hold_limit: int = 5,
    hold_on_shelf: str = "always",
    hold_days: int | None = 180,
    pickup_days: int = 5,
    renew_when_held: bool = False,
    note: str = "",
    ctx: Context,
) -> str:
    """Add a rule row in force from ``valid_from``; returns its id. 增加册次 and 延长借期 are new rows
    (row D2): a row of the same cell that began earlier gives way from that day on, and comes back
    when ``valid_to`` has passed."""
    require(ctx, "rules.edit", place)
    reasons: list[Reason] = []
    if renew_from not in ("due", "today"):
        reasons.append(stop("rule-renew-from", value=renew_from))
    if hold_on_shelf not in ("always", "elsewhere", "never"):
        reasons.append(stop("rule-hold-on-shelf", value=hold_on_shelf))
    numbers = (loan_limit, loan_days, renewal_limit, renewal_days, hold_limit, pickup_days)
    unbounded = (renew_within_days, most_extra_days, hold_days)
    bounds = [n for n in (*numbers, *unbounded) if n is not None]
    if (lendable and (loan_limit < 1 or loan_days < 1)) or not all(0 <= n <= MOST for n in bounds):
        reasons.append(stop("rule-numbers"))
    if valid_to is not None and valid_to < valid_from:
        reasons.append(stop("rule-dates"))
    cell = models.LoanRule.objects.filter(
        place=place, reader_category=reader_category, item_category=item_category
    )
    if cell.filter(valid_from=valid_from).exists():
        reasons.append(stop("rule-exists", valid_from=valid_from.isoformat()))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    id_ = new_id()
    row = models.LoanRule.objects.create(
        id=id_,
        place_id=place,
        reader_category=reader_category,
        item_category=item_category,
        valid_from=valid_from,
        valid_to=valid_to,
        lendable=lendable,
        loan_limit=loan_limit,
        loan_days=loan_days,
        renewal_limit=renewal_limit,
        renewal_days=renewal_days,
        renew_from=renew_from,
        renew_overdue=renew_overdue,
        renew_within_days=renew_within_days,
        most_extra_days=most_extra_days,
        overdue_blocks=overdue_blocks,
        hold_limit=hold_limit,
        hold_on_shelf=hold_on_shelf,
        hold_days=hold_days,
        pickup_days=pickup_days,
        renew_when_held=renew_when_held,
        note=note,
    )
    changed(ctx, KIND, id_, _cell(row), None, _fields(row), place=place)
    bump("rules")
    return id_


def _cell(row: models.LoanRule) -> str:
    return f"{row.place.name}|{row.reader_category}|{row.item_category}"


def _fields(row: models.LoanRule) -> dict[str, Any]:
    names = (f.attname for f in models.LoanRule._meta.concrete_fields)
    return {n: getattr(row, n) for n in names if n not in ("id", "place_id")}


@command("circulation.end_rule")
def end_rule(*, rule: str, last_day: date, ctx: Context) -> None:
    """Let a rule row end on ``last_day``, today at the earliest: what was in force stays
    readable, and what has ended stays so."""
    row = models.LoanRule.objects.filter(id=rule).first()
    if row is None:
        raise refuse(stop("rule-unknown"))
    require(ctx, "rules.edit", row.place_id)
    today = clock.business_date(ctx.occurred_at)
    over = row.valid_to is not None and row.valid_to < today
    if over or last_day < today or last_day < row.valid_from:
        raise refuse(stop("rule-dates"))
    models.LoanRule.objects.filter(id=rule).update(valid_to=last_day)
    before = {"valid_to": row.valid_to}
    after = {"valid_to": last_day}
    changed(ctx, KIND, rule, _cell(row), before, after, action="ended", place=row.place_id)
    bump("rules")


@command("circulation.cancel_rule")
def cancel_rule(*, rule: str, ctx: Context) -> None:
    """Take back a rule row that has not come into force yet: no loan was made under it, so it may go
    without a trace but the change log's. A row that was in force is ended (`end_rule`)."""
    row = models.LoanRule.objects.filter(id=rule).first()
    if row is None:
        raise refuse(stop("rule-unknown"))
    require(ctx, "rules.edit", row.place_id)
    if row.valid_from <= clock.business_date(ctx.occurred_at):
        raise refuse(stop("rule-in-force", valid_from=row.valid_from.isoformat()))
    if models.Loan.objects.filter(rule=row).exists():
        # An offline journal may have lent under it on a day that is still to come here.
        raise refuse(stop("rule-used"))
    before = _fields(row)
    models.LoanRule.objects.filter(id=rule).delete()
    changed(ctx, KIND, rule, _cell(row), before, None, action="cancelled", place=row.place_id)
    bump("rules")
