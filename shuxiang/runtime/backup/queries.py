"""What the office and the health page ask of the backups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from shuxiang.kernel import clock
from shuxiang.runtime import sql
from shuxiang.runtime.backup import nightly
from shuxiang.runtime.models import Backup, Job

LATE = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Row:
    """A backup as the office lists it. ``here`` is whether its file is (still) in its place."""

    kind: str
    started_at: datetime
    seconds: int
    name: str
    size: int
    ledger_seq: int
    good: bool
    tested: bool
    encrypted: bool
    detail: str
    removed_at: datetime | None
    here: bool


@dataclass(frozen=True, slots=True)
class State:
    """How the library stands with its backups. ``late`` is a warning: the last good one is older
    than 26 hours, or there is none and one night has passed; ``failed`` what the last try said."""

    last_good: datetime | None
    tested: bool
    late: bool
    failed: str
    folder: str
    at: str
    waiting: bool

    @property
    def hours(self) -> int | None:
        """Age of the last good one in whole hours."""
        if self.last_good is None:
            return None
        return int((clock.now() - self.last_good) / timedelta(hours=1))


def state() -> State:
    """How the library stands with its backups now."""
    good = (
        Backup.objects.filter(good=True, removed_at=None)
        .order_by("-started_at")
        .values_list("started_at", "tested")
        .first()
    )
    newest = Backup.objects.order_by("-started_at").values_list("good", "detail").first()
    now = clock.now()
    since = good[0] if good else _first_night()
    return State(
        last_good=good[0] if good else None,
        tested=bool(good and good[1]),
        late=since is not None and now - since > LATE,
        failed=newest[1] if newest and not newest[0] else "",
        folder=str(settings.BACKUP_DIR),
        at=settings.BACKUP_AT,
        waiting=Job.objects.filter(kind=nightly.JOB, done_at=None).exists(),
    )


def _first_night() -> datetime | None:
    row = sql.one("SELECT applied FROM django_migrations ORDER BY id LIMIT 1")
    return row[0] if row else None


def count() -> int:
    """How many backups were ever noted."""
    return Backup.objects.count()


def rows(start: int, limit: int) -> list[Row]:
    """Backups, newest first."""
    found = Backup.objects.order_by("-started_at", "-id")[start : start + limit]
    return [
        Row(
            b.kind,
            b.started_at,
            int((b.finished_at - b.started_at).total_seconds()),
            Path(b.path).name if b.path else "",
            b.size,
            b.ledger_seq,
            b.good,
            b.tested,
            b.encrypted,
            b.detail,
            b.removed_at,
            bool(b.path) and b.removed_at is None and Path(b.path).is_file(),
        )
        for b in found
    ]
