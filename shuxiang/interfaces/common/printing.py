"""Annual reports drawn once, by a process of its own, and kept beside the library's other files.

A folder is named by the digest of what it was drawn from, so that nothing in it can be out of date;
it may be deleted at any time and is then drawn again.
"""

from __future__ import annotations

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
_started: dict[str, threading.Thread] = {}
_lock = threading.Lock()


def folder_of(document: str) -> Path:
    """Where the report with these stored bytes is, once it is drawn."""
    digest = hashlib.sha256(document.encode()).hexdigest()[:32]
    return Path(settings.HOME) / "cache" / "reports" / digest


def start(document: str) -> Path:
    """Begin drawing unless it is done or under way, and say where it will be."""
    folder = folder_of(document)
    if folder.is_dir():
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

    Raises FileNotFoundError for a name that the report does not have.
    """
    folder = start(document)
    until = time.monotonic() + patience
    while not folder.is_dir():
        if time.monotonic() >= until:
            return None
        time.sleep(0.05)
    path = folder / name
    if not path.is_file():
        raise FileNotFoundError(name)
    return path


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
            logger.error("a report could not be drawn: %s", done.stderr.decode()[-500:])
    except (OSError, subprocess.SubprocessError):
        logger.exception("a report could not be drawn")
    finally:
        mark.unlink(missing_ok=True)


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
