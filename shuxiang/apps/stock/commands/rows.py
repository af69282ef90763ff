"""The row of an item as imports write it, many at a time."""

from __future__ import annotations

from shuxiang.runtime import sql

_ITEM = (
    "id",
    "library",
    "barcode",
    "accession_number",
    "title_id",
    "owner_id",
    "holder_id",
    "location_id",
    "category_id",
    "status",
    "call_number",
    "call_sort",
    "volume",
    "price_fen",
    "source",
    "accessioned_on",
    "batch_id",
    "event_seq",
    "created_at",
)
INSERT_ITEM = f"INSERT INTO stock_item ({', '.join(_ITEM)}) VALUES ({sql.marks(len(_ITEM))})"
