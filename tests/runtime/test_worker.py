"""The worker: short turns, patience with what fails, and connections that are lost (F4, F20)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import InterfaceError, connection, connections, transaction

from shuxiang.kernel import clock
from shuxiang.ledger import sequence
from shuxiang.ledger.models import Consumer
from shuxiang.runtime import commands, sql, worker
from shuxiang.runtime.errors import Busy, OutcomeUnknown
from shuxiang.runtime.models import Job
from shuxiang.runtime.worker import Batch, Periodic, Worker
from tests.runtime import acts
from tests.runtime.acts import context

pytestmark = pytest.mark.db


@pytest.fixture
def events(db: None) -> int:
    """Twenty numbered events."""
    for number in range(20):
        acts.act(number=number, ctx=context())
    return worker.number_all()


class Bearing:
    """A handler that can't bear some numbers."""

    def __init__(self, *poison: int) -> None:
        self.poison, self.taken, self.tries = set(poison), [], 0  # type: ignore[var-annotated]

    def __call__(self, batch: Batch) -> None:
        self.tries += 1
        if found := self.poison & {seq for seq, _ in batch.events}:
            raise ZeroDivisionError(f"can't bear {min(found)}")
        self.taken += [seq for seq, _ in batch.events]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """``at(30)``: the clock 30 s after the first call."""
    start = clock.now()

    def set_to(seconds: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: start + timedelta(seconds=seconds))

    set_to(0)
    return set_to


def until_it_stands(handler: Bearing) -> None:
    while worker.deliver("c", handler, patient=True):
        pass


def test_f20_a_poison_event_stops_its_consumer_right_before_it_and_says_so(events: int) -> None:
    handler = Bearing(13)
    until_it_stands(handler)
    assert handler.taken == list(range(1, 13))
    assert Consumer.objects.get(name="c").seq == 12
    assert worker.failing() == {"c": 'number 13: ZeroDivisionError("can\'t bear 13")'}


def test_a_consumer_that_fails_is_asked_ever_more_seldom(
    events: int, at: Callable[[float], None]
) -> None:
    handler = Bearing(1)
    asked = []
    for second in range(1000):
        at(second)
        before = handler.tries
        worker.deliver("c", handler, patient=True)
        if handler.tries > before:
            asked.append(second)
    assert asked == [0, 2, 6, 14, 30, 62, 126, 254, 510, 810]
    assert worker.pause(1) == timedelta(seconds=2)
    assert worker.pause(60) == timedelta(minutes=5)
    # A command that must have it now does not wait.
    before = handler.tries
    worker.deliver("c", handler)
    assert handler.tries > before
    handler.poison.clear()
    assert worker.deliver("c", handler) == 20
    assert worker.failing() == {}


def test_the_other_consumers_go_on(events: int) -> None:
    bad, good = Bearing(1), Bearing()
    turning = Worker({"bad": bad, "good": good})
    turning.turn()
    assert (bad.taken, good.taken) == ([], list(range(1, 21)))


def test_an_event_is_skipped_by_hand_alone_and_that_is_kept(events: int) -> None:
    handler = Bearing(13)
    until_it_stands(handler)
    for wrong in (("c", 12), ("c", 14), ("other", 13)):
        with pytest.raises(ValueError, match="does not stand before"):
            worker.skip(*wrong, "because")
    event = worker.skip("c", 13, "a title that no index takes")
    job = Job.objects.get(kind="skipped-event")
    assert job.payload == {
        "consumer": "c", "seq": 13, "event": event, "why": "a title that no index takes",
    }  # fmt: skip
    assert "can't bear 13" in job.last_error
    until_it_stands(handler)
    assert handler.taken == [*range(1, 13), *range(14, 21)]
    with pytest.raises(ValueError, match="it has come to 20"):
        worker.skip("c", 21, "nothing there")


def test_a_task_that_fails_is_told_by_the_heartbeat_until_it_succeeds(
    db: None, at: Callable[[float], None]
) -> None:
    outcomes = [RuntimeError("no paper"), None]

    def task() -> None:
        outcome = outcomes.pop(0)
        if outcome:
            raise outcome

    turning = Worker({}, [Periodic("print", timedelta(hours=1), task)])
    turning.turn()
    turning.beat()
    beaten = worker.last_beat("worker")
    assert beaten is not None
    assert beaten.data["tasks"] == {"print": "RuntimeError('no paper')"}
    at(1)
    turning.turn()
    assert len(outcomes) == 1
    at(3)
    turning.turn()
    turning.beat()
    assert not outcomes
    again = worker.last_beat("worker")
    assert again is not None
    assert again.data["tasks"] == {}


