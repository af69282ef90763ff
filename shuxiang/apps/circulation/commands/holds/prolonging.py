"""Dates of holds moved by an operating phase, a few a command. Called inside a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shuxiang.apps.circulation import models
from shuxiang.apps.circulation.commands.holds.ending import hold_told, lock_queue
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id

PROLONGED, RESTORED = "hold.prolonged", "hold.restored"


@dataclass(frozen=True, slots=True)
class HoldMove:
    """A date of a hold, ``ready_until`` or ``expires_on``, from ``before`` to ``after``; ``base`` is
    what it was before the cause."""

    hold: str
    field: str
    base: date
    before: date
    after: date


def move_holds(moves: Sequence[HoldMove], *, cause: str, round_: int, ctx: Context) -> int:
    """Move what may still be moved; returns how many. A hold that is over, has its copy since or was
    moved in this round already is passed over."""
    titles = models.Hold.objects.filter(id__in=[m.hold for m in moves])
    for title in sorted(set(titles.values_list("title_id", flat=True))):
        lock_queue(title)
    done = 0
    for move in moves:
        row = models.Hold.objects.filter(id=move.hold, ended_at=None).first()
        if row is None or getattr(row, move.field) != move.before:
            continue
        if (row.state == "ready") != (move.field == "ready_until"):
            continue
        known = models.HoldShift.objects.filter(
            hold=row, field=move.field, cause=cause, round=round_
        )
        if known.exists():
            continue
        models.Hold.objects.filter(id=row.id).update(**{move.field: move.after})
        models.HoldShift.objects.create(
            id=new_id(),
            library=row.library,
            hold=row,
            field=move.field,
            cause=cause,
            round=round_,
            base=move.base,
            before=move.before,
            after=move.after,
            shifted_at=ctx.occurred_at,
        )
        data = {
            "field": move.field,
            "from": move.before.isoformat(),
            "to": move.after.isoformat(),
            "phase": cause,
        }
        hold_told(PROLONGED if move.after >= move.before else RESTORED, row, ctx, data=data)
        done += 1
    return done
