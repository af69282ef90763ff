"""The single writer on SQLite: one thread, group commit, durable, patient with other processes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from shuxiang.runtime import sql, writer
from shuxiang.runtime.errors import Busy, StorageFull
from tests.runtime import acts
from tests.runtime.acts import context, count
from tests.support.races import at_once

pytestmark = pytest.mark.db
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _on_sqlite(db: None) -> None:
    if not sql.is_sqlite():
        pytest.skip("PostgreSQL has no single writer")


@pytest.fixture
def other() -> Iterator[sqlite3.Connection]:
    """Another process's connection to the same file, as good as."""
    opened = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    yield opened
    opened.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A writer that gives up after 0.1 s instead of half a minute."""
    options = connection.settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "timeout", 0.1)
    monkeypatch.setattr(writer, "BEGIN_ATTEMPTS", 2)
    writer.stop_writer()
    yield
    writer.stop_writer()


def test_commands_run_in_one_thread_that_ends_when_told() -> None:
    acts.act(number=1, ctx=context())
    assert [t.name for t in threading.enumerate()].count("writer") == 1
    writer.stop_writer()
    assert "writer" not in [t.name for t in threading.enumerate()]
    acts.act(number=2, ctx=context())
    assert count("test.act") == 2


def test_waiting_commands_share_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    real = writer.Writer._run
    monkeypatch.setattr(
        writer.Writer, "_run", lambda self, group: (sizes.append(len(group)), real(self, group))[1]
    )
    acts.gate.clear()
    writer.stop_writer()

    def run(number: int) -> Any:
        if number == 0:
            return acts.act_after_the_gate(ctx=context())
        while not sizes:
            threading.Event().wait(0.005)
        if number == 40:
            while writer.writer()._queue.qsize() < 39:
                threading.Event().wait(0.005)
            acts.gate.set()
            return None
        return acts.act(number=number, ctx=context())

    outcomes = at_once(41, run)
    assert not [o for o in outcomes if isinstance(o, Exception)]
    assert sizes == [1, 32, 7]
    assert count("test.act") == 39


def test_a_lock_held_by_another_process_is_waited_for(other: sqlite3.Connection) -> None:
    other.execute("BEGIN IMMEDIATE")
    done: list[Any] = []
    waiting = threading.Thread(target=lambda: done.append(acts.act(number=1, ctx=context("k"))))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    other.execute("ROLLBACK")
    waiting.join(20)
    assert done[0].number == 1


def test_a_lock_held_too_long_is_busy_and_nothing_was_done(
    impatient: None, other: sqlite3.Connection
) -> None:
    other.execute("BEGIN IMMEDIATE")
    outcomes = at_once(3, lambda n: acts.act(number=n, ctx=context(f"k{n}")))
    assert [str(o) for o in outcomes if isinstance(o, Busy)] == [
        "the database is busy, nothing was done"
    ] * 3
    other.execute("ROLLBACK")
    assert count("test.act") == 0
    # Asked again with its key, each is done once.
    for n in (0, 1, 2, 0):
        acts.act(number=n, ctx=context(f"k{n}"))
    assert count("test.act") == 3


def test_f3_a_full_disk_saves_nothing_and_reading_goes_on() -> None:
    acts.act(number=1, ctx=context("1"))
    pages = acts.read_pragma(name="page_count", ctx=context())
    acts.read_pragma(name=f"max_page_count = {pages}", ctx=context())

    def fill() -> None:
        for n in range(2000):
            acts.act(number=n, ctx=context(f"fill{n}"))

    try:
        with pytest.raises(StorageFull, match="nothing was saved"):
            fill()
        filled = count("test.act")
        assert filled > 0
    finally:
        acts.read_pragma(name=f"max_page_count = {pages + 10_000}", ctx=context())
    acts.act(number=1, ctx=context("after"))
    assert count("test.act") == filled + 1


def test_f2_every_connection_is_durable_and_guarded(tmp_path: Path) -> None:
    """In a process of its own: this suite itself runs without waiting for the disk."""
    script = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "for name in ('synchronous', 'journal_mode', 'foreign_keys', 'recursive_triggers'):\n"
        "    print(connection.cursor().execute(f'PRAGMA {name}').fetchone()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "SHUXIANG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split() == ["2", "wal", "1", "1"], done.stderr
