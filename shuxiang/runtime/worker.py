"""Background work: numbering the ledger, feeding its consumers, periodic tasks, heartbeats.

Database rows are the queue. A turn never holds the write lock for longer than some 50 ms, so that
no desk waits for it.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction

from shuxiang.kernel import clock
from shuxiang.ledger import sequence
from shuxiang.ledger.models import Consumer
from shuxiang.ledger.sequence import Recorded
from shuxiang.runtime import sql
from shuxiang.runtime.models import Heartbeat

log = logging.getLogger("shuxiang.worker")

NUMBER_AT_ONCE = 300
DELIVER_AT_ONCE = 5000
PRUNE_AT_ONCE = 1000
IDLE_SECONDS = 0.5
HEARTBEAT_SECONDS = 5
KEEP_ANSWERS = timedelta(days=30)
_NUMBERING = (
    720_001  # any constant: the advisory lock that makes one process at a time the numberer
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Numbered events handed to a consumer, oldest first."""

    events: tuple[tuple[int, Recorded], ...]

    @property
    def first(self) -> int:
        return self.events[0][0]

    @property
    def last(self) -> int:
        return self.events[-1][0]


Handler = Callable[[Batch], None]
Task = Callable[[], Any]


def number_pending(limit: int = NUMBER_AT_ONCE) -> int:
    """Number pending events in one short transaction; returns how many."""
    with transaction.atomic():
        if not sql.is_sqlite():
            sql.one("SELECT pg_advisory_xact_lock(?)", _NUMBERING)
        return sequence.number(sql, limit)


def number_all() -> int:
    """Number everything pending and return the last number. For reports and after imports."""
    while number_pending(5000):
        pass
    return sequence.head(sql)[0]


def events_after(seq: int, limit: int) -> Batch | None:
    """The events numbered above ``seq``, at most ``limit``; None when there are none."""
    events = tuple(sequence.after(sql, seq, limit))
    return Batch(events) if events else None


def deliver(name: str, handler: Handler) -> int:
    """Give one consumer its next events; returns how many. Its position moves only when the handler
    is through, so a crash delivers again: handlers must be idempotent."""
    position, _ = Consumer.objects.get_or_create(name=name)
    batch = events_after(position.seq, DELIVER_AT_ONCE)
    if batch is None:
        return 0
    try:
        handler(batch)
    except Exception as error:
        log.exception("consumer %s failed at %s", name, position.seq)
        Consumer.objects.filter(name=name).update(
            failures=position.failures + 1, last_error=repr(error)[:500], updated_at=clock.now()
        )
        return 0
    Consumer.objects.filter(name=name).update(
        seq=batch.last, failures=0, last_error="", updated_at=clock.now()
    )
    return len(batch.events)


def catch_up(subscriptions: Mapping[str, Handler]) -> None:
    """Number everything and bring every consumer to the end. For commands that must see it all."""
    number_all()
    for name, handler in subscriptions.items():
        while deliver(name, handler):
            pass


def prune_answers() -> int:
    """Forget answered requests after 30 days: a replay that late is no replay."""
    before, done = clock.now() - KEEP_ANSWERS, 0
    while True:
        gone = sql.run(
            "DELETE FROM runtime_request WHERE id IN "
            "(SELECT id FROM runtime_request WHERE created_at < ? ORDER BY created_at LIMIT ?)",
            before,
            PRUNE_AT_ONCE,
        )
        done += gone
        if gone < PRUNE_AT_ONCE:
            return done


def beat(name: str, **data: Any) -> None:
    """Say that this part of the process group lives."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": clock.now(), "data": data})


@dataclass(slots=True)
class Periodic:
    """A task run every ``every``; ``task`` does a bounded piece of work a call."""

    name: str
    every: timedelta
    task: Task
    due: datetime | None = None


class Worker:
    """The loop of ``shuxiang worker``. Ends after the turn it is in on SIGTERM or SIGINT."""

    def __init__(
        self, subscriptions: Mapping[str, Handler], periodic: Sequence[Periodic] = ()
    ) -> None:
        self.subscriptions = subscriptions
        self.periodic = list(periodic)
        self.stopping = threading.Event()

    def run_forever(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        beaten = 0.0
        while not self.stopping.is_set():
            try:
                busy = self.turn()
                if time.monotonic() - beaten > HEARTBEAT_SECONDS:
                    beat("worker", seq=sequence.head(sql)[0])
                    beaten = time.monotonic()
            except DatabaseError:
                log.exception("database not available; trying again")
                connection.close()
                busy = 0
            if not busy:
                self.stopping.wait(IDLE_SECONDS)

    def turn(self) -> int:
        """One round of everything; returns how much was done."""
        done = number_pending()
        for name, handler in self.subscriptions.items():
            done += deliver(name, handler)
        now = clock.now()
        for job in self.periodic:
            if job.due is None or job.due <= now:
                job.due = now + job.every
                self._run(job)
        return done

    def _run(self, job: Periodic) -> None:
        try:
            job.task()
        except Exception:
            log.exception("periodic task %s failed", job.name)
