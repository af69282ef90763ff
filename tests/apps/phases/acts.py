"""What the tests of phases share: writing one down, carrying it out, and what is so afterwards."""

from __future__ import annotations

from datetime import date
from typing import Any

from shuxiang.apps.phases import commands
from shuxiang.apps.phases.queries import Terms
from shuxiang.kernel.context import Context
from shuxiang.runtime import sql
from shuxiang.statistics import invariants


def closed(first: str, last: str, **more: Any) -> Terms:
    """A closure."""
    usual = {
        "kind": "closed", "name": "暂停开放", "reason": "疫情防控", "due_mode": "closed_days"
    }  # fmt: skip
    days = {"first_day": date.fromisoformat(first), "last_day": date.fromisoformat(last)}
    return Terms(**(usual | days | more))


def write(place: str, terms: Terms, ctx: Context, *, branches: bool = True) -> str:
    return commands.write(
        place=place, include_branches=branches, terms=terms, ctx=ctx.with_key("write")
    )


def finish(phase: str, ctx: Context) -> int:
    """Let the worker do all of it; returns the due dates moved."""
    return sum(commands.work(phase, ctx.with_key("work")))


def applied(place: str, terms: Terms, ctx: Context, *, branches: bool = True) -> str:
    """A phase written, applied and carried out."""
    phase = write(place, terms, ctx, branches=branches)
    commands.apply(phase=phase, why="防控要求", ctx=ctx.with_key("apply"))
    finish(phase, ctx)
    return phase


def dues() -> dict[str, date]:
    """Due dates of open loans by barcode."""
    return dict(
        sql.all(
            "SELECT i.barcode, l.due_on FROM circulation_loan l JOIN stock_item i "
            "ON i.id = l.item_id WHERE l.returned_at IS NULL"
        )
    )


def broken() -> list[str]:
    """Invariants that don't hold; not the one about the disk, which tests run without."""
    return [f"{c.id}: {c.detail}" for c in invariants.check() if not c.ok and c.id != "9"]
