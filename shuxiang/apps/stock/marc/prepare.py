"""From the records of a file to chunks of rows, ready to be written. No database here: it is done
before the transaction, so that a chunk holds the write lock for its inserts only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import NewTitle, SetAside
from shuxiang.apps.stock import rules
from shuxiang.formats.marc import (
    Bibliographic,
    Charset,
    Quarantined,
    RawRecord,
    Record,
    decode,
    from_cnmarc,
    from_record,
)
from shuxiang.formats.marc.holdings import HoldingItem, HoldingsProfile, items
from shuxiang.formats.notes import Note
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned

CHUNK_RECORDS = 500
CHUNK_BYTES = 4 << 20
CHUNK_ITEMS = 4_000
RECORD_ITEMS = 5_000
"""More items than this in one record are a mistake of its holdings: the record is set aside."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where items go: owning (and at first holding) place, its barcode space, the location."""

    owner: str
    library: str
    location: str | None
    for_children: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """How the records of a file are read.

    ``shelves`` maps a location or owner code of the holdings to where its items go, ``usual`` is
    for all others.
    """

    charset: Charset
    transcode_from: str
    profile: HoldingsProfile
    usual: Shelf
    shelves: Mapping[str, Shelf]


class NewItem(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An item read from a record; ``raw`` is the field it stands in, for the quarantine."""

    id: str
    title: str
    position: int
    offset: int
    library: str
    barcode: str
    accession_number: str
    owner: str
    location: str | None
    category: str
    call_number: str
    call_sort: str
    volume: str
    price_fen: int | None
    main_class: str
    raw: str


class Chunk(msgspec.Struct, frozen=True):
    """Consecutive records of a file. ``offset`` is where the chunk begins, ``until`` where the next
    one does; ``records`` counts those set aside too."""

    batch: str
    offset: int
    until: int
    records: int
    titles: list[NewTitle]
    items: list[NewItem]
    aside: list[SetAside]
    warnings: dict[str, int]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one record makes."""

    title: NewTitle
    items: tuple[NewItem, ...]
    notes: tuple[Note, ...]
    bibliographic: Bibliographic


def prepare_record(raw: RawRecord, reading: Reading) -> Prepared | SetAside:
    """The rows of one record, or the record set aside with why."""
    found = decode(raw, reading.charset)
    if isinstance(found, Quarantined):
        return _aside(raw, reading, found.reason)
    bib = _bibliographic(found.record)
    held, item_notes = items(found.record, reading.profile)
    if len(held) > RECORD_ITEMS:
        return SetAside(
            "record",
            raw.number,
            raw.offset,
            "too-many-items",
            str(len(held)),
            _stored(raw, reading),
        )
    title = NewTitle(
        new_id(),
        raw.number,
        catalog.title_values(bib),
        catalog.identifiers(bib),
        bib.format,
        reading.transcode_from or reading.charset,
        _stored(raw, reading),
    )
    made = [_item(holding, bib, title, raw.offset, reading) for holding in held]
    return Prepared(title, tuple(made), (*found.repairs, *bib.warnings, *item_notes), bib)


def _bibliographic(record: Record) -> Bibliographic:
    # 200 is the title of CNMARC and no field of MARC 21: no need to weigh the other tags.
    return from_cnmarc(record) if "200" in record.tags else from_record(record)


def _stored(raw: RawRecord, reading: Reading) -> bytes:
    if not reading.transcode_from:
        return raw.data
    # Read as UTF-8, kept as it stood in the file.
    return raw.data.decode("utf-8", "replace").encode(reading.transcode_from, "replace")


def _aside(raw: RawRecord, reading: Reading, reason: Note) -> SetAside:
    return SetAside(
        "record", raw.number, raw.offset, reason.code, reason.message, _stored(raw, reading)
    )


def shelf_for(holding: HoldingItem, reading: Reading) -> Shelf:
    """Where an item goes by its location code, else its owner code, else where all go."""
    shelves = reading.shelves
    if not shelves:
        return reading.usual
    return (
        shelves.get(holding.location_code.strip().upper())
        or shelves.get(holding.owner_code.strip().upper())
        or reading.usual
    )


def barcode_of(text: str) -> str:
    """A barcode as a scan of it is stored, so that scanning the book finds it."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return scanned(text)


def _item(
    holding: HoldingItem, bib: Bibliographic, title: NewTitle, offset: int, reading: Reading
) -> NewItem:
    shelf = shelf_for(holding, reading)
    call_number = holding.call_number[:80]
    prefix, _ = rules.split_collection(call_number)
    return NewItem(
        new_id(),
        title.id,
        title.position,
        offset,
        shelf.library,
        barcode_of(holding.barcode)[: rules.BARCODE_LENGTH],
        holding.accession_number[:40],
        shelf.owner,
        shelf.location,
        rules.item_category(
            kind=bib.kind,
            audience=bib.audience,
            forms=bib.forms,
            clc=bib.shelving_class,
            prefix=prefix,
            for_children=shelf.for_children,
        ),
        call_number,
        rules.shelf_sort(call_number),
        holding.volume[:60],
        holding.price_fen if holding.price_fen is not None else bib.price_fen,
        title.main_class,
        holding.raw,
    )


def chunks(
    raws: Iterable[RawRecord], reading: Reading, *, batch: str, offset: int
) -> Iterator[Chunk]:
    """Records in groups of at most `CHUNK_RECORDS`, `CHUNK_BYTES` and about `CHUNK_ITEMS`."""
    builder = _Builder(batch, offset)
    for raw in raws:
        builder.take(raw, prepare_record(raw, reading))
        if builder.full:
            yield builder.build()
            builder = _Builder(batch, builder.until)
    if builder.records:
        yield builder.build()


class _Builder:
    def __init__(self, batch: str, offset: int) -> None:
        self.batch = batch
        self.offset = self.until = offset
        self.records = 0
        self.size = 0
        self.titles: list[NewTitle] = []
        self.items: list[NewItem] = []
        self.aside: list[SetAside] = []
        self.warnings: Counter[str] = Counter()

    @property
    def full(self) -> bool:
        return (
            self.records >= CHUNK_RECORDS
            or self.size >= CHUNK_BYTES
            or len(self.items) >= CHUNK_ITEMS
        )

    def take(self, raw: RawRecord, made: Prepared | SetAside) -> None:
        self.records += 1
        self.size += len(raw.data)
        self.until = raw.offset + len(raw.data)
        if isinstance(made, SetAside):
            self.aside.append(made)
            return
        self.titles.append(made.title)
        self.items.extend(made.items)
        for each in made.notes:
            self.warnings[each.code] += 1

    def build(self) -> Chunk:
        return Chunk(
            batch=self.batch,
            offset=self.offset,
            until=self.until,
            records=self.records,
            titles=self.titles,
            items=self.items,
            aside=self.aside,
            warnings=dict(self.warnings),
        )
