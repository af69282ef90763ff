"""Caches of rarely changed rows that no second process can leave stale.

A command that changes rules, calendars or grants bumps a revision in its own transaction; a cached
value is used only while the revision it was read at is still the database's.
"""

from __future__ import annotations

import functools
import secrets
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from django.db import transaction

from shuxiang.runtime import running, sql

P = ParamSpec("P")
R = TypeVar("R")
MOST = 512


def bump(name: str) -> None:
    """Make every process's values cached under ``name`` stale, from this transaction's commit on."""
    sql.run(
        "INSERT INTO runtime_revision (name, value) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        # Random, not the next number: one that was rolled back must never come again, since what
        # was read under it may be cached already.
        secrets.randbits(62),
    )
    running.forget_revisions()
    # Again once it is committed: a page may have read the old one in between.
    transaction.on_commit(running.forget_revisions)


def current(name: str) -> int:
    """The revision in force; read once a command."""
    return running.revisions().get(name, 0)


def cached(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep a function's answers (hashable arguments) in this process while ``name`` stays the same."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        values: dict[Any, tuple[int, R]] = {}
        lock = threading.Lock()

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            key = (args, tuple(sorted(kwargs.items())))
            revision = current(name)
            found = values.get(key)
            if found is not None and found[0] == revision:
                return found[1]
            value = function(*args, **kwargs)
            with lock:
                if len(values) >= MOST:
                    values.clear()
                values[key] = (revision, value)
            return value

        return call

    return decorate
