"""Writing a chunk of a holdings list: titles, items, ledger rows, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import batches, sheets
from shuxiang.apps.catalog.commands.sheets import Chunk, Tally
from shuxiang.apps.catalog.queries import NewTitle
from shuxiang.apps.stock.commands.import_sheet.reading import NewHolding, same_text
from shuxiang.apps.stock.commands.rows import INSERT_ITEM
from shuxiang.formats.notes import note
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, next_number, running_request

GROUP = "sheet"
"""Kind of the identifier by which the rows of a title find it again."""

Found = dict[str, tuple[str, str]]
"""Key of a group of rows → id and main class of its title."""


@command("stock.import_sheet_chunk")
def import_sheet_chunk(*, chunk: Chunk, ctx: Context) -> int:
    """Write one chunk of a holdings list; returns how many items were made. An item whose barcode
    its library already has is set aside with its row.

    Raises Refused: import-elsewhere, not-permitted.
    """
    batch = sheets.opened(chunk, ctx)
    tally = Tally(dict(batch.control))
    rows = _sift(chunk.rows, batch.id, tally)
    titles = _titles(rows)
    fresh = _fresh(rows, titles)
    batches.insert_titles(fresh, library=batch.library, batch=batch.id, at=ctx.occurred_at)
    moment = sql.value(ctx.occurred_at)
    sql.many(
        INSERT_ITEM,
        [
            (
                r.id, r.library, r.barcode, r.accession, titles[r.key][0], r.owner, r.holder,
                r.location, r.category, r.status, r.call_number, r.call_sort, r.volume,
                r.price_fen, r.source, sql.value(r.day), batch.id, 1, moment,
            )
            for r in rows
        ],
    )  # fmt: skip
    ledger.append_many(sql, _events(fresh, rows, titles, batch, ctx))
    _count(tally, rows)
    sheets.close_chunk(chunk, batch, tally, rows, titles=len(fresh), items=len(rows))
    return len(rows)


def _sift(given: Sequence[NewHolding], batch: str, tally: Tally) -> list[NewHolding]:
    """The rows whose barcode is free in its library; the others are set aside. A barcode that
    another library of the network uses too is counted: a scan of it will have to be asked."""
    known: dict[tuple[str, str], str | None] = {}
    codes = [row.barcode for row in given]
    if codes:
        for library, barcode, owner in sql.all(
            f"SELECT library, barcode, batch_id FROM stock_item WHERE barcode IN "
            f"({sql.marks(len(codes))})",
            *codes,
        ):
            known[library, barcode] = owner
    elsewhere = {barcode: library for library, barcode in known}
    taken: list[NewHolding] = []
    for row in given:
        key = (row.library, row.barcode)
        if key not in known:
            known[key] = batch
            taken.append(row)
            if elsewhere.get(row.barcode, row.library) != row.library:
                tally.plus("shared_barcodes", 1)
            continue
        reason = "barcode-duplicate-in-file" if known[key] == batch else "barcode-taken"
        aside = sheets.set_aside(row.sheet_row, note("code_missing"), row.cells, row.barcode)
        tally.aside.append(msgspec.structs.replace(aside, reason=reason, detail=""))
    return taken


def _titles(rows: Sequence[NewHolding]) -> Found:
    """Titles in the catalogue that rows belong to: by the key of an earlier row, else by ISBN, title
    and volume. Rows without one get the title they bring."""
    found: Found = {}
    keys = list({row.key for row in rows})
    if not keys:
        return found
    for value, title, letter in sql.all(
        "SELECT i.value, t.id, t.main_class FROM catalog_identifier i "
        "JOIN catalog_title t ON t.id = i.title_id WHERE i.kind = ? "
        f"AND i.value IN ({sql.marks(len(keys))})",
        GROUP,
        *keys,
    ):
        found.setdefault(value, (title, letter))
    numbers = {row.isbn for row in rows if row.isbn and row.key not in found}
    if numbers:
        known: dict[tuple[str, str], tuple[str, str]] = {}
        for value, title, text, volume, letter in sql.all(
            "SELECT i.value, t.id, t.title, t.volume, t.main_class FROM catalog_identifier i "
            "JOIN catalog_title t ON t.id = i.title_id WHERE i.kind = 'isbn' "
            f"AND i.value IN ({sql.marks(len(numbers))}) AND t.alias_of_id IS NULL ORDER BY t.id",
            *numbers,
        ):
            known.setdefault((value, same_text(text, volume)), (title, letter))
        for row in rows:
            if row.key not in found and (row.isbn, row.same) in known:
                found[row.key] = known[row.isbn, row.same]
    return found


def _fresh(rows: Sequence[NewHolding], titles: Found) -> list[NewTitle]:
    """The titles that are new, each with the key of its group; ``titles`` is completed."""
    fresh = []
    for row in rows:
        if row.key not in titles:
            titles[row.key] = (row.title.id, row.title.main_class)
            numbers = [*row.title.numbers, (GROUP, row.key)]
            fresh.append(msgspec.structs.replace(row.title, numbers=numbers))
    return fresh


def _events(
    fresh: Sequence[NewTitle],
    rows: Sequence[NewHolding],
    titles: Found,
    batch: catalog.BatchView,
    ctx: Context,
) -> list[list[Any]]:
    """The ledger rows of a chunk: titles first, then items with their own source and 入藏日期."""
    number = next_number(len(fresh) + len(rows))
    today = sql.value(clock.business_date(ctx.occurred_at))
    moment = sql.value(ctx.occurred_at)
    usual: dict[str, Any] = dict.fromkeys(ledger.COLUMNS, "") | dict.fromkeys(_NULLS)
    usual |= {
        "library": batch.library,
        "request": running_request(),
        "occurred_at": moment,
        "recorded_at": moment,
        "business_date": today,
        "place": batch.place,
        "channel": ctx.channel,
        "actor_kind": ctx.actor.kind,
        "actor": ctx.actor.id,
        "session": ctx.session_id,
        "quantity": 1,
        "source": "legacy",
    }
    events: list[list[Any]] = []
    for title in fresh:
        values = usual | {
            "id": new_id(),
            "number": number,
            "type": "title.added",
            "title": title.id,
            "clc": title.main_class,
        }
        events.append([values[name] for name in ledger.COLUMNS])
        number += 1
    for row in rows:
        title_id, letter = titles[row.key]
        values = usual | {
            "id": new_id(),
            "number": number,
            "type": "item.accessioned",
            "library": row.library,
            "business_date": sql.value(row.day) if row.day else today,
            "item": row.id,
            "item_seq": 1,
            "title": title_id,
            "amount": row.price_fen,
            "item_category": row.category,
            "clc": letter,
            "owner_place": row.owner,
            "source": row.source,
        }
        events.append([values[name] for name in ledger.COLUMNS])
        number += 1
    return events


_NULLS = (
    "item",
    "loan",
    "subject",
    "item_seq",
    "amount",
    "reverses",
    "owner_place",
    "lending_place",
    "title",
)


def _count(tally: Tally, rows: Sequence[NewHolding]) -> None:
    """册 and 码洋, in all and by owning place and category."""
    tally.add("items_by_place", Counter(row.owner for row in rows))
    tally.add("items_by_category", Counter(row.category for row in rows))
    tally.add("items_by_source", Counter(row.source for row in rows))
    for name, part in (("price_by_place", "owner"), ("price_by_category", "category")):
        sums: Counter[str] = Counter()
        for row in rows:
            sums[getattr(row, part)] += row.price_fen or 0
        tally.add(name, sums)
    tally.plus("price_fen", sum(row.price_fen or 0 for row in rows))
    tally.plus("unpriced", sum(row.price_fen is None for row in rows))
    tally.plus("on_loan_before", sum("on_loan_before" in row.claims for row in rows))
