"""信用分: lost by late returns instead of money, given back by somebody who may."""

from __future__ import annotations

from shuxiang.apps.fees import models, rules
from shuxiang.apps.fees.commands import common
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, reverse


def lose(
    loss: rules.Loss,
    *,
    who: patrons.LoanReader,
    item: stock.ScannedItem | None,
    loan: str | None,
    lending_place: str | None,
    ctx: Context,
) -> str:
    """Write a loss of points, inside a command; returns its id."""
    row = models.PointsRow(
        id=new_id(),
        library=common.library_of(ctx),
        patron_id=who.patron,
        place_id=ctx.service_point,
        at=ctx.occurred_at,
        day=clock.business_date(ctx.occurred_at),
        points=-loss.points,
        days=loss.days,
        until=loss.until,
        item_id=item.id if item else None,
        loan=loan,
        lent_place_id=lending_place,
    )
    row.save(force_insert=True)
    common.told(
        "points.lost",
        ctx=ctx,
        amount=None,
        quantity=loss.points,
        subject=row.id,
        who=who,
        item=item,
        loan=loan,
        lending_place=lending_place,
        data={"days": loss.days},
    )
    return str(row.id)


@command("fees.restore_points", permission="fees.restore_points")
def restore_points(*, patron: str, why: str, ctx: Context) -> int:
    """Give a reader back every point lost that still counts; returns how many.

    Raises Refused: patron-unknown, points-complete, reason-missing.
    """
    common.reader(patron, "fees.restore_points", ctx)
    lost = standing_losses(patron)
    reasons = common.against_why(why)
    if not lost:
        reasons.append(stop("points-complete"))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    return sum(give_back(row, why=why, ctx=ctx) for row in lost)


def standing_losses(patron: str) -> list[models.PointsRow]:
    """A reader's losses that were not given back, oldest first."""
    rows = models.PointsRow.objects.filter(patron=patron, points__lt=0, reversed_by=None)
    return list(rows.order_by("at", "id"))


def give_back(row: models.PointsRow, *, why: str, ctx: Context, amnesty: str | None = None) -> int:
    """Take one loss back, inside a command; returns its points."""
    if row.patron_id is None:
        raise refuse(stop("patron-unknown"))
    models.PointsRow.objects.create(
        id=new_id(),
        library=row.library,
        patron_id=row.patron_id,
        place_id=ctx.service_point,
        at=ctx.occurred_at,
        day=clock.business_date(ctx.occurred_at),
        points=-row.points,
        item_id=row.item_id,
        loan=row.loan,
        lent_place_id=row.lent_place_id,
        why=why.strip()[: common.NOTE],
        by=ctx.actor.id,
        reverses=row,
        amnesty_id=amnesty,
    )
    reverse("points.lost", subject=str(row.id), item_seq=None, ctx=ctx)
    return int(-row.points)
