"""An upgrade that kills itself (SIGKILL) on the way.

    python -m tests.interfaces.cli.killed STEP

A step is a statement of Django's or sqlite3's, or a change of a file's name. STEP 0 kills nothing and
prints how many there were.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shuxiang.interfaces.cli.main import main

_done = 0
_last = int(sys.argv[1])


def step() -> None:
    global _done
    _done += 1
    if _done == _last:
        os.kill(os.getpid(), signal.SIGKILL)


def stepping(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        step()
        return function(*args, **kwargs)

    return call


class Connection(sqlite3.Connection):
    execute = stepping(sqlite3.Connection.execute)
    commit = stepping(sqlite3.Connection.commit)
    backup = stepping(sqlite3.Connection.backup)


def of_django() -> None:
    from django.db.backends.utils import CursorWrapper

    CursorWrapper.execute = stepping(CursorWrapper.execute)  # type: ignore[method-assign]


def run() -> int:
    connect = sqlite3.connect
    sqlite3.connect = lambda *a, **k: connect(*a, **({"factory": Connection} | k))  # type: ignore[assignment]
    for name in ("replace", "rename", "fsync"):
        setattr(os, name, stepping(getattr(os, name)))
    Path.unlink = stepping(Path.unlink)  # type: ignore[method-assign]
    of_django()
    code = main(["upgrade"])
    print(f"steps {_done}")
    return code


if __name__ == "__main__":
    raise SystemExit(run())
