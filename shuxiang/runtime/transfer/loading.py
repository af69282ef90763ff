"""The rows of an export put into empty tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from django.db import connection

from shuxiang.runtime.backup.loading import settle_constraints
from shuxiang.runtime.transfer.files import Damaged, Manifest, Table
from shuxiang.runtime.transfer.layout import columns, stored

AT_ONCE = 2000
Progress = Callable[[int], None]


def _values(
    folder: Path, table: Table, vendor: str, progress: Progress | None
) -> Iterator[list[Any]]:
    """The rows of a table's file. Raises Damaged naming the line."""
    made = stored(columns(table.name), vendor)
    decoder = msgspec.json.Decoder(dict[str, Any])
    number = 0
    with (folder / table.file).open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield made(decoder.decode(line))
            except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
                raise Damaged(f"{table.file}, line {number} can't be read ({error})") from None
            if progress:
                progress(len(line))
    if number != table.rows:
        raise Damaged(f"{table.file} has {number} lines; the manifest says {table.rows}")


def _known(manifest: Manifest) -> None:
    for table in manifest.tables:
        if sorted(table.columns) != sorted(c.name for c in columns(table.name)):
            raise Damaged(f"the table {table.name} of the export has other columns than here")


def load_sqlite(
    path: Path, folder: Path, manifest: Manifest, progress: Progress | None = None
) -> None:
    """Fill the tables of a database file that nobody else has. A killed run leaves the file of no
    use: the caller removes it. Raises Damaged."""
    _known(manifest)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("PRAGMA synchronous = OFF")
        for table in manifest.tables:
            found = columns(table.name)
            listed = ", ".join(f'"{c.name}"' for c in found)
            marks = ", ".join("?" for _ in found)
            database.execute(f'DELETE FROM "{table.name}"')
            rows = _values(folder, table, "sqlite", progress)
            try:
                while part := list(islice(rows, AT_ONCE)):
                    text = f'INSERT INTO "{table.name}" ({listed}) VALUES ({marks})'
                    database.executemany(text, part)
            except sqlite3.Error as error:
                raise Damaged(f"{table.file} does not fit into its table ({error})") from None
            database.commit()
        orphan = database.execute("PRAGMA foreign_key_check").fetchone()
        if orphan:
            raise Damaged(f"a row of {orphan[0]} refers to a row of {orphan[2]} that is not there")


def load_postgres(folder: Path, manifest: Manifest, progress: Progress | None = None) -> None:
    """Fill the tables, in the running transaction. Raises Damaged."""
    from django.db import Error

    _known(manifest)
    settle_constraints()
    try:
        with connection.cursor() as cursor:
            for table in manifest.tables:
                cursor.execute(f'DELETE FROM "{table.name}"')
            for table in manifest.tables:
                listed = ", ".join(f'"{c.name}"' for c in columns(table.name))
                with cursor.copy(f'COPY "{table.name}" ({listed}) FROM STDIN') as copy:
                    for row in _values(folder, table, "postgresql", progress):
                        copy.write_row(row)
        settle_constraints()
    except Error as error:
        said = str(error).strip().splitlines()[0]
        raise Damaged(f"the export does not fit into its tables ({said})") from None
