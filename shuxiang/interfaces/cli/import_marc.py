"""Import an ISO 2709 file (CNMARC or MARC 21) with its items.

Character set, format and the dialect of the holdings (905 and its relatives) are found by
themselves; look at them with --preview, which writes nothing. An import that was interrupted goes on
with the same command line; --undo NUMBER takes one back as long as nothing has happened to its
items.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import CommandError

if TYPE_CHECKING:
    from shuxiang.apps.catalog.queries import BatchView
    from shuxiang.apps.stock.commands import import_marc as importing
    from shuxiang.apps.stock.queries import ControlSheet

EXAMPLE = "shuxiang import-marc books.iso --preview && shuxiang import-marc books.iso"
LISTED = 20
REBUILD_FROM = 5_000
FOLLOW_FROM = 8_000_000
"""Titles of an import from which on a new index may be quicker than following the ledger."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, help="the ISO 2709 file")
    parser.add_argument("--preview", action="store_true", help="show the first 20 records only")
    parser.add_argument("--undo", metavar="NUMBER", help="take the import with this number back")
    parser.add_argument("--place", metavar="CODE", help="items go to this place, not to the main")
    parser.add_argument(
        "--map",
        metavar="CODE=PLACE[/LOCATION]",
        action="append",
        default=[],
        help="items with this location or owner code in the holdings go to that place",
    )
    parser.add_argument(
        "--profile", type=Path, help="a JSON holdings profile, as --preview shows it"
    )
    parser.add_argument("--charset", choices=("utf-8", "gb18030"), help="instead of the one found")
    parser.add_argument(
        "--accessioned-on",
        metavar="DATE",
        help="入藏日期 (YYYY-MM-DD); without it the items are legacy stock and never count as new",
    )
    parser.add_argument(
        "--source",
        choices=("purchase", "gift", "legacy", "deposit"),
        help="where the items came from: purchase where a date is given, else legacy",
    )


def run(args: argparse.Namespace) -> int:
    if bool(args.file) == bool(args.undo):
        raise CommandError("give a file to import, or --undo with the number of an import")
    day = _day(args.accessioned_on)
    profile = _profile(args.profile) if args.profile else None
    mapping = dict(_mapping(text) for text in args.map)
    common.setup()
    common.require_library()
    from shuxiang.apps.places import queries as places
    from shuxiang.apps.stock.commands import import_marc as importing
    from shuxiang.kernel.decision import Refused
    from shuxiang.runtime.errors import Busy, KeyReused, StorageFull

    try:
        place = places.place_by_code(args.place) if args.place else places.main_library()
    except places.UnknownPlace:
        known = ", ".join(p.code for p in places.all_places())
        raise CommandError(f"there is no place {args.place}; the places are {known}") from None
    try:
        if args.undo:
            return _undo(args.undo, place.id)
        options = importing.Options(
            place=place.id,
            accessioned_on=day,
            source=args.source or ("purchase" if day else "legacy"),
            mapping=mapping,
            charset=args.charset,
            profile=profile,
        )
        if args.preview:
            _show_preview(importing.preview(args.file, options), place.name)
            return 0
        return _import(args.file, options)
    except Refused as refused:
        raise CommandError(words(refused)) from None
    except KeyReused:
        raise CommandError("another process is importing this file; let it finish") from None
    except (StorageFull, Busy, OSError) as error:
        raise CommandError(f"{error}; the same command line goes on from here") from None
    except KeyboardInterrupt:
        raise CommandError("stopped; the same command line goes on from here") from None


def _import(path: Path, options: importing.Options) -> int:
    from shuxiang.apps.stock import queries
    from shuxiang.apps.stock.commands import import_marc as importing
    from shuxiang.kernel.decision import Refused

    with bar(str(path.name)) as advance, indexing(path):
        try:
            number = importing.run(
                path, options, ctx=common.context(options.place), progress=advance
            )
        except Refused as refused:
            if refused.decision.codes != ("import-known",):
                raise
            print(words(refused))
            print("imported 0 records, 0 items, 0 quarantined")
            return 0
    sheet = queries.control_sheet(number)
    assert sheet is not None, "the batch has just been written"
    _show_sheet(sheet)
    batch = sheet.batch
    make_findable(batch.titles)
    print(f"imported {batch.titles} records, {batch.items} items, {batch.quarantined} quarantined")
    return 0


def _undo(number: str, place: str) -> int:
    from shuxiang.apps.catalog import queries as catalog
    from shuxiang.apps.stock.commands import import_marc as importing

    with bar(number) as advance:
        importing.undo_import(
            number,
            ctx=common.context(place),
            progress=lambda done, total: advance(done, total, done),
        )
    batch: BatchView | None = catalog.batch(number)
    assert batch is not None, "it has just been undone"
    make_findable(batch.titles)
    print(f"undone import {number}: {batch.titles} records, {batch.items} items removed")
    return 0


