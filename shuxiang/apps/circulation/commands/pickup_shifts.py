"""Bookings of pickup slots moved or called off by an operating phase, a few a command. Called inside
a command."""

from __future__ import annotations

from collections.abc import Sequence

from shuxiang.apps.circulation import models, queries
from shuxiang.apps.circulation.commands.pickups import free_place, pickup_told, take_place
from shuxiang.apps.circulation.pickup_shifts import STANDS
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id

MOVED, CALLED_OFF, RESTORED = "pickup.shifted", "pickup.called_off", "pickup.restored"


def move_pickups(
    moves: Sequence[queries.PickupMove], *, cause: str, round_: int, ctx: Context
) -> int:
    """Move what may still be moved; returns how many. A booking that was changed, has been moved in
    this round already, or whose new slot has filled up meanwhile is passed over."""
    done = 0
    for move in moves:
        rows = models.Pickup.objects.select_for_update(of=("self",)).select_related("slot")
        row = rows.filter(id=move.pickup).first()
        known = models.PickupShift.objects.filter(pickup=move.pickup, cause=cause, round=round_)
        if row is None or known.exists() or not _stands(row, move):
            continue
        if move.after is not None and not take_place(move.after.id):
            continue
        _carry_out(row, move, cause, ctx)
        models.PickupShift.objects.create(
            id=new_id(),
            library=row.library,
            pickup=row,
            cause=cause,
            round=round_,
            base_id=move.base.id,
            before_id=move.before.id if move.before else None,
            after_id=move.after.id if move.after else None,
            shifted_at=ctx.occurred_at,
        )
        done += 1
    return done


def _stands(row: models.Pickup, move: queries.PickupMove) -> bool:
    if move.before is None:
        again = models.Pickup.objects.filter(
            patron=row.patron_id, place=row.place_id, ended_at=None
        )
        return row.state == "cancelled" and row.patron_id is not None and not again.exists()
    return row.state in STANDS and row.slot_id == move.before.id


def _carry_out(row: models.Pickup, move: queries.PickupMove, cause: str, ctx: Context) -> None:
    data = {"phase": cause}
    was = row.slot
    changes: dict[str, object] = {}
    if move.before is not None:
        free_place(move.before.id)
        data |= {"from_day": was.day.isoformat(), "from_starts": f"{was.starts:%H:%M}"}
    if move.after is None:
        type_, changes = CALLED_OFF, {"state": "cancelled", "ended_at": ctx.occurred_at}
    else:
        type_, changes = MOVED, {"slot_id": move.after.id}
        if move.before is None:
            type_, changes = RESTORED, changes | {"state": "booked", "ended_at": None}
    models.Pickup.objects.filter(id=row.id).update(**changes)
    if move.after is not None:
        row.slot = models.PickupSlot.objects.get(id=move.after.id)
    pickup_told(type_, row, ctx, data=data)
