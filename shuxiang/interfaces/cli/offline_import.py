"""Take in the journal of an offline desk that was carried here as a file. Twice does no harm."""

from __future__ import annotations

import argparse
from pathlib import Path

from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import CommandError

EXAMPLE = "shuxiang offline-import /media/usb/shuxiang-journal-east-1-57.jsonl"
AT_ONCE = 500


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="what the offline desk exported")


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    from shuxiang.apps.circulation import commands
    from shuxiang.apps.places import queries as places
    from shuxiang.formats.journal import NotAJournal, read
    from shuxiang.kernel.decision import Refused

    try:
        journal = read(args.file.read_bytes())
    except NotAJournal as wrong:
        raise CommandError(f"{args.file} is no journal ({wrong}); nothing was taken") from None
    device = places.device(journal.device)
    ctx = common.context(device.place if device else "")
    try:
        got = commands.receive_journal(journal=journal, live=False, ctx=ctx)
    except Refused as refused:
        raise CommandError(common.said(refused)) from None
    merged = 0
    while done := commands.merge_pending(ctx=ctx, most=AT_ONCE):
        merged += done
    print(f"{got.new} lines taken, {got.again} were here already, {merged} merged")
    if got.waiting or got.aside:
        print(
            f"{got.waiting} wait for lines before them, {got.aside} stand against others: "
            "see Office › Offline desks"
        )
    return 0
