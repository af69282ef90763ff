"""Indexing beside a long import, in a process of its own, so that both cores have work."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event

PAUSE_SECONDS = 0.2


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
    from shuxiang.apps.search import commands as search
    from shuxiang.runtime import worker

    while True:
        last = done.is_set()
        moved = worker.number_pending(worker.DELIVER_AT_ONCE)
        moved += worker.deliver(search.CONSUMER, search.handle)
        if not moved:
            if last or _orphaned():
                return
            done.wait(PAUSE_SECONDS)
