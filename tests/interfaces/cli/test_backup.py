"""`shuxiang backup` and `restore`: a library that lends comes back as it was (F17, X3, S14)."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from shuxiang.apps.circulation import commands as circulation
from shuxiang.interfaces.cli.main import main
from shuxiang.runtime import locks, sql, worker
from shuxiang.runtime.backup import archive, making, queries, snapshot
from shuxiang.runtime.models import Backup
from shuxiang.statistics import daily
from shuxiang.statistics.commands import replay
from tests.conftest import ADMIN, ROOT
from tests.support import servers
from tests.support import stocked as stock
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
KEY = "a key for tests only, which protects nothing at all"


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library) -> Stocked:
    made: Stocked = scene("stocked", lambda: stock.build(library))
    return made


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    """A home of its own for backups and files; the database is the tests'."""
    settings.HOME = tmp_path / "home"
    settings.BACKUP_DIR = settings.HOME / "backups"
    (settings.HOME / "files").mkdir(parents=True)
    (settings.HOME / "files" / "封面.jpg").write_bytes(b"cover")
    return Path(settings.HOME)


def lent(stocked: Stocked, ctx: Contexts) -> None:
    for n, barcode in enumerate(("B001", "B002", "B003")):
        circulation.check_out(
            item_barcode=barcode,
            card=stocked.cards["adult"],
            ctx=ctx(at=moment("2020-06-10", f"1{n}:00")),
        )
    circulation.check_in(item_barcode="B002", ctx=ctx(at=moment("2020-06-12")))
    daily.refresh()


def made(home: Path, **wanted: Any) -> making.Made:
    return making.make(making.Wanted(folder=home / "backups", **wanted))


