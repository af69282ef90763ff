"""Forty kills at random moments: nothing acknowledged is lost, nothing is done twice (F1, I19)."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shuxiang.ledger import triggers
from shuxiang.runtime import sql
from tests.runtime import acts

ROOT = Path(__file__).resolve().parents[2]
KILLS = 40
pytestmark = pytest.mark.db


def test_f1_forty_kills() -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    acknowledged: list[int] = []
    asked = 0
    for _ in range(KILLS):
        command = [
            sys.executable,
            "-m",
            "tests.runtime.client",
            "live",
            f"{asked}",
            f"{asked + 10**6}",
        ]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdout is not None
            first = client.stdout.readline()
            time.sleep(chance.uniform(0, 0.3))
            client.kill()
            said = [first, *client.stdout.readlines()]
        assert first, f"the client did not start (seed {seed})"
        numbers = [int(line) for line in said if line.endswith("\n")]
        acknowledged += numbers
        # The next one begins with what this one did not hear the end of.
        asked = numbers[-1] + 1
    found = {row[0] for row in sql.all("SELECT quantity FROM ledger_event")}
    rows = acts.count("test.act")
    assert set(acknowledged) <= found, f"lost (seed {seed})"
    assert rows == len(found), f"done twice (seed {seed})"
    assert rows - len(acknowledged) <= 1
    if sql.is_sqlite():
        assert sql.one("PRAGMA integrity_check") == ("ok",)
    assert triggers.missing() == []
