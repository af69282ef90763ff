"""Rows of operating phases: written by the commands of `apps.phases`, which decide and check the
permission. Called inside a command."""

from __future__ import annotations

from typing import Any

from shuxiang.apps.places import models
from shuxiang.apps.places.phases import phase_of
from shuxiang.apps.places.rules import Phase
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.revision import bump

KIND = "operating-phase"
"""What the change log calls a phase."""

_UNLOGGED = frozenset({"id", "library", "counted", "written_at", "applied_at"})


def write_phase(values: dict[str, Any], ctx: Context) -> str:
    """Add a draft; returns its id. ``values`` are fields of the model."""
    site = models.Place.objects.get(id=values["place_id"])
    row = models.OperatingPhase.objects.create(
        **values,
        id=new_id(),
        library=site.library,
        state="draft",
        written_at=ctx.occurred_at,
        written_by=ctx.actor.id,
    )
    changed(ctx, KIND, row.id, row.name, None, _fields(row), place=row.place_id)
    bump("places")
    return row.id


def change_phase(
    phase: str, values: dict[str, Any], ctx: Context, *, action: str = "", why: str = ""
) -> None:
    """Set fields of a phase."""
    row = models.OperatingPhase.objects.get(id=phase)
    before = _fields(row)
    models.OperatingPhase.objects.filter(id=phase).update(**values)
    after = _fields(models.OperatingPhase.objects.get(id=phase))
    changed(ctx, KIND, phase, row.name, before, after, action=action, place=row.place_id, why=why)
    bump("places")


def drop_phase(phase: str, ctx: Context) -> None:
    """Delete a draft; the change log keeps it."""
    row = models.OperatingPhase.objects.get(id=phase)
    models.OperatingPhase.objects.filter(id=phase).delete()
    changed(ctx, KIND, phase, row.name, _fields(row), None, place=row.place_id)
    bump("places")


def lock_phase(phase: str) -> Phase | None:
    """The phase, its row locked until the transaction ends."""
    row = models.OperatingPhase.objects.select_for_update().filter(id=phase).first()
    return phase_of(row) if row else None


def _fields(row: models.OperatingPhase) -> dict[str, Any]:
    names = (f.attname for f in models.OperatingPhase._meta.concrete_fields)
    return {n: getattr(row, n) for n in names if n not in _UNLOGGED}
