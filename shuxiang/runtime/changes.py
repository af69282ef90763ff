"""修改记录: who changed which record, rule or setting, when, where, before and after (S11, row X2).

Commands write it in their own transaction; the database refuses to change a row; the worker numbers
committed rows in a hash chain, as it does with the ledger. Values of people are never in it: of a
private field only that it changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db import transaction

from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.ledger.sequence import GENESIS, seal_of
from shuxiang.runtime import sql
from shuxiang.runtime.running import running

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
HIDDEN = "•••"
"""Stands for the value of a private field."""

PRIVATE = frozenset({"password", "pin", "document", "born_on", "sex"})
"""Fields whose values are never logged, whatever the kind."""

SEAL_AT_ONCE = 500
_SEALING = 720_003  # any constant: the advisory lock that makes one process at a time the sealer

COLUMNS = (
    "id",
    "request",
    "at",
    "recorded_at",
    "actor_kind",
    "actor",
    "session",
    "channel",
    "service_point",
    "place",
    "command",
    "action",
    "kind",
    "subject",
    "name",
    "before",
    "after",
    "why",
)
_SELECT = ", ".join(f"c.{c}" for c in COLUMNS)


def changed(
    ctx: Context,
    kind: str,
    subject: str,
    name: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    action: str = "",
    place: str | None = None,
    private: Iterable[str] = (),
    unsaid: Iterable[str] = (),
    why: str = "",
) -> None:
    """Log a change in the running command's transaction.

    Args:
        kind: what sort of object, such as ``place``, ``setting``, ``loan-rule``, ``account``.
        subject: its id or key; ``name`` is what it was called then (a reader's masked).
        before, after: its fields; None: there was no such object before, there is none after.
            Those that differ are kept (of an object added or removed those that say anything);
            a change in which nothing differs and that names no ``action`` is not logged.
        action: ``added``, ``changed`` or ``removed`` where not given; else what happened, in a word.
        place: where the object belongs; the service point of the act where not given.
        private: fields of which only is logged that they changed, besides `PRIVATE`.
        unsaid: fields that changed and whose values are not at hand here, or nobody's business.
    """
    current = running("changed()")
    old, new = _differing(before or {}, after or {})
    new |= dict.fromkeys(unsaid, HIDDEN)
    if not (old or new or action):
        return
    hidden = PRIVATE | frozenset(private)
    verb = action or (ADDED if before is None else REMOVED if after is None else CHANGED)
    by_reader = ctx.actor.kind == "patron"
    id_ = new_id()
    sql.run(
        f"INSERT INTO runtime_change ({', '.join(COLUMNS)}) VALUES ({sql.marks(len(COLUMNS))})",
        id_,
        current.request,
        ctx.occurred_at,
        clock.now(),
        ctx.actor.kind,
        "" if by_reader else ctx.actor.id,
        "" if by_reader else ctx.session_id,
        ctx.channel,
        ctx.service_point or None,
        place or ctx.service_point or None,
        current.command,
        verb,
        kind,
        subject,
        name[:200],
        _stored(old, hidden),
        _stored(new, hidden),
        why.strip()[:400],
    )
    sql.run("INSERT INTO runtime_changepending (change) VALUES (?)", id_)


def _differing(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    missing = object()
    names = [n for n in (*before, *after) if before.get(n, missing) != after.get(n, missing)]
    empty: tuple[Any, ...] = (None, "", [], {})
    told = [n for n in dict.fromkeys(names) if (before.get(n), after.get(n)) != (None, None)]
    return (
        {n: before[n] for n in told if n in before and (n in after or before[n] not in empty)},
        {n: after[n] for n in told if n in after and (n in before or after[n] not in empty)},
    )


def _stored(values: Mapping[str, Any], hidden: frozenset[str]) -> str:
    shown = {n: (HIDDEN if v else "") if n in hidden else v for n, v in values.items()}
    return json.dumps(shown, ensure_ascii=False, sort_keys=True, default=str)


def seal_pending(limit: int = SEAL_AT_ONCE) -> int:
    """Number up to ``limit`` committed changes, oldest first; returns how many. For the worker: the
    primary key forbids a second chain."""
    with transaction.atomic():
        if not sql.is_sqlite():
            sql.one("SELECT pg_advisory_xact_lock(?)", _SEALING)
        rows = sql.all(
            f"SELECT {_SELECT} FROM runtime_changepending p JOIN runtime_change c "
            "ON c.id = p.change ORDER BY p.change LIMIT ?",
            limit,
        )
        if not rows:
            return 0
        seq, seal = head()
        numbered = []
        for row in rows:
            seq, seal = seq + 1, seal_of(seal, row)
            numbered.append((seq, row[0], seal))
        sql.many("INSERT INTO runtime_changeseal (seq, change, seal) VALUES (?, ?, ?)", numbered)
        sql.many("DELETE FROM runtime_changepending WHERE change = ?", ((n[1],) for n in numbered))
        return len(numbered)


def head() -> tuple[int, str]:
    """The last number given and its seal; (0, genesis) when nothing is numbered."""
    found = sql.one("SELECT seq, seal FROM runtime_changeseal ORDER BY seq DESC LIMIT 1")
    return (found[0], found[1]) if found else (0, GENESIS)


def faults(batch: int = 2000) -> list[str]:
    """What is wrong with the log, in words: a seal that does not follow from its row, or a row
    that is neither sealed nor waiting. Empty: nobody has touched it."""
    found = [
        f"change {row[0]} is neither sealed nor waiting"
        for row in sql.all(
            "SELECT c.id FROM runtime_change c LEFT JOIN runtime_changeseal s ON s.change = c.id "
            "LEFT JOIN runtime_changepending p ON p.change = c.id "
            "WHERE s.seq IS NULL AND p.change IS NULL"
        )
    ]
    expected, previous = 0, GENESIS
    while rows := sql.all(
        f"SELECT s.seq, s.seal, {_SELECT} FROM runtime_changeseal s "
        "LEFT JOIN runtime_change c ON c.id = s.change WHERE s.seq > ? ORDER BY s.seq LIMIT ?",
        expected,
        batch,
    ):
        for seq, seal, *row in rows:
            expected += 1
            if seq != expected or seal != seal_of(previous, tuple(row)):
                return [*found, f"number {expected} does not follow"]
            previous = seal
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the log. ``before`` and ``after`` have the fields that differ."""

    id: str
    at: datetime
    recorded_at: datetime
    actor_kind: str
    actor: str
    channel: str
    service_point: str | None
    place: str | None
    command: str
    action: str
    kind: str
    subject: str
    name: str
    before: dict[str, Any]
    after: dict[str, Any]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which rows: of an account, a kind, one object, a period (``since`` included, ``before`` not),
    about some places (None: all of them). What is empty does not count."""

    actor: str = ""
    kind: str = ""
    subject: str = ""
    since: datetime | None = None
    before: datetime | None = None
    places: Sequence[str] | None = None


def _where(asked: Asked) -> tuple[str, list[Any]]:
    terms: list[tuple[str, Any]] = [
        ("c.actor = ?", asked.actor),
        ("c.kind = ?", asked.kind),
        ("c.subject = ?", asked.subject),
        ("c.at >= ?", asked.since),
        ("c.at < ?", asked.before),
    ]
    said = [(term, value) for term, value in terms if value]
    conditions, values = [t for t, _ in said], [v for _, v in said]
    if asked.places is not None:
        conditions.append(f"c.place IN ({sql.marks(len(asked.places))})" if asked.places else "1=0")
        values += asked.places
    return (f"WHERE {' AND '.join(conditions)} " if conditions else ""), values


def find(asked: Asked, *, offset: int = 0, limit: int = 50) -> tuple[Change, ...]:
    """The changes asked for, the newest first."""
    where, values = _where(asked)
    names = [f.name for f in fields(Change)]
    rows = sql.all(
        f"SELECT {', '.join(f'c.{name}' for name in names)} "
        f"FROM runtime_change c {where}ORDER BY c.at DESC, c.id DESC LIMIT ? OFFSET ?",
        *values,
        limit,
        offset,
    )
    return tuple(_change(dict(zip(names, row, strict=True))) for row in rows)


def _change(row: dict[str, Any]) -> Change:
    told = {name: json.loads(row[name]) for name in ("before", "after")}
    return Change(**(row | told))


def count(asked: Asked) -> int:
    """How many changes there are."""
    where, values = _where(asked)
    found = sql.one(f"SELECT COUNT(*) FROM runtime_change c {where}", *values)
    return int(found[0]) if found else 0


def actors() -> tuple[str, ...]:
    """Ids of every account that changed something."""
    rows = sql.all(
        "SELECT DISTINCT actor FROM runtime_change WHERE actor_kind = 'staff' ORDER BY actor"
    )
    return tuple(r[0] for r in rows)


def kinds() -> tuple[str, ...]:
    """Every kind of object that was changed."""
    return tuple(r[0] for r in sql.all("SELECT DISTINCT kind FROM runtime_change ORDER BY kind"))
