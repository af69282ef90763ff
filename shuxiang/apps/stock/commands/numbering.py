"""The call number of a copy that stands without one yet."""

from __future__ import annotations

from shuxiang.apps.stock import models, rules
from shuxiang.apps.stock.commands import labels
from shuxiang.apps.stock.commands.books import Shelving, call_number_for
from shuxiang.apps.stock.commands.items import write_item
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.commands import command, require


@command("stock.number_item", permission="stock.edit")
def number_item(*, item: str, shelving: Shelving, ctx: Context) -> str:
    """Give an item the call number it was added without; returns it. An item that has one keeps it,
    whoever came first. Its label waits to be printed again.

    Raises Refused: not-permitted (at the item's owner too), item-unknown, item-withdrawn and what
    `call_number_for` says and asks.
    """
    row = models.Item.objects.select_for_update().filter(id=item).first()
    if row is None:
        raise refuse(stop("item-unknown", barcode=""))
    require(ctx, "stock.edit", row.owner_id)
    if reasons := rules.may_change(rules.ItemFacts(row.status, row.library)):
        raise refuse(*reasons)
    if row.call_number:
        return str(row.call_number)
    number = call_number_for(
        row.title_id,
        row.owner_id,
        row.category_id,
        row.location_id,
        shelving,
        ctx,
        row.volume,
    )[:80]
    if number:
        changed = {"call_number": number, "call_sort": rules.shelf_sort(number)}
        write_item(row, "item.changed", changed, ctx, {"call_number": ["", number]})
        labels.queue(row.id, ctx)
    return number
