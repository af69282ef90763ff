"""Items looked up by staff: by barcode, accession number or call number."""

from __future__ import annotations

from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import rules
from shuxiang.apps.stock.queries.items import ItemView, items_by_barcode
from shuxiang.apps.stock.queries.items import view as _view
from shuxiang.formats.clc import above, class_key
from shuxiang.runtime import sql


def items_by_accession(number: str) -> tuple[ItemView, ...]:
    """Items with an accession number (财产号), exactly as written."""
    plain = number.strip()
    if not plain:
        return ()
    return _view(
        "WHERE i.accession_number = ? AND i.accession_number <> '' ORDER BY i.id LIMIT 200", plain
    )


def by_number(text: str) -> tuple[ItemView, ...]:
    """Items with a barcode or, where none has it, an accession number."""
    return items_by_barcode(text) or items_by_accession(text)


def _shelf(typed: str) -> tuple[str, list[str]] | None:
    plain = rules.split_collection(typed.strip().upper())[1]
    head, slash, number = plain.partition("/")
    begins = rules.number_line(head, number) if slash and number else class_key(head)
    if not begins.strip("z"):
        return None
    holders = [p.id for p in places.all_places()]
    where = (
        f"WHERE i.holder_id IN ({sql.marks(len(holders))}) AND i.call_sort >= ? AND i.call_sort < ?"
    )
    return where, [*holders, begins, above(begins)]


def count_at_call_number(typed: str) -> int:
    """How many items have a call number that begins so, withdrawn ones included."""
    shelf = _shelf(typed)
    if shelf is None:
        return 0
    row = sql.one(f"SELECT COUNT(*) FROM stock_item i {shelf[0]}", *shelf[1])
    return int(row[0]) if row else 0


def items_at_call_number(typed: str, *, offset: int = 0, limit: int = 50) -> tuple[ItemView, ...]:
    """The same items in shelf order. A class number finds the classes below it too; with ``/`` and a
    book number only that one."""
    shelf = _shelf(typed)
    if shelf is None:
        return ()
    return _view(
        f"{shelf[0]} ORDER BY i.call_sort, i.volume, i.barcode LIMIT ? OFFSET ?",
        *shelf[1],
        limit,
        offset,
    )
