"""What the commands of this app share."""

from __future__ import annotations

from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime import sql


def next_number(table: str, prefix: str, ctx: Context) -> str:
    """A number people can say: kind, place, day and a count within them. Two at once are settled by the
    unique constraint, and the later one is run again."""
    day = clock.business_date(ctx.occurred_at)
    code = places.place(ctx.service_point).code
    start = f"{prefix}-{code}-{day:%Y%m%d}-"
    rows = sql.all(f"SELECT number FROM {table} WHERE number LIKE ?", f"{start}%")
    return f"{start}{max((int(r[0].rpartition('-')[2]) for r in rows), default=0) + 1}"


def known_place(place: str) -> places.Place:
    """Refuses with ``place-unknown``."""
    try:
        return places.place(place)
    except places.UnknownPlace:
        raise refuse(stop("place-unknown", code=place)) from None
