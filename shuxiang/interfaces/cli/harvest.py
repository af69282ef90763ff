"""Gather other libraries' catalogues by OAI-PMH, as the worker does by itself when they are due.

A run that was cut off goes on where it stopped. Without a name every source in use is gathered.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from shuxiang.interfaces.cli import bars, common
from shuxiang.interfaces.cli.main import CommandError

EXAMPLE = "shuxiang harvest 市图书馆"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="of the source, as the office page has it")


def _counted(done: Callable[[int], None]) -> Callable[[Any], None]:
    """Tells a bar how many records there are by now."""
    return lambda source: done(source.gathered)


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    from shuxiang.apps.exchange import queries
    from shuxiang.apps.exchange.commands import gathering

    sources = [s for s in queries.harvests() if s.active and args.name in (None, s.name)]
    if args.name and not sources:
        known = ", ".join(s.name for s in queries.harvests()) or "none"
        raise CommandError(f"there is no source “{args.name}” in use; known: {known}")
    failed = 0
    for source in sources:
        with bars.of_rows(source.name, source.complete) as done:
            now = gathering.gather(source.id, common.context, told=_counted(done))
        assert now is not None, "it was just listed"
        kept = queries.foreign_titles(source.id)
        if now.error:
            failed += 1
            print(f"{source.name}: stopped ({now.error}) after {now.gathered}; kept {kept}")
        else:
            print(f"{source.name}: gathered {now.gathered}, kept {kept}")
    return 1 if failed else 0
