"""Ending sessions, inside a command."""

from __future__ import annotations

from shuxiang.apps.patrons import models
from shuxiang.kernel.context import Context


def end_sessions(patron: str, why: str, ctx: Context, *, but: str = "") -> int:
    """End every open session of a reader except one; returns how many."""
    rows = models.ReaderSession.objects.filter(patron=patron, ended_at=None)
    ended = rows.exclude(id=but) if but else rows
    return int(ended.update(ended_at=ctx.occurred_at, ended_why=why))
