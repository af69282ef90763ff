"""`shuxiang upgrade`: the old library or the new one, whenever it is stopped (F19)."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from shuxiang.runtime import sql
from tests.conftest import ADMIN, ROOT
from tests.support import servers

pytestmark = pytest.mark.db
BACK = "0001_initial"


class House:
    """A library in a home of its own whose database is of the version before."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("SHUXIANG_")}
        self.env |= {"SHUXIANG_HOME": str(home)} | ({"SHUXIANG_DATABASE_URL": url} if url else {})

    def copied_from(self, home: Path, to: Path) -> House:
        """The same kind of library in another home (SQLite)."""
        shutil.copytree(home, to)
        return House(to, "")

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "shuxiang.interfaces.cli.main", *words, **env)

    def python(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=600,
        )

    def killed_after(self, statements: int) -> subprocess.CompletedProcess[str]:
        """The upgrade, killed (SIGKILL) before its nth statement or change of a file."""
        return self.python("-m", "tests.interfaces.cli.killed", str(statements))

    def state(self) -> str:
        """What `check` says: ``new``, ``old``, or what else is wrong."""
        done = self.run("check")
        broken = [line for line in done.stdout.splitlines() if line.startswith("BROKEN")]
        # The test server itself runs without fsync.
        if done.stdout and not [b for b in broken if sql.is_sqlite() or "synchronous" not in b]:
            return "new"
        return "old" if "of an older version" in done.stderr else done.stderr + done.stdout


def age(house: House) -> None:
    """Take the database back by the last migrations of the runtime's tables."""
    done = house.python("-m", "shuxiang.project.manage", "migrate", "runtime", BACK)
    assert done.returncode == 0, done.stderr


NAME = f"shuxiang_upgrade_{os.getpid()}"


def url_of(name: str) -> str:
    return "" if sql.is_sqlite() else urlsplit(ADMIN)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A library of the version before, to be copied."""
    if not sql.is_sqlite():
        servers.create_database(ADMIN, NAME)
    house = House(tmp_path_factory.mktemp("old") / "home", url_of(NAME))
    done = house.run("init", "--name", "测试馆")
    assert done.returncode == 0, done.stderr
    done = house.run("reindex")
    assert done.returncode == 0, done.stderr
    age(house)
    yield house.home
    if not sql.is_sqlite():
        servers.drop_database(ADMIN, NAME)


@pytest.fixture
def old(template: Path, tmp_path: Path) -> Iterator[House]:
    shutil.copytree(template, tmp_path / "home")
    name = f"{NAME}_copy"
    if not sql.is_sqlite():
        with psycopg.connect(ADMIN, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{NAME}"')
    yield House(tmp_path / "home", url_of(name))
    if not sql.is_sqlite():
        servers.drop_database(ADMIN, name)


def backups(house: House) -> list[str]:
    return sorted(p.name for p in (house.home / "backups").glob("*.tar.zst"))


def test_an_older_database_is_upgraded_with_a_backup_first(old: House) -> None:
    for words in (["run", "--port", "0"], ["web"]):
        done = old.run(*words)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
        assert "run 'shuxiang upgrade'" in done.stderr
    done = old.run("upgrade")
    assert done.returncode == 0, done.stderr
    assert "the library as it was: " in done.stdout
    assert done.stdout.splitlines()[-1] == "upgraded; every invariant holds"
    assert old.state() == "new"
    assert len(backups(old)) == 1
    assert backups(old)[0].endswith("-upgrade.tar.zst")
    assert not [p.name for p in old.home.iterdir() if "upgrading" in p.name]
    again = old.run("upgrade")
    assert (again.returncode, "nothing was changed" in again.stdout) == (0, True)
    assert len(backups(old)) == 1


def test_a_newer_database_is_refused_by_every_command(old: House) -> None:
    assert old.run("upgrade").returncode == 0
    text = (
        "from django.db import connection as c; import django; django.setup(); "
        'c.cursor().execute("INSERT INTO django_migrations (app, name, applied) '
        "VALUES ('stock', '9999_future', '2030-01-01')\")"
    )
    done = old.python("-c", text, DJANGO_SETTINGS_MODULE="shuxiang.project.settings")
    assert done.returncode == 0, done.stderr
    for words in (["web"], ["upgrade"]):
        done = old.run(*words)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
        assert "newer version than this program (stock.9999_future)" in done.stderr


def test_a_library_at_work_is_not_upgraded(old: House) -> None:
    holder = (
        "import sys, pathlib; from shuxiang.runtime import locks; "
        "locks.share(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(old.home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        done = old.run("upgrade")
        process.kill()
    assert (done.returncode, "the library is at work; stop it first" in done.stderr) == (2, True)
    assert old.state() == "old"


def test_without_a_backup_there_is_no_upgrade(old: House) -> None:
    (old.home / "backups").write_text("not a folder")
    done = old.run("upgrade")
    assert (done.returncode, "no backup, no upgrade" in done.stderr) == (2, True)
    assert old.state() == "old"


def test_broken_invariants_after_it_leave_the_old_library(old: House) -> None:
    """The upgrade brings to light what was broken before: nothing is put in place."""
    if not sql.is_sqlite():
        pytest.skip("plants the fault by SQLite")
    with closing(sqlite3.connect(old.home / "library.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO ledger_sequence (seq, event, seal) VALUES (1, ?, 'x')", ("0" * 32,)
        )
    done = old.run("upgrade")
    assert done.returncode == 2
    assert "BROKEN I16" in done.stdout
    assert "the library is as before" in done.stderr
    assert old.state() == "old"
    assert not [p.name for p in old.home.iterdir() if "upgrading" in p.name]


@pytest.mark.faults
@pytest.mark.parametrize("part", [0.5, 0.95])
def test_f19_killed_on_the_way_it_is_old_or_new(old: House, part: float) -> None:
    steps = int(counted(old))
    done = old.killed_after(int(steps * part))
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert old.state() == "old"
    done = old.run("upgrade")
    assert done.returncode == 0, done.stderr


_steps: list[int] = []


def counted(old: House) -> int:
    """How many statements and changes of files an upgrade takes, counted once on a copy of a home."""
    if not _steps:
        done = old.killed_after(0)
        assert done.returncode == 0, done.stderr
        _steps.append(int(done.stdout.splitlines()[-1].split()[-1]))
        age(old)
    return _steps[0]


def test_a_private_home_is_closed_to_others(old: House) -> None:
    modes: Callable[[str], int] = lambda name: (old.home / name).stat().st_mode & 0o777  # noqa: E731
    assert modes("secret.key") == 0o600
    if sql.is_sqlite():
        assert modes("library.sqlite3") == 0o600
    (old.home / "secret.key").chmod(0o644)
    done = old.run("upgrade")
    assert done.returncode == 0
    done = old.run("check")
    assert (done.returncode, "chmod 600" in done.stderr) == (2, True)
