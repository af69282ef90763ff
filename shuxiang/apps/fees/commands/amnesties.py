"""限期免罚: what was charged for books given back in a span of days is waived, previewed and undone as
one."""

from __future__ import annotations

from datetime import date

from shuxiang.apps.fees import models, queries, rules
from shuxiang.apps.fees.commands import charging, common, points, returning
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require

AT_ONCE = 50
MOST_DAYS = 400
KIND = "amnesty"


def apply_amnesty(
    *,
    place: str,
    first_day: date,
    last_day: date,
    charges: bool = True,
    lost_points: bool = True,
    why: str,
    ctx: Context,
) -> str:
    """Waive overdue charges and give points back for books of a place and below it given back from
    one day to another; until the last day is over, each later return is waived at once. Works in
    chunks; `go_on` finishes one that was interrupted. Returns its id."""
    made = begin_amnesty(
        place=place,
        first_day=first_day,
        last_day=last_day,
        charges=charges,
        lost_points=lost_points,
        why=why,
        ctx=ctx,
    )
    go_on(amnesty=made, ctx=ctx)
    return made


def undo_amnesty(*, amnesty: str, why: str, ctx: Context) -> None:
    """Take an amnesty back: everything it waived is owed again, whatever was waived otherwise or has
    been forgotten stays. Works in chunks, as `apply_amnesty`."""
    begin_undo_amnesty(amnesty=amnesty, why=why, ctx=ctx)
    go_on(amnesty=amnesty, ctx=ctx)


def go_on(*, amnesty: str, ctx: Context) -> int:
    """Do what is left of applying or undoing an amnesty; returns how many charges and losses."""
    done = step = 0
    while True:
        count = amnesty_chunk(amnesty=amnesty, ctx=ctx.with_key(f"{amnesty}.{step}"))
        if not count:
            return done
        done, step = done + count, step + 1


@command("fees.begin_amnesty")
def begin_amnesty(
    *,
    place: str,
    first_day: date,
    last_day: date,
    charges: bool,
    lost_points: bool,
    why: str,
    ctx: Context,
) -> str:
    """Note an amnesty; returns its id.

    Raises Refused: not-permitted, place-unknown, amnesty-days, amnesty-nothing, reason-missing.
    """
    require(ctx, "fees.amnesty", place)
    reasons = common.against_why(why)
    if not 0 <= (last_day - first_day).days <= MOST_DAYS:
        reasons.append(stop("amnesty-days", most=MOST_DAYS))
    if not (charges or lost_points):
        reasons.append(stop("amnesty-nothing"))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    row = models.Amnesty.objects.create(
        id=new_id(),
        place_id=place,
        first_day=first_day,
        last_day=last_day,
        charges=charges,
        points=lost_points,
        why=why.strip()[: common.NOTE],
        state="applying",
        made_at=ctx.occurred_at,
        made_by=ctx.actor.id,
    )
    after = {"first_day": first_day, "last_day": last_day, "charges": charges}
    after |= {"points": lost_points}
    name = places.place(place).name
    changed(ctx, KIND, row.id, name, None, after, place=place, why=why)
    return str(row.id)


@command("fees.begin_undo_amnesty")
def begin_undo_amnesty(*, amnesty: str, why: str, ctx: Context) -> None:
    """Mark an amnesty as taken back: later returns are charged again.

    Raises Refused: amnesty-unknown, not-permitted, amnesty-undone, reason-missing.
    """
    row = _row(amnesty, ctx)
    reasons = common.against_why(why)
    if row.state in ("undoing", "undone"):
        reasons.append(stop("amnesty-undone"))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    models.Amnesty.objects.filter(id=amnesty).update(
        state="undoing",
        undone_at=ctx.occurred_at,
        undone_by=ctx.actor.id,
        undone_why=why.strip()[: common.NOTE],
    )
    name = places.place(row.place_id).name
    before, after = {"state": row.state}, {"state": "undone"}
    changed(ctx, KIND, amnesty, name, before, after, action="undone", place=row.place_id, why=why)


@command("fees.amnesty_chunk")
def amnesty_chunk(*, amnesty: str, ctx: Context) -> int:
    """Waive (or take back) up to `AT_ONCE` charges and losses; returns how many, 0 when it is done."""
    row = _row(amnesty, ctx)
    if row.state == "applying":
        done = _waive(row, ctx)
        after = "applied"
    elif row.state == "undoing":
        done = _take_back(row, ctx)
        after = "undone"
    else:
        return 0
    if not done:
        models.Amnesty.objects.filter(id=amnesty).update(state=after)
    return done


def _row(amnesty: str, ctx: Context) -> models.Amnesty:
    row = models.Amnesty.objects.select_for_update().filter(id=amnesty).first()
    if row is None:
        raise refuse(stop("amnesty-unknown"))
    require(ctx, "fees.amnesty", row.place_id)
    return row


def _waive(row: models.Amnesty, ctx: Context) -> int:
    reach = queries.Reach(row.place_id, row.first_day, row.last_day, row.charges, row.points)
    done = 0
    for charge in queries.open_overdue(reach, limit=AT_ONCE):
        held = charging.lock(charge)
        left = charging.open_of(held)
        if left:
            charging.write_off(held, "waived", left, why=row.why, amnesty=row.id, ctx=ctx)
            done += 1
    for loss in queries.lost_in(reach, limit=AT_ONCE):
        lost = models.PointsRow.objects.get(id=loss)
        common.reader(str(lost.patron_id))
        points.give_back(lost, why=row.why, amnesty=row.id, ctx=ctx)
        done += 1
    return done


def _take_back(row: models.Amnesty, ctx: Context) -> int:
    waivers = models.Entry.objects.filter(
        amnesty=row, kind="waived", reversed_by=None, patron__isnull=False
    )
    done = 0
    for waiver in waivers.order_by("id")[:AT_ONCE]:
        common.reader(str(waiver.patron_id))
        entry = returning.reversed_waiver(waiver, waiver.library, ctx=ctx)
        for note in models.Allocation.objects.filter(entry=waiver).order_by("id"):
            charging.take_back(note, entry=entry, ctx=ctx)
        done += 1
    # Points given back are taken anew, as they were: a loss is given back once.
    given = models.PointsRow.objects.filter(amnesty=row, points__gt=0, patron__isnull=False)
    for back in given.select_related("reverses").order_by("id")[:AT_ONCE]:
        who = common.reader(str(back.patron_id))
        lost = back.reverses
        assert lost is not None
        loss = rules.Loss(back.points, lost.days, lost.until)
        item = stock.scanned_item(lost.item_id) if lost.item_id else None
        points.lose(
            loss, who=who, item=item, loan=lost.loan, lending_place=lost.lent_place_id, ctx=ctx
        )
        models.PointsRow.objects.filter(id=back.id).update(amnesty=None)
        done += 1
    return done
