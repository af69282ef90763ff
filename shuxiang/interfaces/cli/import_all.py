"""Make a library of what `export --all --with-readers` wrote, in an empty home.

Every file is held against the manifest before anything is written. On SQLite the library is made
beside and put in place by a rename once every invariant holds; on PostgreSQL all of it is one
transaction. Stopped or refused, nothing is left. The home needs the secret.key of the library that
was exported: put it there, or name it with --key.
"""

from __future__ import annotations

import argparse
import os
import shutil
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from shuxiang.interfaces.cli import bars, check, common, restoring
from shuxiang.interfaces.cli.main import CommandError
from shuxiang.runtime import locks
from shuxiang.runtime.backup import archive

if TYPE_CHECKING:
    from shuxiang.runtime import transfer

EXAMPLE = "SHUXIANG_HOME=/srv/library shuxiang import-all /media/export --key secret.key"
SCRATCH = ".importing-"
MAY_BE_THERE = {"secret.key", locks.NAME}
URL = restoring.URL


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="what export --all wrote")
    parser.add_argument("--key", type=Path, help="the secret.key of the library exported")


def run(args: argparse.Namespace) -> int:
    folder: Path = args.folder.absolute()
    home = Path(os.environ.get("SHUXIANG_HOME", "var")).resolve()
    if not folder.is_dir():
        raise CommandError(f"there is no folder {args.folder}")
    _must_be_empty(home)
    made = not home.exists()
    home.mkdir(parents=True, exist_ok=True)
    try:
        locks.own(home)
    except locks.InUse:
        raise CommandError(f"another process is at work in {home}") from None
    scratch = home / f"{SCRATCH}{os.getpid()}"
    done = False
    try:
        for left in home.glob(SCRATCH + "*"):
            shutil.rmtree(left)
        scratch.mkdir(mode=0o700)
        print(_import(folder, home, scratch, _key(args.key, home)))
        done = True
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if not done:
            (home / locks.NAME).unlink(missing_ok=True)
            if made:
                with suppress(OSError):
                    home.rmdir()
        locks.release(home)
    return 0


def _must_be_empty(home: Path) -> None:
    if not home.exists():
        return
    there = sorted(
        p.name for p in home.iterdir() if p.name not in MAY_BE_THERE and SCRATCH not in p.name
    )
    if there:
        raise CommandError(
            f"{home} is not empty ({', '.join(there[:3])}); nothing was changed. "
            "Name an empty folder with SHUXIANG_HOME"
        )


def _key(given: Path | None, home: Path) -> str:
    """The secret key at hand; '' for none."""
    for path in (given, home / "secret.key"):
        if path is not None and path.is_file():
            return path.read_text(encoding="utf-8").strip()
    return os.environ.get("SHUXIANG_SECRET_KEY", "")


def _import(folder: Path, home: Path, scratch: Path, key: str) -> str:
    inside = scratch / "home"
    inside.mkdir(mode=0o700)
    url = os.environ.get(URL, "")
    sqlite = not url.startswith("postgres")
    path = inside / restoring.DATABASE
    if not key:
        raise CommandError(
            "the secret.key of the library that was exported is needed: its encrypted numbers open "
            "with nothing else. Name it with --key; nothing was changed"
        )
    os.environ |= {"SHUXIANG_HOME": str(inside), "SHUXIANG_SECRET_KEY": key}
    if sqlite:
        os.environ[URL] = f"sqlite:///{quote(str(path))}"
    common.setup()
    from django.db import connections, transaction

    from shuxiang.runtime import facts, transfer
    from shuxiang.runtime.writer import stop_writer

    try:
        manifest = _proved(folder)
        with nullcontext() if sqlite else transaction.atomic():
            _empty(sqlite)
            common.migrate()
            with bars.of_bytes("import") as advance:
                if sqlite:
                    connections.close_all()
                    transfer.load_sqlite(path, folder, manifest, advance)
                else:
                    transfer.load_postgres(folder, manifest, advance)
            facts.remember_key(manifest.key)
            _home_files(folder, inside, manifest)
            _checked(folder, manifest, sqlite)
    except transfer.Damaged as error:
        raise CommandError(f"{error}; nothing was changed") from None
    finally:
        stop_writer()
        connections.close_all()
    found = restoring.Found(home, scratch, _as_backup(manifest, sqlite), key)
    restoring.put_in_place(found)
    rows = sum(t.rows for t in manifest.tables)
    return (
        f"{manifest.library or 'library'} as of {manifest.made_at[:16].replace('T', ' ')}: "
        f"{len(manifest.tables)} tables, {rows} rows, ledger number {manifest.ledger_seq}, seal and "
        f"every invariant hold\nstart it with: SHUXIANG_HOME={home} shuxiang run"
    )


def _proved(folder: Path) -> transfer.Manifest:
    """The manifest, once all that it says is so. Raises Damaged, CommandError."""
    from django.db.migrations.loader import MigrationLoader

    from shuxiang.runtime import facts, schema, transfer

    manifest = transfer.read_manifest(folder)
    if not manifest.readers:
        raise CommandError(
            "this export has no readers, so that no library can be made of it; export again with "
            "--with-readers. Nothing was changed"
        )
    said = f"the export was written by version {manifest.version}"
    if schema.unknown(manifest.migrations):
        raise CommandError(f"{said}, which is newer than this one; install that version first")
    there = set(manifest.migrations)
    if set(MigrationLoader(None).graph.nodes) - there:
        raise CommandError(
            f"{said}, which is older than this one: import it with that version, then run "
            "'shuxiang upgrade'"
        )
    if facts.fingerprint() != manifest.key:
        raise CommandError(
            "the secret key at hand is not the one this library was kept with; its encrypted "
            "numbers would stay closed. Give the right one with --key; nothing was changed"
        )
    with bars.of_bytes("verify") as advance:
        transfer.verify(folder, manifest, advance)
    return manifest


def _empty(sqlite: bool) -> None:
    from django.db import connection

    if not sqlite and connection.introspection.table_names():
        name = connection.settings_dict["NAME"]
        raise CommandError(f"the database {name} is not empty; nothing was changed")


def _home_files(folder: Path, inside: Path, manifest: transfer.Manifest) -> None:
    for file in manifest.files:
        if file.name.startswith("files/"):
            path = inside / file.name.removeprefix("files/")
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / file.name, path)


def _checked(folder: Path, manifest: transfer.Manifest, sqlite: bool) -> None:
    """The ledger's chain ends as it did there and every invariant holds. Raises Damaged, CommandError."""
    from shuxiang.apps.search import commands as search
    from shuxiang.ledger import sequence
    from shuxiang.runtime import sql, transfer

    head = sequence.head(sql)
    if manifest.ledger_seq and head != (manifest.ledger_seq, manifest.ledger_seal):
        raise transfer.Damaged(f"the ledger ends at number {head[0]} with another seal")
    search.rebuild()
    broken = [c for c in check.of_the_data() if not c.ok]
    for line in broken:
        check.show(line)
    if broken:
        raise CommandError(f"the library breaks {len(broken)} of its invariants; nothing was made")


def _as_backup(manifest: transfer.Manifest, sqlite: bool) -> archive.Manifest:
    return archive.Manifest(
        version=manifest.version,
        library=manifest.library,
        made_at=manifest.made_at,
        database="sqlite" if sqlite else "postgresql",
        migrations=manifest.migrations,
        ledger_seq=manifest.ledger_seq,
        ledger_seal=manifest.ledger_seal,
        rows={t.name: t.rows for t in manifest.tables},
        key=manifest.key,
    )
