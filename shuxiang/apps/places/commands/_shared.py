"""What the commands of places share."""

from __future__ import annotations

from datetime import date

from shuxiang.apps.places import models
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.commands import require


def allowed(place: str, ctx: Context) -> models.Place:
    """The place, if it exists and the actor may edit it: wherever they sit, that place decides."""
    row = models.Place.objects.filter(id=place).first() if place else None
    if row is None:
        raise refuse(stop("place-unknown"))
    require(ctx, "places.edit", row.id)
    return row


def day_before(day: date) -> date:
    """The calendar day before."""
    return date.fromordinal(day.toordinal() - 1)
