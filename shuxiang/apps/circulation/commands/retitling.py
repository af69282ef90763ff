"""Holds, loans and what else names a title follow it when it is merged, and go back (row A5)."""

from __future__ import annotations

from typing import Any

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import merging
from shuxiang.apps.circulation import models
from shuxiang.apps.circulation.commands.holds.ending import hold_told, lock_queue
from shuxiang.apps.circulation.rules.merging import OneQueue, Queued, one_queue
from shuxiang.apps.patrons import queries as patrons
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, stop
from shuxiang.runtime import sql
from shuxiang.runtime.commands import reverse

# Rows that only name the title: table of the model, kind under which it is noted.
_NAMED: tuple[tuple[str, Any], ...] = (
    ("loan", models.Loan),
    ("transit", models.Transit),
    ("lost-case", models.LostCase),
)
_QUEUE = "queue"
_ENDED = "hold-ended"


def refuses(*, ctx: Context, survivor: str, lost: str) -> tuple[Reason, ...]:
    """Guard of a merge; takes the locks of both queues and of who waits in them."""
    for title in sorted((survivor, lost)):
        lock_queue(title)
    if not sql.is_sqlite():
        waiting = models.Hold.objects.filter(title__in=(survivor, lost), ended_at=None)
        for patron in sorted(set(filter(None, waiting.values_list("patron_id", flat=True)))):
            patrons.lock_patron(patron)
    twice = _queues(survivor, lost).twice
    return (stop("merge-two-copies-aside", count=twice),) if twice else ()


def _queues(survivor: str, lost: str) -> OneQueue:
    return one_queue(_queued(survivor), _queued(lost))


def _queued(title: str) -> list[Queued]:
    rows = models.Hold.objects.filter(title=title, ended_at=None).order_by("rank", "seq")
    return [
        Queued(h.id, title, h.patron_id or h.id, h.rank, h.seq, h.placed_at, h.item_id is not None)
        for h in rows
    ]


def move(*, ctx: Context, merge: str, survivor: str, lost: str) -> None:
    """Participant of a merge: one queue, and every loan, transit and lost case of the lost title."""
    joined = _queues(survivor, lost)
    by_id = {
        h.id: h
        for h in models.Hold.objects.select_for_update()
        .filter(title__in=(survivor, lost), ended_at=None)
        .order_by("id")
    }
    for dropped, kept in joined.ended:
        row = by_id[dropped]
        models.Hold.objects.filter(id=dropped).update(state="cancelled", ended_at=ctx.occurred_at)
        hold_told("hold.cancelled", row, ctx, data={"merged_into": kept})
        merging.moved(merge, _ENDED, [(dropped, {})])
    first = _numbers(survivor, len(joined.order))
    for offset, hold in enumerate(joined.order):
        row = by_id[hold]
        merging.moved(merge, _QUEUE, [(hold, {"title": row.title_id, "seq": row.seq})])
        models.Hold.objects.filter(id=hold).update(title=survivor, seq=first + offset)
    for kind, model in _NAMED:
        rows = list(model.objects.filter(title=lost).order_by("id").values_list("id", flat=True))
        merging.moved(merge, kind, [(row, {}) for row in rows])
        model.objects.filter(title=lost).update(title=survivor)


def _numbers(title: str, count: int) -> int:
    """``count`` numbers of a queue that were never given out; returns the first."""
    if not count:
        return 0
    row = sql.one(
        "INSERT INTO circulation_holdqueue (title_id, last_seq) VALUES (?, ?) "
        "ON CONFLICT (title_id) DO UPDATE SET last_seq = circulation_holdqueue.last_seq + ? "
        "RETURNING last_seq",
        title,
        count,
        count,
    )
    assert row is not None
    return int(row[0]) - count + 1


def not_back(*, ctx: Context, merge: str, survivor: str, lost: str) -> tuple[Reason, ...]:
    """Guard of undoing: copies and readers have come together since in a way that only holds of one
    title can."""
    for title in sorted((survivor, lost)):
        lock_queue(title)
    theirs = {item for item, _ in catalog.merge_moved(merge, "item")}
    back = {hold for hold, was in catalog.merge_moved(merge, _QUEUE) if was["title"] == lost}
    active = list(models.Hold.objects.filter(title=survivor, ended_at=None))
    crossed = sum(
        (copy in theirs) != (hold.id in back)
        for hold in active
        for copy in filter(None, (hold.item_id, hold.wanted_id))
    )
    waiting = {(h.patron_id, lost if h.id in back else survivor) for h in active}
    ended = [hold for hold, _ in catalog.merge_moved(merge, _ENDED)]
    twice = sum(
        (h.patron_id, h.title_id) in waiting for h in models.Hold.objects.filter(id__in=ended)
    )
    reasons = [stop("merge-copies-crossed", count=crossed)] if crossed else []
    return (*reasons, stop("merge-holds-since", count=twice)) if twice else tuple(reasons)


def move_back(*, ctx: Context, merge: str, survivor: str, lost: str) -> None:
    """Participant of undoing: both queues as they were, with what was placed since; loans and cases
    of the copies that go back, those since included."""
    for hold, was in catalog.merge_moved(merge, _QUEUE):
        models.Hold.objects.filter(id=hold).update(title=was["title"], seq=was["seq"])
    for hold, _was in catalog.merge_moved(merge, _ENDED):
        models.Hold.objects.filter(id=hold).update(state="waiting", ended_at=None)
        reverse("hold.cancelled", ctx=ctx, item_seq=None, subject=hold)
    items = [item for item, _ in catalog.merge_moved(merge, "item")]
    for kind, model in _NAMED:
        rows = [row for row, _ in catalog.merge_moved(merge, kind)]
        for start in range(0, len(rows), 500):
            model.objects.filter(id__in=rows[start : start + 500]).update(title=lost)
        for start in range(0, len(items), 500):
            model.objects.filter(title=survivor, item__in=items[start : start + 500]).update(
                title=lost
            )
