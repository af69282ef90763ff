"""Import a list of holdings, readers, open loans, holds or debts from a spreadsheet (xlsx, xls, csv).

What the list is of and which column is which is found from its headings; look at it with --preview,
which writes nothing. --preview --map FILE writes what was found to FILE, to be edited and given back
with --map. An import that was interrupted goes on with the same command line; --undo NUMBER takes one
back as long as nothing has happened to what it made.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.import_marc import bar, make_findable, words
from shuxiang.interfaces.cli.main import CommandError

if TYPE_CHECKING:
    from shuxiang.apps.catalog.commands.sheets import Preview, SheetOptions
    from shuxiang.apps.catalog.queries import BatchView
    from shuxiang.formats.sheets import SheetMap

EXAMPLE = "shuxiang import-sheet 馆藏.xlsx --preview && shuxiang import-sheet 馆藏.xlsx"
LISTED = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, help="the spreadsheet")
    parser.add_argument(
        "--kind",
        choices=("holdings", "readers", "loans", "holds", "debts"),
        help="what the list is of, where its headings leave it open",
    )
    parser.add_argument("--preview", action="store_true", help="show the first 20 rows only")
    parser.add_argument(
        "--map", type=Path, metavar="FILE", help="JSON: which column is which, what values mean"
    )
    parser.add_argument("--place", metavar="CODE", help="where rows belong that name no place")
    parser.add_argument("--undo", metavar="NUMBER", help="take the import with this number back")


def run(args: argparse.Namespace) -> int:
    if bool(args.file) == bool(args.undo):
        raise CommandError("give a file to import, or --undo with the number of an import")
    common.setup()
    common.require_library()
    from shuxiang.apps.catalog.commands.sheets import SheetOptions
    from shuxiang.apps.places import queries as places
    from shuxiang.kernel.decision import Refused
    from shuxiang.runtime.errors import Busy, KeyReused, StorageFull

    try:
        place = places.place_by_code(args.place) if args.place else places.main_library()
    except places.UnknownPlace:
        known = ", ".join(p.code for p in places.all_places())
        raise CommandError(f"there is no place {args.place}; the places are {known}") from None
    new_map = args.map is not None and args.preview and not args.map.exists()
    how = _map(args.map) if args.map and not new_map else None
    if how is not None and args.kind not in (None, how.kind):
        raise CommandError(f"{args.map} is for a list of {how.kind}, not of {args.kind}")
    options = SheetOptions(place=place.id, kind=args.kind or (how.kind if how else None), map=how)
    try:
        if args.undo:
            return _undo(args.undo, place.id)
        if args.preview:
            return _preview(args.file, options, args.map if new_map else None)
        return _import(args.file, options)
    except Refused as refused:
        raise CommandError(words(refused)) from None
    except KeyReused:
        raise CommandError("another process is importing this file; let it finish") from None
    except (StorageFull, Busy, OSError) as error:
        raise CommandError(f"{error}; the same command line goes on from here") from None
    except KeyboardInterrupt:
        raise CommandError("stopped; the same command line goes on from here") from None


def _map(path: Path) -> SheetMap:
    from shuxiang.formats.sheets import SheetMap

    try:
        return SheetMap.from_dict(msgspec.json.decode(path.read_bytes(), type=dict))
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise CommandError(f"{path} is not a column map: {error}") from None


def _preview(path: Path, options: SheetOptions, written: Path | None) -> int:
    from shuxiang.apps.catalog.commands import sheets
    from shuxiang.interfaces.common.sheets import KINDS

    found = sheets.look(path, options)
    kind = KINDS[found.map.kind]
    ctx = common.context(options.place)
    seen = sheets.preview(path, options, kind.make, ctx=ctx, found=found)
    _show_preview(seen)
    if written is not None:
        text = msgspec.json.format(msgspec.json.encode(found.map.to_dict()), indent=2)
        written.write_bytes(text + b"\n")
        print(f"column map written to {written}")
    print("nothing was written to the library")
    return 0


def _show_preview(seen: Preview) -> None:
    from shuxiang.interfaces.common.sheets import finding

    found = seen.survey
    print(f"{found.path}  {found.size} bytes  {found.format}  {found.charset}  {found.map.kind}")
    columns = {index: name for name, index in found.map.columns.items()}
    for index, heading in enumerate(found.map.headings):
        print(f"  {heading or '-'} → {columns.get(index, '(not taken)')}")
    for sheet, header in found.sheets:
        if header is None or header.headings != found.map.headings:
            print(f"sheet {sheet} is not read: its headings differ")
    print(f"{found.rows} rows")
    for row in seen.rows:
        place = f"{row.sheet}!{row.row}" if row.sheet else str(row.row)
        facts = " | ".join(text for text in row.values.values() if text)
        print(f"{place:>8}  {facts}")
        for note in row.refused:
            print(f"          SET ASIDE: {finding(note)}")
        for note in row.notes:
            print(f"          ! {finding(note)}")
    for name, texts in seen.unknown.items():
        listed = ", ".join(f"{text} ({count})" for text, count in list(texts.items())[:LISTED])
        print(f"unknown {name}: {listed}")


def _import(path: Path, options: SheetOptions) -> int:
    from shuxiang.apps.catalog import queries as catalog
    from shuxiang.apps.catalog.commands import sheets
    from shuxiang.interfaces.common.sheets import KINDS
    from shuxiang.kernel.decision import Refused

    found = sheets.look(path, options)
    make = KINDS[found.map.kind].make
    with bar(str(path.name)) as advance:
        try:
            ctx = common.context(options.place)
            number = sheets.run(path, options, make, ctx=ctx, progress=advance, found=found)
        except Refused as refused:
            if refused.decision.codes != ("import-known",):
                raise
            print(words(refused))
            print("imported 0 titles, 0 items, 0 set aside")
            return 0
    batch = catalog.batch(number)
    assert batch is not None, "it has just been written"
    agrees = _show_sheet(batch)
    if batch.kind == "holdings":
        make_findable(batch.titles)
        print(f"imported {batch.titles} titles, {batch.items} items, {batch.quarantined} set aside")
    else:
        print(f"imported {batch.items} {batch.kind}, {batch.quarantined} set aside")
    return 0 if agrees else 1


def _show_sheet(batch: BatchView) -> bool:
    """The control sheet; returns whether it is what the ledger says."""
    from shuxiang.apps.places import queries as places
    from shuxiang.interfaces.common.sheets import reason
    from shuxiang.kernel.values import yuan
    from shuxiang.statistics import imports

    control: dict[str, Any] = batch.control
    print(f"import {batch.number}: {batch.file_name}, {batch.kind}, {batch.format}")
    print(f"rows read {batch.records}, taken {control.get('taken', 0)}")
    for group in ("items_by_place", "readers_by_place", "loans_by_place", "holds_by_place"):
        for place, count in control.get(group, {}).items():
            price = control.get("price_by_place", {}).get(place)
            said = f", {yuan(price)} yuan" if price is not None else ""
            print(f"{places.place(place).name}: {count}{said}")
    for group in ("items_by_category", "readers_by_category"):
        for code, count in control.get(group, {}).items():
            price = control.get("price_by_category", {}).get(code)
            said = f", {yuan(price)} yuan" if price is not None else ""
            print(f"category {code}: {count}{said}")
    for label, name in (
        ("total price", "price_fen"),
        ("deposits", "deposit_fen"),
        ("debts", "debt_fen"),
    ):
        if control.get(name):
            print(f"{label} {yuan(control[name])} yuan")
    for name in (
        "unpriced",
        "on_loan_before",
        "to_verify",
        "overdue",
        "shared_barcodes",
        "skipped",
    ):
        if control.get(name):
            print(f"{name.replace('_', ' ')}: {control[name]}")
    for code, count in sorted(control.get("warnings", {}).items()):
        print(f"warning {code}: {count}")
    for code, count in sorted(control.get("quarantined", {}).items()):
        print(f"set aside {code}: {count} ({reason(code)})")
    agreed = imports.agreement(batch)
    print("the ledger agrees" if agreed.holds else f"the ledger says {agreed.in_ledger}")
    left = imports.unreconciled_count()
    if batch.kind == "loans" and left:
        print(f"{left} items were on loan in the old system without a loan in this list")
    return agreed.holds


def _undo(number: str, place: str) -> int:
    from shuxiang.apps.catalog import queries as catalog
    from shuxiang.interfaces.common import sheets

    batch = catalog.batch(number)
    if batch is None or batch.kind not in sheets.KINDS:
        raise CommandError(f"there is no import {number} of a spreadsheet")
    with bar(number) as advance:
        sheets.undo(
            batch,
            ctx=common.context(place),
            progress=lambda done, total: advance(done, total, done),
        )
    if batch.kind == "holdings":
        make_findable(batch.titles)
    print(f"undone import {number}: {batch.items} {batch.kind} removed")
    return 0
