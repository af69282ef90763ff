"""Background work: numbering the ledger, feeding its consumers, periodic tasks, heartbeats.

Database rows are the queue. A turn never holds the write lock for longer than some 50 ms, so that
no desk waits for it.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import Error, connection, transaction

from shuxiang.kernel import clock
from shuxiang.ledger import sequence
from shuxiang.ledger.models import Consumer
from shuxiang.ledger.sequence import Recorded
from shuxiang.runtime import sql
from shuxiang.runtime.models import Heartbeat, Job

log = logging.getLogger("shuxiang.worker")

NUMBER_AT_ONCE, LEAST_AT_ONCE, MOST_AT_ONCE = 300, 20, 2000
NUMBER_SECONDS = 0.02
DELIVER_AT_ONCE = 5000
FEWER = 8
"""By how much a batch shrinks after a failure, to close in on the event that causes it."""

LONGEST_PAUSE = timedelta(minutes=5)
PRUNE_AT_ONCE = 1000
IDLE_SECONDS = 0.5
HEARTBEAT_SECONDS = 5
KEEP_ANSWERS = timedelta(days=30)
_NUMBERING = (
    720_001  # any constant: the advisory lock that makes one process at a time the numberer
)


@dataclass(frozen=True)
class Batch:
    """Numbered events handed to a consumer, ``first`` to ``last``; read when they are asked for."""

    first: int
    last: int
    count: int

    @cached_property
    def events(self) -> tuple[tuple[int, Recorded], ...]:
        """Every event with its number, oldest first."""
        return tuple(sequence.after(sql, self.first - 1, self.count))

    @cached_property
    def titles(self) -> list[tuple[str, int]]:
        """The titles they are about, each with the number of the last event about it."""
        return sequence.titles(sql, self.first, self.last)


Handler = Callable[[Batch], None]
Task = Callable[[], Any]


def number_pending(limit: int | None = None) -> int:
    """Number pending events in one short transaction; returns how many. Unless told how many, as many
    as hold the write lock for some 20 ms."""
    size = limit or _slice.size
    with transaction.atomic():
        if not sql.is_sqlite():
            sql.one("SELECT pg_advisory_xact_lock(?)", _NUMBERING)
        began = time.monotonic()
        done = sequence.number(sql, size)
    if limit is None and done == size:
        _slice.took(time.monotonic() - began)
    return done


def number_all() -> int:
    """Number everything pending and return the last number. For reports and after imports."""
    while number_pending():
        pass
    return sequence.head(sql)[0]


@dataclass(slots=True)
class _Slice:
    """How many events are numbered at once, by how long the last ones took."""

    size: int = NUMBER_AT_ONCE

    def took(self, seconds: float) -> None:
        fitting = self.size * NUMBER_SECONDS / max(seconds, 0.001)
        # Half way: one slow flush of the disk says little.
        self.size = int(min(MOST_AT_ONCE, max(LEAST_AT_ONCE, (self.size + fitting) / 2)))


_slice = _Slice()


def events_after(seq: int, limit: int) -> Batch | None:
    """The events numbered above ``seq``, at most ``limit``; None when there are none."""
    found = sequence.reach(sql, seq, limit)
    return Batch(*found) if found else None


def deliver(
    name: str, handler: Handler, *, patient: bool = False, at_once: int | None = None
) -> int:
    """Give one consumer its next events (at most ``at_once``); returns how many. Its position moves only when the handler
    is through, so a crash delivers again: handlers must be idempotent.

    When the handler fails, fewer are tried at once, down to the single event it can't bear; there the
    consumer stands, and says so in its row, until it can or that event is skipped by hand. A
    ``patient`` caller waits longer after every failure.
    """
    position, _ = Consumer.objects.get_or_create(name=name)
    now = clock.now()
    tried = position.updated_at
    if patient and position.failures and tried and now < tried + pause(position.failures):
        return 0
    size, error = at_once or DELIVER_AT_ONCE, ""
    while size:
        batch = events_after(position.seq, size)
        if batch is None:
            return 0
        try:
            handler(batch)
        except Exception as fault:
            log.exception("consumer %s failed on numbers %s to %s", name, batch.first, batch.last)
            error = f"number {batch.first}: {fault!r}"[:500]
            size = min(size, batch.count) // FEWER
        else:
            Consumer.objects.filter(name=name).update(
                seq=batch.last, failures=0, last_error="", updated_at=clock.now()
            )
            return batch.count
    Consumer.objects.filter(name=name).update(
        failures=position.failures + 1, last_error=error, updated_at=clock.now()
    )
    return 0


def pause(failures: int) -> timedelta:
    """How long after so many failures in a row the next try comes: 2, 4, 8 … s, at most 5 minutes."""
    return min(timedelta(seconds=2 ** min(failures, 10)), LONGEST_PAUSE)


def failing() -> dict[str, str]:
    """Consumers that stand still, with what they stumbled over."""
    return dict(
        Consumer.objects.filter(failures__gt=0).order_by("name").values_list("name", "last_error")
    )


def skip(name: str, seq: int, why: str) -> str:
    """Let a consumer pass over the one event it stands before, number ``seq``, and keep in the job
    list who that was and why; returns the event's id. Raises ValueError for any other number."""
    position = Consumer.objects.filter(name=name).first()
    batch = events_after(position.seq, 1) if position else None
    if position is None or batch is None or batch.first != seq or not position.failures:
        standing = f"it has come to {position.seq}" if position else "there is none of that name"
        raise ValueError(f"{name} does not stand before number {seq}: {standing}")
    event = batch.events[0][1].id
    with transaction.atomic():
        Job.objects.create(
            kind="skipped-event",
            payload={"consumer": name, "seq": seq, "event": event, "why": why},
            last_error=position.last_error,
            run_after=clock.now(),
            done_at=clock.now(),
        )
        Consumer.objects.filter(name=name).update(
            seq=seq, failures=0, last_error="", updated_at=clock.now()
        )
    return event


