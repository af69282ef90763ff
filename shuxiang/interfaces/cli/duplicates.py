"""Search the whole catalogue for records of one publication and fill the queue of duplicates.

What people said before ("these differ") stays. With --list nothing is searched: the queue is written
out as a table, one pair a line.
"""

from __future__ import annotations

import argparse
import sys
import time

from shuxiang.interfaces.cli import bars, common

EXAMPLE = "shuxiang duplicates && shuxiang duplicates --list > pairs.tsv"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--list", action="store_true", help="write the queue to standard output")


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    return _list() if args.list else _search()


def _search() -> int:
    from shuxiang.apps.catalog import queries as catalog
    from shuxiang.apps.catalog.commands import duplicates
    from shuxiang.apps.places import queries as places

    ctx = common.context(places.main_library().id)
    search = duplicates.begin_search(ctx=ctx)
    started = time.monotonic()
    with bars.of_rows("duplicates", catalog.count()) as done:
        for read in duplicates.search(search, ctx):
            done(read)
    found = catalog.newest_search()
    assert found is not None, "it was just begun"
    seconds = time.monotonic() - started
    print(
        f"read {found.read} titles, compared {found.compared} pairs, "
        f"found {found.found} in {seconds:.1f} s"
    )
    return 0


def _list() -> int:
    from shuxiang.apps.catalog import queries as catalog

    offset = 0
    while pairs := catalog.duplicates(offset=offset, limit=200):
        named = catalog.titles({i for p in pairs for i in (p.first, p.second)})
        for pair in pairs:
            one, other = named[pair.first], named[pair.second]
            cells = (pair.score, one.id, one.full_title, one.isbn, other.id, other.full_title)
            sys.stdout.write("\t".join(" ".join(str(c).split()) for c in cells) + "\n")
        offset += len(pairs)
    return 0
