"""Indexing beside a long import, in a process of its own, so that both cores have work."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event

PAUSE_SECONDS = 0.2
GATHER = 20_000
GATHER_SECONDS = 5.0
"""How many events are gathered before they are indexed, and for how long: what happens to a title
meanwhile (its record added, then its items) costs one indexing, and the fewer the commits, the less
of the index is merged again: at 20,000 events a title costs a quarter less time than at 5,000."""


@contextmanager
def following() -> Iterator[None]:
    """While the block runs, number what it commits and bring the index after it; ends when both
    have caught up. A follower that dies costs nothing but time: the caller catches up itself."""
    spawn = multiprocessing.get_context("spawn")
    done = spawn.Event()
    process = spawn.Process(target=_follow, args=(done,), daemon=True)
    process.start()
    try:
        yield
    finally:
        done.set()
        process.join()


def _orphaned() -> bool:
    """Whether the process that began the block was killed: it can't say any more that it is done."""
    parent = multiprocessing.parent_process()
    return parent is not None and not parent.is_alive()


def _follow(done: Event) -> None:
    import signal

    import django

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
    # Rows and documents make no cycles: looking for some takes a tenth of the time.
    gc.set_threshold(50_000, 20, 100)
    from shuxiang.apps.search import commands as search
    from shuxiang.runtime import worker

    waiting, since = 0, 0.0
    while True:
        last = done.is_set() or _orphaned()
        numbered = 0
        while moved := worker.number_pending():
            numbered += moved
        if numbered and not waiting:
            since = time.monotonic()
        waiting += numbered
        if last or waiting >= GATHER or time.monotonic() - since >= GATHER_SECONDS:
            waiting = 0
            while moved := worker.deliver(search.CONSUMER, search.handle, at_once=GATHER):
                numbered += moved
        if last and not numbered:
            return
        if not numbered:
            done.wait(PAUSE_SECONDS)
