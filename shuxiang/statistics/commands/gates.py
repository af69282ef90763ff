"""What gates counted, posted to the ledger as 进馆人次 (row R1).

A site's day has one source: what gates and the pad counted, or a number entered by hand for the whole
site. Where one stood first the other is not added (`docs/visits.md`).
"""

from __future__ import annotations

from datetime import date

from shuxiang.apps.places import queries as places
from shuxiang.apps.visits import commands as visits
from shuxiang.apps.visits import queries as passes
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, stop
from shuxiang.runtime.commands import command, record, require
from shuxiang.statistics import queries

MEASURE = "visits.entered"
AT_ONCE = 20
PERMISSION = "statistics.enter_visits"


@command("statistics.post_counts")
def post_counts(*, ctx: Context) -> int:
    """Bring the ledger up to what doors counted, `AT_ONCE` of their days a call; returns how many
    changed. Done again it changes nothing."""
    require(ctx, PERMISSION, ctx.service_point)
    return sum(_post(row, _source(row.door), ctx) for row in unposted()[:AT_ONCE])


def unposted() -> tuple[passes.DayView, ...]:
    """Doors' days of which the ledger has another number than it should. One of a day that was entered
    by hand for the whole site should have none there."""
    return tuple(row for row in passes.unposted() if _wanted(row) != row.posted)


def _wanted(row: passes.DayView) -> int:
    return 0 if queries.entered_whole(row.place, row.day) else row.number


@command("statistics.correct_door")
def correct_door(
    *,
    place: str,
    door: str,
    day: date,
    number: int,
    why: str,
    estimate: bool = False,
    ctx: Context,
) -> visits.Corrected:
    """Correct a door's day: what the door counted is posted as it was, the difference by whoever signs
    it. The passes stay as they are."""
    before = passes.day_count(place, door, day)
    if before is not None and before.number != before.posted:
        _post(before, _source(door), ctx)
    made = visits.correct_count(
        place=place, door=door, day=day, number=number, why=why, estimate=estimate, ctx=ctx
    )
    row = passes.day_count(place, door, day)
    assert row is not None
    _post(row, "estimate" if estimate else _source(door), ctx, why=why.strip())
    return made


def _source(door: str) -> str:
    return "manual" if door == passes.BY_HAND else "device"


def _post(row: passes.DayView, source: str, ctx: Context, why: str = "") -> bool:
    """Add to the ledger what it lacks of a door's day."""
    wanted = _wanted(row)
    if wanted == row.posted:
        return False
    visits.mark_posted(place=row.place, door=row.door, day=row.day, number=wanted, ctx=ctx)
    data = {"door": row.door, "why": why}
    record(
        MEASURE,
        ctx=ctx,
        library=places.place(row.place).library,
        place=row.place,
        quantity=wanted - row.posted,
        source=source,
        data={name: text for name, text in data.items() if text},
        on=row.day,
    )
    return True


def counted_already(place: str, first: date, last: date, counter: str) -> tuple[Reason, ...]:
    """Why a number can't be entered by hand: gates or the pad have counted these days. A ``counter``
    names another door, one that counts nothing by itself."""
    if not counter:
        number = passes.counted(place, first, last)
    else:
        named = [d for d in places.devices((place,)) if d.kind == "gate" and d.name == counter]
        number = sum(passes.counted(place, first, last, d.id) for d in named)
    return (stop("visits-counted-already", number=number),) if number else ()
