"""The worker's part of backups: when one is due, and the process that makes it.

A process of its own: packing and the restore test take minutes, in which the worker goes on numbering.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import IO

from django.conf import settings

from shuxiang.kernel import clock
from shuxiang.runtime import sql
from shuxiang.runtime.backup.making import note
from shuxiang.runtime.models import Backup, Job

log = logging.getLogger("shuxiang.worker")

JOB = "backup"
AFTER_FAILURE = timedelta(hours=1)


def time_of_day(text: str) -> time | None:
    """``02:30``, or None for ``off``. Raises ValueError."""
    if text.strip().lower() == "off":
        return None
    try:
        return datetime.strptime(text.strip(), "%H:%M").time()  # noqa: DTZ007 - a time of day
    except ValueError:
        raise ValueError(
            f"SHUXIANG_BACKUP_AT is a time such as 02:30, or off, not {text!r}"
        ) from None


def last_slot(at: time, now: datetime) -> datetime:
    """The latest moment, not after ``now``, at which the nightly backup had its turn."""
    day = clock.business_date(now)
    slot = clock.at_local(day, at)
    return slot if slot <= now else clock.at_local(day - timedelta(days=1), at)


@dataclass(frozen=True, slots=True)
class Last:
    """How the last nightly backup went."""

    started: datetime
    finished: datetime
    good: bool


def is_due(at: time, now: datetime, last: Last | None, born: datetime | None) -> bool:
    """Whether the nightly backup is to be made now: its time has come, or was missed while the
    library was off; after a failure, an hour later. A library younger than the last slot waits for
    its first night."""
    slot = last_slot(at, now)
    if last is None:
        return born is not None and born <= slot
    if last.started < slot:
        return True
    return not last.good and now >= last.finished + AFTER_FAILURE


def _last() -> Last | None:
    row = (
        Backup.objects.filter(kind="nightly")
        .order_by("-started_at")
        .values_list("started_at", "finished_at", "good")
        .first()
    )
    return Last(*row) if row else None


def _born() -> datetime | None:
    row = sql.one("SELECT applied FROM django_migrations ORDER BY id LIMIT 1")
    return row[0] if row else None


class Nightly:
    """Call `turn` now and then; `stop` when the worker ends."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.kind, self.started = "", clock.now()
        self.said: IO[bytes] | None = None

    def turn(self) -> None:
        """Start a backup that is due or was asked for; look after the one that runs."""
        if self.process is not None:
            code = self.process.poll()
            if code is not None:
                self._ended(code)
            return
        job = Job.objects.filter(kind=JOB, done_at=None).order_by("run_after").first()
        at = time_of_day(settings.BACKUP_AT)
        if job is not None:
            Job.objects.filter(id=job.id).update(attempts=job.attempts + 1)
            self._start("asked")
        elif at is not None and is_due(at, clock.now(), _last(), _born()):
            self._start("nightly")

    def _start(self, kind: str) -> None:
        command = [sys.executable, "-m", settings.COMMAND_LINE, "backup", "--test", "--gently"]
        if kind == "nightly":
            command.append("--nightly")
        self.kind, self.started = kind, clock.now()
        self.said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process has ended
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.said,
            stderr=self.said,
            env=os.environ | {"SHUXIANG_HOME": str(settings.HOME)},
        )

    def _ended(self, code: int) -> None:
        said = b""
        if self.said is not None:
            self.said.seek(0)
            said = self.said.read()[-2000:]
            self.said.close()
        self.process, self.said = None, None
        noted = Backup.objects.filter(started_at__gte=self.started).exists()
        if code and not noted:
            # Killed, or it could not even begin: the office must hear of it all the same.
            lines = said.decode("utf-8", "replace").strip().splitlines()
            kind = "nightly" if self.kind == "nightly" else "manual"
            detail = lines[-1] if lines else f"ended with code {code}"
            note(kind, self.started, good=False, detail=detail[:500])
        if self.kind == "asked":
            Job.objects.filter(kind=JOB, done_at=None).update(done_at=clock.now())
        if code:
            log.error("the backup failed: %s", said.decode("utf-8", "replace")[-500:])

    def stop(self) -> None:
        """End a running backup; the next start finds it missed and makes it."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()


NIGHTLY = Nightly()
"""The one of this process's worker."""
