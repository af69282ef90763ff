"""Writing to the ledger: rows go in, nothing comes out or changes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from shuxiang.ledger.models import Event, YearKey

COLUMNS = tuple(f.attname for f in Event._meta.concrete_fields)
NULLABLE = tuple(f.attname for f in Event._meta.concrete_fields if f.null)
_MARKS = ", ".join("?" * len(COLUMNS))
INSERT = f"INSERT INTO ledger_event ({', '.join(COLUMNS)}) VALUES ({_MARKS})"
_PENDING = "INSERT INTO ledger_pending (event) VALUES (?)"
_READER = "INSERT INTO ledger_reader (event, patron, card) VALUES (?, ?, ?)"


class Sql(Protocol):
    """What the ledger asks of the SQL adapter (`shuxiang.runtime.sql`)."""

    def one(self, text: str, *values: Any) -> tuple[Any, ...] | None: ...
    def all(self, text: str, *values: Any) -> list[tuple[Any, ...]]: ...
    def run(self, text: str, *values: Any) -> int: ...
    def many(
        self, text: str, rows: Iterable[Sequence[Any]], *, converted: bool = False
    ) -> None: ...
    def is_sqlite(self) -> bool: ...


def append(sql: Sql, row: dict[str, Any], *, patron: str | None, card: str | None) -> None:
    """Add one event (every column of `Event`) and, where a reader took part, the link to them."""
    sql.run(INSERT, *(row[c] for c in COLUMNS))
    sql.run(_PENDING, row["id"])
    if patron:
        sql.run(_READER, row["id"], patron, card)


def append_many(
    sql: Sql,
    rows: Sequence[Sequence[Any]],
    *,
    readers: Sequence[tuple[str, str, str | None]] = (),
) -> None:
    """Add events, each a sequence in the order of `COLUMNS`, its dates through ``sql.value``, and
    where readers took part the links (event, patron, card). For bulk imports."""
    sql.many(INSERT, rows, converted=True)
    sql.many(_PENDING, [(row[0],) for row in rows], converted=True)
    sql.many(_READER, readers, converted=True)


def item_events(
    sql: Sql, type_: str, items: Sequence[str], *, item_seq: int
) -> list[tuple[Any, ...]]:
    """The events of a type that are the ``item_seq``-th of the given items, each in the order of
    `COLUMNS`: for bulk reversals."""
    if not items:
        return []
    return sql.all(
        f"SELECT {', '.join(COLUMNS)} FROM ledger_event WHERE type = ? AND item_seq = ? "
        f"AND item IN ({', '.join('?' * len(items))})",
        type_,
        item_seq,
        *items,
    )


def loan_events(sql: Sql, type_: str, loans: Sequence[str]) -> list[tuple[Any, ...]]:
    """The events of a type of the given loans that no event reverses, each in the order of
    `COLUMNS`."""
    if not loans:
        return []
    return sql.all(
        f"SELECT {', '.join('e.' + c for c in COLUMNS)} FROM ledger_event e WHERE e.type = ? "
        f"AND e.loan IN ({', '.join('?' * len(loans))}) AND e.reverses IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM ledger_event r WHERE r.reverses = e.id)",
        type_,
        *loans,
    )


def only_events(sql: Sql, items: Sequence[str], types: Sequence[str]) -> set[str]:
    """Those of the items whose events, the first left out, are all of the given types."""
    if not items:
        return set()
    others = sql.all(
        f"SELECT DISTINCT item FROM ledger_event WHERE item IN ({', '.join('?' * len(items))}) "
        f"AND item_seq > 1 AND type NOT IN ({', '.join('?' * len(types))})",
        *items,
        *types,
    )
    return set(items) - {row[0] for row in others}


def reader_events(sql: Sql, patrons: Sequence[str]) -> list[tuple[str, tuple[Any, ...]]]:
    """(patron, event in the order of `COLUMNS`) of everything that is still linked to the readers."""
    if not patrons:
        return []
    rows = sql.all(
        f"SELECT r.patron, {', '.join('e.' + c for c in COLUMNS)} FROM ledger_reader r "
        "JOIN ledger_event e ON e.id = r.event "
        f"WHERE r.patron IN ({', '.join('?' * len(patrons))}) ORDER BY e.id",
        *patrons,
    )
    return [(str(row[0]), tuple(row[1:])) for row in rows]


def forget_patrons(sql: Sql, patrons: Iterable[str]) -> None:
    """Delete who it was from every event of readers who are being removed; the events stay."""
    sql.many("DELETE FROM ledger_reader WHERE patron = ?", [(p,) for p in patrons])


def standing_since(
    sql: Sql, item: str, at: datetime, types: Sequence[str]
) -> tuple[str, datetime, str] | None:
    """The last event of an item, of the given types and not taken back, that happened after ``at``:
    (type, when, place), or None."""
    found = sql.one(
        "SELECT e.type, e.occurred_at, e.place FROM ledger_event e WHERE e.item = ? "
        f"AND e.item_seq > 0 AND e.occurred_at > ? AND e.type IN ({', '.join('?' * len(types))}) "
        "AND e.reverses IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM ledger_event r WHERE r.reverses = e.id) "
        "ORDER BY e.item_seq DESC LIMIT 1",
        item,
        at,
        *types,
    )
    return (str(found[0]), found[1], str(found[2])) if found else None


_LAST = {
    # As the index of an item's line is made: without that SQLite would look through every event.
    "item": "SELECT item_seq FROM ledger_event WHERE item = ? AND item_seq > 0 "
    "ORDER BY item_seq DESC LIMIT 1",
    "subject": "SELECT id FROM ledger_event WHERE subject = ? ORDER BY id DESC LIMIT 1",
}


def is_last(sql: Sql, kind: str, which: str, mark: str) -> bool:
    """Whether an event is still the last of an ``item`` (``mark`` its number in the item's line) or of
    a ``subject`` (``mark`` its id)."""
    found = sql.one(_LAST[kind], which)
    return found is not None and str(found[0]) == mark


def last_of(sql: Sql, subject: str, type_: str) -> str:
    """What kind of actor wrote the last event of a type about a subject; '' for none."""
    found = sql.one(
        "SELECT actor_kind FROM ledger_event WHERE subject = ? AND type = ? ORDER BY id DESC LIMIT 1",
        subject,
        type_,
    )
    return str(found[0]) if found else ""


def last_act(sql: Sql, item: str, type_: str, *, actor: str) -> tuple[str, datetime] | None:
    """(loan, when) of the last event of a type about an item, if that actor wrote it."""
    found = sql.one(
        "SELECT loan, occurred_at, actor FROM ledger_event WHERE item = ? AND item_seq > 0 "
        "AND type = ? ORDER BY item_seq DESC LIMIT 1",
        item,
        type_,
    )
    return (str(found[0]), found[1]) if found and found[2] == actor else None


def year_secret(sql: Sql, year: int) -> str:
    """The year's secret, made on first use; '' once it has been destroyed."""
    found = sql.one("SELECT secret FROM ledger_yearkey WHERE year = ?", year)
    if found is None:
        sql.run(
            "INSERT INTO ledger_yearkey (year, secret) VALUES (?, ?) ON CONFLICT (year) DO NOTHING",
            year,
            secrets.token_hex(32),
        )
        found = sql.one("SELECT secret FROM ledger_yearkey WHERE year = ?", year)
    assert found is not None
    return str(found[0])


def visit_key(secret: str, patron: str, place: str, day: date) -> str:
    """Names (reader, place, day) without naming the reader; '' when the year's secret is gone."""
    return _keyed(secret, f"{patron}|{place}|{day.isoformat()}")


def year_key(secret: str, patron: str, year: int) -> str:
    """Names (reader, year) without naming the reader; '' when the year's secret is gone."""
    return _keyed(secret, f"{patron}|{year}")


def _keyed(secret: str, text: str) -> str:
    if not secret:
        return ""
    return hmac.new(bytes.fromhex(secret), text.encode(), hashlib.sha256).hexdigest()[:32]


def destroy_year_key(year: int, at: Any) -> None:
    """Empty a sealed year's secret: its distinct counts stand, nobody can be matched to them."""
    YearKey.objects.update_or_create(year=year, defaults={"secret": "", "destroyed_at": at})


def forget_readers(sql: Sql, loans: Iterable[str]) -> None:
    """Delete who it was from every event of the given loans; the events stay."""
    sql.many(
        "DELETE FROM ledger_reader WHERE event IN (SELECT id FROM ledger_event WHERE loan = ?)",
        ((loan,) for loan in loans),
    )


def forget_subjects(sql: Sql, subjects: Iterable[str]) -> None:
    """Delete who it was from every event about the given subjects; the events stay."""
    sql.many(
        "DELETE FROM ledger_reader WHERE event IN (SELECT id FROM ledger_event WHERE subject = ?)",
        ((subject,) for subject in subjects),
    )
