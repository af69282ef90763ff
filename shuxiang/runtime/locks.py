"""Who may use a home: everybody who works on the library at once, or one who replaces it.

The system lets go of a file lock when its holder dies, however it dies: none is left behind.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

NAME = ".in-use"
_held: dict[str, int] = {}


class InUse(Exception):
    """Another process has the home and can't be beside this one."""


def share(home: Path) -> None:
    """Hold the home beside others, until this process and its children end. Raises InUse."""
    _take(home, fcntl.LOCK_SH)


def own(home: Path) -> None:
    """Hold the home alone, until `release`. Raises InUse."""
    _take(home, fcntl.LOCK_EX)


def _take(home: Path, kind: int) -> None:
    path = str(home / NAME)
    number = _held.get(path)
    if number is None:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(number, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        if path not in _held:
            os.close(number)
        raise InUse(str(home)) from None
    _held[path] = number


def release(home: Path) -> None:
    """Let go of the home; harmless when it is not held."""
    number = _held.pop(str(home / NAME), None)
    if number is not None:
        os.close(number)
