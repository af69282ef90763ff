"""Annual reports drawn once, by a process of its own, and kept beside the library's other files.

A folder is named by the digest of what it was drawn from, so that nothing in it can be out of date;
it may be deleted at any time and is then drawn again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)

PATIENCE = 8.0
"""Seconds a request waits for a report that is being drawn; drawing takes two to four."""

KEPT = 60
_STUCK = 120.0
_RETRY = 60.0
"""Seconds after a failure in which it is said instead of tried again."""

_started: dict[str, threading.Thread] = {}
_lock = threading.Lock()


class DrawingFailed(Exception):
    """The report could not be drawn; the message is the drawing process's last word."""


def folder_of(document: str) -> Path:
    """Where the report with these stored bytes is, once it is drawn."""
    digest = hashlib.sha256(document.encode()).hexdigest()[:32]
    return Path(settings.HOME) / "cache" / "reports" / digest


def start(document: str) -> Path:
    """Begin drawing unless it is done or under way, and say where it will be."""
    folder = folder_of(document)
    if folder.is_dir() or _failure(folder) is not None:
        return folder
    with _lock:
        running = _started.get(folder.name)
        if running is None or not running.is_alive():
            thread = threading.Thread(target=_draw, args=(document, folder), daemon=True)
            _started[folder.name] = thread
            thread.start()
    return folder


def file(document: str, name: str, *, patience: float = PATIENCE) -> Path | None:
    """A file of the drawn report, waited for up to ``patience`` seconds; None: not ready yet.

    Raises FileNotFoundError for a name that the report does not have, DrawingFailed where drawing
    failed within the last minute; after that it is tried again.
    """
    folder = start(document)
    until = time.monotonic() + patience
    while not folder.is_dir():
        if (said := _failure(folder)) is not None:
            raise DrawingFailed(said)
        if time.monotonic() >= until:
            return None
        time.sleep(0.05)
    path = folder / name
    if not path.is_file():
        raise FileNotFoundError(name)
    return path


def _failed_mark(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.failed")


def _failure(folder: Path) -> str | None:
    """What the last try said, if it failed less than a minute ago."""
    mark = _failed_mark(folder)
    try:
        if time.time() - mark.stat().st_mtime > _RETRY:
            return None
        return mark.read_text(encoding="utf-8")
    except OSError:
        return None


def _draw(document: str, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    mark = folder.with_name(f".{folder.name}.drawing")
    if not _claim(mark):
        return
    try:
        _forget_old(folder.parent)
        command = [sys.executable, "-m", "shuxiang.documents.report", str(folder)]
        done = subprocess.run(
            command, input=document.encode(), capture_output=True, timeout=_STUCK, check=False
        )
        if done.returncode:
            _tell_failure(folder, done.stderr.decode("utf-8", "replace").strip()[-500:])
        else:
            _failed_mark(folder).unlink(missing_ok=True)
    except (OSError, subprocess.SubprocessError) as error:
        _tell_failure(folder, repr(error))
    finally:
        mark.unlink(missing_ok=True)


def _tell_failure(folder: Path, said: str) -> None:
    logger.error("a report could not be drawn: %s", said)
    # On a full disk even that can't be kept; the next request tries again then.
    with contextlib.suppress(OSError):
        _failed_mark(folder).write_text(said or "no reason given", encoding="utf-8")


def _claim(mark: Path) -> bool:
    """Whether this process is the one to draw; a mark left by one that died is taken over."""
    for _ in range(2):
        try:
            os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            return True
        except FileExistsError:
            try:
                if time.time() - mark.stat().st_mtime < _STUCK:
                    return False
            except FileNotFoundError:
                continue
            mark.unlink(missing_ok=True)
    return False


def _forget_old(parent: Path) -> None:
    drawn = sorted((p for p in parent.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime)
    for folder in drawn[: max(0, len(drawn) - KEPT)]:
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        folder.rmdir()
