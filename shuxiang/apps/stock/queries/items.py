"""What others may ask about items. Frozen values only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shuxiang.apps.catalog import queries as catalog
from shuxiang.kernel.values import scanned
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class ScannedItem:
    """Everything a loan decision needs to know of an item, as one statement finds it. ``least_age``:
    the higher of the age marks of the item and its title."""

    id: str
    library: str
    barcode: str
    title: str
    title_text: str
    owner: str
    holder: str
    category: str
    category_lendable: bool
    status: str
    call_number: str
    clc: str
    event_seq: int
    used_at: datetime | None
    price_fen: int | None
    least_age: int | None = None
    back_by: date | None = None
    base: str | None = None


_SCANNED = (
    "SELECT i.id, i.library, i.barcode, i.title_id, t.title, i.owner_id, i.holder_id, "
    "i.category_id, c.lendable, i.status, i.call_number, t.main_class, i.event_seq, i.used_at, "
    "i.price_fen, i.base_id, i.back_by, i.least_age, t.least_age FROM stock_item i JOIN catalog_title t ON t.id = i.title_id "
    "JOIN stock_category c ON c.code = i.category_id WHERE "
)


def _scanned(row: tuple[Any, ...]) -> ScannedItem:
    least = max(filter(None, row[-2:]), default=None)
    return ScannedItem(*(*row[:-4], least, row[-3], row[-4]))


def scanned_items(barcode: str) -> tuple[ScannedItem, ...]:
    """Every item that carries the barcode, of any library: more than one must be asked, not guessed."""
    return tuple(_scanned(r) for r in sql.all(_SCANNED + "i.barcode = ?", barcode))


def scanned_item(item_id: str) -> ScannedItem | None:
    row = sql.one(_SCANNED + "i.id = ?", item_id)
    return _scanned(row) if row else None


def lock_item(item_id: str) -> ScannedItem | None:
    """The item, locked until the transaction ends."""
    sql.one("SELECT id FROM stock_item WHERE id = ?" + sql.for_update(), item_id)
    return scanned_item(item_id)


@dataclass(frozen=True, slots=True)
class BriefItem:
    """What an offline desk knows of an item. ``least_age``: the higher of its age marks."""

    id: str
    library: str
    barcode: str
    title_text: str
    owner: str
    category: str
    status: str
    least_age: int | None


def briefly(after: str = "", limit: int = 5000) -> tuple[BriefItem, ...]:
    """Items in the order of their ids, from the one after ``after``."""
    rows = sql.all(
        "SELECT i.id, i.library, i.barcode, t.title, i.owner_id, i.category_id, i.status, "
        "i.least_age, t.least_age FROM stock_item i JOIN catalog_title t ON t.id = i.title_id "
        f"{'WHERE i.id > ? ' if after else ''}ORDER BY i.id LIMIT ?",
        *((after,) if after else ()),
        limit,
    )
    found = []
    for id_, library, barcode, title, owner, category, status, own, titles in rows:
        least = max(filter(None, (own, titles)), default=None)
        found.append(BriefItem(id_, library, barcode, title, owner, category, status, least))
    return tuple(found)


def properties(item_id: str) -> str:
    """What a machine keeps with an item; '' for nothing."""
    row = sql.one("SELECT text FROM stock_properties WHERE item = ?", item_id)
    return str(row[0]) if row else ""


# --- what pages and search show -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item as tables show it. ``lendable``: its category may leave the house; whether it is out
    on loan is circulation's to say."""

    id: str
    library: str
    barcode: str
    accession_number: str
    title: str
    owner: str
    holder: str
    location: str | None
    location_name: str
    category: str
    category_name: str
    lendable: bool
    status: str
    call_number: str
    volume: str
    price_fen: int | None
    source: str
    accessioned_on: date | None
    batch: str | None
    event_seq: int
    least_age: int | None = None


_ITEM = (
    "SELECT i.id, i.library, i.barcode, i.accession_number, i.title_id, i.owner_id, i.holder_id, "
    "i.location_id, COALESCE(l.name, ''), i.category_id, c.name, c.lendable, i.status, "
    "i.call_number, i.volume, i.price_fen, i.source, i.accessioned_on, i.batch_id, i.event_seq, "
    "i.least_age "
    "FROM stock_item i JOIN stock_category c ON c.code = i.category_id "
    "LEFT JOIN places_location l ON l.id = i.location_id "
)


_STANDING = "AND i.status <> 'withdrawn' "


def _item(row: tuple[Any, ...]) -> ItemView:
    return ItemView(*row)


def view(where: str, *values: Any) -> tuple[ItemView, ...]:
    """Items by a condition on ``i`` (the item), ``c`` (its category), ``l`` (its location)."""
    return tuple(map(_item, sql.all(_ITEM + where, *values)))


def item(item_id: str) -> ItemView | None:
    """The item, or None."""
    row = sql.one(_ITEM + "WHERE i.id = ?", item_id)
    return _item(row) if row else None


def items_after(last: str, limit: int) -> tuple[ItemView, ...]:
    """Every item, withdrawn ones too, in the order of ids above ``last``."""
    return view("WHERE i.id > ? ORDER BY i.id LIMIT ?", last, limit)


def items_by_barcode(barcode: str) -> tuple[ItemView, ...]:
    """Every item that carries a barcode as scanned, of any library, withdrawn ones included."""
    return tuple(map(_item, sql.all(_ITEM + "WHERE i.barcode = ? ORDER BY i.id", scanned(barcode))))


