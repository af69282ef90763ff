"""Labels that are waiting to be printed, and were."""

from __future__ import annotations

from collections.abc import Sequence

from shuxiang.apps.stock import models
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, require

MOST = 2_000


def queue(item: str, ctx: Context) -> None:
    """An item needs a label (again); one that is waiting already goes on waiting."""
    sql.run(
        "INSERT INTO stock_label (id, item_id, place_id, queued_at, queued_by, printed_by) "
        "SELECT ?, ?, ?, ?, ?, '' WHERE NOT EXISTS "
        "(SELECT 1 FROM stock_label WHERE item_id = ? AND printed_at IS NULL)",
        new_id(),
        item,
        ctx.service_point,
        ctx.occurred_at,
        ctx.actor.id,
        item,
    )


@command("stock.queue_labels", permission="stock.labels")
def queue_labels(*, items: Sequence[str], ctx: Context) -> int:
    """Put items on the list of labels to print; returns how many were not on it yet.

    Raises Refused: not-permitted (at an item's owner too), labels-none, labels-too-many.
    """
    chosen = _chosen(items)
    known = _in_reach(chosen, ctx)
    waiting = set(
        models.Label.objects.filter(item__in=known, printed_at=None).values_list(
            "item_id", flat=True
        )
    )
    for item in chosen:
        if item in known and item not in waiting:
            queue(item, ctx)
    return len(known - waiting)


@command("stock.labels_printed", permission="stock.labels")
def labels_printed(*, items: Sequence[str], ctx: Context) -> int:
    """The labels of these items were printed; returns how many had been waiting.

    Raises Refused: not-permitted (at an item's owner too), labels-none, labels-too-many.
    """
    known = _in_reach(_chosen(items), ctx)
    return models.Label.objects.filter(item__in=known, printed_at=None).update(
        printed_at=ctx.occurred_at, printed_by=ctx.actor.id
    )


def _in_reach(items: list[str], ctx: Context) -> set[str]:
    """Those that exist; every owner of one must be within the actor's reach."""
    rows = models.Item.objects.filter(id__in=items).values_list("id", "owner_id")
    owners = dict(rows)
    for owner in set(owners.values()):
        require(ctx, "stock.labels", owner)
    return set(owners)


def _chosen(items: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys(items))
    if not chosen:
        raise refuse(stop("labels-none"))
    if len(chosen) > MOST:
        raise refuse(stop("labels-too-many", most=MOST))
    return chosen
