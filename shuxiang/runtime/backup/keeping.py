"""Which backups stay: so many days, weeks and months, none beyond the longest time, the last good one
always."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

_NAME = re.compile(r"shuxiang-(\d{8}-\d{6})(-upgrade)?\.tar\.zst(?:\.age)?")
UPGRADES = 2


@dataclass(frozen=True, slots=True)
class Keep:
    """How many days, weeks and months are kept, and days after which nothing is."""

    days: int = 7
    weeks: int = 4
    months: int = 12
    most_days: int = 400

    @classmethod
    def parse(cls, text: str, most_days: int) -> Keep:
        """``7,4,12``. Raises ValueError for anything else."""
        parts = text.split(",")
        if len(parts) != 3 or not all(p.strip().isdigit() for p in parts) or most_days < 1:
            raise ValueError(
                f"SHUXIANG_BACKUP_KEEP is three numbers such as 7,4,12, not {text!r}, and "
                "SHUXIANG_BACKUP_MOST_DAYS at least 1"
            )
        days, weeks, months = (int(p) for p in parts)
        return cls(days, weeks, months, most_days)


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup file: its path, local time of making, whether it is an upgrade's copy, and whether it
    is known to be bad."""

    path: Path
    at: datetime
    of_upgrade: bool = False
    bad: bool = False


def found(folder: Path, bad: Iterable[str] = ()) -> list[Kept]:
    """The backups in a folder, by their names; ``bad`` names those that failed their test."""
    failed = set(bad)
    listed = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if match := _NAME.fullmatch(path.name):
            at = datetime.strptime(match[1], "%Y%m%d-%H%M%S")  # noqa: DTZ007 - local, as in the name
            listed.append(Kept(path, at, bool(match[2]), path.name in failed))
    return listed


def name(at: datetime, kind: str, encrypted: bool) -> str:
    """The file name of a backup made at a local moment."""
    mark = "-upgrade" if kind == "upgrade" else ""
    return f"shuxiang-{at:%Y%m%d-%H%M%S}{mark}.tar.zst{'.age' if encrypted else ''}"


def superfluous(backups: Iterable[Kept], keep: Keep, now: datetime) -> list[Kept]:
    """Those to delete. ``now`` is local and naive, as the times in the names are."""
    newest_first = sorted(backups, key=lambda b: b.at, reverse=True)
    stay: set[Path] = set()
    good = [b for b in newest_first if not b.bad]
    regular = [b for b in good if not b.of_upgrade]
    for count, period in (
        (keep.days, lambda at: at.date()),
        (keep.weeks, lambda at: at.isocalendar()[:2]),
        (keep.months, lambda at: (at.year, at.month)),
    ):
        newest: dict[object, Kept] = {}
        for backup in regular:
            newest.setdefault(period(backup.at), backup)
        stay |= {b.path for b in list(newest.values())[:count]}
    stay |= {b.path for b in [b for b in good if b.of_upgrade][:UPGRADES]}
    # A bad one is evidence until a good one has been made after it.
    stay |= {b.path for b in newest_first if b.bad and (not good or b.at > good[0].at)}
    limit = now - timedelta(days=keep.most_days)
    stay = {b.path for b in newest_first if b.path in stay and b.at >= limit}
    if good:
        stay.add(good[0].path)
    return [b for b in newest_first if b.path not in stay]
