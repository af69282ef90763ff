"""The plan of a phase: who does what until when."""

from __future__ import annotations

from datetime import date

from shuxiang.apps.phases import models
from shuxiang.apps.places import queries as places
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require

EDIT = "phases.edit"
KIND = "phase-task"
MOST = 200


@command("phases.add_task")
def add_task(
    *, phase: str, text: str, who: str = "", until: date | None = None, ctx: Context
) -> str:
    """Add a task to a phase's plan; returns its id."""
    found = places.phase(phase)
    if found is None:
        raise refuse(stop("phase-unknown"))
    require(ctx, EDIT, found.place)
    text, who = text.strip(), who.strip()
    if not text:
        raise refuse(stop("task-text-missing"))
    for name, given, most in (("text", text, MOST), ("who", who, 40)):
        if len(given) > most:
            raise refuse(stop("text-too-long", field=name, most=most))
    id_ = new_id()
    models.Task.objects.create(
        id=id_,
        library=found.library,
        phase_id=phase,
        text=text,
        who=who,
        until=until,
        written_at=ctx.occurred_at,
    )
    after = {"text": text, "who": who, "until": until}
    changed(ctx, KIND, id_, found.name, None, after, place=found.place)
    return id_


@command("phases.finish_task")
def finish_task(*, task: str, done: bool = True, ctx: Context) -> None:
    """Tick a task off, or open it again."""
    row, place, name = _task(task, ctx)
    if (row.done_at is not None) == done:
        return
    models.Task.objects.filter(id=task).update(
        done_at=ctx.occurred_at if done else None, done_by=ctx.actor.id if done else ""
    )
    changed(ctx, KIND, task, name, {"done": not done}, {"done": done}, place=place)


@command("phases.remove_task")
def remove_task(*, task: str, ctx: Context) -> None:
    """Take a task out of the plan; the change log keeps it."""
    row, place, name = _task(task, ctx)
    models.Task.objects.filter(id=task).delete()
    before = {"text": row.text, "who": row.who, "until": row.until}
    changed(ctx, KIND, task, name, before, None, place=place)


def _task(task: str, ctx: Context) -> tuple[models.Task, str, str]:
    row = models.Task.objects.select_for_update().filter(id=task).first()
    phase = places.phase(row.phase_id) if row else None
    if row is None or phase is None:
        raise refuse(stop("task-unknown"))
    require(ctx, EDIT, phase.place)
    return row, phase.place, phase.name
