"""Bring the database up to this version of the program: a backup first, then all or nothing.

On SQLite a copy is changed and proved and then takes the old file's place in one step; on PostgreSQL
everything is one transaction. Stopped at any moment, the library is the old one or the new one.
Stop `shuxiang run` before.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from shuxiang.interfaces.cli import bars, check, common
from shuxiang.interfaces.cli.main import CommandError

EXAMPLE = "systemctl stop shuxiang && shuxiang upgrade && systemctl start shuxiang"
SUFFIX = ".upgrading"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-backup", action="store_true", help="when one was just made and the disk is small"
    )


def run(args: argparse.Namespace) -> int:
    common.setup()
    from django.conf import settings
    from django.db import DatabaseError

    from shuxiang.runtime import locks, schema, sql
    from shuxiang.runtime.backup import making

    _must_be_a_library()
    common.refuse_newer()
    home = common.home()
    try:
        locks.own(home)
    except locks.InUse:
        raise CommandError(
            "the library is at work; stop it first (Ctrl+C where 'shuxiang run' is, or systemctl "
            "stop shuxiang)"
        ) from None
    pending = schema.compare().pending
    if not pending:
        print("the database is of this version already; nothing was changed")
        return 0
    print(f"{len(pending)} changes to make: {', '.join('.'.join(p) for p in pending)}")
    if not args.no_backup:
        try:
            with bars.of_bytes("backup") as advance:
                made = making.make(
                    making.Wanted(
                        kind="upgrade",
                        folder=settings.BACKUP_DIR,
                        recipients=tuple(settings.BACKUP_RECIPIENTS),
                    ),
                    advance,
                )
        except making.NotPossible as error:
            raise CommandError(f"no backup, no upgrade: {error}; nothing was changed") from None
        print(f"the library as it was: {made.path}")
    try:
        if sql.is_sqlite():
            _beside()
        else:
            _in_one_transaction()
    except DatabaseError as error:
        raise CommandError(f"the upgrade failed, the library is as before ({error})") from None
    print("upgraded; every invariant holds")
    return 0


def _must_be_a_library() -> None:
    from django.db import DatabaseError, connection

    from shuxiang.runtime import sql

    try:
        there = "places_place" in connection.introspection.table_names() and sql.one(
            "SELECT 1 FROM places_place WHERE kind = 'main_library'"
        )
    except DatabaseError as error:
        raise CommandError(f"the database can't be read ({error})") from None
    if not there:
        raise CommandError(f"there is no library in {common.home()}; make one with 'shuxiang init'")


def _migrate_and_prove() -> None:
    from shuxiang.ledger import triggers
    from shuxiang.runtime import facts, schema
    from shuxiang.statistics import invariants

    common.migrate()
    facts.remember_key()
    left = schema.compare().pending
    broken = [c for c in invariants.check() if not c.ok and c.id != check.DURABLE]
    for line in broken:
        check.show(line)
    if left or broken or triggers.missing():
        raise CommandError(
            f"after the upgrade {len(broken)} invariants would be broken; the library is as before"
        )


def _in_one_transaction() -> None:
    from django.db import transaction

    with transaction.atomic():
        _migrate_and_prove()


def _beside() -> None:
    """Change a copy and, once it is proved, put it in the place of the database."""
    from django.db import connection

    from shuxiang.runtime.backup import snapshot

    path = Path(str(connection.settings_dict["NAME"]))
    copy = path.with_name(path.name + SUFFIX)
    _remove(copy)
    size = path.stat().st_size
    free = shutil.disk_usage(path.parent).free
    if free < 2 * size:
        raise CommandError(
            f"{path.parent} has {free >> 20} MB free and the upgrade needs {2 * size >> 20} MB; "
            "nothing was changed"
        )
    try:
        snapshot.copy_sqlite(path, copy)
        _use(copy)
        _migrate_and_prove()
        _use(path)
        _settle(copy)
        _settle(path)
        os.replace(copy, path)
        _flush(path.parent)
    finally:
        _use(path)
        _remove(copy)


def _use(path: Path) -> None:
    from django.db import connections

    from shuxiang.runtime.writer import stop_writer

    stop_writer()
    connections.close_all()
    connections["default"].settings_dict["NAME"] = str(path)


def _settle(path: Path) -> None:
    """Everything of a database in its one file, so that no journal can be taken for another's."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as database:
        busy = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        mode = database.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    if busy or mode != "delete":
        raise CommandError(
            f"another process has {path.name} open; stop it first. The library is as before"
        )
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _remove(copy: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        copy.with_name(copy.name + end).unlink(missing_ok=True)
