"""Room on the disk that the library lies on, and the ballast to be thrown off when there is none (F3)."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from shuxiang.runtime.errors import StorageFull

BALLAST = "ballast"
NOTHING = 1 << 20
PLENTY = 50 * 10**9
"""Bytes free from which a disk is not nearly full, however little of it that is."""


@dataclass(frozen=True, slots=True)
class Storage:
    """How full the disk under a folder is: per cent used, bytes free, ``ok``, ``warn`` or ``stop``."""

    used: float
    free: int
    level: str


def level_of(used: float, free: int) -> str:
    """``warn`` from 85 % used, ``stop`` from 95 % (both settings)."""
    if free >= PLENTY:
        return "ok"
    if used >= settings.STORAGE_STOP:
        return "stop"
    return "warn" if used >= settings.STORAGE_WARN else "ok"


def measure(folder: Path | None = None) -> Storage:
    """The disk under the home, or another folder."""
    found = shutil.disk_usage(folder or settings.HOME)
    # As df counts: what only root may fill is nobody's room.
    taken = found.used / max(1, found.used + found.free) * 100
    return Storage(round(taken, 1), found.free, level_of(taken, found.free))


def is_full() -> bool:
    """Whether there is as good as no room left where the database lies."""
    path = Path(str(settings.DATABASES["default"]["NAME"]))
    folder = path.parent if path.is_absolute() else Path(settings.HOME)
    return shutil.disk_usage(folder).free < NOTHING


def require_room() -> None:
    """Raises StorageFull where the disk is so full that long work must not go on filling it."""
    found = measure()
    if found.level == "stop":
        raise StorageFull(
            f"the disk is {found.used:.0f} % full; imports stop at {settings.STORAGE_STOP:.0f} % so "
            "that the desk can go on: make room first"
        )


def keep_ballast() -> bool:
    """Make the ballast file where it is missing and there is room for it several times over; returns
    whether it is there."""
    path = Path(settings.HOME) / BALLAST
    size = settings.BALLAST_MB << 20
    if not size:
        return False
    if path.exists() and path.stat().st_size == size:
        return True
    found = measure()
    if found.level != "ok" or found.free < 4 * size:
        return False
    part = path.with_name(f".{BALLAST}-part")
    try:
        with part.open("wb") as file:
            # Blocks of its own, not a hole: what is deleted must give room.
            os.posix_fallocate(file.fileno(), 0, size)
        part.rename(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        return False
    return True
