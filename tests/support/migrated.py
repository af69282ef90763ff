"""Migrating takes seconds: of a run's workers the first does it, the others copy what it made."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection, connections

from shuxiang.runtime import migrating
from tests.support import servers

SHARED = "SHUXIANG_TEST_SHARED"
"""Names the folder that the workers of a run share; set by the process that starts them."""


def migrate(admin: str) -> None:
    """Migrate the test database; ``admin`` is the address that may create databases, '' on SQLite."""
    shared = os.environ.get(SHARED)
    if not shared or "PYTEST_XDIST_WORKER" not in os.environ:
        migrating.migrate()
        return
    with (Path(shared) / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if admin:
            _on_postgresql(admin, Path(shared).name.replace("-", "_"))
        else:
            _on_sqlite(Path(shared) / "migrated.sqlite3")


def _on_sqlite(made: Path) -> None:
    connection.ensure_connection()
    if made.exists():
        with closing(sqlite3.connect(made)) as source:
            source.backup(connection.connection)
        return
    migrating.migrate()
    with closing(sqlite3.connect(made)) as copy:
        connection.connection.backup(copy)


def _on_postgresql(admin: str, template: str) -> None:
    name = connection.settings_dict["NAME"]
    if servers.database_exists(admin, template):
        servers.drop_database(admin, name)
        servers.create_database(admin, name, template)
        return
    migrating.migrate()
    # A database can be copied only while nobody is connected to it.
    connections.close_all()
    servers.create_database(admin, template, name)
