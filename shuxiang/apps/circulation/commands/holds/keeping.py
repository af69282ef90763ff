"""What becomes of holds and transits when an item goes out of use, and what the clock ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shuxiang.apps.circulation import models, queries
from shuxiang.apps.circulation.commands import common
from shuxiang.apps.circulation.commands.holds import lending, routing
from shuxiang.apps.circulation.commands.holds.ending import (
    due_holds,
    end,
    expire_hold,
    lock_queue,
    locked,
)
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import set_status
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.ledger.append import forget_subjects
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, record


def expire_holds(*, ctx: Context) -> int:
    """End what is due, each by a command of its own, as the worker does by the clock; returns how
    many. Where nothing is due nothing is written."""
    done = 0
    for hold, place in due_holds(ctx.occurred_at):
        at_place = replace(ctx, service_point=place)
        try:
            expire_hold(hold=hold, ctx=at_place.with_key(hold))
        except Refused:
            # Picked up, or cancelled, since it was looked for.
            continue
        done += 1
    return done


def item_gone(*, item: str, ctx: Context) -> int:
    """Inside another command: an item that is lost, damaged or withdrawn is set aside for nobody and
    on its way nowhere; its hold waits again at its place in the queue. Returns the item's last ledger
    number."""
    found = stock.scanned_item(item)
    assert found is not None, "the command has its row"
    now = routing.standing(found)
    seq = found.event_seq
    if now.transit is not None:
        seq += 1
        routing.end_transit(found, now.transit, "cancelled", ctx, at=ctx.service_point, seq=seq)
    aside = now.aside(item)
    if aside is not None:
        seq += 1
        lending.requeue(found, aside, ctx, seq=seq)
    models.Hold.objects.filter(item=item, shelved=True).update(shelved=False)
    return seq


def cancel_holds_of(*, patron: str, ctx: Context) -> int:
    """Inside another command: every hold of a reader whose account closes is cancelled; returns how
    many."""
    rows = models.Hold.objects.filter(patron=patron, ended_at=None).order_by("title_id")
    ids = list(rows.values_list("id", flat=True))
    for hold in ids:
        end(locked(hold), "cancelled", ctx, why="account")
    return len(ids)


@command("circulation.not_on_shelf", permission="circulation.pull")
def not_on_shelf(*, item: str, ctx: Context) -> str:
    """A copy of the pull list is not where it should stand: it counts as missing until it is scanned
    again, and the hold goes to the next copy. Returns the hold that had it, '' for none. Raises
    Refused: item-unknown, not-on-pull-list."""
    found = stock.scanned_item(item)
    if found is None:
        raise refuse(stop("item-unknown", barcode=""))
    lock_queue(found.title)
    found = stock.lock_item(item)
    listed = queries.pull_list(ctx.service_point, ctx.occurred_at)
    line = next((p for p in listed if p.item == item), None)
    if found is None or line is None:
        raise refuse(stop("not-on-pull-list"))
    seq = found.event_seq + 1
    set_status(found.id, status="missing", seq=seq)
    record(
        "item.status",
        ctx=ctx,
        library=found.library,
        item=found.id,
        item_seq=seq,
        title=found.title,
        subject=line.hold,
        dimensions=common.dimensions(found, None, None, clock.business_date(ctx.occurred_at)),
        data={"before": found.status, "after": "missing"},
    )
    return line.hold


def forget_holds(limit: int, before: datetime) -> int:
    """Inside another command: unlink readers from up to ``limit`` holds that ended before a moment;
    returns how many."""
    old = list(
        models.Hold.objects.filter(ended_at__lt=before, patron__isnull=False)
        .order_by("ended_at")
        .values_list("id", flat=True)[:limit]
    )
    forget_subjects(sql, old)
    models.Hold.objects.filter(id__in=old).update(patron=None)
    return len(old)
