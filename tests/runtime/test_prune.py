"""Answered requests are kept 30 days."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import worker
from shuxiang.runtime.models import Request


def test_old_answers_go_in_pieces_and_younger_ones_stay(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    for days in (29, 31, 32, 33, 40, 50):
        Request.objects.create(
            id=new_id(), command="x", body="", outcome="1", created_at=now - timedelta(days=days)
        )
    monkeypatch.setattr(worker, "PRUNE_AT_ONCE", 2)
    assert worker.prune_answers() == 5
    assert [(now - r.created_at).days for r in Request.objects.all()] == [29]
