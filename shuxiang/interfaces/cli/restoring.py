"""What a restore proves, and putting in place what was proved."""

from __future__ import annotations

import os
import secrets
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from shuxiang.interfaces.cli import check, common
from shuxiang.interfaces.cli.main import CommandError
from shuxiang.runtime.backup.archive import Damaged, Manifest

DATABASE = "library.sqlite3"
URL = "SHUXIANG_DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Found:
    """An unpacked backup whose bytes are those of its manifest; ``key`` is '' when it is not at
    hand."""

    home: Path
    scratch: Path
    manifest: Manifest
    key: str

    @property
    def inside(self) -> Path:
        """The folder that will become the home."""
        return self.scratch / "home"

    @property
    def is_sqlite(self) -> bool:
        return self.manifest.database == "sqlite"


def prove(found: Found, *, drill: bool = False) -> None:
    """Open the unpacked library and check everything. Raises Damaged, CommandError."""
    _point_django_at(found)
    common.setup()
    from django.db import connections, transaction

    from shuxiang.runtime import schema
    from shuxiang.runtime.writer import stop_writer

    newer = schema.unknown(found.manifest.migrations)
    if newer:
        raise CommandError(
            f"the backup was made by version {found.manifest.version}, which is newer than this "
            "one; install that version and restore again"
        )
    _key_fits(found)
    try:
        with nullcontext() if found.is_sqlite else transaction.atomic():
            _load(found)
            _same_rows(found)
            _bring_up_to_date(found)
            _check(found)
            if drill:
                _replay()
    finally:
        stop_writer()
        connections.close_all()


def _point_django_at(found: Found) -> None:
    url = os.environ.get(URL, "")
    if found.is_sqlite:
        if url and not url.startswith("sqlite:"):
            raise CommandError(f"the backup is of SQLite, but {URL} names {url.split(':')[0]}")
        found.inside.mkdir(exist_ok=True)
        path = found.inside / DATABASE
        try:
            os.rename(found.scratch / "database" / DATABASE, path)
        except FileNotFoundError:
            raise Damaged("the backup holds no database") from None
        url = f"sqlite:///{quote(str(path))}"
    elif not url.startswith("postgres"):
        raise CommandError(f"the backup is of PostgreSQL; name an empty database for it with {URL}")
    found.inside.mkdir(exist_ok=True)
    os.environ |= {
        "SHUXIANG_HOME": str(found.inside),
        URL: url,
        # Without the key at hand the library still proves itself; only its numbers stay closed.
        "SHUXIANG_SECRET_KEY": found.key or secrets.token_urlsafe(48),
    }


def _key_fits(found: Found) -> None:
    from shuxiang.runtime import facts

    if found.key and facts.fingerprint() != found.manifest.key:
        raise CommandError(
            "the secret key at hand is not the one this library was kept with; its encrypted "
            "numbers would stay closed. Give the right one with --key; nothing was changed"
        )


def _load(found: Found) -> None:
    from shuxiang.runtime.backup import loading

    if not found.is_sqlite:
        try:
            loading.load(found.scratch / "database", found.manifest)
        except loading.NotEmpty as error:
            raise CommandError(str(error)) from None
        return
    said = loading.integrity()
    if said:
        raise Damaged(f"the database in the backup is damaged ({said})")


def _same_rows(found: Found) -> None:
    from shuxiang.runtime.backup import loading

    for line in loading.differences(found.manifest):
        raise Damaged(line)


def _bring_up_to_date(found: Found) -> None:
    from shuxiang.runtime import facts

    common.migrate()
    facts.remember_key(found.manifest.key)


def _check(found: Found) -> None:
    from shuxiang.apps.search import commands as search

    search.rebuild()
    broken = [c for c in check.of_the_data() if not c.ok]
    for line in broken:
        check.show(line)
    if broken:
        raise CommandError(
            f"the restored library breaks {len(broken)} of its invariants; nothing was put in place"
        )


def _replay() -> None:
    from shuxiang.statistics.commands.replay import replay

    different = replay()
    if different:
        raise CommandError(f"the ledger replayed gives other counts in {', '.join(different)}")


def put_in_place(found: Found) -> None:
    """Move the proved library into its home, the database last: with it, it is there."""
    for end in ("-wal", "-shm"):
        left = found.inside / f"{DATABASE}{end}"
        if left.exists() and left.stat().st_size and end == "-wal":
            raise CommandError("the restored database is still in use by another process")
        left.unlink(missing_ok=True)
    if found.key:
        _write_key(found)
    entries = sorted(found.inside.iterdir(), key=lambda p: p.name == DATABASE)
    for path in entries:
        if path.name != "secret.key" or not (found.home / "secret.key").exists():
            os.rename(path, found.home / path.name)
    number = os.open(found.home, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _write_key(found: Found) -> None:
    path = found.inside / "secret.key"
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "w") as file:
        file.write(found.key)


def summary(found: Found, *, drill: bool) -> str:
    """What was restored and how to start it, for the terminal."""
    manifest = found.manifest
    rows = sum(manifest.rows.values())
    facts = (
        f"{manifest.library or 'library'} as of {manifest.made_at[:16].replace('T', ' ')}: "
        f"{len(manifest.rows)} tables, {rows} rows, ledger number {manifest.ledger_seq}, "
        "seal and every invariant hold"
    )
    if drill:
        return f"restored as a test: {facts}, counts replayed alike"
    start = f"SHUXIANG_HOME={found.home} shuxiang run"
    if not found.is_sqlite:
        start = f"{URL}=… {start}"
    lines = [facts, f"start it with: {start}"]
    if not found.key:
        lines.insert(
            1, f"put the library's secret.key (mode 600) into {found.home} before you start it"
        )
    return "\n".join(lines)
