"""What this thread is running: the command, its numbers, the revisions it has read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from shuxiang.runtime import sql


@dataclass(slots=True)
class Run:
    """A command being run: its request's id, the number of its last event, its name."""

    request: str
    number: int = 0
    revisions: dict[str, int] | None = None
    command: str = ""


@dataclass(slots=True)
class Bulk:
    """A group of commands that are committed together."""

    size: int
    count: int
    renew: Callable[[], None]


Mark = tuple[str, str, str]
"""What an event was the last of when it was written: ``item`` and its number in the item's line, or
``subject`` and the event's own id."""


@dataclass(slots=True)
class Together:
    """Commands that are committed together; ``marks`` of the events they wrote, in order."""

    marks: list[Mark]


class _Thread(threading.local):
    run: Run | None = None
    bulk: Bulk | None = None
    together: Together | None = None


thread = _Thread()


def running(what: str) -> Run:
    """The running command. Raises RuntimeError, naming ``what`` was tried, outside one."""
    if thread.run is None:
        raise RuntimeError(f"{what} is for commands: nothing is recorded outside one")
    return thread.run


_outside: list[tuple[float, dict[str, int]]] = []
OUTSIDE_SECONDS = 1.0


def revisions() -> dict[str, int]:
    """Revision numbers by name: as of the running command; outside one, pages may see another
    process's change a second late."""
    current = thread.run
    if current is not None:
        if current.revisions is None:
            current.revisions = _read_revisions()
        return current.revisions
    found = _outside[0] if _outside else None
    if found is None or time.monotonic() - found[0] > OUTSIDE_SECONDS:
        found = (time.monotonic(), _read_revisions())
        _outside[:] = [found]
    return found[1]


def _read_revisions() -> dict[str, int]:
    return dict(sql.all("SELECT name, value FROM runtime_revision"))


def forget_revisions() -> None:
    """Read the revisions again: the running command has changed one."""
    _outside.clear()
    if thread.run is not None:
        thread.run.revisions = None
