"""A disk that is really full: what was acknowledged is there, the rest is not, and it goes on (F3)."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shuxiang.runtime import sql

ROOT = Path(__file__).resolve().parents[2]
SMALL, LARGE = "12m", "24m"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system in memory that has room for the tables and a little more."""
    if not sql.is_sqlite():
        pytest.skip("a full disk of PostgreSQL's is its own affair")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_f3_nothing_acknowledged_is_lost_and_it_goes_on_when_there_is_room(disk: Path) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("SHUXIANG_")}
    env |= {
        "SHUXIANG_HOME": str(disk),
        "SHUXIANG_BALLAST_MB": "0",
        "DJANGO_SETTINGS_MODULE": "shuxiang.project.settings",
    }
    made = subprocess.run(
        [sys.executable, "-m", "shuxiang.project.manage", "migrate", "-v", "0"],
        cwd=ROOT, env=env, capture_output=True, text=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.filler"],
        cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as filler:  # fmt: skip
        assert filler.stdout is not None
        assert filler.stdin is not None
        acknowledged = []
        for line in filler.stdout:
            if line == "full\n":
                break
            acknowledged.append(int(line))
        assert len(acknowledged) > 50
        subprocess.run(["mount", "-o", f"remount,size={LARGE}", str(disk)], check=True)
        filler.stdin.write("\n")
        filler.stdin.flush()
        rest = filler.stdout.read().split("\n")
    assert filler.returncode == 0
    # Reading went on, and found exactly what had been acknowledged.
    assert rest[0] == f"rows {len(acknowledged)}"
    assert rest[-2] == "done"
    with closing(sqlite3.connect(disk / "library.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count = database.execute("SELECT COUNT(*) FROM ledger_event").fetchone()[0]
        twice = database.execute(
            "SELECT quantity FROM ledger_event GROUP BY quantity HAVING COUNT(*) > 1"
        ).fetchall()
    assert count == len(acknowledged) + 20
    assert twice == []
