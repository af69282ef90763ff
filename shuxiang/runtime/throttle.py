"""How often something may be tried: rows that survive a restart and count for every process (S10).

wait = throttle(f"login {address}", limit=30, window=timedelta(minutes=10), at=clock.now())
if wait:
    return render_error(request, 429, retry_after=wait)
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from shuxiang.runtime import running, sql, writer
from shuxiang.runtime.secrets import lookup_hash

PRUNE_AT_ONCE = 1000

_COUNT = (
    "INSERT INTO runtime_throttle (key, count, ends) VALUES (?, 1, ?) "
    "ON CONFLICT (key) DO UPDATE SET "
    "count = CASE WHEN runtime_throttle.ends <= ? THEN 1 ELSE runtime_throttle.count + 1 END, "
    "ends = CASE WHEN runtime_throttle.ends <= ? THEN excluded.ends "
    "ELSE runtime_throttle.ends END RETURNING count, ends"
)


def throttle(key: str, limit: int, window: timedelta, *, at: datetime, count: bool = True) -> int:
    """Count one try under ``key``; returns 0 while at most ``limit`` were counted in the window that
    began with the first of them, else the seconds until it ends.

    ``count=False`` only looks: whether ``limit`` tries were counted already, for doors that count
    failures alone. The key is stored as a keyed hash, so it may hold an address or a number. Outside
    a command the count is committed at once; inside one it goes the way of the command.
    """
    stored, now = lookup_hash("throttle", key), int(at.timestamp())
    if not count:
        found = sql.one("SELECT count, ends FROM runtime_throttle WHERE key = ?", stored)
        return found[1] - now if found and found[1] > now and found[0] >= limit else 0

    def add() -> tuple[int, int]:
        ends = now + int(window.total_seconds())
        row = sql.one(_COUNT, stored, ends, now, now)
        assert row is not None
        return row[0], row[1]

    if running.thread.run is not None or running.thread.together is not None:
        tried, ends = add()
    elif sql.is_sqlite():
        tried, ends = writer.writer().submit(add)
    else:
        with transaction.atomic():
            tried, ends = add()
    return ends - now if tried > limit else 0


def forgive(key: str) -> None:
    """Forget what was counted under ``key``: it succeeded."""
    stored = lookup_hash("throttle", key)

    def forget() -> None:
        sql.run("DELETE FROM runtime_throttle WHERE key = ?", stored)

    joined = running.thread.run is not None or running.thread.together is not None
    if joined or not sql.is_sqlite():
        forget()
    else:
        writer.writer().submit(forget)


def prune(at: datetime) -> int:
    """Delete windows that have ended; returns how many. For the worker."""
    done = 0
    while True:
        gone = sql.run(
            "DELETE FROM runtime_throttle WHERE key IN "
            "(SELECT key FROM runtime_throttle WHERE ends <= ? LIMIT ?)",
            int(at.timestamp()),
            PRUNE_AT_ONCE,
        )
        done += gone
        if gone < PRUNE_AT_ONCE:
            return done
