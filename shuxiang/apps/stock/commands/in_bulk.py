"""Many books at once from a list that says only what they are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import msgspec

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import batches
from shuxiang.apps.catalog.queries import NewTitle
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock.commands.rows import INSERT_ITEM
from shuxiang.formats.identifiers import parse_isbn
from shuxiang.formats.marc import Bibliographic, encode, to_cnmarc
from shuxiang.formats.marc.bibliographic.model import BookNumber
from shuxiang.formats.marc.charset import UTF8
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, next_number, running_request

SOURCE = "legacy"


class NewBook(msgspec.Struct, frozen=True):
    """A copy and its title. ``title`` is the title's id, made by the caller; ``fresh``: no copy of it
    came before, so that the title itself is made. ``barcode`` is as `scanned`."""

    barcode: str
    title: str
    text: str
    isbn: str
    owner: str
    fresh: bool


@command("stock.add_in_bulk", permission="stock.edit")
def add_in_bulk(*, books: tuple[NewBook, ...], category: str, ctx: Context) -> int:
    """Add copies with their titles; returns how many. The caller has looked for barcodes given twice;
    one that the library has already fails the whole command."""
    day = clock.business_date(ctx.occurred_at)
    place = places.place(ctx.service_point)
    fresh = list(_titles([b for b in books if b.fresh], day))
    batches.insert_titles(fresh, library=place.library, batch=None, at=ctx.occurred_at)
    libraries = {owner: places.place(owner).library for owner in {b.owner for b in books}}
    ids = [new_id() for _ in books]
    moment = sql.value(ctx.occurred_at)
    sql.many(
        INSERT_ITEM,
        [
            (
                item, libraries[b.owner], b.barcode, "", b.title, b.owner, b.owner, None, category,
                "available", "", "", "", None, SOURCE, None, None, 1, moment,
            )
            for item, b in zip(ids, books, strict=True)
        ],
        converted=True,
    )  # fmt: skip
    events = list(_events(fresh, books, ids, libraries, category, ctx))
    ledger.append_many(sql, events)
    return len(books)


def _titles(books: Sequence[NewBook], day: date) -> Iterator[NewTitle]:
    """Records of the titles. Those of one pattern differ in their title alone, so that its bytes are
    exchanged where they are as many."""
    sample = b""
    written = b""
    for book in books:
        isbn = parse_isbn(book.isbn)
        numbers = (BookNumber(isbn.typed, isbn.isbn13),) if book.isbn else ()
        bib = Bibliographic(format="cnmarc", title=book.text, isbns=numbers)
        text = book.text.encode()
        if not book.isbn and sample and len(text) == len(sample):
            data = written.replace(sample, text)
        else:
            data = encode(to_cnmarc(bib, entered=day))
            alone = not book.isbn and data.count(text) == 1
            sample, written = (text, data) if alone else (b"", b"")
        yield NewTitle(
            book.title, 0, catalog.title_values(bib), catalog.identifiers(bib), "cnmarc", UTF8, data
        )


def _events(
    fresh: Sequence[NewTitle],
    books: Sequence[NewBook],
    ids: Sequence[str],
    libraries: dict[str, str],
    category: str,
    ctx: Context,
) -> Iterator[list[Any]]:
    number = next_number(len(fresh) + len(books))
    moment = sql.value(ctx.occurred_at)
    usual: dict[str, Any] = dict.fromkeys(ledger.COLUMNS, "") | dict.fromkeys(ledger.NULLABLE)
    usual |= {
        "request": running_request(),
        "occurred_at": moment,
        "recorded_at": moment,
        "business_date": sql.value(clock.business_date(ctx.occurred_at)),
        "place": ctx.service_point,
        "channel": ctx.channel,
        "actor_kind": ctx.actor.kind,
        "actor": ctx.actor.id,
        "session": ctx.session_id,
        "quantity": 1,
        "source": SOURCE,
    }
    library = places.place(ctx.service_point).library
    added = usual | {"library": library, "type": "title.added"}
    for title in fresh:
        row = added | {"id": new_id(), "number": number, "title": title.id, "clc": title.main_class}
        yield [row[name] for name in ledger.COLUMNS]
        number += 1
    came = usual | {"type": "item.accessioned", "item_seq": 1, "item_category": category}
    for item, book in zip(ids, books, strict=True):
        row = came | {
            "id": new_id(),
            "number": number,
            "library": libraries[book.owner],
            "item": item,
            "title": book.title,
            "owner_place": book.owner,
        }
        yield [row[name] for name in ledger.COLUMNS]
        number += 1