def items_of(titles: Iterable[str], *, withdrawn: bool = False) -> dict[str, tuple[ItemView, ...]]:
    """Items by title, in shelf order, in one statement; titles without items are absent."""
    wanted = list(titles)
    if not wanted:
        return {}
    found: dict[str, list[ItemView]] = {}
    for row in sql.all(
        _ITEM + f"WHERE i.title_id IN ({sql.marks(len(wanted))}) "
        f"{'' if withdrawn else _STANDING}"
        "ORDER BY i.call_sort, i.volume, i.barcode",
        *wanted,
    ):
        found.setdefault(row[4], []).append(_item(row))
    return {title: tuple(rows) for title, rows in found.items()}


def has_items(title: str) -> bool:
    """Whether a title has any item, withdrawn ones included."""
    return sql.one("SELECT 1 FROM stock_item WHERE title_id = ? LIMIT 1", title) is not None


def categories() -> tuple[tuple[str, str, bool], ...]:
    """(code, name, lendable) of every item category, in the library's order."""
    rows = sql.all("SELECT code, name, lendable FROM stock_category ORDER BY position, code")
    return tuple((code, name, bool(lendable)) for code, name, lendable in rows)


@dataclass(frozen=True, slots=True)
class Holding:
    """Stock of one owning place and main class: 种, 册, 码洋 in 分 (items without a price count 0).
    ``main_class`` is '' for titles without a class."""

    owner: str
    main_class: str
    titles: int
    items: int
    price_fen: int


def holdings(owners: Iterable[str] | None = None) -> tuple[Holding, ...]:
    """Stock by owning place and main class, withdrawn items left out. A title held at two places is
    a title at each: add up 种 over places only with `held_titles`."""
    chosen = None if owners is None else list(owners)
    if chosen == []:
        return ()
    where = "" if chosen is None else f"AND i.owner_id IN ({sql.marks(len(chosen))}) "
    rows = sql.all(
        "SELECT i.owner_id, t.main_class, COUNT(DISTINCT i.title_id), COUNT(*), "
        "COALESCE(SUM(i.price_fen), 0) FROM stock_item i JOIN catalog_title t "
        f"ON t.id = i.title_id WHERE i.status <> 'withdrawn' {where}"
        "GROUP BY i.owner_id, t.main_class ORDER BY i.owner_id, t.main_class",
        *(chosen or ()),
    )
    return tuple(Holding(o, c, int(t), int(n), int(p)) for o, c, t, n, p in rows)


def held_titles(owners: Iterable[str] | None = None) -> int:
    """Titles with at least one item that is not withdrawn, each once."""
    chosen = None if owners is None else list(owners)
    if chosen == []:
        return 0
    where = "" if chosen is None else f" AND owner_id IN ({sql.marks(len(chosen))})"
    row = sql.one(
        f"SELECT COUNT(DISTINCT title_id) FROM stock_item WHERE status <> 'withdrawn'{where}",
        *(chosen or ()),
    )
    return int(row[0]) if row else 0


# --- imports ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ControlSheet:
    """对照表 of an import: what was read, what was made of it, what was not.

    Attributes:
        batch: the import itself, with the counts of records, titles, items and warnings.
        items_by_place, items_by_category: items by owning place id and by category code.
        price_fen: 码洋 of the items; unpriced: items without a price.
        quarantined: unreadable records by reason; warnings: what was mended or odd, by code.
        taken, repeated: barcodes that were in the database before and that stand twice in the file,
            each with the position of its record; their items were not added.
        same_titles_in_database, same_titles_in_file: records with the ISBN and title of another.
        same_titles: the first of these as (position, ISBN, title).
    """

    batch: catalog.BatchView
    items_by_place: dict[str, int]
    items_by_category: dict[str, int]
    price_fen: int
    unpriced: int
    quarantined: dict[str, int]
    warnings: dict[str, int]
    taken: tuple[tuple[int, str], ...]
    repeated: tuple[tuple[int, str], ...]
    same_titles_in_database: int
    same_titles_in_file: int
    same_titles: tuple[tuple[int, str, str], ...]

    @property
    def refused_items(self) -> int:
        return sum(self.batch.control.get("refused_items", {}).values())


def control_sheet(number: str, *, listed: int = 1000) -> ControlSheet | None:
    """The control sheet of an import so far; at most ``listed`` barcodes of each kind. None: no such
    import."""
    batch = catalog.batch(number)
    if batch is None:
        return None
    control = batch.control

    def barcodes(reason: str) -> tuple[tuple[int, str], ...]:
        rows = catalog.quarantined(number, kind="item", reason=reason, limit=listed)
        return tuple((row.position, row.barcode) for row in rows)

    return ControlSheet(
        batch=batch,
        items_by_place=control.get("items_by_place", {}),
        items_by_category=control.get("items_by_category", {}),
        price_fen=control.get("price_fen", 0),
        unpriced=control.get("unpriced", 0),
        quarantined=control.get("quarantined", {}),
        warnings=control.get("warnings", {}),
        taken=barcodes("barcode-taken"),
        repeated=barcodes("barcode-duplicate-in-file"),
        same_titles_in_database=control.get("same_titles_in_database", 0),
        same_titles_in_file=control.get("same_titles_in_file", 0),
        same_titles=tuple((p, i, t) for p, i, t in control.get("same_title_list", [])),
    )
