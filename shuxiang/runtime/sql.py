"""The one SQL adapter: hand-written statements for the hot commands, on both databases.

Statements use ``?``; values and results are Python's (aware datetimes, dates, str ids). They run on
Django's connection of this thread, inside whatever transaction it is in.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connections, transaction

_SQLITE = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
_thread = threading.local()


def is_sqlite() -> bool:
    """Whether this installation runs on SQLite."""
    return _SQLITE


def _connection() -> Any:
    # Django's proxy looks its thread up anew at each attribute: a tenth of a check-out's time.
    try:
        return _thread.connection
    except AttributeError:
        _thread.connection = connections["default"]
        return _thread.connection


def _in(value: Any) -> Any:
    kind = type(value)
    if kind is datetime:
        return str(value.astimezone(UTC).replace(tzinfo=None))
    if kind is date:
        return value.isoformat()
    return value


_CONVERTED = frozenset({datetime, date})


def _row(row: Sequence[Any]) -> Sequence[Any]:
    return row if _CONVERTED.isdisjoint(map(type, row)) else [_in(v) for v in row]


def value(given: Any) -> Any:
    """A parameter converted once, for statements that are given the same one many times."""
    return _in(given) if _SQLITE else given


def _out(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([v.replace(tzinfo=UTC) if type(v) is datetime else v for v in row])


@lru_cache(maxsize=512)
def _postgres(text: str) -> str:
    return re.sub(r"\?", "%s", text.replace("%", "%%"))


def _execute(text: str, values: Iterable[Any], many: bool = False) -> Any:
    wrapper = _connection()
    if not _SQLITE:
        cursor = wrapper.cursor()
        (cursor.executemany if many else cursor.execute)(_postgres(text), values)
        return cursor
    if wrapper.connection is None:
        wrapper.ensure_connection()
    try:
        if many:
            return wrapper.connection.executemany(text, values)
        return wrapper.connection.execute(text, [_in(v) for v in values])
    except sqlite3.Error:
        with wrapper.wrap_database_errors:
            raise


def one(text: str, *values: Any) -> tuple[Any, ...] | None:
    """The first row, or None."""
    row = _execute(text, values).fetchone()
    return None if row is None else _out(row)


def all(text: str, *values: Any) -> list[tuple[Any, ...]]:  # noqa: A001 - read as sql.all(...)
    """Every row."""
    return [_out(row) for row in _execute(text, values).fetchall()]


def run(text: str, *values: Any) -> int:
    """Execute; returns the number of rows changed."""
    return int(_execute(text, values).rowcount)


def many(text: str, rows: Iterable[Sequence[Any]], *, converted: bool = False) -> None:
    """Execute once a row. ``converted``: the rows hold no date or datetime that has not been
    through `value`, so that none has to be looked for."""
    _execute(text, rows if converted or not _SQLITE else map(_row, rows), many=True)


class savepoint:  # noqa: N801 - used as a with statement's word
    """A part of the running transaction that an exception undoes alone."""

    def __enter__(self) -> None:
        if _SQLITE:
            # Django's own costs a fifth of a check-out: it makes a cursor and a name a statement.
            _execute("SAVEPOINT act", ())
        else:
            self._atomic = transaction.atomic()
            self._atomic.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if not _SQLITE:
            self._atomic.__exit__(kind, error, trace)
        elif kind is None:
            _execute("RELEASE act", ())
        elif _connection().connection.in_transaction:
            # Else SQLite has ended the transaction itself, as it does where the disk is full: there
            # is no savepoint any more, and the error is told to whoever began the transaction.
            _execute("ROLLBACK TO act", ())
            _execute("RELEASE act", ())
            _connection().needs_rollback = False


def for_update() -> str:
    """Suffix that locks the rows read. SQLite has one writer, which holds everything already."""
    return "" if is_sqlite() else " FOR UPDATE"


def marks(count: int) -> str:
    """``?, ?, ?`` for an IN list."""
    return ", ".join("?" * count)
