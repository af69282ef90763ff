"""A file lock that waits: one writer of the index among all processes and threads."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_PAUSE = 0.02


class LockTimeout(TimeoutError):
    """Another process kept the writer lock longer than was waited."""


class WriterLock:
    """An advisory lock (flock) on a file, freed by the system when its holder dies.

    `wait` is in seconds; entering raises LockTimeout after it.
    """

    def __init__(self, path: Path, wait: float) -> None:
        self._path = path
        self._wait = wait
        self._handle = -1

    def __enter__(self) -> Self:
        # The folder may have been deleted under a running process.
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + self._wait
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(handle)
                    raise LockTimeout(
                        f"the search index is being written by another process "
                        f"(waited {self._wait:.0f} s); try again when it has finished"
                    ) from None
                time.sleep(_PAUSE)
            else:
                self._handle = handle
                return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._handle)
        self._handle = -1
