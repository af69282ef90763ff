"""Import authority records (ISO 2709, CNMARC or MARC 21): persons, bodies, subjects with references.

An authority whose number (001) is known is replaced, so a newer file may be imported over an older
one. The titles that name them are found by the worker afterwards.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from shuxiang.interfaces.cli import bars, common
from shuxiang.interfaces.cli.main import CommandError

EXAMPLE = "shuxiang import-authorities persons.iso"
AT_ONCE = 50
LISTED = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the file, in UTF-8 or GB18030")


def run(args: argparse.Namespace) -> int:
    if not args.file.is_file():
        raise CommandError(f"there is no file {args.file}")
    common.setup()
    common.require_library()
    from shuxiang.apps.catalog.commands.authorities import NewAuthority, import_authorities
    from shuxiang.apps.places import queries as places
    from shuxiang.formats.marc import (
        Quarantined,
        detect_charset,
        encode,
        open_source,
        read_records,
    )
    from shuxiang.formats.marc.authority import NotAuthority, read_authority
    from shuxiang.formats.marc.charset import UTF8

    ctx = common.context(places.main_library().id)
    counts: Counter[str] = Counter()
    faults: list[str] = []
    waiting: list[NewAuthority] = []

    def write() -> None:
        if waiting:
            counts["written"] += len(waiting)
            done = import_authorities(
                records=tuple(waiting), ctx=ctx.with_key(f"authorities-{counts['written']}")
            )
            counts["added"] += done.added
            counts["replaced"] += done.replaced
            waiting.clear()

    with bars.of_bytes("authorities") as advance, args.file.open("rb") as file:
        guess = detect_charset(file)
        file.seek(0)
        records = read_records(open_source(file, guess), guess.charset)
        for position, found in enumerate(records, 1):
            if isinstance(found, Quarantined):
                counts["refused"] += 1
                faults.append(f"record {position}: {found.reason.code}")
                continue
            try:
                read = read_authority(found.record)
            except NotAuthority as error:
                counts["refused"] += 1
                faults.append(f"record {position}: {error}")
                continue
            data = encode(found.record)
            advance(len(data))
            waiting.append(NewAuthority(read, data, UTF8))
            if len(waiting) >= AT_ONCE:
                write()
    write()
    for line in faults[:LISTED]:
        print(line)
    if len(faults) > LISTED:
        print(f"… and {len(faults) - LISTED} more")
    print(
        f"{counts['added']} authorities added, {counts['replaced']} replaced, "
        f"{counts['refused']} records refused"
    )
    if not counts["added"] and not counts["replaced"]:
        raise CommandError(f"{args.file} holds no authority record")
    return 0
