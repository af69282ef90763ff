"""Limits that survive a restart and count for every process (S10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command
from shuxiang.runtime.throttle import forgive, prune, throttle
from shuxiang.runtime.writer import stop_writer
from tests.runtime import acts
from tests.support.library import moment

pytestmark = pytest.mark.db
WINDOW = timedelta(minutes=10)
NOON = moment("2020-06-10", "12:00")


def tried(key: str = "login 192.0.2.7", seconds: float = 0, count: bool = True) -> int:
    return throttle(key, 3, WINDOW, at=NOON + timedelta(seconds=seconds), count=count)


def test_the_fourth_try_waits_until_the_window_of_the_first_ends() -> None:
    assert [tried(seconds=n) for n in range(4)] == [0, 0, 0, 597]
    assert tried(seconds=599) == 1
    assert tried(seconds=600) == 0
    assert [tried(seconds=600 + n) for n in range(1, 4)] == [0, 0, 597]


def test_keys_do_not_concern_each_other() -> None:
    for _ in range(5):
        tried()
    assert tried("login 192.0.2.8") == 0


def test_looking_counts_nothing() -> None:
    assert [tried(count=False) for _ in range(9)] == [0] * 9
    for _ in range(3):
        tried()
    assert tried(count=False) == 600
    assert tried(count=False, seconds=600) == 0


def test_a_restart_forgets_nothing() -> None:
    for _ in range(3):
        tried()
    stop_writer()
    connection.close()
    assert tried(seconds=1) == 599


def test_success_is_forgiven() -> None:
    for _ in range(4):
        tried()
    forgive("login 192.0.2.7")
    assert tried() == 0


def test_no_address_is_stored() -> None:
    tried()
    [(key, count)] = sql.all("SELECT key, count FROM runtime_throttle")
    assert (len(key), count) == (64, 1)
    assert "192.0.2.7" not in key


def test_tries_at_once_are_all_counted(together: Callable[..., list[Any]]) -> None:
    waits = together(12, lambda _: tried())
    assert sorted(w > 0 for w in waits) == [False] * 3 + [True] * 9


@command("test.tried")
def try_and_refuse(*, ctx: Context) -> None:
    tried()
    raise refuse(stop("loan-limit", limit=5))


def test_in_a_refused_command_the_count_is_taken_back() -> None:
    with pytest.raises(Refused):
        try_and_refuse(ctx=acts.context())
    assert sql.all("SELECT key FROM runtime_throttle") == []


def test_ended_windows_are_pruned() -> None:
    tried("a")
    tried("b", seconds=300)
    assert prune(NOON + timedelta(seconds=600)) == 1
    assert prune(NOON + timedelta(seconds=899)) == 0
    assert prune(NOON + timedelta(seconds=900)) == 1
