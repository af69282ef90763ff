"""Prove the invariants on the library as it stands: one line each, ``ok`` or ``BROKEN``.

Exit code 1 when one is broken. Waits for what the worker has still to number and to index, and does
that itself where no worker runs; nothing else is written. The worker may go on meanwhile.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import CommandError
from shuxiang.kernel import clock

EXAMPLE = "shuxiang check"
DURABLE = "9"
"""The one line about the server's settings, not about the data."""
WORKER_LIVES = timedelta(seconds=20)
"""A worker that has said so within this time is there."""
PATIENCE = 120.0
"""Seconds to wait for it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--compare",
        type=Path,
        metavar="DIR",
        help="instead: whether the library is the one that export --all wrote into DIR",
    )


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    if args.compare is not None:
        return _compare(args.compare)
    _caught_up()
    found = [show(checked) for checked in results()]
    return 0 if all(found) else 1


LISTED = 20
"""Differences of a table that are told one by one."""


def _compare(folder: Path) -> int:
    """Whether the library is the one exported, and exactly what differs."""
    from itertools import groupby

    from shuxiang.runtime import transfer

    try:
        manifest = transfer.read_manifest(folder)
        transfer.verify(folder, manifest)
    except transfer.Damaged as error:
        raise CommandError(str(error)) from None
    found = 0
    with transfer.snapshot() as reading:
        there = transfer.differences(folder, manifest, reading)
        for table, rows in groupby(there, key=lambda each: each.table):
            for number, each in enumerate(rows, start=1):
                if number <= LISTED:
                    print(f"BROKEN X4   {table} {each.key}: {each.text}", flush=True)
            found += number
            if number > LISTED:
                print(f"BROKEN X4   {table}: {number - LISTED} more", flush=True)
    size = sum(t.rows for t in manifest.tables)
    if found:
        print(f"not equal: {found} rows differ from the export of {manifest.made_at[:16]}")
        return 1
    print(
        f"ok     X4   equal: {len(manifest.tables)} tables, {size} rows, "
        f"ledger number {manifest.ledger_seq}"
    )
    return 0


def _caught_up() -> None:
    """The index has seen everything, by the worker's work or by ours."""
    from shuxiang.apps.search import commands as search
    from shuxiang.apps.search import queries
    from shuxiang.runtime import worker

    deadline = time.monotonic() + PATIENCE
    while not all(checked.ok for checked in queries.check_index()):
        beat = worker.last_beat("worker")
        if beat is None or clock.now() - beat.at > WORKER_LIVES:
            worker.catch_up({search.CONSUMER: search.handle})
            search.keep()
            return
        if time.monotonic() > deadline:
            return
        time.sleep(0.5)


class Checked(Protocol):
    """One line of the answer."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def ok(self) -> bool: ...
    @property
    def detail(self) -> str: ...


def results() -> Iterator[Checked]:
    """Every invariant, proved one after the other."""
    from shuxiang.apps.search import queries as search
    from shuxiang.statistics import invariants

    yield from invariants.check()
    yield from search.check_index()


def of_the_data() -> Iterator[Checked]:
    """Every invariant of what is stored, whatever the server it is stored on promises."""
    return (checked for checked in results() if checked.id != DURABLE)


def show(checked: Checked) -> bool:
    """Print one line; returns whether the invariant holds."""
    print(f"{'ok' if checked.ok else 'BROKEN':<6} {checked.id:<4} {checked.text}", flush=True)
    if checked.detail and not checked.ok:
        print(f"            {checked.detail}", flush=True)
    return checked.ok
