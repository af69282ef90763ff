"""Issues of periodicals that were items leave the shelf when they are bound, and come back undone."""

from __future__ import annotations

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.stock import models, queries
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime import guards
from shuxiang.runtime.commands import Dimensions, command, record, require, reverse


@command("stock.retire_issue", permission="serials.bind")
def retire_issue(*, item: str, why: str, ctx: Context) -> None:
    """An issue is bound: its item is closed, and counts neither as stock nor as weeded. Raises Refused:
    item-unknown, item-withdrawn, not-an-issue, and what the guards of ``stock.withdraw`` say."""
    found = queries.lock_item(item)
    row = models.Item.objects.filter(id=item).first()
    if found is None or row is None:
        raise refuse(stop("item-unknown", barcode=""))
    require(ctx, "serials.bind", row.owner_id)
    reasons = [] if row.source == "issue" else [stop("not-an-issue", barcode=row.barcode)]
    if row.status == "withdrawn":
        reasons.append(stop("item-withdrawn"))
    reasons += guards.ask("stock.withdraw", ctx, item=item)
    if reasons:
        raise refuse(*reasons)
    title = catalog.title(row.title_id)
    models.Item.objects.filter(id=item).update(status="withdrawn", event_seq=row.event_seq + 1)
    record(
        "item.withdrawn", ctx=ctx, library=row.library, item=item, item_seq=row.event_seq + 1,
        title=row.title_id, amount=row.price_fen, source="issue", data={"why": why},
        dimensions=Dimensions(
            item_category=row.category_id, clc=title.main_class if title else "",
            owner_place=row.owner_id,
        ),
    )  # fmt: skip
    guards.tell("stock.item_gone", ctx, item=item)


@command("stock.revive_issue", permission="serials.bind")
def revive_issue(*, item: str, ctx: Context) -> None:
    """The binding is undone: the issue can be lent again. Raises Refused: item-unknown,
    nothing-to-undo."""
    row = models.Item.objects.select_for_update().filter(id=item, status="withdrawn").first()
    if row is None:
        raise refuse(stop("item-unknown", barcode=""))
    require(ctx, "serials.bind", row.owner_id)
    reverse("item.withdrawn", ctx=ctx, item_seq=row.event_seq + 1, item=item, last=True)
    models.Item.objects.filter(id=item).update(status="available", event_seq=row.event_seq + 1)