def indexing(path: Path) -> AbstractContextManager[None]:
    """Indexing beside the import where that pays for a process of its own."""
    from shuxiang.apps.search.commands import following

    large = path.is_file() and path.stat().st_size > FOLLOW_FROM
    return following() if large else nullcontext()


def make_findable(titles: int) -> None:
    """Bring the index up to date with what has just happened, or make it anew where that is less
    work: an import is done when its records can be found."""
    from shuxiang.apps.catalog import queries as catalog
    from shuxiang.apps.search import commands as search
    from shuxiang.runtime import worker

    ahead = worker.number_all() - search.position()
    if ahead > REBUILD_FROM and titles * 4 > catalog.count():
        search.rebuild()
        return
    while worker.deliver(search.CONSUMER, search.handle):
        pass


def words(refused: Any) -> str:
    from shuxiang.interfaces.common import wording

    return "; ".join(wording.refusal(refused.decision))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CommandError(f"{text} is not a date; write it like 2020-06-10") from None


def _mapping(text: str) -> tuple[str, str]:
    code, equals, place = text.partition("=")
    if not (code.strip() and equals and place.strip()):
        raise CommandError(f"--map {text}: write it like KIDS=east or KIDS=east/children")
    return code.strip(), place.strip()


def _profile(path: Path) -> Any:
    from shuxiang.formats.marc.holdings import HoldingsProfile

    try:
        return HoldingsProfile.from_dict(msgspec.json.decode(path.read_bytes(), type=dict))
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise CommandError(f"{path} is not a holdings profile: {error}") from None


@contextmanager
def bar(title: str) -> Iterator[Any]:
    """A function to call with bytes done, bytes in all, records; draws only on a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total, records: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[records]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as progress:
        task = progress.add_task(title, total=None, records=0)

        def advance(done: int, total: int, records: int) -> None:
            progress.update(task, completed=done, total=total, records=records)

        yield advance


def _show_preview(found: importing.Preview, place: str) -> None:
    file = found.file
    certain = "" if file.guess.certain else " (not certain)"
    print(f"{file.path}  {file.size} bytes  {file.format}  {file.charset}{certain}")
    print(f"profile {msgspec.json.encode(file.profile.to_dict()).decode()}")
    print(f"items go to {place} unless their location says otherwise")
    for row in found.records:
        if row.refused:
            print(f"{row.position:>4}  QUARANTINE at byte {row.offset}: {row.refused}")
            continue
        facts = " | ".join(str(v) for v in (row.responsibility, row.isbn, row.clc, row.year) if v)
        print(f"{row.position:>4}  {row.title} | {facts}")
        for item in row.items:
            price = "" if item.price_fen is None else f"{item.price_fen / 100:.2f}"
            shown = (item.barcode, item.accession_number, item.call_number, item.category, price)
            print("      " + "  ".join(text for text in shown if text))
        for note in row.notes:
            print(f"      ! {note.message}")
    print("nothing was written")


def _show_sheet(sheet: ControlSheet) -> None:
    from shuxiang.apps.catalog import queries as catalog
    from shuxiang.apps.places import queries as places
    from shuxiang.interfaces.common.sheets import reason

    batch = sheet.batch
    certain = "" if batch.options.get("charset_certain", True) else " (not certain)"
    print(f"import {batch.number}: {batch.file_name}, {batch.format}, {batch.charset}{certain}")
    if tag := batch.profile.get("tag"):
        print(f"holdings: {tag}${batch.profile.get('number')}")
    else:
        print("holdings: none found")
    print(f"records read {batch.records}, titles {batch.titles}")
    for place, count in sheet.items_by_place.items():
        print(f"items at {places.place(place).name}: {count}")
    yuan = f"{sheet.price_fen // 100}.{sheet.price_fen % 100:02d}"
    print(f"total price {yuan} yuan, {sheet.unpriced} items without a price")
    for label, rows in (
        ("barcodes already in the library", sheet.taken),
        ("barcodes twice in the file", sheet.repeated),
    ):
        if rows:
            shown = ", ".join(
                f"{barcode} (record {position})" for position, barcode in rows[:LISTED]
            )
            more = f", … {len(rows) - LISTED} more" if len(rows) > LISTED else ""
            print(f"{label}, items not added: {shown}{more}")
    if sheet.same_titles_in_database or sheet.same_titles_in_file:
        print(
            f"records with the ISBN and title of another: {sheet.same_titles_in_file} in the file, "
            f"{sheet.same_titles_in_database} in the library; imported all the same"
        )
    for label, counts in (("warning", sheet.warnings), ("quarantined", sheet.quarantined)):
        for code, count in sorted(counts.items()):
            print(f"{label} {code}: {count}  {reason(code)}")
    for row in catalog.quarantined(batch.number, kind="record", limit=LISTED):
        print(f"  record {row.position} at byte {row.offset}: {reason(row.reason)}")
    if batch.quarantined:
        print(f"their bytes are kept: office, imports, {batch.number}")
