"""What machines keep with an item."""

from __future__ import annotations

from shuxiang.apps.stock import models, queries
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command

MOST = 200


@command("stock.set_properties", permission="stock.set_properties")
def set_properties(*, item: str, text: str, ctx: Context) -> None:
    """Keep a machine's words with an item; '' forgets them. Raises Refused: item-unknown,
    text-too-long."""
    found = queries.scanned_item(item)
    if found is None:
        raise refuse(stop("item-unknown", barcode=""))
    if len(text) > MOST:
        raise refuse(stop("text-too-long", field="note", most=MOST))
    before = queries.properties(item)
    if text == before:
        return
    if text:
        models.Properties.objects.update_or_create(
            item=item, defaults={"text": text, "changed_at": ctx.occurred_at}
        )
    else:
        models.Properties.objects.filter(item=item).delete()
    changed(
        ctx,
        "item",
        item,
        found.barcode,
        {"properties": before},
        {"properties": text},
        place=ctx.service_point,
    )
