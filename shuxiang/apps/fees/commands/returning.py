"""What a late return costs, written in the transaction of the return itself, and what takes it back."""

from __future__ import annotations

from datetime import date, timedelta

from shuxiang.apps.fees import models, queries, rules
from shuxiang.apps.fees.commands import charging, common, points
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop, tell
from shuxiang.kernel.values import yuan
from shuxiang.runtime.commands import reverse


def returned(
    *,
    loan: str,
    due_on: date,
    lent_at_place: str,
    item: stock.ScannedItem,
    who: patrons.LoanReader | None,
    ctx: Context,
) -> tuple[Reason, ...]:
    """Charge a late return, or take points for it, as the rules of the place that lent say (FE-1 …
    FE-5, PT-1 … PT-3); what the desk is told of it. For circulation, inside its command, with the
    reader locked. Frozen from then on: nothing ever recomputes it."""
    on = clock.business_date(ctx.occurred_at)
    if on <= due_on or who is None:
        return ()
    rows = queries.rules_at(lent_at_place)
    if not any(r.kind in ("overdue", "points") for r in rows):
        return ()
    late = late_days(due_on, on, lent_at_place, ctx.service_point)
    tells: list[Reason] = []

    def price(day: date) -> rules.Rule | None:
        return rules.choose(
            rows,
            "overdue",
            reader_category=who.category,
            item_category=item.category,
            on=day,
        )

    amnesty = _amnesty(lent_at_place, on)
    cost = rules.overdue(late, price, on=on)
    if cost.amount_fen:
        made = charging.make(
            "overdue",
            cost.amount_fen,
            who=who,
            item=item,
            loan=loan,
            lending_place=lent_at_place,
            due_on=due_on,
            cost=cost,
            ctx=ctx,
        )
        if amnesty is not None and amnesty.charges:
            row = models.Charge.objects.get(id=made)
            charging.write_off(
                row, "waived", cost.amount_fen, why=amnesty.why, amnesty=amnesty.id, ctx=ctx
            )
            tells.append(tell("fee-amnesty", amount=yuan(cost.amount_fen), why=amnesty.why))
        else:
            owed = yuan(queries.owed(who.patron))
            tells.append(tell("fee-charged", amount=yuan(cost.amount_fen), owed=owed))
    tells += _points(late, rows, amnesty, loan, lent_at_place, item, who, ctx)
    return tuple(tells)


def _points(
    late: list[date],
    rows: tuple[rules.Rule, ...],
    amnesty: models.Amnesty | None,
    loan: str,
    lent_at_place: str,
    item: stock.ScannedItem,
    who: patrons.LoanReader,
    ctx: Context,
) -> list[Reason]:
    on = clock.business_date(ctx.occurred_at)
    rule = rules.choose(
        rows, "points", reader_category=who.category, item_category=item.category, on=on
    )
    if rule is None:
        return []
    left = rules.points_left(rule, queries.losses(who.patron), on=on)
    loss = rules.points_lost(late, rule, left=left, on=on)
    if not loss.points:
        return []
    made = points.lose(loss, who=who, item=item, loan=loan, lending_place=lent_at_place, ctx=ctx)
    if amnesty is not None and amnesty.points:
        row = models.PointsRow.objects.get(id=made)
        points.give_back(row, why=amnesty.why, amnesty=amnesty.id, ctx=ctx)
        return []
    return [tell("points-lost", points=loss.points, left=left - loss.points)]


def late_days(due_on: date, on: date, *place_ids: str) -> list[date]:
    """The days after a due date on which every one of the places was open, and had not been closed
    when the day passed."""
    first = due_on + timedelta(days=1)
    # By quarters of a year, so that a day's desk reads each calendar once.
    begins = date(first.year, (first.month - 1) // 3 * 3 + 1, 1)
    ends = date(on.year, (on.month - 1) // 3 * 3 + 1, 1) + timedelta(days=92)
    calendars = [places.calendar(place, begins, ends) for place in dict.fromkeys(place_ids)]
    exempt = queries.exempt_days(place_ids, first, on)
    return rules.late_days(
        due_on, on, lambda day: day not in exempt and all(c.is_open(day) for c in calendars)
    )


def _amnesty(place: str, on: date) -> models.Amnesty | None:
    above = [p.id for p in places.ancestors(places.place(place))]
    rows = models.Amnesty.objects.filter(
        place__in=above, first_day__lte=on, last_day__gte=on, state__in=("applying", "applied")
    )
    return rows.order_by("made_at").first()


def unreturned(*, loan: str, due_on: date, ctx: Context) -> None:
    """A return (or renewal) is undone: what it charged or took is gone. Refused with
    ``fee-already-paid`` when it was paid meanwhile."""
    for row in models.Charge.objects.select_for_update().filter(
        loan=loan, kind="overdue", due_on=due_on, voided_fen=0
    ):
        if row.paid_fen:
            raise refuse(stop("fee-already-paid"))
        notes = models.Allocation.objects.filter(charge=row, what="waived", amount_fen__gt=0)
        for note in notes.filter(entry__reversed_by=None).select_related("entry"):
            entry = reversed_waiver(note.entry, row.library, ctx=ctx)
            charging.take_back(note, entry=entry, ctx=ctx)
        row.refresh_from_db()
        charging.unmake(row, ctx=ctx)
        reverse("fee.charged", subject=str(row.id), item_seq=None, ctx=ctx)
    lost = models.PointsRow.objects.filter(loan=loan, points__lt=0, reversed_by=None)
    for one in lost.filter(day=clock.business_date(ctx.occurred_at)):
        points.give_back(one, why="", ctx=ctx)


def reversed_waiver(entry: models.Entry, library: str, *, ctx: Context) -> models.Entry:
    """The transaction that takes a waiver back."""
    return common.post(
        "waiver-reversed",
        [common.Side("receivable", entry.amount_fen), common.Side("waived", -entry.amount_fen)],
        library=library,
        amount_fen=entry.amount_fen,
        patron=entry.patron_id,
        reverses=entry.id,
        amnesty=entry.amnesty_id,
        ctx=ctx,
    )
