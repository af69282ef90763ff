"""Corrections of a door's day, and conflicts a person has looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shuxiang.apps.places import queries as places
from shuxiang.apps.visits import models, rules
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, require

CORRECT = "statistics.enter_visits"
MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A correction made: the number before and now, and how many of it the ledger already has."""

    before: int
    number: int
    posted: int


@command("visits.correct_count")
def correct_count(
    *,
    place: str,
    door: str,
    day: date,
    number: int,
    why: str,
    estimate: bool = False,
    ctx: Context,
) -> Corrected:
    """Put another number of people in a door's day, signed; what the gate counted stays to be seen.
    Later passes of that day still add to it. ``estimate``: the gate was down and the number is one."""
    require(ctx, CORRECT, place)
    row = (
        models.DayCount.objects.select_for_update().filter(place=place, door=door, day=day).first()
    )
    if row is None and not _silent(place, door, day):
        raise refuse(stop("door-day-unknown"))
    reasons = []
    if not 0 <= number <= MOST:
        reasons.append(stop("number-out-of-range", number=number, most=MOST))
    if not why.strip():
        reasons.append(stop("why-missing"))
    if len(why.strip()) > 200:
        reasons.append(stop("text-too-long", field="why", most=200))
    before = rules.came_in(row.ins, row.eithers, row.corrected) if row else 0
    if number == before:
        reasons.append(stop("number-unchanged", number=number))
    if reasons:
        raise refuse(*reasons)
    if row is None:
        row = models.DayCount.objects.create(id=new_id(), place_id=place, door=door, day=day)
    row.corrected += number - before
    row.save(update_fields=["corrected"])
    models.Correction.objects.create(
        id=new_id(),
        place_id=place,
        door=door,
        day=day,
        before=before,
        number=number,
        estimate=estimate,
        why=why.strip(),
        account=ctx.actor.id,
        at=ctx.occurred_at,
    )
    return Corrected(before=before, number=number, posted=row.posted)


def _silent(place: str, door: str, day: date) -> bool:
    """A gate's own day on which it said nothing can be given a number."""
    device = places.device(door)
    return device is not None and device.kind == "gate" and device.place == place


@command("visits.mark_posted")
def mark_posted(*, place: str, door: str, day: date, number: int, ctx: Context) -> int:
    """Say that the ledger has ``number`` people of a door's day; returns how many it had before."""
    require(ctx, CORRECT, place)
    row = sql.one(
        "SELECT posted FROM visits_daycount WHERE place_id = ? AND door = ? AND day = ?"
        + sql.for_update(),
        place,
        door,
        day,
    )
    if row is None:
        raise refuse(stop("door-day-unknown"))
    sql.run(
        "UPDATE visits_daycount SET posted = ? WHERE place_id = ? AND door = ? AND day = ?",
        number,
        place,
        door,
        day,
    )
    return int(row[0])


@command("visits.settle_conflict")
def settle_conflict(*, conflict: str, why: str, ctx: Context) -> None:
    """Say that a person has looked at what a gate said, and what came of it."""
    row = models.Conflict.objects.select_for_update().filter(id=conflict).first()
    if row is None:
        raise refuse(stop("conflict-unknown"))
    require(ctx, CORRECT, row.place_id)
    reasons = []
    if row.settled_at is not None:
        reasons.append(stop("conflict-settled"))
    if not why.strip():
        reasons.append(stop("why-missing"))
    if len(why.strip()) > 200:
        reasons.append(stop("text-too-long", field="why", most=200))
    if reasons:
        raise refuse(*reasons)
    row.settled_at, row.account, row.why = ctx.occurred_at, ctx.actor.id, why.strip()
    row.save(update_fields=["settled_at", "account", "why"])
