"""The single writer of a process on SQLite: one thread, many commands a transaction.

SQLite has one writer and an unfair busy wait. Threads that each open a transaction give 124 pairs/s
with waits of seconds; one thread committing groups gives an order more at a steady latency.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from django.db import OperationalError, connection, transaction

from shuxiang.runtime import storage
from shuxiang.runtime.errors import Busy, StorageFull

GROUP = 32
GATHER_SECONDS = 0.0005
BEGIN_ATTEMPTS = 6

Work = Callable[[], Any]


class Writer:
    """Takes works in order, runs up to `GROUP` of them in one transaction, answers after COMMIT."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._crowded = False
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work) -> Any:
        """Run one work and wait for its commit; raises what it raised."""
        return self.later(work).result()

    def later(self, work: Work) -> Future[Any]:
        """Have one work run; its answer comes after the commit, in the writer's thread."""
        answer: Future[Any] = Future()
        self._queue.put((work, answer))
        return answer

    def stop(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _loop(self) -> None:
        try:
            while (group := self._take()) is not None:
                self._run(group)
        finally:
            connection.close()

    def _take(self) -> list[tuple[Work, Future[Any]]] | None:
        first = self._queue.get()
        if first is None:
            return None
        group = [first]
        if self._crowded:
            # Those answered by the last commit are about to ask again: one commit for all of them.
            time.sleep(GATHER_SECONDS)
        while len(group) < GROUP:
            try:
                further = self._queue.get_nowait()
            except queue.Empty:
                break
            if further is None:
                self._queue.put(None)
                break
            group.append(further)
        self._crowded = len(group) > 1
        return group

    def _run(self, group: list[tuple[Work, Future[Any]]]) -> None:
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        for attempt in range(BEGIN_ATTEMPTS):
            outcomes.clear()
            try:
                with transaction.atomic():
                    for work, answer in group:
                        outcomes.append((answer, *_attempt(work)))
                break
            except Exception as error:
                # Nothing of the group was committed: every caller may ask again with its key.
                locked = "locked" in str(error)
                if locked and attempt < BEGIN_ATTEMPTS - 1:
                    continue
                connection.close()
                if len(group) > 1 and not locked:
                    # A foreign key is checked at COMMIT and some errors end the transaction: alone,
                    # each fails or goes through by itself.
                    for one in group:
                        self._run([one])
                    return
                failure = as_runtime_error(error)
                outcomes = [(answer, None, failure) for _, answer in group]
                break
        for answer, result, raised in outcomes:
            if raised is None:
                answer.set_result(result)
            else:
                answer.set_exception(raised)


def _attempt(work: Work) -> tuple[Any, BaseException | None]:
    try:
        return work(), None
    except OperationalError:
        raise
    except Exception as error:
        return None, error


_FULL = ("disk is full", "disk full", "no space")


def as_runtime_error(error: Exception) -> Exception:
    """The library's word for a database failure; the error itself when it has none."""
    state = getattr(error.__cause__, "sqlstate", None)
    text = str(error).lower()
    full = state == "53100" or any(words in text for words in _FULL)
    # SQLite's word where its shared memory file could not grow.
    if full or ("disk i/o error" in text and storage.is_full()):
        return StorageFull("storage is full, nothing was saved")
    if state in ("55P03", "40001", "40P01") or "locked" in text or "busy" in text:
        return Busy("the database is busy, nothing was done")
    return error


_writers: dict[int, Writer] = {}
_lock = threading.Lock()


def writer() -> Writer:
    """This process's writer; a fork starts its own."""
    pid = os.getpid()
    found = _writers.get(pid)
    if found is None or not found._thread.is_alive():
        with _lock:
            found = _writers.get(pid)
            if found is None or not found._thread.is_alive():
                found = _writers[pid] = Writer()
    return found


def stop_writer() -> None:
    """End this process's writer after what it has taken. For tests and orderly shutdown."""
    with _lock:
        found = _writers.pop(os.getpid(), None)
    if found is not None:
        found.stop()
