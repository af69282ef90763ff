"""Another library's reader, kept here as long as they borrow here."""

from __future__ import annotations

from datetime import date

from shuxiang.apps.patrons import models
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id


def admitted(
    *,
    name: str,
    library: str,
    number: str,
    category: str,
    born_on: date | None,
    expires_on: date,
    ctx: Context,
) -> str:
    """Inside another command: keep a reader whose card ``library`` issued; returns their id. No card of
    ours is issued, so that neither 办证 nor valid cards count them."""
    patron = models.Patron.objects.create(
        id=new_id(),
        library=library,
        home_id=ctx.service_point,
        category_id=category,
        name=name.strip()[:80],
        born_on=born_on,
        created_at=ctx.occurred_at,
    )
    models.Card.objects.create(
        id=new_id(),
        library=library,
        number=number,
        patron=patron,
        first=False,
        channel=ctx.channel,
        issued_at=ctx.occurred_at,
        issued_on=clock.business_date(ctx.occurred_at),
        issued_place_id=library,
        expires_on=expires_on,
    )
    return str(patron.id)
