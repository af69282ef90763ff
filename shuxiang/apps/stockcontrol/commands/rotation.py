"""流转书: a set of books moves along a row of sites, by the deliveries that every box goes with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shuxiang.apps.exchange.commands._shared import known_place
from shuxiang.apps.places import queries as places
from shuxiang.apps.stockcontrol import models, queries
from shuxiang.apps.stockcontrol.commands.rebalancing import list_moves
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command, record, require

ACTION = "stock.rotate"
MOST_BOOKS = 300
MOST_WEEKS = 52


@command("stockcontrol.open_rotation", permission=ACTION)
def open_rotation(
    *,
    name: str,
    stops: Sequence[str],
    weeks: int,
    next_on: date,
    barcodes: Sequence[str],
    ctx: Context,
) -> str:
    """Begin a rotation of books that stand at the first stop; returns its id.

    Raises Refused: name-missing, place-unknown, rotation-stops, rotation-weeks, rotation-day, scan-empty,
    scans-too-many, item-unknown, rotation-taken, not-permitted (at the first stop).
    """
    reasons: list[Reason] = [] if name.strip() else [stop("name-missing")]
    for place in stops:
        known_place(place)
    if len(stops) < 2 or len(set(stops)) != len(stops):
        reasons.append(stop("rotation-stops"))
    if not 1 <= weeks <= MOST_WEEKS:
        reasons.append(stop("rotation-weeks", most=MOST_WEEKS))
    if next_on < clock.business_date(ctx.occurred_at):
        reasons.append(stop("rotation-day"))
    codes = tuple(dict.fromkeys(filter(None, map(scanned, barcodes))))
    if not codes:
        reasons.append(stop("scan-empty"))
    elif len(codes) > MOST_BOOKS:
        reasons.append(stop("scans-too-many", most=MOST_BOOKS))
    if reasons:
        raise refuse(*reasons)
    require(ctx, ACTION, stops[0])
    meant = queries.meant(codes, stops[0])
    unknown = [stop("item-unknown", barcode=code) for code, (item, _) in meant.items() if not item]
    items = [item for item, _what in meant.values() if item]
    if unknown:
        raise refuse(*unknown)
    taken = models.RotationItem.objects.filter(item__in=items).count()
    if taken:
        raise refuse(stop("rotation-taken", count=taken))
    row = models.Rotation.objects.create(
        id=new_id(),
        library=places.place(stops[0]).library,
        name=name.strip()[:120],
        weeks=weeks,
        next_on=next_on,
        opened_at=ctx.occurred_at,
        opened_by=ctx.actor.id,
    )
    models.RotationStop.objects.bulk_create(
        models.RotationStop(id=new_id(), rotation=row, place_id=place, position=n)
        for n, place in enumerate(stops)
    )
    models.RotationItem.objects.bulk_create(
        models.RotationItem(id=new_id(), rotation=row, item_id=item) for item in items
    )
    return str(row.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """The delivery with the set, how many books are on it and how many stay behind (lent, kept for a
    reader, elsewhere): those follow by hand or with the next round."""

    delivery: str
    books: int
    behind: int


@command("stockcontrol.rotate", permission=ACTION)
def rotate(*, rotation: str, ctx: Context) -> Rotated:
    """The set moves on to its next stop: a delivery with every book of it that stands at the present one.

    Raises Refused: rotation-unknown, rotation-ended, rotation-nothing, not-permitted (at the stop it
    leaves).
    """
    row = models.Rotation.objects.select_for_update().filter(id=rotation).first()
    if row is None:
        raise refuse(stop("rotation-unknown"))
    if not row.active:
        raise refuse(stop("rotation-ended"))
    stops = list(
        models.RotationStop.objects.filter(rotation=row)
        .order_by("position")
        .values_list("place_id", flat=True)
    )
    origin, to = stops[row.at], (row.at + 1) % len(stops)
    require(ctx, ACTION, origin)
    items = list(
        models.RotationItem.objects.filter(rotation=row)
        .order_by("item")
        .values_list("item_id", flat=True)
    )
    done = list_moves([(item, origin, stops[to]) for item in items], note=row.name, ctx=ctx)
    if not done.books:
        raise refuse(stop("rotation-nothing"))
    models.Rotation.objects.filter(id=row.id).update(
        at=to, next_on=row.next_on + timedelta(weeks=row.weeks)
    )
    record("rotation.moved", ctx=ctx, library=row.library, place=origin, subject=row.id,
           quantity=done.books, data={"to": stops[to]})  # fmt: skip
    return Rotated(delivery=done.deliveries[0], books=done.books, behind=len(done.refused))


@command("stockcontrol.end_rotation", permission=ACTION)
def end_rotation(*, rotation: str, ctx: Context) -> None:
    """The set moves no more; its books stay where they are based and are free for another set. Raises
    Refused: rotation-unknown, rotation-ended."""
    row = models.Rotation.objects.select_for_update().filter(id=rotation).first()
    if row is None:
        raise refuse(stop("rotation-unknown"))
    if not row.active:
        raise refuse(stop("rotation-ended"))
    models.RotationItem.objects.filter(rotation=row).delete()
    models.Rotation.objects.filter(id=row.id).update(active=False)
