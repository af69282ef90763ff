"""The tables as of one moment, row by row, while the library goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.db import connection

from shuxiang.runtime import sql
from shuxiang.runtime.backup.snapshot import parameters
from shuxiang.runtime.transfer.layout import Column, columns, written

AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Reading:
    """One moment of the database. Nothing else may be written through it."""

    opened: Any
    vendor: str

    def lines(self, table: str, *, readers: bool = True) -> Iterator[dict[str, Any]]:
        """The rows of a table as its lines hold them, in the order of its key. Without ``readers``
        what a reader did is told without who it was."""
        found = columns(table)
        line = written(found)
        for row in self._rows(table, found):
            made = line(row)
            if not readers and made.get("actor_kind") == "patron":
                made["actor"] = ""
            yield made

    def one(self, text: str) -> Any:
        """The first row of a question."""
        return self.opened.execute(text).fetchone()

    def all(self, text: str) -> list[Any]:
        rows: list[Any] = self.opened.execute(text).fetchall()
        return rows

    def _rows(self, table: str, found: tuple[Column, ...]) -> Iterator[Any]:
        listed = ", ".join(f'"{c.name}"' for c in found)
        # Both databases must put texts in one order.
        binary = ' COLLATE "C"' if self.vendor == "postgresql" else ""
        order = ", ".join(f'"{c.name}"{binary if c.kind == "text" else ""}' for c in found if c.key)
        text = f'SELECT {listed} FROM "{table}" ORDER BY {order}'
        if self.vendor == "sqlite":
            with closing(self.opened.execute(text)) as cursor:
                while rows := cursor.fetchmany(AT_ONCE):
                    yield from rows
            return
        with self.opened.cursor(name="transfer") as cursor:
            cursor.itersize = AT_ONCE
            cursor.execute(text)
            yield from cursor


@contextmanager
def snapshot() -> Iterator[Reading]:
    """Look at the database as it is now; what is written meanwhile is not seen."""
    if sql.is_sqlite():
        path = quote(str(connection.settings_dict["NAME"]))
        opened = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
        opened.isolation_level = None
        with closing(opened):
            opened.execute("BEGIN")
            yield Reading(opened, "sqlite")
        return
    import psycopg

    with psycopg.connect(**parameters(), connect_timeout=10) as dump:
        dump.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        dump.read_only = True
        yield Reading(dump, "postgresql")
