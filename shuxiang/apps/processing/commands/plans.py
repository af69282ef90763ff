"""Barcode ranges reserved, projects begun and ended."""

from __future__ import annotations

from datetime import date

from shuxiang.apps.places import queries as places
from shuxiang.apps.processing import models, queries, rules
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require

PLAN = "stock.plan_processing"
BARCODE_LENGTH = 40


@command("processing.reserve_range", permission=PLAN)
def reserve_range(*, place: str, first: str, last: str, note: str = "", ctx: Context) -> str:
    """Reserve the barcodes from ``first`` to ``last`` for a place; returns the id of the range.

    Raises Refused: not-permitted (at the place too), place-unknown, barcode-range-unclear,
    barcode-range-long, barcode-range-taken, barcode-too-long.
    """
    where = _place(place)
    require(ctx, PLAN, where.id)
    wanted = rules.parse_range(scanned(first), scanned(last))
    there = [
        rules.Range(row.prefix, row.digits, row.first, row.last)
        for row in models.BarcodeRange.objects.select_for_update().filter(library=where.library)
    ]
    reasons = rules.range_reasons(wanted, there, most_length=BARCODE_LENGTH)
    if reasons or wanted is None:
        raise refuse(*reasons)
    row = models.BarcodeRange.objects.create(
        id=new_id(),
        library=where.library,
        place_id=where.id,
        prefix=wanted.prefix,
        digits=wanted.digits,
        first=wanted.first,
        last=wanted.last,
        next=wanted.first,
        note=note.strip()[:120],
        reserved_at=ctx.occurred_at,
        reserved_by=ctx.actor.id,
    )
    told = {"first": wanted.text(wanted.first), "last": wanted.text(wanted.last), "place": place}
    changed(ctx, "barcode-range", row.id, told["first"], None, told)
    return str(row.id)


@command("processing.add_project", permission=PLAN)
def add_project(
    *, name: str, target: int, begun_on: date, due_on: date | None = None, ctx: Context
) -> str:
    """Begin a project (回溯建库) of so many volumes; returns its id.

    Raises Refused: name-missing, target-number, project-days.
    """
    reasons = []
    if not name.strip():
        reasons.append(stop("name-missing"))
    if not 1 <= target <= 100_000_000:
        reasons.append(stop("target-number"))
    if due_on and due_on <= begun_on:
        reasons.append(stop("project-days"))
    if reasons:
        raise refuse(*reasons)
    told = {"target": target, "begun_on": begun_on, "due_on": due_on}
    row = models.Project.objects.create(
        id=new_id(),
        library=places.place(ctx.service_point).library,
        name=name.strip()[:80],
        **told,
    )
    changed(
        ctx, "entry-project", row.id, row.name, None, {k: str(v or "") for k, v in told.items()}
    )
    return str(row.id)


@command("processing.end_project", permission=PLAN)
def end_project(*, project: str, ctx: Context) -> None:
    """End a project today: no new batch is begun for it. Raises Refused: project-unknown."""
    row = models.Project.objects.select_for_update().filter(id=queries.asked_for(project)).first()
    if row is None or row.library != places.place(ctx.service_point).library:
        raise refuse(stop("project-unknown"))
    if row.ended_on:
        return
    today = clock.business_date(ctx.occurred_at)
    models.Project.objects.filter(id=project).update(ended_on=today)
    changed(ctx, "entry-project", row.id, row.name, {"ended_on": ""}, {"ended_on": str(today)})


def _place(place: str) -> places.Place:
    try:
        return places.place(place)
    except places.UnknownPlace:
        raise refuse(stop("place-unknown", code=place)) from None
