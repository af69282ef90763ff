"""The process dies: what was acknowledged is there, what was not can be asked again (F1, I19)."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shuxiang.runtime import sql
from tests.runtime import acts
from tests.runtime.acts import context, count

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.db


def client(mode: str, first: int, last: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.runtime.client", mode, str(first), str(last)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_f1_killed_between_commit_and_answer_the_client_asks_again_and_gets_the_first_answer() -> (
    None
):
    dead = client("answer", 7, 8)
    assert (dead.returncode, dead.stdout) == (-signal.SIGKILL, ""), dead.stderr
    rows = sql.all("SELECT id, quantity FROM ledger_event")
    assert [row[1] for row in rows] == [7]
    answer = acts.act(number=7, ctx=context("key7"))
    assert answer.event == rows[0][0]
    assert count("test.act") == 1


def test_f1_killed_inside_the_act_nothing_happened_and_the_client_may_ask_again() -> None:
    dead = client("act", 7, 8)
    assert (dead.returncode, dead.stdout) == (-signal.SIGKILL, ""), dead.stderr
    assert sql.all("SELECT id FROM ledger_event") == []
    assert sql.all("SELECT id FROM runtime_request") == []
    acts.act(number=7, ctx=context("key7"))
    assert count("test.act") == 1
