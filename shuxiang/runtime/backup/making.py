"""Making one backup: copy, pack, restore as a test, encrypt, put in place, note, clear away old ones."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from shuxiang.kernel import clock
from shuxiang.runtime import facts, sql
from shuxiang.runtime.backup import archive, keeping, snapshot
from shuxiang.runtime.backup.archive import Progress
from shuxiang.runtime.models import Backup

MAKING = ".making-"
LOCK = ".making"
TEST_SECONDS = 6 * 3600
SPARE = 64 << 20
_NOT_KEPT = ("index", "cache", "backups", "ballast", "secret.key")


class NotPossible(Exception):
    """No backup can be made; the message says in one line why and what to do."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup. ``tested`` is whether it was restored as a test and found whole; ``detail``
    what the test said, or why there was none."""

    path: Path
    size: int
    sha256: str
    ledger_seq: int
    tested: bool
    good: bool
    detail: str
    removed: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What kind of backup (manual, nightly, upgrade), whither, and how."""

    kind: str = "manual"
    folder: Path
    with_key: bool = False
    test: bool = False
    recipients: tuple[str, ...] = ()


def make(wanted: Wanted, progress: Progress | None = None) -> Made:
    """Make a backup while the library goes on. Raises NotPossible, with nothing left behind; the
    failure is noted for the office all the same."""
    started = clock.now()
    try:
        keep = keeping.Keep.parse(settings.BACKUP_KEEP, settings.BACKUP_MOST_DAYS)
        recipients = _recipients(wanted.recipients)
        wanted.folder.mkdir(parents=True, exist_ok=True)
        with _alone(wanted.folder) as scratch:
            made = _make(wanted, recipients, scratch, clock.local(started), progress)
    except (NotPossible, OSError, DatabaseError, ValueError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        note(wanted.kind, started, detail=said, good=False)
        raise NotPossible(said) from None
    note(
        wanted.kind,
        started,
        path=str(made.path),
        size=made.size,
        sha256=made.sha256,
        ledger_seq=made.ledger_seq,
        good=made.good,
        tested=made.tested,
        encrypted=bool(recipients),
        detail=made.detail,
    )
    removed = prune(wanted.folder, keep) if made.good else ()
    return Made(
        made.path,
        made.size,
        made.sha256,
        made.ledger_seq,
        made.tested,
        made.good,
        made.detail,
        removed,
    )


def _recipients(given: tuple[str, ...]) -> list[object]:
    import pyrage

    keys = []
    for text in given:
        try:
            keys.append(pyrage.x25519.Recipient.from_str(text))
        except pyrage.RecipientError:
            raise NotPossible(
                f"{text[:20]!r} is no public key to encrypt to; it begins with age1 and is made "
                "with 'shuxiang backup --make-key FILE'"
            ) from None
    return keys


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """A scratch folder beside the backups; one backup at a time, what a killed one left removed."""
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotPossible(f"another backup is being made in {folder}; wait for it") from None
        for left in folder.glob(MAKING + "*"):
            shutil.rmtree(left, ignore_errors=True)
        scratch = folder / f"{MAKING}{os.getpid()}"
        scratch.mkdir(mode=0o700)
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _make(
    wanted: Wanted,
    recipients: list[object],
    scratch: Path,
    at: datetime,
    progress: Progress | None,
) -> Made:
    home = Path(settings.HOME)
    database = Path(str(connection.settings_dict["NAME"])) if sql.is_sqlite() else None
    out = [home / name for name in _NOT_KEPT] + [wanted.folder, Path(settings.BACKUP_DIR)]
    if database is not None:
        out += [database.with_name(database.name + end) for end in ("", "-wal", "-shm")]
    files = list(archive.files_of(home, out))
    size = snapshot.database_size() + sum(p.stat().st_size for p in files if p.exists())
    _room(wanted.folder, size * (3 if wanted.test else 2) + SPARE)
    taken = snapshot.take(scratch)
    members = [
        *taken.members,
        *((archive.HOME + path.relative_to(home).as_posix(), path) for path in files),
    ]
    key = home / "secret.key"
    if wanted.with_key:
        if not key.exists():
            raise NotPossible(f"{key} is not there: the key comes from SHUXIANG_SECRET_KEY")
        members.append((archive.KEY, key))
    part = scratch / "backup.tar.zst"
    manifest = archive.pack(
        part,
        members,
        archive.Manifest(
            version=version("shuxiang"),
            library=taken.library,
            made_at=at.isoformat(),
            database=taken.kind,
            migrations=taken.migrations,
            ledger_seq=taken.ledger_seq,
            ledger_seal=taken.ledger_seal,
            rows=taken.rows,
            key=facts.fingerprint(),
        ),
        size,
        progress,
    )
    for _, path in taken.members:
        path.unlink()
    good, detail = _tested(part, scratch) if wanted.test else (True, "not restored as a test")
    if recipients:
        import pyrage

        sealed = scratch / "backup.tar.zst.age"
        pyrage.encrypt_file(str(part), str(sealed), recipients)
        part = sealed
        _flush(part)
    final = _free_name(wanted.folder, at, wanted.kind, bool(recipients))
    sha256 = archive.digest(part)
    os.chmod(part, 0o600)
    os.rename(part, final)
    note_file = final.with_name(final.name + ".sha256")
    note_file.write_text(f"{sha256}  {final.name}\n")
    _flush(note_file)
    _flush(wanted.folder)
    # Read back from where it now lies: a second disk can fail as well.
    if archive.digest(final) != sha256:
        raise NotPossible(f"{final} does not read back as it was written; check that disk")
    return Made(
        final,
        final.stat().st_size,
        sha256,
        manifest.ledger_seq,
        wanted.test and good,
        good,
        detail,
        (),
    )


def _free_name(folder: Path, at: datetime, kind: str, encrypted: bool) -> Path:
    while (path := folder / keeping.name(at, kind, encrypted)).exists():
        at += timedelta(seconds=1)
    return path


def _flush(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NotPossible(
            f"{folder} has {free >> 20} MB free and a backup may need {needed >> 20} MB; free some "
            "or name another disk with SHUXIANG_BACKUP_DIR"
        )


def _tested(part: Path, scratch: Path) -> tuple[bool, str]:
    """Restore in a process and a home of its own; (found whole, what was said)."""
    home = scratch / "restored"
    command = [sys.executable, "-m", settings.COMMAND_LINE, "restore", str(part), "--to", str(home)]
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in ("SHUXIANG_DATABASE_URL", "SHUXIANG_HOME")
    }
    env |= {"SHUXIANG_SECRET_KEY": settings.SECRET_KEY, "PYTHONUNBUFFERED": "1"}
    try:
        with _scratch_database() as database:
            if database:
                env["SHUXIANG_DATABASE_URL"] = database
            done = subprocess.run(
                [*command, "--drill"],
                env=env,
                capture_output=True,
                text=True,
                timeout=TEST_SECONDS,
                check=False,
            )
    except subprocess.TimeoutExpired:
        return False, f"the restore test took more than {TEST_SECONDS // 3600} hours"
    finally:
        shutil.rmtree(home, ignore_errors=True)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    broken = [line for line in lines if line.startswith("BROKEN")]
    last = lines[-1] if lines else f"exit {done.returncode}"
    return done.returncode == 0, "; ".join(broken[:3]) if broken else last


@contextmanager
def _scratch_database() -> Iterator[str]:
    """Address of an empty database to restore into: none on SQLite, where the home holds it."""
    if sql.is_sqlite():
        yield ""
        return
    import psycopg
    from psycopg import sql as words

    base = snapshot.parameters()
    name = f"{base['dbname']}_drill_{os.getpid()}"
    drop = words.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(words.Identifier(name))
    with psycopg.connect(**base, autocommit=True, connect_timeout=10) as admin:
        try:
            admin.execute(
                words.SQL("CREATE DATABASE {} TEMPLATE template0").format(words.Identifier(name))
            )
        except psycopg.errors.InsufficientPrivilege:
            raise NotPossible(
                "the restore test needs a database of its own: let the library's user make one "
                f"(ALTER USER {base.get('user', '')} CREATEDB)"
            ) from None
        try:
            yield snapshot.address(name)
        finally:
            admin.execute(drop)


def note(kind: str, started: datetime, **facts: object) -> None:
    """Write down how a backup went, for the office. A disk too full for that keeps nothing."""
    with suppress(DatabaseError):
        Backup.objects.create(kind=kind, started_at=started, finished_at=clock.now(), **facts)


def prune(folder: Path, keep: keeping.Keep) -> tuple[Path, ...]:
    """Delete the backups of a folder that need not be kept any more; returns their paths."""
    bad: list[str] = []
    # Before an upgrade the table may not be there, or be of an older form.
    with suppress(DatabaseError):
        known = Backup.objects.filter(good=False).exclude(path="")
        bad = [Path(path).name for path in known.values_list("path", flat=True)]
    now = clock.local(clock.now()).replace(tzinfo=None)
    gone = []
    for backup in keeping.superfluous(keeping.found(folder, bad), keep, now):
        backup.path.unlink(missing_ok=True)
        backup.path.with_name(backup.path.name + ".sha256").unlink(missing_ok=True)
        gone.append(backup.path)
    with suppress(DatabaseError):
        Backup.objects.filter(path__in=[str(p) for p in gone], removed_at=None).update(
            removed_at=clock.now()
        )
    return tuple(gone)


def make_key(path: Path) -> str:
    """Make a key pair: the private half into a new file (mode 600); returns the public half.

    Raises FileExistsError."""
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w") as file:
        file.write(f"# public key: {identity.to_public()}\n{identity}\n")
    return str(identity.to_public())


__all__ = ["Made", "NotPossible", "Wanted", "make", "make_key", "note", "prune"]
