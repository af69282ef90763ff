"""States of the test database: taken once, restored before each test.

Rolling back is no option: commands commit in the writer's thread, on a connection of its own. On
SQLite a state is a copy of the file kept in memory and written back page by page (1 ms); on
PostgreSQL it is the rows of every table that has any, and only tables that have rows are emptied.
"""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any

from django.db import connection, transaction

from shuxiang.runtime.commands import forget_revisions

EMPTY = "empty"
_FIXED = {"django_migrations", "django_content_type", "auth_permission"}
_states: dict[str, Any] = {}


def tables() -> list[str]:
    with connection.cursor() as cursor:
        return sorted(set(connection.introspection.table_names(cursor)) - _FIXED)


def filled(names: list[str]) -> list[str]:
    """The tables that have a row."""
    asked = " UNION ALL ".join(f"SELECT '{n}' WHERE EXISTS (SELECT 1 FROM {n})" for n in names)
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return sorted(row[0] for row in cursor.fetchall())


def known(name: str) -> bool:
    return name in _states


def take(name: str) -> None:
    """Keep the database's present state under ``name``."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        copied = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(copied)
        _states[name] = copied
    else:
        kept: dict[str, bytes] = {}
        for table in filled(tables()):
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
                kept[table] = b"".join(bytes(part) for part in copy)
        _states[name] = kept


def restore(name: str) -> None:
    """Bring back a state taken before. Every other transaction must have ended."""
    connection.ensure_connection()
    forget_revisions()
    kept = _states[name]
    if connection.vendor == "sqlite":
        kept.backup(connection.connection)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        # Better a test that fails than a run that hangs behind a forgotten transaction.
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        # Append-only tables are emptied too, and what refers to what was right when it was taken.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in filled(tables()):
            cursor.execute(f"DELETE FROM {table}")
        for table, rows in kept.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(rows)


def fingerprints(ignoring: frozenset[str] = frozenset()) -> dict[str, str]:
    """A hash of the rows of every table, whatever their order."""
    found = {}
    for table in filled(tables()):
        if table in ignoring:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            rows = sorted(repr(row) for row in cursor.fetchall())
        found[table] = (
            f"{len(rows)} rows, {hashlib.sha256(chr(10).join(rows).encode()).hexdigest()}"
        )
    return found