def catch_up(subscriptions: Mapping[str, Handler]) -> None:
    """Number everything and bring every consumer to the end. For commands that must see it all."""
    number_all()
    for name, handler in subscriptions.items():
        while deliver(name, handler):
            pass


def prune_answers(keep: timedelta = KEEP_ANSWERS) -> int:
    """Forget answered requests after 30 days (or a shorter ``keep``): a replay that late is no
    replay, and answers name readers."""
    before, done = clock.now() - keep, 0
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


@dataclass(frozen=True, slots=True)
class Beat:
    """When a part of the process group last said that it lives, and what else it said."""

    at: datetime
    data: dict[str, Any]


def last_beat(name: str) -> Beat | None:
    """A part's last heartbeat, None when it never ran."""
    found = Heartbeat.objects.filter(name=name).values_list("at", "data").first()
    return Beat(*found) if found else None


@dataclass(slots=True)
class Periodic:
    """A task run every ``every``; ``task`` does a bounded piece of work a call."""

    name: str
    every: timedelta
    task: Task
    due: datetime | None = None
    failures: int = 0
    error: str = ""


class Worker:
    """The loop of ``shuxiang worker``. Ends after the turn it is in on SIGTERM or SIGINT."""

    def __init__(
        self,
        subscriptions: Mapping[str, Handler],
        periodic: Sequence[Periodic] = (),
        at_the_end: Sequence[Callable[[], None]] = (),
    ) -> None:
        self.subscriptions = subscriptions
        self.periodic = list(periodic)
        self.at_the_end = list(at_the_end)
        self.stopping = threading.Event()

    def run_forever(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        beaten = 0.0
        while not self.stopping.is_set():
            try:
                busy = self.turn()
                if time.monotonic() - beaten > HEARTBEAT_SECONDS:
                    self.beat()
                    beaten = time.monotonic()
            except Error:
                log.exception("database not available; trying again")
                # The connection may be past closing properly as well.
                with contextlib.suppress(Error):
                    connection.close()
                busy = 0
            if not busy:
                self.stopping.wait(IDLE_SECONDS)
        for end in self.at_the_end:
            end()

    def beat(self) -> None:
        """Say that the worker lives, how far it is and which tasks fail."""
        failed = {job.name: job.error for job in self.periodic if job.error}
        beat("worker", seq=sequence.head(sql)[0], tasks=failed)

    def turn(self) -> int:
        """One round of everything; returns how much was done."""
        done = number_pending()
        for name, handler in self.subscriptions.items():
            done += deliver(name, handler, patient=True)
        now = clock.now()
        for job in self.periodic:
            if job.due is None or job.due <= now:
                self._run(job, now)
        return done

    def _run(self, job: Periodic, now: datetime) -> None:
        job.due = now + job.every
        try:
            job.task()
        except Exception as error:
            log.exception("periodic task %s failed", job.name)
            job.failures, job.error = job.failures + 1, repr(error)[:300]
            job.due = now + min(job.every, pause(job.failures))
        else:
            job.failures, job.error = 0, ""
