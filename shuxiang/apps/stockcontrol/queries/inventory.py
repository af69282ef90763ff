"""What an inventory found: every list is one statement, whatever its size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from shuxiang.apps.places import queries as places
from shuxiang.apps.stock.queries import shelf_sort
from shuxiang.apps.stockcontrol import models, rules
from shuxiang.runtime import sql

LISTS: Final = (
    "misplaced",
    "order",
    "missing",
    "unlisted",
    "on_loan",
    "under_way",
    "found",
    "late",
)
"""What is in the wrong place; in the wrong order; expected and not found; not of the stock; on loan
but here; on its way but here; counted as lost or missing and here; come back while it was counted."""


@dataclass(frozen=True, slots=True)
class InventoryView:
    id: str
    library: str
    number: str
    place: str
    location: str | None
    call_from: str
    call_to: str
    note: str
    state: str
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str
    result: dict[str, int]


def _view(row: models.Inventory) -> InventoryView:
    return InventoryView(
        row.id, row.library, row.number, row.place_id, row.location_id, row.call_from, row.call_to,
        row.note, row.state, row.opened_at, row.opened_by, row.closed_at, row.closed_by, row.result,
    )  # fmt: skip


def inventory(inventory_id: str) -> InventoryView | None:
    row = models.Inventory.objects.filter(id=inventory_id).first()
    return _view(row) if row else None


def inventories(place_ids: Collection[str], limit: int = 100) -> tuple[InventoryView, ...]:
    """Inventories of the places, open ones first, then the newest."""
    rows = models.Inventory.objects.filter(place__in=list(place_ids)).order_by("-opened_at")
    return tuple(sorted(map(_view, rows[:limit]), key=lambda v: v.state != "open"))


@dataclass(frozen=True, slots=True)
class RunView:
    """A lot of scans: how many were new when it came."""

    id: str
    source: str
    name: str
    in_order: bool
    sent_at: datetime
    sent_by: str
    scans: int


def runs(inventory_id: str) -> tuple[RunView, ...]:
    rows = sql.all(
        "SELECT r.id, r.source, r.name, r.in_order, r.sent_at, r.sent_by, "
        "(SELECT COUNT(*) FROM stockcontrol_scan s WHERE s.run_id = r.id) "
        "FROM stockcontrol_run r WHERE r.inventory_id = ? ORDER BY r.sent_at, r.id",
        inventory_id,
    )
    return tuple(RunView(r[0], r[1], r[2], bool(r[3]), *r[4:]) for r in rows)


def meant(codes: Sequence[str], place: str) -> dict[str, tuple[str | None, str]]:
    """{code: (item or None, '' or why there is none)}: of several libraries' items the only one that
    should stand at the place; ``barcode@library code`` names one."""
    if not codes:
        return {}
    plain = {code: code.partition("@") for code in codes}
    barcodes = sorted({barcode for barcode, _, _ in plain.values()})
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for row in sql.all(
        "SELECT barcode, id, library, holder_id FROM stock_item WHERE barcode IN "
        f"({sql.marks(len(barcodes))})",
        *barcodes,
    ):
        rows.setdefault(row[0], []).append(row)
    codes_of = {p.code.upper(): p.id for p in places.all_places()}
    found: dict[str, tuple[str | None, str]] = {}
    for code, (barcode, at, library) in plain.items():
        items = rows.get(barcode, [])
        if at:
            items = [r for r in items if r[2] == codes_of.get(library)]
        elif len(items) > 1:
            here = [r for r in items if r[3] == place]
            items = here if len(here) == 1 else items
        if len(items) == 1:
            found[code] = (items[0][1], "")
        else:
            found[code] = (None, "several" if items else "unknown")
    return found


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of a list. ``holder`` and ``location`` are where it is recorded; ``what`` says why a code is
    unlisted."""

    code: str
    item: str
    title_text: str
    call_number: str
    holder: str
    location: str | None
    status: str
    what: str = ""


