"""Run the background worker: numbers the ledger, feeds statistics and search, keeps retention."""

from __future__ import annotations

import argparse

from shuxiang.interfaces.cli import common, serve
from shuxiang.interfaces.cli.main import CommandError

EXAMPLE = "shuxiang worker"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--skip",
        metavar="CONSUMER:NUMBER",
        help="only let a consumer that stands still pass over the event it can't bear",
    )
    parser.add_argument("--why", default="", help="with --skip: the reason, which is kept")


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    if args.skip:
        return _skip(args.skip, args.why)
    serve.serve_worker()
    return 0


def _skip(text: str, why: str) -> int:
    from shuxiang.runtime import worker

    name, _, number = text.rpartition(":")
    if not number.isdigit() or not why.strip():
        raise CommandError("give --skip CONSUMER:NUMBER as /healthz names them, and --why")
    try:
        event = worker.skip(name, int(number), why.strip())
    except ValueError as error:
        raise CommandError(f"{error}; nothing was changed") from None
    print(f"{name} passed over number {number} (event {event}); it goes on with the next")
    return 0
