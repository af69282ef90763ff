"""Keeping the index in step when something else went wrong."""

from __future__ import annotations

import multiprocessing
from types import SimpleNamespace

import pytest

from shuxiang.apps.search import commands, following
from shuxiang.runtime import worker
from shuxiang.runtime.worker import Batch


@pytest.mark.parametrize(("alive", "orphaned"), [(True, False), (False, True), (None, False)])
def test_a_follower_whose_parent_was_killed_is_an_orphan(
    monkeypatch: pytest.MonkeyPatch, alive: bool | None, orphaned: bool
) -> None:
    parent = None if alive is None else SimpleNamespace(is_alive=lambda: alive)
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: parent)
    assert following._orphaned() is orphaned


@pytest.mark.parametrize(("last_numbered", "rebuilt"), [(50, 0), (30, 1)])
def test_an_index_ahead_of_a_database_put_back_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, last_numbered: int, rebuilt: int
) -> None:
    made: list[int] = []
    batch = Batch(30, 30, 1)
    monkeypatch.setattr(commands, "index", lambda: SimpleNamespace(is_built=True, position=50))
    monkeypatch.setattr(
        worker, "events_after", lambda seq, limit: batch if seq < last_numbered else None
    )
    monkeypatch.setattr(commands, "rebuild", lambda: made.append(1))
    commands.handle(batch)
    assert len(made) == rebuilt
