"""Holds that wait on other terms: suspended until a day, picked up elsewhere, moved in the queue."""

from __future__ import annotations

from datetime import date, timedelta

from shuxiang.apps.circulation import models, queries
from shuxiang.apps.circulation.commands.holds import routing
from shuxiang.apps.circulation.commands.holds.ending import (
    WHY_LENGTH,
    HoldEnded,
    hold_told,
    let_go,
    locked,
)
from shuxiang.apps.circulation.rules import holds as rules
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.commands import command

LONGEST = timedelta(days=366)
"""How far ahead a hold may be suspended."""


@command("circulation.suspend_hold", permission="circulation.hold")
def suspend_hold(*, hold: str, until: date | None, ctx: Context) -> HoldEnded:
    """Let others pass until a day, on which it takes part again at its old place; None: from now on
    it takes part. A copy set aside goes on to the next reader. Raises Refused: hold-unknown,
    hold-over, suspend-day."""
    return _suspend(locked(hold), until, ctx)


@command("circulation.suspend_own_hold")
def suspend_own_hold(*, hold: str, until: date | None, ctx: Context) -> HoldEnded:
    """A reader suspends a hold of their own, or lets it take part again."""
    return _suspend(locked(hold, own=ctx), until, ctx)


def _suspend(row: models.Hold, until: date | None, ctx: Context) -> HoldEnded:
    on = clock.business_date(ctx.occurred_at)
    if until is None:
        models.Hold.objects.filter(id=row.id).update(suspended_until=None)
        hold_told("hold.resumed", row, ctx)
        view = queries.hold(row.id)
        return HoldEnded(hold=row.id, title_text=view.title_text if view else "")
    if not on < until <= on + LONGEST:
        raise refuse(stop("suspend-day"))
    changes = {"suspended_until": until, "state": "waiting"}
    return let_go(row, changes, "hold.suspended", ctx, data={"until": until.isoformat()})


@command("circulation.change_pickup", permission="circulation.hold")
def change_pickup(*, hold: str, pickup: str, ctx: Context) -> HoldEnded:
    """Another pickup place. A copy that stands ready is sent on from there; one on its way is sent on
    from where it arrives. Raises Refused: hold-unknown, hold-over, pickup-not-here."""
    return _pickup(locked(hold), pickup, ctx)


@command("circulation.change_own_pickup")
def change_own_pickup(*, hold: str, pickup: str, ctx: Context) -> HoldEnded:
    """A reader picks up a hold of their own elsewhere."""
    return _pickup(locked(hold, own=ctx), pickup, ctx)


def _pickup(row: models.Hold, pickup: str, ctx: Context) -> HoldEnded:
    on = clock.business_date(ctx.occurred_at)
    if not queries.is_pickup_place(pickup, on):
        raise refuse(stop("pickup-not-here"))
    view = queries.hold(row.id)
    text = view.title_text if view else ""
    if pickup == row.pickup_id:
        return HoldEnded(hold=row.id, title_text=text)
    at = row.pickup_id
    item = stock.lock_item(row.item_id) if row.state == "ready" else None
    models.Hold.objects.filter(id=row.id).update(
        pickup=pickup, library=places.place(pickup).library
    )
    hold_told("hold.changed", row, ctx, data={"from": at, "to": pickup})
    if item is None:
        return HoldEnded(hold=row.id, title_text=text)
    routed = routing.route(
        item, routing.standing(item), ctx, at=at, seq=item.event_seq, in_hand=False
    )
    return HoldEnded(hold=row.id, title_text=text, item=item.id, transit_to=routed.transit_to)


@command("circulation.move_hold", permission="circulation.order_holds")
def move_hold(*, hold: str, position: int, why: str, ctx: Context) -> None:
    """Put a waiting hold at a place of its queue, from 1: by an event with actor and reason, the only
    way a queue changes its order. Raises Refused: hold-unknown, hold-over, hold-not-waiting,
    reason-missing."""
    row = locked(hold)
    reasons = []
    if row.state != "waiting":
        reasons.append(stop("hold-not-waiting"))
    if not why.strip():
        reasons.append(stop("reason-missing"))
    if reasons:
        raise refuse(*reasons)
    queue = [
        rules.Spot(id=h.id, rank=h.rank, seq=h.seq)
        for h in queries.queue(row.title_id)
        if h.state == "waiting"
    ]
    before = next(n for n, spot in enumerate(queue, 1) if spot.id == hold)
    changed = rules.moved(queue, hold, position)
    if not changed:
        return
    # Numbers are passed on: out of the way first, for the database allows none twice.
    beyond = models.HoldQueue.objects.get(title=row.title_id).last_seq
    for n, id_ in enumerate(changed, 1):
        models.Hold.objects.filter(id=id_).update(seq=beyond + n)
    for id_, (rank, seq) in changed.items():
        models.Hold.objects.filter(id=id_).update(rank=rank, seq=seq)
    after = min(max(position, 1), len(queue))
    data = {"from": before, "to": after, "why": why.strip()[:WHY_LENGTH]}
    hold_told("hold.moved", row, ctx, data=data)
