"""Importing ISO 2709 files with their items: inspect, preview, run, undo.

The file is read in chunks of some 500 records, each of them one command: titles, items, ledger rows
and the byte reached are one transaction, so a killed import goes on where it was and nothing is
double.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from shuxiang.apps.catalog.queries import SetAside
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import rules
from shuxiang.apps.stock.commands.import_marc.acts import (
    Begun,
    begin_import,
    finish_import,
    import_chunk,
)
from shuxiang.apps.stock.commands.import_marc.undoing import undo_import
from shuxiang.apps.stock.marc.feed import Job, feed
from shuxiang.apps.stock.marc.files import MarcFile, inspect, raw_records
from shuxiang.apps.stock.marc.prepare import (
    NewItem,
    Reading,
    Shelf,
    prepare_record,
)
from shuxiang.formats.marc import Charset
from shuxiang.formats.marc.holdings import HoldingsProfile
from shuxiang.formats.notes import Note
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.runtime import storage

__all__ = [
    "Options",
    "Preview",
    "PreviewedRecord",
    "inspect",
    "preview",
    "run",
    "undo_import",
]

Progress = Callable[[int, int, int], None]
"""Called after each chunk with bytes done, bytes in all, records so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the library says about a file.

    Attributes:
        place: id of the place the items belong to.
        accessioned_on: 入藏日期; None when unknown: such items never count as new.
        source: purchase, gift, legacy or deposit.
        mapping: location or owner code of the holdings → ``place`` or ``place/location`` code.
        charset, profile: instead of what the file looks like.
    """

    place: str
    accessioned_on: date | None = None
    source: str = "legacy"
    mapping: Mapping[str, str] = field(default_factory=dict)
    charset: Charset | None = None
    profile: HoldingsProfile | None = None


@dataclass(frozen=True, slots=True)
class PreviewedRecord:
    """What importing one record would make; ``refused`` is why it could not be read."""

    position: int
    offset: int
    title: str = ""
    responsibility: str = ""
    isbn: str = ""
    clc: str = ""
    year: int | None = None
    items: tuple[NewItem, ...] = ()
    notes: tuple[Note, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """A file and what its first records would make."""

    file: MarcFile
    records: tuple[PreviewedRecord, ...]


def preview(path: Path, options: Options, *, limit: int = 20) -> Preview:
    """Inspect a file and read its first ``limit`` records; writes nothing. Raises Refused as
    `inspect` and `run` do."""
    usual, shelves = _shelves(options)
    file = inspect(path, charset=options.charset, profile=options.profile)
    reading = _reading(file, usual, shelves)
    rows = []
    for raw in raw_records(path, transcode_from=reading.transcode_from):
        made = prepare_record(raw, reading)
        if isinstance(made, SetAside):
            rows.append(PreviewedRecord(made.position, made.offset, refused=made.detail))
        else:
            bib = made.bibliographic
            rows.append(
                PreviewedRecord(
                    raw.number,
                    raw.offset,
                    bib.full_title,
                    bib.author,
                    bib.isbns[0].typed if bib.isbns else "",
                    bib.shelving_class,
                    bib.year,
                    made.items,
                    made.notes,
                )
            )
        if len(rows) == limit:
            break
    return Preview(file, tuple(rows))


def run(path: Path, options: Options, *, ctx: Context, progress: Progress | None = None) -> str:
    """Import a file, or go on with an import that was interrupted; returns the batch number.

    Raises Refused: what `inspect` says, place-unknown, location-unknown, source-unknown,
    accession-date-future, import-known, import-being-undone, import-elsewhere.
    """
    usual, shelves = _shelves(options)
    _check(options, ctx)
    file = inspect(path, charset=options.charset, profile=options.profile)
    begun = begin_import(
        place=options.place,
        file_name=path.name,
        file_sha256=file.sha256,
        file_size=file.size,
        charset=file.guess.transcode_from or file.charset,
        format=file.format,
        profile=file.profile.to_dict(),
        options={
            "source": options.source,
            "accessioned_on": options.accessioned_on.isoformat()
            if options.accessioned_on
            else None,
            "mapping": dict(options.mapping),
            "charset_certain": file.guess.certain,
        },
        ctx=ctx,
    )
    _write(file, begun, _reading(file, usual, shelves), ctx, progress)
    return begun.number


def _write(
    file: MarcFile, begun: Begun, reading: Reading, ctx: Context, progress: Progress | None
) -> None:
    job = Job(str(file.path), reading, begun.batch, begun.offset, begun.records)
    records = begun.records
    for chunk in feed(job, size=file.size):
        # What is left of a nearly full disk is the desk's.
        storage.require_room()
        key = f"import.{begun.batch}.{chunk.offset}"
        import_chunk(chunk=chunk, ctx=replace(ctx, request_key=key))
        records += chunk.records
        if progress:
            progress(chunk.until, file.size, records)
    finish_import(
        batch=begun.batch, size=file.size, ctx=replace(ctx, request_key=f"import.{begun.batch}.end")
    )


def _reading(file: MarcFile, usual: Shelf, shelves: Mapping[str, Shelf]) -> Reading:
    return Reading(
        charset=file.charset,
        transcode_from=file.guess.transcode_from,
        profile=file.profile,
        usual=usual,
        shelves=shelves,
    )


def _check(options: Options, ctx: Context) -> None:
    reasons: list[Reason] = []
    if options.source not in rules.SOURCES:
        reasons.append(stop("source-unknown", source=options.source))
    if options.accessioned_on and options.accessioned_on > clock.business_date(ctx.occurred_at):
        reasons.append(stop("accession-date-future", day=options.accessioned_on.isoformat()))
    if reasons:
        raise refuse(*reasons)


def _shelves(options: Options) -> tuple[Shelf, dict[str, Shelf]]:
    """Where items go: in general, and by code. A location of the place with the very code of the
    holdings needs no mapping."""
    try:
        target = places.place(options.place)
    except places.UnknownPlace:
        raise refuse(stop("place-unknown", code=options.place)) from None
    usual = Shelf(target.id, target.library, None, False)
    shelves = {
        row.code.upper(): Shelf(target.id, target.library, row.id, row.for_children)
        for row in places.locations([target.id])
    }
    reasons: list[Reason] = []
    for code, text in options.mapping.items():
        place_code, _, location_code = text.partition("/")
        try:
            place = places.place_by_code(place_code)
        except places.UnknownPlace:
            reasons.append(stop("place-unknown", code=place_code))
            continue
        rows = {row.code: row for row in places.locations([place.id])}
        location = rows.get(location_code)
        if location_code and location is None:
            reasons.append(stop("location-unknown", location=text))
            continue
        shelves[code.strip().upper()] = Shelf(
            place.id,
            place.library,
            location.id if location else None,
            location.for_children if location else False,
        )
    if reasons:
        raise refuse(*reasons)
    return usual, shelves
