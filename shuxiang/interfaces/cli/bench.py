"""Measure search, import, reports, loans, SIP2, duplicates and the running web at a size you choose, in a scratch library.

Nothing of your own library is touched. Absolute times depend on the machine; the size is printed
with every row.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile

from shuxiang.interfaces.cli.main import CommandError

EXAMPLE = "shuxiang bench --items 230000 --events 1000000"
PARTS = (
    "search",
    "relevance",
    "import",
    "report",
    "loans",
    "sip2",
    "closure",
    "duplicates",
    "web",
    "oai",
    "sru",
)
SIP2_PAIRS = 3000
REPORT_EVENTS = 100_000
"""Ledger rows of ten years behind the reports, unless told how many."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--items", type=int, default=20_000, help="items (and titles), default 20000"
    )
    parser.add_argument(
        "--events",
        type=int,
        default=0,
        help="fill the ledger to so many rows before the reports and the loans",
    )
    parser.add_argument(
        "--pairs",
        type=int,
        default=SIP2_PAIRS,
        help=f"SIP2 check-outs with their check-ins, default {SIP2_PAIRS}",
    )
    parser.add_argument("--only", help=f"some of {', '.join(PARTS)}, separated by commas")


def run(args: argparse.Namespace) -> int:
    wanted = args.only.split(",") if args.only else list(PARTS)
    unknown = [w for w in wanted if w not in PARTS]
    if unknown or args.items < 1000:
        raise CommandError(
            f"--only takes {', '.join(PARTS)} and --items at least 1000"
            + (f"; {unknown[0]} is not one" if unknown else "")
        )
    if args.pairs < 1:
        raise CommandError("--pairs is at least 1")
    home = tempfile.mkdtemp(prefix="shuxiang-bench-")
    os.environ["SHUXIANG_HOME"] = home
    os.environ.pop("SHUXIANG_DATABASE_URL", None)
    try:
        return _measure(args.items, args.events, wanted, args.pairs)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _measure(items: int, events: int, wanted: list[str], pairs: int) -> int:
    from shuxiang.interfaces.cli import common

    common.setup()
    from shuxiang.bench import (
        duplicates,
        harvest,
        import_marc,
        library,
        loans,
        phases,
        relevance,
        report,
        search,
        sip2,
        web,
    )

    def show(rows: list[tuple[str, float, str]]) -> None:
        for name, value, unit in rows:
            print(f"{name:<44} {value:>12,} {unit:<10} at {items:,} items", flush=True)

    if "search" in wanted:
        show(search.run(items))
    if "relevance" in wanted:
        for name, value, unit in relevance.run():
            print(f"{name:<52} {value:>8,} {unit}", flush=True)
    if not set(PARTS[2:]) & set(wanted):
        return 0
    place = library.open_empty()
    if (set(PARTS[2:]) - {"report"}) & set(wanted):
        show(import_marc.run(items))
    if "duplicates" in wanted:
        show(duplicates.run(place))
    if "report" in wanted:
        size = events or REPORT_EVENTS
        for name, value, unit in report.run(place, size):
            print(f"{name:<44} {value:>12,} {unit:<10} at {size:,} events", flush=True)
    if {"oai", "sru"} & set(wanted):
        show(harvest.run(oai="oai" in wanted, sru="sru" in wanted))
    if not {"loans", "sip2", "closure", "web"} & set(wanted):
        return 0
    library.add_readers(place)
    if events:
        rows = library.fill_ledger(place, events)
        print(f"ledger filled to {rows:,} rows", flush=True)
    made = library.made(place)
    if "loans" in wanted:
        show(loans.run(made))
    if "sip2" in wanted:
        show(sip2.run(made, pairs))
    if "closure" in wanted:
        show(phases.run(made))
    if "web" in wanted:
        show(web.run(made))
    return 0
