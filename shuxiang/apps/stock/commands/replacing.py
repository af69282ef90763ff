"""赔同版书: a copy given in place of one that was lost or damaged."""

from __future__ import annotations

from shuxiang.apps.stock import queries
from shuxiang.apps.stock.commands import labels
from shuxiang.apps.stock.commands.barcodes import next_barcodes
from shuxiang.apps.stock.commands.items import accession
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command


@command("stock.accept_replacement", permission="stock.accept_replacement")
def accept_replacement(*, item: str, barcode: str = "", ctx: Context) -> str:
    """Add the copy given in place of an item: same title, owner, location, category, call number and
    price, with its own barcode (the next free one where none is given). Returns its id.

    Raises Refused: item-unknown, barcode-too-long, barcode-taken, barcode-series-off,
    barcode-series-full.
    """
    lost = queries.item(item)
    if lost is None:
        raise refuse(stop("item-unknown", barcode=""))
    code = scanned(barcode) or next_barcodes(lost.owner, 1)[0]
    id_ = accession(
        title=lost.title,
        barcode=code,
        owner=lost.owner,
        category=lost.category,
        location=lost.location if lost.holder == lost.owner else None,
        call_number=lost.call_number,
        accession_number="",
        volume=lost.volume,
        price_fen=lost.price_fen,
        source="replacement",
        accessioned_on=None,
        status="available",
        ctx=ctx,
    )
    labels.queue(id_, ctx)
    return id_
