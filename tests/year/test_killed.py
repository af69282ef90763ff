"""A demo build that is killed leaves no half library, and the next one begins anew."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults

PROGRAM = """
import os, signal, sys
import django
django.setup()
from datetime import date
from shuxiang.demo import build

def report(part, done):
    if [part, done >= float(sys.argv[2])] == [sys.argv[1], True]:
        os.kill(os.getpid(), signal.SIGKILL)

build.make(report, scale=0.02, today=date(2026, 11, 20))
"""


def _build(home: Path, part: str, share: str) -> int:
    env = {
        **os.environ,
        "SHUXIANG_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "shuxiang.project.settings",
    }
    env.pop("SHUXIANG_DATABASE_URL", None)
    done = subprocess.run([sys.executable, "-c", PROGRAM, part, share], env=env, timeout=300)
    return done.returncode


def _count(home: Path, table: str) -> int:
    with sqlite3.connect(home / "library.sqlite3") as database:
        return int(database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


def test_a_build_killed_while_playing_leaves_nothing(tmp_path: Path) -> None:
    assert _build(tmp_path, "演练流通", "0.9") == -signal.SIGKILL
    for table in ("places_place", "staff_account", "stock_item", "ledger_event"):
        assert _count(tmp_path, table) == 0
    assert _build(tmp_path, "never", "1") == 0
    assert _count(tmp_path, "places_place") == 7
    assert _count(tmp_path, "ledger_sequence") == _count(tmp_path, "ledger_event") > 0


def test_a_build_killed_after_its_commit_is_whole(tmp_path: Path) -> None:
    """The worker goes on with the numbering where it stopped."""
    assert _build(tmp_path, "统计与检索", "0") == -signal.SIGKILL
    assert _count(tmp_path, "places_place") == 7
    assert _count(tmp_path, "circulation_loan") > 0
    assert _count(tmp_path, "ledger_sequence") == 0
    assert (tmp_path / "demo-accounts.txt").exists()
