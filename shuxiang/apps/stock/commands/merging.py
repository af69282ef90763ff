"""Copies follow a title that is merged, and go back when the merge is undone."""

from __future__ import annotations

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import merging
from shuxiang.apps.stock import models
from shuxiang.apps.stock.commands.items import write_item
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, stop

KIND = "item"


def move(*, ctx: Context, merge: str, survivor: str, lost: str) -> None:
    """Participant of a merge: every copy of the lost title, withdrawn ones included."""
    rows = list(models.Item.objects.select_for_update().filter(title=lost).order_by("id"))
    for row in rows:
        _retitle(row, survivor, ctx)
    merging.moved(merge, KIND, [(row.id, {}) for row in rows])


def not_back(*, ctx: Context, merge: str, survivor: str, lost: str) -> tuple[Reason, ...]:
    """Guard of undoing: a copy was given to another title since."""
    moved = [item for item, _ in catalog.merge_moved(merge, KIND)]
    rows = models.Item.objects.select_for_update().filter(id__in=moved).order_by("id")
    there = {row.id: row for row in rows}
    gone = len(moved) - len(there)
    reasons = [
        stop("merge-item-moved", barcode=row.barcode)
        for row in there.values()
        if row.title_id != survivor
    ]
    return (*reasons, stop("merge-items-gone", count=gone)) if gone else tuple(reasons)


def move_back(*, ctx: Context, merge: str, survivor: str, lost: str) -> None:
    """Participant of undoing: the same copies go back, and no others."""
    moved = [item for item, _ in catalog.merge_moved(merge, KIND)]
    for row in models.Item.objects.filter(id__in=moved).order_by("id"):
        _retitle(row, lost, ctx)


def _retitle(row: models.Item, title: str, ctx: Context) -> None:
    names = catalog.titles((row.title_id, title))
    told = [f"{names[i].full_title} {names[i].isbn}".rstrip() for i in (row.title_id, title)]
    write_item(row, "item.changed", {"title_id": title}, ctx, {"title": told})
