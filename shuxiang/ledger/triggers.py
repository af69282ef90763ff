"""Append-only by the database itself, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

TABLES = (
    "ledger_event",
    "ledger_sequence",
    "runtime_change",
    "runtime_changeseal",
    "fees_posting",
    "stockcontrol_withdrawn",
)
"""Tables that only grow: the ledger's, those of the change log, the postings of money and the lists by
which books left the stock above it."""

MESSAGE = "the ledger is append-only"


def _names() -> list[tuple[str, str, str]]:
    return [(f"{t}_no_{verb.lower()}", t, verb) for t in TABLES for verb in ("UPDATE", "DELETE")]


def install() -> None:
    """Create what is missing; harmless when everything is there."""
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$"
            )
        for name, table, verb in _names():
            if table not in existing:
                continue
            if connection.vendor == "postgresql":
                cursor.execute(
                    f"CREATE OR REPLACE TRIGGER {name} BEFORE {verb} ON {table} "
                    "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
                )
                if verb == "DELETE":
                    cursor.execute(
                        f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
                    )
            else:
                cursor.execute(
                    f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
                )


def remove() -> None:
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for name, table, verb in _names():
            if table not in existing:
                continue
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
                if verb == "DELETE":
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def missing() -> list[str]:
    """Names of the append-only triggers that are not in force."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        present = {row[0] for row in cursor.fetchall()}
    wanted = [name for name, _, _ in _names()]
    if connection.vendor == "postgresql":
        wanted += [f"{table}_no_truncate" for table in TABLES]
    return [name for name in wanted if name not in present]


def reinstall(**_: Any) -> None:
    install()


@contextmanager
def lifted() -> Iterator[None]:
    """For test tear-down only: nothing in the product calls it."""
    remove()
    try:
        yield
    finally:
        install()
