"""Labels that wait to be printed, and those that were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label of an item. ``printed_at``: None while it waits."""

    item: str
    barcode: str
    call_number: str
    volume: str
    title: str
    title_text: str
    owner: str
    queued_at: datetime
    queued_by: str
    printed_at: datetime | None


_COLUMNS = (
    "SELECT i.id, i.barcode, i.call_number, i.volume, i.title_id, t.title, i.owner_id, l.queued_at, "
    "l.queued_by, l.printed_at "
)
_FROM = (
    "FROM stock_label l JOIN stock_item i ON i.id = l.item_id "
    "JOIN catalog_title t ON t.id = i.title_id WHERE i.status <> 'withdrawn' "
)


def labels(
    owners: Sequence[str],
    *,
    printed: bool = False,
    by: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    offset: int = 0,
    limit: int = 200,
) -> tuple[tuple[LabelRow, ...], int]:
    """Labels of items of the places in the order they were queued (printed ones: newest first), and
    how many there are. ``by``: only those an account queued; ``since`` and ``until`` bound the moment
    they were queued."""
    if not owners:
        return (), 0
    where = f"AND l.printed_at IS {'NOT ' if printed else ''}NULL "
    where += f"AND i.owner_id IN ({sql.marks(len(owners))}) "
    values: list[object] = list(owners)
    for condition, value in (
        ("l.queued_by = ?", by),
        ("l.queued_at >= ?", since),
        ("l.queued_at < ?", until),
    ):
        if value:
            where += f"AND {condition} "
            values.append(value)
    counted = sql.one(f"SELECT COUNT(*) {_FROM}{where}", *values)
    order = "l.printed_at DESC, l.id DESC" if printed else "l.queued_at, l.id"
    rows = sql.all(
        f"{_COLUMNS}{_FROM}{where}ORDER BY {order} LIMIT ? OFFSET ?", *values, limit, offset
    )
    return tuple(LabelRow(*row) for row in rows), int(counted[0]) if counted else 0


def label_waits(item: str) -> bool:
    """Whether a label of the item waits to be printed."""
    found = sql.one("SELECT 1 FROM stock_label WHERE item_id = ? AND printed_at IS NULL", item)
    return found is not None


@dataclass(frozen=True, slots=True)
class ToPrint:
    """What a label says."""

    item: str
    barcode: str
    call_number: str
    volume: str
    owner: str


def to_print(items: Sequence[str]) -> tuple[ToPrint, ...]:
    """What to print for items, in the order they were given; unknown ones are left out."""
    wanted = list(dict.fromkeys(items))
    if not wanted:
        return ()
    rows = sql.all(
        "SELECT id, barcode, call_number, volume, owner_id FROM stock_item "
        f"WHERE id IN ({sql.marks(len(wanted))})",
        *wanted,
    )
    found = {row[0]: ToPrint(*row) for row in rows}
    return tuple(found[item] for item in wanted if item in found)


def items_of_batch(
    batch: str, *, offset: int = 0, limit: int = 200
) -> tuple[tuple[str, str, str, str, str], ...]:
    """(id, barcode, call number, volume, title) of the items of an import, in shelf order."""
    rows = sql.all(
        "SELECT i.id, i.barcode, i.call_number, i.volume, t.title FROM stock_item i "
        "JOIN catalog_title t ON t.id = i.title_id WHERE i.batch_id = ? "
        "AND i.status <> 'withdrawn' ORDER BY i.call_sort, i.barcode LIMIT ? OFFSET ?",
        batch,
        limit,
        offset,
    )
    return tuple((r[0], r[1], r[2], r[3], r[4]) for r in rows)
