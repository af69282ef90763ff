"""What the auditor's own acts leave behind."""

from __future__ import annotations

from shuxiang.kernel.context import Context
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command


@command("staff.log_export", permission="audit.view")
def log_export(*, what: str, since: str, until: str, form: str, ctx: Context) -> None:
    """Log that rows of the change log left the system as a file."""
    told = {"since": since, "until": until, "file": form}
    changed(ctx, "export", what, what, None, told, action="exported")
