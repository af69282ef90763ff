"""借阅规则: dated rows, never changed once they have been in force."""

from __future__ import annotations

from datetime import date

from shuxiang.apps.circulation import models
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.revision import bump

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
    numbers = (loan_limit, loan_days, renewal_limit, renewal_days)
    bounds = [n for n in (*numbers, renew_within_days, most_extra_days) if n is not None]
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
    models.LoanRule.objects.create(
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
        note=note,
    )
    bump("rules")
    return id_


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
    bump("rules")
