"""Prove the invariants on the library as it stands: one line each, ``ok`` or ``BROKEN``.

Exit code 1 when one is broken. Waits for what the worker has still to number and to index, and does
that itself where no worker runs; nothing else is written. The worker may go on meanwhile.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Protocol

from shuxiang.interfaces.cli import common
from shuxiang.kernel import clock

EXAMPLE = "shuxiang check"
DURABLE = "9"
"""The one line about the server's settings, not about the data."""
WORKER_LIVES = timedelta(seconds=20)
"""A worker that has said so within this time is there."""
PATIENCE = 120.0
"""Seconds to wait for it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    _caught_up()
    found = [show(checked) for checked in results()]
    return 0 if all(found) else 1


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
