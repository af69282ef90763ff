"""统配: what an order brought for a branch is sent to it."""

from __future__ import annotations

from shuxiang.apps.acquisitions import queries as acquisitions
from shuxiang.apps.exchange import models
from shuxiang.apps.exchange.commands.deliveries import SEND, open_delivery, pack
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.runtime.commands import command


@command("exchange.deliver_order", permission=SEND)
def deliver_order(*, order: str, destination: str, ctx: Context) -> str:
    """A delivery with every copy of an order that is for a place and still here; returns its id. What
    can't go yet (on loan, kept for a reader) stays for the next one.

    Raises Refused: order-unknown, delivery-empty, and what `open_delivery` says.
    """
    found = acquisitions.order(order)
    if found is None:
        raise refuse(stop("order-unknown"))
    waiting = set(acquisitions.items_for(order, destination)) - set(
        models.DeliveryLine.objects.filter(
            item__in=acquisitions.items_for(order, destination)
        ).values_list("item_id", flat=True)
    )
    here = [
        item
        for item in sorted(waiting)
        if (now := stock.scanned_item(item)) is not None and now.holder == ctx.service_point
    ]
    if not here:
        raise refuse(stop("delivery-empty"))
    delivery = open_delivery(destination=destination, note=f"采购配送 {found.number}", ctx=ctx)
    packed = 0
    for item in here:
        try:
            pack(delivery=delivery, item=item, ctx=ctx)
        except Refused:
            continue
        packed += 1
    if not packed:
        raise refuse(stop("delivery-empty"))
    return delivery
