"""The commands of an import: begin, one chunk, finish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import batches
from shuxiang.apps.catalog.queries import NewTitle, SetAside
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock.commands.rows import INSERT_ITEM
from shuxiang.apps.stock.marc.prepare import Chunk, NewItem
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, next_number, running_request

LISTED = 50
_AT = {name: place for place, name in enumerate(ledger.COLUMNS)}


@dataclass(frozen=True, slots=True)
class Begun:
    """A batch that is open, and the byte to go on from."""

    batch: str
    number: str
    offset: int
    records: int


@dataclass(frozen=True, slots=True)
class Written:
    """What a chunk wrote."""

    titles: int
    items: int
    refused_items: int
    quarantined: int


@command("stock.begin_import", permission="catalog.import")
def begin_import(
    *,
    place: str,
    file_name: str,
    file_sha256: str,
    file_size: int,
    charset: str,
    format: str,  # noqa: A002 - the column's name
    profile: dict[str, str | bool],
    options: dict[str, Any],
    ctx: Context,
) -> Begun:
    """Open a batch for a file, or find the one that was interrupted.

    Raises Refused: import-known when the file was imported there before, import-being-undone.
    """
    library = places.place(place).library
    known = catalog.batch_of_file(library=library, place=place, file_sha256=file_sha256)
    if known is None:
        batch, number = batches.open_batch(
            library=library,
            place=place,
            file_name=file_name,
            file_sha256=file_sha256,
            file_size=file_size,
            charset=charset,
            format=format,
            profile=profile,
            options=options,
            at=ctx.occurred_at,
        )
        return Begun(batch, number, 0, 0)
    if known.status == batches.DONE:
        raise refuse(stop("import-known", number=known.number, at=known.started_at.isoformat()))
    if known.status == batches.UNDOING:
        raise refuse(stop("import-being-undone", number=known.number))
    return Begun(known.id, known.number, known.offset, known.records)


@command("stock.import_chunk", permission="catalog.import")
def import_chunk(*, chunk: Chunk, ctx: Context) -> Written:
    """Write one chunk of a file: titles, items, ledger rows, quarantine, and how far it has come.

    An item whose barcode its library already has is not added; it is set aside with its field.

    Raises Refused: import-elsewhere when another process has moved the batch on.
    """
    batch = catalog.lock_batch(chunk.batch)
    if batch is None or batch.status != batches.RUNNING or batch.offset != chunk.offset:
        raise refuse(stop("import-elsewhere", number=batch.number if batch else ""))
    accepted, refused = _sift(chunk.items, batch.id)
    control: dict[str, Any] = dict(batch.control)
    _note_same_titles(control, chunk.titles, batch.id)
    batches.insert_titles(chunk.titles, library=batch.library, batch=batch.id, at=ctx.occurred_at)
    source = str(batch.options["source"])
    given = batch.options.get("accessioned_on")
    on = date.fromisoformat(given) if given else None
    fixed = (source, sql.value(on), batch.id, 1, sql.value(ctx.occurred_at))
    sql.many(INSERT_ITEM, [_item_row(item) + fixed for item in accepted], converted=True)
    ledger.append_many(sql, _events(chunk.titles, accepted, batch, source, on, ctx))
    aside = [*chunk.aside, *refused]
    batches.insert_set_aside(aside, batch=batch.id)
    _count(control, chunk, accepted, refused)
    batches.move_on(
        batch.id,
        offset=chunk.until,
        records=chunk.records,
        titles=len(chunk.titles),
        items=len(accepted),
        quarantined=len(chunk.aside),
        warnings=sum(chunk.warnings.values()),
        control=control,
    )
    return Written(len(chunk.titles), len(accepted), len(refused), len(chunk.aside))


@command("stock.finish_import", permission="catalog.import")
def finish_import(*, batch: str, size: int, ctx: Context) -> None:
    """Close a batch whose file has been read to its end (byte ``size``)."""
    found = catalog.lock_batch(batch)
    if found is None or found.status != batches.RUNNING:
        raise refuse(stop("import-elsewhere", number=found.number if found else ""))
    batches.move_on(batch, offset=size, control=found.control)
    batches.set_status(batch, batches.DONE, at=ctx.occurred_at)


def _sift(items: Sequence[NewItem], batch: str) -> tuple[list[NewItem], list[SetAside]]:
    """Items that can be added, and those whose barcode is known in their library or stood earlier
    in the file."""
    known: dict[tuple[str, str], str | None] = {}
    barcodes = [item.barcode for item in items]
    for start in range(0, len(barcodes), 1000):
        part = barcodes[start : start + 1000]
        known.update(
            ((library, barcode), owner)
            for library, barcode, owner in sql.all(
                "SELECT library, barcode, batch_id FROM stock_item WHERE barcode IN "
                f"({sql.marks(len(part))})",
                *part,
            )
        )
    accepted: list[NewItem] = []
    refused: list[SetAside] = []
    for item in items:
        key = (item.library, item.barcode)
        if key not in known and item.barcode:
            known[key] = batch
            accepted.append(item)
            continue
        reason = "barcode-missing"
        if item.barcode:
            in_file = known[key] == batch
            reason = "barcode-duplicate-in-file" if in_file else "barcode-taken"
        refused.append(
            SetAside(
                "item",
                item.position,
                item.offset,
                reason,
                item.raw,
                item.raw.encode(),
                item.barcode,
            )
        )
    return accepted, refused


def _item_row(item: NewItem) -> tuple[Any, ...]:
    return (
        item.id,
        item.library,
        item.barcode,
        item.accession_number,
        item.title,
        item.owner,
        item.owner,
        item.location,
        item.category,
        "available",
        item.call_number,
        item.call_sort,
        item.volume,
        item.price_fen,
    )


def _events(
    titles: Sequence[NewTitle],
    items: Sequence[NewItem],
    batch: catalog.BatchView,
    source: str,
    on: date | None,
    ctx: Context,
) -> list[list[Any]]:
    """The ledger rows of a chunk, in the order of its titles and items."""
    number = next_number(len(titles) + len(items))
    usual = {
        "library": batch.library,
        "request": running_request(),
        "occurred_at": sql.value(ctx.occurred_at),
        "recorded_at": sql.value(ctx.occurred_at),
        "business_date": sql.value(clock.business_date(ctx.occurred_at)),
        "place": batch.place,
        "channel": ctx.channel,
        "actor_kind": ctx.actor.kind,
        "actor": ctx.actor.id,
        "session": ctx.session_id,
        "quantity": 1,
        "reader_category": "",
        "age_band": "",
        "item_category": "",
        "visit_key": "",
        "year_key": "",
        "source": source,
        "data": "",
    }
    accessioned = sql.value(on) if on else usual["business_date"]
    template = [usual.get(name) for name in ledger.COLUMNS]
    id_, at_number, type_ = _AT["id"], _AT["number"], _AT["type"]
    at_title, at_clc, at_item = _AT["title"], _AT["clc"], _AT["item"]
    at_seq, at_amount, at_owner = _AT["item_seq"], _AT["amount"], _AT["owner_place"]
    at_category, at_library, at_day = _AT["item_category"], _AT["library"], _AT["business_date"]
    rows: list[list[Any]] = []
    for title in titles:
        row = template.copy()
        row[id_], row[at_number], row[type_] = new_id(), number, "title.added"
        row[at_title], row[at_clc] = title.id, title.main_class
        rows.append(row)
        number += 1
    for item in items:
        row = template.copy()
        row[id_], row[at_number], row[type_] = new_id(), number, "item.accessioned"
        row[at_title], row[at_clc] = item.title, item.main_class
        row[at_item], row[at_seq], row[at_amount] = item.id, 1, item.price_fen
        row[at_owner], row[at_category] = item.owner, item.category
        row[at_library], row[at_day] = item.library, accessioned
        rows.append(row)
        number += 1
    return rows


def _note_same_titles(control: dict[str, Any], titles: Sequence[NewTitle], batch: str) -> None:
    """Count records whose ISBN and title the catalogue has already; they are imported all the same,
    because a record that is left out could never be given back."""
    keyed: list[tuple[tuple[str, str], NewTitle]] = []
    for title in titles:
        isbn = next((value for kind, value in title.numbers if kind == "isbn"), "")
        if isbn:
            keyed.append(((isbn, str(title.values[1])), title))
    found = catalog.same_publications(batch, [key for key, _ in keyed])
    listed = control.setdefault("same_title_list", [])
    for key, title in keyed:
        if key in found:
            where = "same_titles_in_file" if found[key] else "same_titles_in_database"
            control[where] = control.get(where, 0) + 1
            if len(listed) < LISTED:
                listed.append([title.position, *key])
        found.setdefault(key, True)


def _count(
    control: dict[str, Any],
    chunk: Chunk,
    accepted: Sequence[NewItem],
    refused: Sequence[SetAside],
) -> None:
    for name, counts in (
        ("warnings", chunk.warnings),
        ("items_by_place", Counter(item.owner for item in accepted)),
        ("items_by_category", Counter(item.category for item in accepted)),
        ("refused_items", Counter(row.reason for row in refused)),
        ("quarantined", Counter(row.reason for row in chunk.aside)),
    ):
        total = Counter(control.get(name, {}))
        total.update(counts)
        control[name] = dict(total)
    prices = [item.price_fen for item in accepted if item.price_fen is not None]
    control["price_fen"] = control.get("price_fen", 0) + sum(prices)
    control["unpriced"] = control.get("unpriced", 0) + len(accepted) - len(prices)
