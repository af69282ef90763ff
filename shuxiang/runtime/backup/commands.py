"""What the office may ask for."""

from __future__ import annotations

from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.backup import nightly
from shuxiang.runtime.commands import command
from shuxiang.runtime.models import Job


@command("runtime.request_backup", permission="system.backups")
def request_backup(*, ctx: Context) -> bool:
    """Ask the worker for a backup now; False when one is asked for already."""
    if Job.objects.filter(kind=nightly.JOB, done_at=None).exists():
        return False
    Job.objects.create(id=new_id(), kind=nightly.JOB, run_after=ctx.occurred_at)
    return True