def restore(*words: object, url: str = "", key: str = KEY) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("SHUXIANG_")}
    env |= {"SHUXIANG_SECRET_KEY": key} if key else {}
    env |= {"SHUXIANG_DATABASE_URL": url} if url else {}
    return subprocess.run(
        [sys.executable, "-m", "shuxiang.interfaces.cli.main", "restore", *map(str, words)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture
def empty_url() -> Iterator[str]:
    """Where a restore puts its database: '' on SQLite, a new empty one on PostgreSQL."""
    if sql.is_sqlite():
        yield ""
        return
    name = f"shuxiang_restored_{os.getpid()}"
    servers.create_database(ADMIN, name)
    yield urlsplit(ADMIN)._replace(path=f"/{name}").geturl()
    servers.drop_database(ADMIN, name)


def test_f17_x3_a_library_in_use_is_backed_up_restored_and_the_same(
    stocked: Stocked, ctx: Contexts, home: Path, tmp_path: Path, empty_url: str
) -> None:
    lent(stocked, ctx)
    backup = made(home, test=True)
    assert (backup.good, backup.tested) == (True, True)
    assert "seal and every invariant hold, counts replayed alike" in backup.detail
    assert backup.sha256 == hashlib.sha256(backup.path.read_bytes()).hexdigest()
    note = Backup.objects.get()
    assert (note.good, note.tested, note.ledger_seq, note.size) == (
        True,
        True,
        backup.ledger_seq,
        backup.path.stat().st_size,
    )
    target = tmp_path / "new"
    done = restore(backup.path, "--to", target, url=empty_url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("总馆 as of ")
    assert f"SHUXIANG_HOME={target} shuxiang run" in done.stdout
    assert (target / "files" / "封面.jpg").read_bytes() == b"cover"
    assert (target / "index").is_dir()
    assert (target / "secret.key").read_text() == KEY
    assert not list(target.glob(".restoring-*"))
    if sql.is_sqlite():
        with closing(sqlite3.connect(target / "library.sqlite3")) as restored:
            head = restored.execute("SELECT MAX(seq) FROM ledger_sequence").fetchone()
            loans = restored.execute("SELECT COUNT(*) FROM circulation_loan").fetchone()
        assert head == (backup.ledger_seq,)
        assert loans == (3,)
    checked = subprocess.run(
        [sys.executable, "-m", "shuxiang.interfaces.cli.main", "check"],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith("SHUXIANG_")}
        | {"SHUXIANG_HOME": str(target)}
        | ({"SHUXIANG_DATABASE_URL": empty_url} if empty_url else {}),
        capture_output=True,
        text=True,
        timeout=600,
    )
    bad = [line for line in checked.stdout.splitlines() if line.startswith("BROKEN")]
    # The test server itself runs without fsync.
    assert [line for line in bad if sql.is_sqlite() or "synchronous" not in line] == []


def test_s14_an_encrypted_backup_opens_with_the_private_half_alone(
    stocked: Stocked, home: Path, tmp_path: Path, empty_url: str
) -> None:
    public = making.make_key(tmp_path / "private.txt")
    assert (tmp_path / "private.txt").stat().st_mode & 0o777 == 0o600
    backup = made(home, recipients=(public,))
    assert backup.path.name.endswith(".tar.zst.age")
    assert b"manifest" not in backup.path.read_bytes()
    done = restore(backup.path, "--to", tmp_path / "a", url=empty_url)
    assert (done.returncode, "--identity" in done.stderr) == (2, True)
    other = tmp_path / "other.txt"
    making.make_key(other)
    done = restore(backup.path, "--to", tmp_path / "a", "--identity", other, url=empty_url)
    assert (done.returncode, "does not open with" in done.stderr) == (2, True)
    assert not (tmp_path / "a").exists()
    identity = tmp_path / "private.txt"
    done = restore(backup.path, "--to", tmp_path / "a", "--identity", identity, url=empty_url)
    assert done.returncode == 0, done.stderr


def test_s6_no_number_and_no_key_can_be_read_in_a_backup(
    stocked: Stocked, home: Path, tmp_path: Path
) -> None:
    (home / "secret.key").write_text(KEY)
    backup = made(home)
    scratch = tmp_path / "plain"
    scratch.mkdir()
    manifest = archive.unpack(backup.path, scratch)
    text = b"".join(p.read_bytes() for p in scratch.rglob("*") if p.is_file())
    assert KEY.encode() not in text
    assert not [f for f in manifest.files if "secret" in f.name]
    with_key = made(home, with_key=True)
    again = tmp_path / "with-key"
    again.mkdir()
    archive.unpack(with_key.path, again)
    assert (again / "key" / "secret.key").read_text() == KEY


def test_a_restore_of_a_damaged_backup_is_refused_and_changes_nothing(
    stocked: Stocked, home: Path, tmp_path: Path
) -> None:
    path = made(home).path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    target = tmp_path / "new"
    for where in (target, target / "deep"):
        done = restore(path, "--to", where)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
        assert "damaged" in done.stderr
        assert "nothing was changed" in done.stderr
        assert not where.exists()
    target.mkdir(exist_ok=True)
    assert restore(path, "--to", target).returncode == 2
    assert list(target.iterdir()) == []


def test_a_home_that_is_not_empty_is_refused(stocked: Stocked, home: Path, tmp_path: Path) -> None:
    path = made(home).path
    before = sorted(p.name for p in home.iterdir())
    done = restore(path, "--to", home)
    assert (done.returncode, "is not empty (backups, files)" in done.stderr) == (2, True)
    assert sorted(p.name for p in home.iterdir()) == before
    done = restore(tmp_path / "nowhere.zst", "--to", tmp_path / "x")
    assert (done.returncode, "there is no file" in done.stderr) == (2, True)


def test_another_key_is_refused_and_none_is_told(
    stocked: Stocked, home: Path, tmp_path: Path, empty_url: str
) -> None:
    path = made(home).path
    target = tmp_path / "new"
    done = restore(path, "--to", target, key="another key", url=empty_url)
    assert (done.returncode, "is not the one" in done.stderr) == (2, True)
    assert not target.exists()
    done = restore(path, "--to", target, key="", url=empty_url)
    assert done.returncode == 0, done.stderr
    assert "put the library's secret.key (mode 600) into" in done.stdout
    assert not (target / "secret.key").exists()


def test_a_backup_whose_database_was_changed_is_refused(
    stocked: Stocked, ctx: Contexts, home: Path, tmp_path: Path
) -> None:
    """Whole by its hashes, but rows and seal are not those noted when it was made."""
    if not sql.is_sqlite():
        pytest.skip("takes SQLite's file apart")
    lent(stocked, ctx)
    folder = tmp_path / "taken"
    folder.mkdir()
    taken = snapshot.take(folder)
    database = taken.members[0][1]
    manifest = archive.Manifest(
        version="1", library="", made_at="", database="sqlite", migrations=taken.migrations,
        ledger_seq=taken.ledger_seq, ledger_seal=taken.ledger_seal, rows=taken.rows,
        key=making.facts.fingerprint(),
    )  # fmt: skip
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("DROP TRIGGER ledger_event_no_update")
        opened.execute("UPDATE ledger_event SET quantity = 7 WHERE type = 'loan.opened'")
        opened.execute(
            "CREATE TRIGGER ledger_event_no_update BEFORE UPDATE ON ledger_event "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
    path = tmp_path / "forged.tar.zst"
    archive.pack(path, taken.members, manifest, 1)
    done = restore(path, "--to", tmp_path / "new")
    assert done.returncode == 2
    assert "BROKEN I16" in done.stdout
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("DELETE FROM circulation_loan")
    archive.pack(path, taken.members, manifest, 1)
    done = restore(path, "--to", tmp_path / "new")
    assert "the table circulation_loan has 0 rows; 3 were saved" in done.stderr
    assert not (tmp_path / "new").exists()


def test_a_backup_of_a_newer_version_is_refused(
    stocked: Stocked, home: Path, tmp_path: Path
) -> None:
    scratch = tmp_path / "plain"
    scratch.mkdir()
    manifest = archive.unpack(made(home).path, scratch)
    newer = archive.Manifest(
        **{f: getattr(manifest, f) for f in manifest.__struct_fields__ if f != "migrations"},
        migrations=[*manifest.migrations, ("stock", "9999_from_the_future")],
    )
    path = tmp_path / "newer.tar.zst"
    members = [(e.name, scratch / e.name) for e in manifest.files]
    archive.pack(path, members, newer, 1)
    url = "" if sql.is_sqlite() else "postgresql://nobody@127.0.0.1:1/none"
    done = restore(path, "--to", tmp_path / "new", url=url)
    assert (done.returncode, "newer than this one" in done.stderr) == (2, True), done.stderr


def test_no_room_is_said_before_and_nothing_is_left(
    stocked: Stocked, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(home)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5 << 20))
    with pytest.raises(making.NotPossible, match="has 5 MB free and a backup may need"):
        made(home)
    assert [p.name for p in (home / "backups").iterdir()] == [".making"]
    assert (Backup.objects.get().good, queries.state().failed[-24:]) == (
        False,
        "with SHUXIANG_BACKUP_DIR",
    )


def test_two_at_once_and_what_a_killed_one_left(stocked: Stocked, home: Path) -> None:
    left = home / "backups" / ".making-12345"
    left.mkdir(parents=True)
    (left / "library.sqlite3").write_bytes(b"x")
    with (
        making._alone(home / "backups"),
        pytest.raises(making.NotPossible, match="another backup is being made"),
    ):
        made(home)
    assert not left.exists()
    assert made(home).good


def test_c7_old_copies_go_with_the_next_good_backup(
    stocked: Stocked, home: Path, settings: Any
) -> None:
    settings.BACKUP_MOST_DAYS = 30
    folder = home / "backups"
    folder.mkdir()
    old = folder / "shuxiang-20200101-023000.tar.zst"
    old.write_bytes(b"x")
    old.with_name(old.name + ".sha256").write_text("x")
    backup = made(home)
    assert backup.removed == (old,)
    assert sorted(p.name for p in folder.iterdir() if p.name != ".making") == [
        backup.path.name,
        backup.path.name + ".sha256",
    ]


def test_one_that_does_not_restore_is_kept_apart_and_deletes_nothing(
    stocked: Stocked, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = made(home)
    monkeypatch.setattr(making, "_tested", lambda part, scratch: (False, "BROKEN I4 counts"))
    bad = made(home, test=True)
    assert (bad.good, bad.removed) == (False, ())
    assert good.path.exists()
    state = queries.state()
    assert state.failed == "BROKEN I4 counts"
    assert state.last_good == Backup.objects.get(good=True).started_at


def test_the_command_line(
    stocked: Stocked, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if sql.is_sqlite():
        sql.one("PRAGMA synchronous = FULL")
    worker.number_all()
    try:
        assert main(["backup", "--to", str(tmp_path / "disk2")]) == 0
        said = capsys.readouterr().out
        assert "not in it: the secret key (SHUXIANG_SECRET_KEY)" in said
        assert len(list((tmp_path / "disk2").glob("*.tar.zst"))) == 1
        assert main(["backup", "--to", str(tmp_path), "--encrypt-to", "age1nonsense"]) == 2
        assert "is no public key to encrypt to" in capsys.readouterr().err
        private = tmp_path / "key.txt"
        assert main(["backup", "--make-key", str(private)]) == 0
        assert "SHUXIANG_BACKUP_RECIPIENTS=age1" in capsys.readouterr().out
        assert main(["backup", "--make-key", str(private)]) == 2
    finally:
        locks.release(home)
        connection.close()


def test_x3_replaying_finds_counts_that_were_tampered_with(stocked: Stocked, ctx: Contexts) -> None:
    lent(stocked, ctx)
    assert replay.replay() == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE statistics_dailycount SET count = 99 WHERE measure = 'loan.opened'")
    assert replay.replay() == ["statistics_dailycount"]
    assert replay.replay() == []


def test_what_is_written_beside_it_is_what_sha256sum_reads(stocked: Stocked, home: Path) -> None:
    backup = made(home)
    beside = backup.path.with_name(backup.path.name + ".sha256")
    assert beside.read_text() == f"{backup.sha256}  {backup.path.name}\n"
