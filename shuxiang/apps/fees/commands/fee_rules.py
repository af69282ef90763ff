"""收费规则: dated rows, never changed once they have been in force."""

from __future__ import annotations

from datetime import date
from typing import Any

from shuxiang.apps.fees import models, queries, rules
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.revision import bump

KIND = "fee-rule"
"""What the change log calls a row."""


@command("fees.add_rule")
def add_rule(
    *,
    kind: str,
    place: str,
    valid_from: date,
    valid_to: date | None = None,
    reader_category: str = "*",
    item_category: str = "*",
    amount_fen: int = 0,
    cap_fen: int | None = None,
    grace_days: int = 0,
    points: int = 0,
    per_day: int = 0,
    restore_days: int | None = None,
    price_cap: bool = False,
    note: str = "",
    ctx: Context,
) -> str:
    """Add a row in force from ``valid_from``; returns its id. An ``amount_fen`` of 0 for overdue days
    is a row too: nothing is charged there and then. Only overdue charges and points tell item
    categories apart.

    Raises Refused: not-permitted, fee-rule-kind, fee-rule-numbers, rule-dates, rule-exists,
    fee-rule-past.
    """
    require(ctx, "fees.rules", place)
    category = item_category if kind in ("overdue", "points") else rules.ANY
    reasons = list(
        rules.against_row(
            kind=kind,
            valid_from=valid_from,
            valid_to=valid_to,
            amount_fen=amount_fen,
            cap_fen=cap_fen,
            grace_days=grace_days,
            points=points,
            per_day=per_day,
            restore_days=restore_days,
        )
    )
    if valid_from < clock.business_date(ctx.occurred_at):
        # Nobody owes for a day on which nobody could know it.
        reasons.append(stop("fee-rule-past"))
    cell = models.FeeRule.objects.filter(
        kind=kind, place=place, reader_category=reader_category, item_category=category
    )
    if cell.filter(valid_from=valid_from).exists():
        reasons.append(stop("rule-exists", valid_from=valid_from.isoformat()))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    row = models.FeeRule.objects.create(
        id=new_id(),
        kind=kind,
        place_id=place,
        reader_category=reader_category,
        item_category=category,
        valid_from=valid_from,
        valid_to=valid_to,
        amount_fen=amount_fen,
        cap_fen=cap_fen,
        grace_days=grace_days,
        points=points,
        per_day=per_day,
        restore_days=restore_days,
        price_cap=price_cap,
        note=note.strip()[:120],
    )
    changed(ctx, KIND, row.id, _cell(row), None, _fields(row), place=place)
    bump(queries.REVISION)
    return str(row.id)


@command("fees.end_rule")
def end_rule(*, rule: str, last_day: date, ctx: Context) -> None:
    """Let a row end on ``last_day``, today at the earliest. Raises Refused: rule-unknown,
    not-permitted, rule-dates."""
    row = _row(rule, ctx)
    today = clock.business_date(ctx.occurred_at)
    over = row.valid_to is not None and row.valid_to < today
    if over or last_day < today or last_day < row.valid_from:
        raise refuse(stop("rule-dates"))
    models.FeeRule.objects.filter(id=rule).update(valid_to=last_day)
    before, after = {"valid_to": row.valid_to}, {"valid_to": last_day}
    changed(ctx, KIND, rule, _cell(row), before, after, action="ended", place=row.place_id)
    bump(queries.REVISION)


@command("fees.cancel_rule")
def cancel_rule(*, rule: str, ctx: Context) -> None:
    """Take back a row that has not come into force yet. Raises Refused: rule-unknown, not-permitted,
    rule-in-force."""
    row = _row(rule, ctx)
    if row.valid_from <= clock.business_date(ctx.occurred_at):
        raise refuse(stop("rule-in-force", valid_from=row.valid_from.isoformat()))
    before = _fields(row)
    models.FeeRule.objects.filter(id=rule).delete()
    changed(ctx, KIND, rule, _cell(row), before, None, action="cancelled", place=row.place_id)
    bump(queries.REVISION)


def _row(rule: str, ctx: Context) -> models.FeeRule:
    row = models.FeeRule.objects.filter(id=rule).first()
    if row is None:
        raise refuse(stop("rule-unknown"))
    require(ctx, "fees.rules", row.place_id)
    return row


def _cell(row: models.FeeRule) -> str:
    return f"{row.place.name}|{row.reader_category}|{row.item_category}"


def _fields(row: models.FeeRule) -> dict[str, Any]:
    names = (f.attname for f in models.FeeRule._meta.concrete_fields)
    return {n: getattr(row, n) for n in names if n not in ("id", "place_id")}
