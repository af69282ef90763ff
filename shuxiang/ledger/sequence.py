"""Numbering of committed events and the hash chain over them (reliability I15, I16).

No order of ids is the order of commits on PostgreSQL, so consumers, the search index and report
editions refer to ``seq``, given after the commit by the worker alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from shuxiang.ledger.append import COLUMNS, Sql

_SELECT = ", ".join(f"e.{c}" for c in COLUMNS)
_MOMENTS = ("occurred_at", "recorded_at")
# What `_canonical` makes of a row, made by SQLite, which stores UTC without saying so: fetching
# thirty values, three of them parsed, only to join them again costs three times as much.
_SEALED_BY_SQLITE = "printf('{}', {})".format(
    "\x1f".join("%s+00:00" if c in _MOMENTS else "%s" for c in COLUMNS),
    ", ".join(f"e.{c}" for c in COLUMNS),
)
GENESIS = "0" * 64


def _canonical(row: tuple[Any, ...]) -> str:
    return "\x1f".join("" if v is None else str(v) for v in row)


def _seal(previous: str, canonical: str) -> str:
    return hashlib.sha256((previous + canonical).encode()).hexdigest()


def seal_of(previous: str, row: tuple[Any, ...]) -> str:
    """The chain's next link: SHA-256 over the previous seal and the event's columns."""
    return _seal(previous, _canonical(row))


def head(sql: Sql) -> tuple[int, str]:
    """The last number given and its seal; (0, genesis) when nothing is numbered."""
    found = sql.one("SELECT seq, seal FROM ledger_sequence ORDER BY seq DESC LIMIT 1")
    return (found[0], found[1]) if found else (0, GENESIS)


def number(sql: Sql, limit: int = 500) -> int:
    """Number up to ``limit`` pending events, oldest id first; returns how many.

    Call inside a transaction, by one process at a time (the primary key forbids a second chain).
    """
    rows = sql.all(
        f"SELECT e.id, {_sealed(sql)} FROM ledger_pending p JOIN ledger_event e ON e.id = p.event "
        "ORDER BY p.event LIMIT ?",
        limit,
    )
    if not rows:
        return 0
    seq, seal = head(sql)
    numbered = []
    for event, *sealed in rows:
        seq += 1
        seal = _link(sql, seal, sealed)
        numbered.append((seq, event, seal))
    sql.many("INSERT INTO ledger_sequence (seq, event, seal) VALUES (?, ?, ?)", numbered)
    sql.many("DELETE FROM ledger_pending WHERE event = ?", ((n[1],) for n in numbered))
    return len(numbered)


def _sealed(sql: Sql) -> str:
    return _SEALED_BY_SQLITE if sql.is_sqlite() else _SELECT


def _link(sql: Sql, previous: str, sealed: Sequence[Any]) -> str:
    """The next link over what `_sealed` selected."""
    canonical = str(sealed[0]) if sql.is_sqlite() else _canonical(tuple(sealed))
    return _seal(previous, canonical)


def verify(sql: Sql, batch: int = 5000) -> int | None:
    """The first number whose seal does not follow from its event, or None when the chain holds."""
    expected, previous = 0, GENESIS
    while True:
        rows = sql.all(
            f"SELECT s.seq, s.seal, e.id, {_sealed(sql)} FROM ledger_sequence s "
            "LEFT JOIN ledger_event e ON e.id = s.event WHERE s.seq > ? ORDER BY s.seq LIMIT ?",
            expected,
            batch,
        )
        if not rows:
            return None
        for row in rows:
            expected += 1
            if row[0] != expected or not row[2] or row[1] != _link(sql, previous, row[3:]):
                return expected
            previous = row[1]


class Recorded(NamedTuple):
    """One numbered event, its columns as in `Event`."""

    id: str
    library: str
    request: str
    number: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    business_date: date
    place: str
    channel: str
    actor_kind: str
    actor: str
    session: str
    item: str | None
    title: str | None
    loan: str | None
    subject: str | None
    item_seq: int | None
    quantity: int
    amount: int | None
    reverses: str | None
    reader_category: str
    age_band: str
    item_category: str
    clc: str
    owner_place: str | None
    lending_place: str | None
    visit_key: str
    year_key: str
    source: str
    data: str


assert Recorded._fields == COLUMNS


def reach(sql: Sql, seq: int, limit: int) -> tuple[int, int, int] | None:
    """The first and last number above ``seq`` of at most ``limit`` events, and how many they are."""
    found = sql.one(
        "SELECT MIN(seq), MAX(seq), COUNT(*) FROM "
        "(SELECT seq FROM ledger_sequence WHERE seq > ? ORDER BY seq LIMIT ?) AS part",
        seq,
        limit,
    )
    return (found[0], found[1], found[2]) if found and found[2] else None


def titles(sql: Sql, first: int, last: int) -> list[tuple[str, int]]:
    """The titles that the events numbered ``first`` to ``last`` are about, each with the last number
    about it, in the order of their first."""
    return [
        (title, newest)
        for title, newest, _ in sql.all(
            "SELECT e.title, MAX(s.seq), MIN(s.seq) FROM ledger_sequence s "
            "JOIN ledger_event e ON e.id = s.event "
            "WHERE s.seq BETWEEN ? AND ? AND e.title IS NOT NULL "
            "GROUP BY e.title ORDER BY MIN(s.seq)",
            first,
            last,
        )
    ]


def after(sql: Sql, seq: int, limit: int) -> list[tuple[int, Recorded]]:
    """Events numbered above ``seq``, in order, at most ``limit``, each with its number."""
    rows = sql.all(
        f"SELECT s.seq, {_SELECT} FROM ledger_sequence s JOIN ledger_event e ON e.id = s.event "
        "WHERE s.seq > ? ORDER BY s.seq LIMIT ?",
        seq,
        limit,
    )
    return [(row[0], Recorded._make(row[1:])) for row in rows]