_ON_LOAN = (
    "EXISTS (SELECT 1 FROM circulation_loan l WHERE l.item_id = i.id AND l.returned_at IS NULL"
)
_SENT = "EXISTS (SELECT 1 FROM circulation_transit r WHERE r.item_id = i.id AND r.ended_at IS NULL"
_KEPT = (
    "EXISTS (SELECT 1 FROM circulation_hold h WHERE h.item_id = i.id "
    "AND h.state IN ('coming', 'ready'))"
)
_SCANNED = (
    "EXISTS (SELECT 1 FROM stockcontrol_scan s WHERE s.inventory_id = ? AND s.item_id = i.id)"
)
_CAME_BACK = (
    "(EXISTS (SELECT 1 FROM circulation_loan b WHERE b.item_id = i.id AND b.returned_at >= ?) "
    "OR EXISTS (SELECT 1 FROM circulation_transit a WHERE a.item_id = i.id AND a.ended_at >= ?))"
)


def _range(view: InventoryView) -> tuple[str, list[Any]]:
    """The condition that an item ``i`` belongs on the shelves counted."""
    where, values = "i.holder_id = ?", [view.place]
    if view.location:
        where += " AND i.location_id = ?"
        values.append(view.location)
    if view.call_from:
        where += " AND i.call_sort >= ?"
        values.append(shelf_sort(view.call_from))
    if view.call_to:
        # Up to and with everything that begins with it.
        where += " AND i.call_sort <> '' AND (i.call_sort <= ? OR i.call_number LIKE ? ESCAPE '!')"
        like = view.call_to.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        values += [shelf_sort(view.call_to), f"{like}%"]
    return where, values


def _expected(view: InventoryView) -> tuple[str, list[Any]]:
    """The condition that an item should stand there now: of the range, and not lent, sent or set aside."""
    where, values = _range(view)
    where += (
        " AND i.status IN ('available', 'damaged', 'blocked') AND i.created_at < ? "
        f"AND NOT {_ON_LOAN}) AND NOT {_SENT}) AND NOT {_KEPT}"
    )
    return where, [*values, view.opened_at]


def _condition(view: InventoryView, name: str) -> tuple[str, str, list[Any]]:
    """(tables, condition, values) of a list."""
    scans = "stockcontrol_scan s LEFT JOIN stock_item i ON i.id = s.item_id"
    of = "s.inventory_id = ?"
    if name in ("missing", "late"):
        where, values = _expected(view)
        back = _CAME_BACK if name == "late" else f"NOT {_CAME_BACK}"
        where = f"{where} AND NOT {_SCANNED} AND {back}"
        return "stock_item i", where, [*values, view.id, view.opened_at, view.opened_at]
    if name == "unlisted":
        other = "i.library <> ? AND i.holder_id <> ?"
        where = f"{of} AND (i.id IS NULL OR i.status = 'withdrawn' OR ({other}))"
        return scans, where, [view.id, view.library, view.place]
    lent_before, sent_before = f"{_ON_LOAN} AND l.lent_at < ?)", f"{_SENT} AND r.sent_at < ?)"
    if name == "on_loan":
        return scans, f"{of} AND {lent_before}", [view.id, view.opened_at]
    if name == "under_way":
        return scans, f"{of} AND {sent_before}", [view.id, view.opened_at]
    if name == "found":
        return scans, f"{of} AND i.status IN ('lost', 'missing') AND NOT {_ON_LOAN})", [view.id]
    assert name == "misplaced"
    here, values = _range(view)
    where = (
        f"{of} AND i.status <> 'withdrawn' AND (i.library = ? OR i.holder_id = ?) "
        f"AND NOT ({here}) AND NOT {_ON_LOAN}) AND NOT {_SENT})"
    )
    return scans, where, [view.id, view.library, view.place, *values]


