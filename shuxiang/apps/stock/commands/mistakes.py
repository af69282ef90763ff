"""An item entered by mistake is taken back: it never was."""

from __future__ import annotations

from shuxiang.apps.stock import models
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.ledger import append as ledger
from shuxiang.runtime import guards, sql
from shuxiang.runtime.commands import Dimensions, command, record, require


@command("stock.take_back_item", permission="stock.edit")
def take_back_item(*, item: str, ctx: Context) -> None:
    """Remove an item to which nothing has happened since it was added, by a row that reverses its
    accession: neither new nor withdrawn.

    Raises Refused: item-unknown, item-not-fresh, and what the guards of ``stock.unaccession`` say.
    """
    row = models.Item.objects.select_for_update().filter(id=item).first()
    if row is None:
        raise refuse(stop("item-unknown", barcode=""))
    require(ctx, "stock.edit", row.owner_id)
    reasons: list[Reason] = list(guards.ask("stock.unaccession", ctx, item=item))
    found = ledger.item_events(sql, "item.accessioned", [item], item_seq=1)
    if row.event_seq != 1 or not found:
        reasons.append(stop("item-not-fresh", barcode=row.barcode))
    if reasons:
        raise refuse(*reasons)
    was = dict(zip(ledger.COLUMNS, found[0], strict=True))
    record(
        "item.unaccessioned",
        ctx=ctx,
        library=row.library,
        place=was["place"],
        item=item,
        item_seq=2,
        title=row.title_id,
        quantity=-was["quantity"],
        amount=None if was["amount"] is None else -was["amount"],
        reverses=was["id"],
        dimensions=Dimensions(
            item_category=was["item_category"], clc=was["clc"], owner_place=was["owner_place"]
        ),
        source=was["source"],
        on=was["business_date"],
    )
    row.delete()
