"""The same frame of a terminal never acts twice (F7).

A machine that did not hear an answer sends its request again, byte for byte, after a reconnect too.
While what the first one did is still the last that happened to that book, card or payment, it gets
the first answer; where something has happened since, the same bytes are a new request, because some
machines send a fixed time and no number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from shuxiang.ledger.append import is_last
from shuxiang.runtime import sql
from shuxiang.runtime.running import Mark, thread

KEPT = timedelta(minutes=15)
PRUNE_AT_ONCE = 1000

_KEEP = (
    "INSERT INTO runtime_frame (id, marks, answer, at) VALUES (?, ?, ?, ?) ON CONFLICT (id) "
    "DO UPDATE SET marks = excluded.marks, answer = excluded.answer, at = excluded.at"
)


def name(terminal: str, frame: bytes) -> str:
    """What a terminal's frame is stored under."""
    return hashlib.sha256(terminal.encode() + b"\0" + frame).hexdigest()[:32]


def answer(frame: str, act: Callable[[], str], *, at: datetime) -> str:
    """Inside `together`: the stored answer of a frame (by its `name`), or what ``act`` says, which is
    kept where it left something in the ledger."""
    current = thread.together
    if current is None:
        raise RuntimeError("frames are answered inside together()")
    if not sql.is_sqlite():
        # The same frame on two connections at once: one after the other.
        sql.one("SELECT pg_advisory_xact_lock(?)", int(frame[:15], 16))
    stored = sql.one("SELECT marks, answer, at FROM runtime_frame WHERE id = ?", frame)
    if stored is not None and at - stored[2] <= KEPT:
        marks = msgspec.json.decode(stored[0], type=tuple[Mark, ...])
        if all(is_last(sql, *mark) for mark in marks):
            return str(stored[1])
    said = act()
    if current.marks:
        last = {(kind, which): mark for kind, which, mark in current.marks}
        marks = tuple((kind, which, mark) for (kind, which), mark in last.items())
        sql.run(_KEEP, frame, msgspec.json.encode(marks).decode(), said, at)
    return said


def prune(at: datetime) -> int:
    """Delete answers that are no longer given; returns how many. For the worker."""
    done = 0
    while True:
        gone = sql.run(
            "DELETE FROM runtime_frame WHERE id IN "
            "(SELECT id FROM runtime_frame WHERE at < ? LIMIT ?)",
            at - KEPT,
            PRUNE_AT_ONCE,
        )
        done += gone
        if gone < PRUNE_AT_ONCE:
            return done