def test_numbering_is_cut_by_time(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some 20 ms of the write lock at a time, however slow the disk: a slow slice halves the next,
    a quick one lets it grow, within bounds."""
    slice_ = worker._Slice()
    slice_.took(0.04)
    assert slice_.size == 225
    for _ in range(20):
        slice_.took(1.0)
    assert slice_.size == worker.LEAST_AT_ONCE
    for _ in range(40):
        slice_.took(0.0001)
    assert slice_.size == worker.MOST_AT_ONCE
    monkeypatch.setattr(worker, "_slice", worker._Slice(7))
    monkeypatch.setattr(worker, "LEAST_AT_ONCE", 7)
    sizes: list[int] = []
    real = sequence.number

    def slow(on: Any, limit: int) -> int:
        time.sleep(0.03)
        sizes.append(limit)
        return real(on, limit)

    monkeypatch.setattr(sequence, "number", slow)
    for number in range(20):
        acts.act(number=number, ctx=context())
    assert worker.number_all() == 20
    assert sizes == [7, 7, 7, 7]


def test_the_worker_goes_on_after_any_loss_of_the_database(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = [InterfaceError("connection already closed"), None]
    turning = Worker({})

    def turn() -> int:
        fault = faults.pop(0)
        if fault:
            raise fault
        turning.stopping.set()
        return 0

    ended = []
    turning.at_the_end.append(lambda: ended.append(True))
    monkeypatch.setattr(turning, "turn", turn)
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    turning.run_forever()
    assert (faults, ended) == ([], [True])


def postgres_alone() -> None:
    if sql.is_sqlite():
        pytest.skip("SQLite has neither row locks nor connections to lose")


def other_session(act: Callable[[Any], None]) -> None:
    """Run in another connection of the database, in a thread of its own."""

    def run() -> None:
        with connection.cursor() as cursor:
            act(cursor)
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)


def terminate(cursor: Any) -> None:
    cursor.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_f4_the_worker_reconnects(db: None) -> None:
    postgres_alone()
    turning = Worker({"c": Bearing()})
    turning.turn()
    other_session(terminate)
    turns = []
    real = turning.turn

    def turn() -> int:
        turns.append(1)
        if len(turns) > 3:
            turning.stopping.set()
        return real()

    turning.turn = turn  # type: ignore[method-assign]
    before = worker.IDLE_SECONDS
    try:
        worker.IDLE_SECONDS = 0.01
        signals = worker.signal.signal
        worker.signal.signal = lambda *_: None  # type: ignore[assignment]
        turning.run_forever()
    finally:
        worker.IDLE_SECONDS, worker.signal.signal = before, signals
    assert len(turns) == 4
    acts.act(number=1, ctx=context())
    assert worker.number_all() == 1


def test_f4_a_command_outlives_its_connection(db: None) -> None:
    postgres_alone()
    acts.act(number=1, ctx=context())
    other_session(terminate)
    acts.act(number=2, ctx=context())
    assert acts.count("test.act") == 2


def test_f5_lost_at_commit_it_is_done_once_and_answered(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The COMMIT goes through, its confirmation is lost: the work is tried again and finds its own
    answer."""
    postgres_alone()
    real = connection.commit
    lost = []

    def commit() -> None:
        real()
        if not lost:
            lost.append(True)
            connection.close()
            raise InterfaceError("server closed the connection unexpectedly")

    monkeypatch.setattr(connection, "commit", commit)
    answer = acts.act(number=7, ctx=context("key"))
    assert lost
    assert acts.count("test.act") == 1
    assert sql.one("SELECT id FROM ledger_event WHERE type = 'test.act'") == (answer.event,)


def test_f5_lost_for_longer_it_is_said_to_be_unknown(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres_alone()
    monkeypatch.setattr(commands, "PATIENCE", 0.3)

    def commit() -> None:
        connection.close()
        raise InterfaceError("server closed the connection unexpectedly")

    with monkeypatch.context() as down:
        down.setattr(connection, "commit", commit)
        with pytest.raises(OutcomeUnknown, match="ask again with the same key"):
            acts.act(number=7, ctx=context("key"))
    connection.close()
    acts.act(number=7, ctx=context("key"))
    assert acts.count("test.act") == 1


def test_a_row_locked_too_long_is_busy_and_nothing_was_done(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres_alone()
    monkeypatch.setattr(commands, "LOCK_MILLISECONDS", 50)
    monkeypatch.setattr(commands, "PATIENCE", 0.3)
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE ledger_event")
            holding.set()
            done.wait(60)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert holding.wait(20)
        with pytest.raises(Busy, match="nothing was done") as caught:
            acts.act(number=1, ctx=context("key"))
        assert thread.is_alive(), "not refused, but waited for"
        assert not isinstance(caught.value, OutcomeUnknown)
    finally:
        done.set()
        thread.join(20)
    acts.act(number=1, ctx=context("key"))
    assert acts.count("test.act") == 1
