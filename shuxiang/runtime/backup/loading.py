"""A backup's database put where it can be opened, and held against the manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from shuxiang.ledger import sequence
from shuxiang.runtime import sql
from shuxiang.runtime.backup import snapshot
from shuxiang.runtime.backup.archive import CHUNK, Damaged, Manifest
from shuxiang.runtime.migrating import copied_fields


class NotEmpty(Exception):
    """The database to load into is in use; nothing was changed."""


def integrity() -> str:
    """'' where SQLite finds its file whole, else what it found first."""
    found = sql.one("PRAGMA integrity_check(1)")
    if found != ("ok",):
        return str(found[0]) if found else "no answer"
    orphan = sql.one("PRAGMA foreign_key_check")
    return f"a row of {orphan[0]} refers to nothing" if orphan else ""


def load(folder: Path, manifest: Manifest) -> None:
    """Make the tables as they were when the backup was made and fill them, in the running
    transaction. Raises NotEmpty, Damaged."""
    if connection.introspection.table_names():
        raise NotEmpty(
            f"the database {connection.settings_dict['NAME']} is not empty; name an empty one"
        )
    try:
        columns: dict[str, list[str]] = json.loads((folder / snapshot.COLUMNS).read_text())
    except (OSError, ValueError):
        raise Damaged("the backup holds no list of columns") from None
    _tables_as_then(manifest)
    # Making the tables has left some references to be checked at once.
    settle_constraints()
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in present:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {_quoted(table)})")
            if cursor.fetchone()[0]:
                cursor.execute(f"DELETE FROM {_quoted(table)}")
        for table, names in columns.items():
            if table not in present:
                raise Damaged(f"the backup holds a table {table} that its own schema does not have")
            listed = ", ".join(_quoted(name) for name in names)
            with (
                (folder / f"{table}.copy").open("rb") as file,
                cursor.copy(f"COPY {_quoted(table)} ({listed}) FROM STDIN") as copy,
            ):
                while part := file.read(CHUNK):
                    copy.write(part)
        _numbers_go_on(cursor)
    settle_constraints()


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _tables_as_then(manifest: Manifest) -> None:
    executor = MigrationExecutor(connection)
    wanted = {(app, name) for app, name in manifest.migrations}
    inner = {
        parent.key
        for key in wanted
        if key in executor.loader.graph.node_map
        for parent in executor.loader.graph.node_map[key].parents
        if parent.key[0] == key[0]
    }
    with copied_fields():
        executor.migrate(sorted(wanted - inner))


def _numbers_go_on(cursor: Any) -> None:
    """Numbers that the database gives out itself go on after the greatest one loaded."""
    cursor.execute(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND is_identity = 'YES'"
    )
    for table, column in cursor.fetchall():
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{_quoted(table)}', '{column}'), "
            f"COALESCE(MAX({_quoted(column)}), 1), MAX({_quoted(column)}) IS NOT NULL) "
            f"FROM {_quoted(table)}"
        )


def settle_constraints() -> None:
    """Check every reference now, so that the tables can be altered; nothing on SQLite."""
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def differences(manifest: Manifest) -> Iterator[str]:
    """What in the opened database is not as the manifest says: rows of a table, the ledger's head."""
    for table, count in sorted(manifest.rows.items()):
        found = sql.one(f"SELECT COUNT(*) FROM {_quoted(table)}")
        if found != (count,):
            yield f"the table {table} has {found[0] if found else 'no'} rows; {count} were saved"
    head = sequence.head(sql)
    if head != (manifest.ledger_seq, manifest.ledger_seal):
        yield f"the ledger ends at number {head[0]} with another seal than the one saved"


__all__ = ["NotEmpty", "differences", "integrity", "load", "settle_constraints"]
