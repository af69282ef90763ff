"""The database as of one moment, while it is in use: SQLite's online backup, or a dump of PostgreSQL
by COPY in one repeatable-read transaction (see docs/decisions for why not pg_dump)."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection

from shuxiang.runtime import sql
from shuxiang.runtime.backup.archive import DATABASE

SQLITE_NAME = "library.sqlite3"
COLUMNS = "columns.json"
_GENESIS = "0" * 64
_HEAD = "SELECT seq, seal FROM ledger_sequence ORDER BY seq DESC LIMIT 1"
_MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY id"
_LIBRARY = "SELECT name FROM places_place WHERE kind = 'main_library' ORDER BY id LIMIT 1"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was copied: members of the archive, and what must be true of them."""

    kind: str
    members: list[tuple[str, Path]]
    migrations: list[tuple[str, str]]
    ledger_seq: int
    ledger_seal: str
    rows: dict[str, int]
    library: str


def database_size() -> int:
    """Bytes of the database as it stands."""
    if not sql.is_sqlite():
        found = sql.one("SELECT pg_database_size(current_database())")
        assert found is not None
        return int(found[0])
    path = Path(str(connection.settings_dict["NAME"]))
    wal = path.with_name(path.name + "-wal")
    return sum(p.stat().st_size for p in (path, wal) if p.exists())


def take(folder: Path) -> Snapshot:
    """Copy the database into an empty folder. Raises the database's errors, OSError, and ValueError
    where the copy is not sound."""
    return _sqlite(folder) if sql.is_sqlite() else _postgres(folder)


def copy_sqlite(source: Path, target: Path) -> None:
    """A consistent copy as one file without a WAL, flushed to the disk."""
    with (
        closing(sqlite3.connect(source, timeout=30)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        # All pages in one step: in steps, every write of the library would begin the copy anew.
        old.backup(new, pages=-1)
        new.execute("PRAGMA journal_mode=DELETE")
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _sqlite(folder: Path) -> Snapshot:
    path = folder / SQLITE_NAME
    copy_sqlite(Path(str(connection.settings_dict["NAME"])), path)
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as copy:
        sound = copy.execute("PRAGMA quick_check(1)").fetchone()
        if sound != ("ok",):
            raise ValueError(f"the database is damaged ({sound[0]}); restore the last good backup")
        return _snapshot("sqlite", [(DATABASE + SQLITE_NAME, path)], copy.execute)


def _snapshot(kind: str, members: list[tuple[str, Path]], execute: Any) -> Snapshot:
    head = execute(_HEAD).fetchone() or (0, _GENESIS)
    library = execute(_LIBRARY).fetchone()
    return Snapshot(
        kind,
        members,
        [(app, name) for app, name in execute(_MIGRATIONS).fetchall()],
        head[0],
        head[1],
        {table: _count(execute, table) for table in tables(execute, kind)},
        library[0] if library else "",
    )


def tables(execute: Any, kind: str) -> list[str]:
    """Names of the tables, sorted."""
    text = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        if kind == "sqlite"
        else "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    )
    return sorted(row[0] for row in execute(text).fetchall())


def _count(execute: Any, table: str) -> int:
    return int(execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0])


def parameters(database: str | None = None) -> dict[str, Any]:
    """What psycopg needs to reach the installation's PostgreSQL, or another database on it."""
    given = connection.settings_dict
    named = {
        "dbname": database or given["NAME"],
        "user": given["USER"],
        "password": given["PASSWORD"],
        "host": given["HOST"],
        "port": given["PORT"],
    }
    return {key: value for key, value in named.items() if value}


def _postgres(folder: Path) -> Snapshot:
    import psycopg

    members: list[tuple[str, Path]] = []
    columns: dict[str, list[str]] = {}
    with psycopg.connect(**parameters(), connect_timeout=10) as dump:
        dump.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        dump.read_only = True
        for table in tables(dump.execute, "postgresql"):
            named = dump.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
                "AND table_schema = current_schema() ORDER BY ordinal_position",
                (table,),
            )
            columns[table] = [row[0] for row in named.fetchall()]
            path = folder / f"{table}.copy"
            listed = ", ".join(f'"{c}"' for c in columns[table])
            with (
                path.open("wb") as out,
                dump.cursor().copy(f'COPY "{table}" ({listed}) TO STDOUT') as copy,
            ):
                for part in copy:
                    out.write(part)
            members.append((f"{DATABASE}{table}.copy", path))
        snapshot = _snapshot("postgresql", members, dump.execute)
    listing = folder / COLUMNS
    listing.write_text(json.dumps(columns))
    members.append((DATABASE + COLUMNS, listing))
    return snapshot


def address(database: str) -> str:
    """The installation's SHUXIANG_DATABASE_URL with another database's name."""
    given = connection.settings_dict
    user = quote(given["USER"]) + (f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else "")
    host, port = given["HOST"], f":{given['PORT']}" if given["PORT"] else ""
    if host.startswith("/"):
        return f"postgresql://{user}@{port}/{database}?host={quote(host, safe='')}"
    return f"postgresql://{user}@{host}{port}/{database}"
