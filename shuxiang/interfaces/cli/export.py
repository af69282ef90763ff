"""Write the whole catalogue out, or with --all the whole library.

iso2709: every imported record byte for byte as it came, in import order and nothing between the
records, unless it was edited since; --normalise (or --charset) writes all of them through our own
writer. marcxml and text are for other programs and for reading. The file appears under its name
only when it is complete.

--all writes a folder: a file of JSON lines a table, the catalogue as MARC and XML and the copies as
CSV for other systems, and a manifest with counts and hashes, which import-all and check --compare
read. Readers are in it only with --with-readers.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from shuxiang.interfaces.cli import common, export_all
from shuxiang.interfaces.cli.main import CommandError

if TYPE_CHECKING:
    from shuxiang.apps.catalog.queries import SourceView
    from shuxiang.formats.marc import Record

EXAMPLE = "shuxiang export --format iso2709 --out catalogue.iso"
LISTED = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("iso2709", "marcxml", "text"), default="iso2709")
    parser.add_argument("--out", type=Path, help="the file to write")
    parser.add_argument("--all", type=Path, metavar="DIR", help="the whole library, as a folder")
    parser.add_argument(
        "--with-readers",
        action="store_true",
        help="with --all: readers, loans, charges and messages too",
    )
    parser.add_argument(
        "--normalise", action="store_true", help="write every record through our own writer"
    )
    parser.add_argument("--charset", choices=("utf-8", "gb18030"), help="of the normalised records")


def run(args: argparse.Namespace) -> int:
    if args.all is not None:
        if args.out or args.normalise or args.charset or args.format != "iso2709":
            raise CommandError("--all has no other options than --with-readers")
        return export_all.run(args.all, readers=args.with_readers)
    if args.with_readers or args.out is None:
        raise CommandError("name the file with --out, or a folder with --all")
    if args.charset and args.format != "iso2709":
        raise CommandError(f"--charset is for iso2709; {args.format} is always UTF-8")
    common.setup()
    common.require_library()
    from shuxiang.apps.catalog import queries as catalog

    out: Path = args.out
    if out.is_dir():
        raise CommandError(f"{out} is a folder; name a file")
    part = out.with_name(out.name + ".part")
    counted = _Counted(catalog.sources())
    troubles: list[str] = []
    try:
        with part.open("wb") as file:
            for data in _pieces(args, counted, troubles):
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    except OSError as error:
        raise CommandError(f"{out} can't be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    for line in troubles[:LISTED]:
        print(line, file=sys.stderr)
    if len(troubles) > LISTED:
        print(f"… {len(troubles) - LISTED} more", file=sys.stderr)
    print(f"exported {counted.count} records to {out}")
    return 0


class _Counted:
    def __init__(self, sources: Iterator[SourceView]) -> None:
        self._sources = sources
        self.count = 0

    def __iter__(self) -> Iterator[SourceView]:
        for view in self._sources:
            self.count += 1
            yield view


def _pieces(
    args: argparse.Namespace, sources: Iterable[SourceView], troubles: list[str]
) -> Iterator[bytes]:
    if args.format == "iso2709" and not (args.normalise or args.charset):
        return _as_they_came(sources)
    if args.format == "iso2709":
        return _normalised(sources, args.charset or "utf-8", troubles)
    return _readable(sources, args.format, troubles)


def _as_they_came(sources: Iterable[SourceView]) -> Iterator[bytes]:
    before = b""
    for view in sources:
        # Only the last record of a file can lack its terminator; the next one needs it.
        if before and not _terminated(before):
            yield b"\x1d" + view.data
        else:
            yield view.data
        before = view.data


def _terminated(data: bytes) -> bool:
    return data.rstrip(b"\0").endswith(b"\x1d")


def _normalised(
    sources: Iterable[SourceView], charset: str, troubles: list[str]
) -> Iterator[bytes]:
    from shuxiang.apps.catalog import queries as catalog
    from shuxiang.formats.marc import EncodeError, encode
    from shuxiang.formats.marc.charset import GB18030, UTF8

    for number, view in enumerate(sources, 1):
        record = catalog.marc(view)
        if record is None:
            troubles.append(f"record {number} is written as it came: it can't be read")
            yield view.data
            continue
        scheme = "a" if view.format == "marc21" and charset == UTF8 else " "
        try:
            yield encode(record, GB18030 if charset == GB18030 else UTF8, coding_scheme=scheme)
        except EncodeError as error:
            troubles.append(f"record {number} is written as it came: {error.reason.message}")
            yield view.data


def _readable(sources: Iterable[SourceView], form: str, troubles: list[str]) -> Iterator[bytes]:
    from shuxiang.apps.catalog import queries as catalog
    from shuxiang.formats.marc.marcxml import write_collection
    from shuxiang.formats.marc.text import to_text

    def records() -> Iterator[Record]:
        for number, view in enumerate(sources, 1):
            record = catalog.marc(view)
            if record is None:
                troubles.append(f"record {number} is left out: it can't be read")
            else:
                yield record

    if form == "text":
        for record in records():
            yield (to_text(record) + "\n").encode()
    else:
        for piece in write_collection(records()):
            yield piece.encode()
