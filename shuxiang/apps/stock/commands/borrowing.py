"""An item of another library that stands here for a while; never part of the stock."""

from __future__ import annotations

from datetime import date
from typing import Any

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.stock import models
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import Dimensions, record

CATEGORY = "book"


def borrowed_item(
    *,
    title: str,
    library: str,
    barcode: str,
    holder: str,
    back_by: date,
    data: dict[str, Any],
    ctx: Context,
) -> str:
    """Inside another command: the item of ``library`` arrives at ``holder``; returns its id. The same
    copy borrowed again is the same row."""
    known = models.Item.objects.select_for_update().filter(library=library, barcode=barcode).first()
    found = catalog.title(title)
    assert found is not None, "the command has its title"
    if known is None:
        known = models.Item(
            id=new_id(),
            library=library,
            barcode=barcode,
            title_id=title,
            owner_id=library,
            holder_id=holder,
            category_id=CATEGORY,
            source="interloan",
            back_by=back_by,
            event_seq=1,
            created_at=ctx.occurred_at,
        )
        known.save(force_insert=True)
        seq = 1
    else:
        seq = known.event_seq + 1
        models.Item.objects.filter(id=known.id).update(
            status="available", holder=holder, back_by=back_by, title=title, event_seq=seq
        )
    record(
        "interloan.received",
        ctx=ctx,
        library=library,
        item=known.id,
        item_seq=seq,
        title=title,
        dimensions=Dimensions(item_category=CATEGORY, clc=found.main_class, owner_place=library),
        data=data,
    )
    return str(known.id)