def count(view: InventoryView, name: str) -> int:
    """How long a list is."""
    if name == "order":
        return len(misordered(view))
    tables, where, values = _condition(view, name)
    row = sql.one(f"SELECT COUNT(*) FROM {tables} WHERE {where}", *values)
    return int(row[0]) if row else 0


def listed(
    view: InventoryView, name: str, *, limit: int | None = 200, offset: int = 0
) -> tuple[Listed, ...]:
    """A list in shelf order."""
    if name == "order":
        found = misordered(view)
        return found[offset : offset + limit] if limit is not None else found
    tables, where, values = _condition(view, name)
    code, what = ("i.barcode", "''") if tables.startswith("stock_item") else ("s.code", "s.what")
    page = " LIMIT ? OFFSET ?" if limit is not None else ""
    rows = sql.all(
        f"SELECT {code}, i.id, t.title, i.call_number, i.holder_id, i.location_id, i.status, {what} "
        f"FROM {tables} LEFT JOIN catalog_title t ON t.id = i.title_id WHERE {where} "
        f"ORDER BY CASE WHEN i.id IS NULL THEN 0 ELSE 1 END, i.call_sort, {code}{page}",
        *values,
        *((limit, offset) if limit is not None else ()),
    )
    lines: list[Listed] = []
    for row in rows:
        # A code that means no item has none of its fields.
        told: list[Any] = [*(x or "" for x in row[:5]), row[5], row[6] or "", row[7]]
        lines.append(Listed(*told))
    return tuple(lines)


def misordered(view: InventoryView) -> tuple[Listed, ...]:
    """Books that stand in the wrong order, of the lots scanned along the shelf, lot by lot."""
    rows = sql.all(
        "SELECT s.run_id, s.code, i.id, t.title, i.call_number, i.holder_id, i.location_id, i.status, "
        "i.call_sort FROM stockcontrol_scan s JOIN stockcontrol_run r ON r.id = s.run_id "
        "JOIN stock_item i ON i.id = s.item_id JOIN catalog_title t ON t.id = i.title_id "
        "WHERE s.inventory_id = ? AND r.in_order AND i.holder_id = ? AND i.status <> 'withdrawn' "
        "ORDER BY r.sent_at, r.id, s.number",
        view.id,
        view.place,
    )
    lots: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        lots.setdefault(row[0], []).append(row)
    return tuple(
        Listed(*lot[at][1:8])
        for lot in lots.values()
        for at in rules.out_of_order([row[8] for row in lot])
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of an inventory. ``expected`` should stand there; ``right`` of them do."""

    expected: int
    scans: int
    right: int
    misplaced: int
    order: int
    missing: int
    unlisted: int
    on_loan: int
    under_way: int
    found: int
    late: int

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def summary(view: InventoryView) -> Summary:
    """The figures now."""
    where, values = _expected(view)
    row = sql.one(
        f"SELECT COUNT(*), SUM(CASE WHEN {_SCANNED} THEN 1 ELSE 0 END) FROM stock_item i "
        f"WHERE {where}",
        view.id,
        *values,
    )
    scans = sql.one("SELECT COUNT(*) FROM stockcontrol_scan WHERE inventory_id = ?", view.id)
    assert row is not None
    assert scans is not None
    lists = Counter({name: count(view, name) for name in LISTS})
    return Summary(expected=row[0], right=row[1] or 0, scans=scans[0], **lists)


@dataclass(frozen=True, slots=True)
class Marked:
    """What closing changed of an item."""

    item: str
    before: str
    after: str


def untouched(inventory_id: str) -> tuple[Marked, ...]:
    """What closing changed and nothing has happened to since."""
    rows = sql.all(
        "SELECT m.item_id, m.before, m.after FROM stockcontrol_marked m JOIN stock_item i "
        "ON i.id = m.item_id WHERE m.inventory_id = ? AND i.event_seq = m.seq AND NOT m.undone "
        "ORDER BY m.item_id",
        inventory_id,
    )
    return tuple(Marked(*row) for row in rows)
