"""An upgrade killed at many places, the last steps one by one: the old library or the new one (F19)."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from shuxiang.runtime import sql
from tests.interfaces.cli.test_upgrade import House, counted, old, template

__all__ = ["old", "template"]
pytestmark = pytest.mark.db
SPREAD, LAST = 8, 10


def test_f19_killed_anywhere(old: House, template: Path, tmp_path: Path) -> None:
    if not sql.is_sqlite():
        pytest.skip("on PostgreSQL all of it is one transaction")
    steps = counted(old)
    seed = random.randrange(1_000_000)
    print(f"{steps} steps, seed {seed}")
    chance = random.Random(seed)
    places = sorted(chance.sample(range(1, steps - LAST), SPREAD))
    found = []
    for place in [*places, *range(steps - LAST, steps + 1)]:
        house = old.copied_from(template, tmp_path / f"killed-{place}")
        done = house.killed_after(place)
        assert done.returncode == -signal.SIGKILL, (place, done.stderr)
        state = house.state()
        assert state in ("old", "new"), (place, state)
        found.append(state)
        done = house.run("upgrade")
        assert done.returncode == 0, (place, done.stderr)
        assert house.state() == "new", place
        left = [p.name for p in house.home.iterdir() if "upgrading" in p.name]
        assert left == [], place
    # The library changes once, at one step, and never back.
    assert found == sorted(found, reverse=True)
    assert {"old", "new"} == set(found)
