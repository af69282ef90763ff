"""How many are inside a site: the row of the day, rolled over to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from shuxiang.apps.places import queries as places
from shuxiang.apps.visits import rules
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import record

Passed = tuple[datetime, str, int]
"""When it counts, the direction, how many."""


def lock(place: str, today: date, ctx: Context) -> tuple[int, datetime | None]:
    """(inside, time of the newest pass) of today, the row locked; a row of an earlier day is closed."""
    sql.run(
        "INSERT INTO visits_presence (place_id, day, inside, ins, outs, surplus) "
        "VALUES (?, ?, 0, 0, 0, 0) ON CONFLICT (place_id) DO NOTHING",
        place,
        today,
    )
    row = sql.one(
        "SELECT day, inside, last_at FROM visits_presence WHERE place_id = ?" + sql.for_update(),
        place,
    )
    assert row is not None
    if row[0] < today:
        close(place, today, ctx)
        return 0, None
    return row[1], row[2]


def came(place: str) -> int:
    """How many have come in today, the row locked before."""
    row = sql.one("SELECT ins FROM visits_presence WHERE place_id = ?", place)
    return int(row[0]) if row else 0


def follow(place: str, today: date, passed: Sequence[Passed], ctx: Context) -> None:
    """Bring today's row up to passes that are stored already. Later than all before, they are added;
    one that comes late has its place among the others, and the day is counted anew."""
    counted = sorted(p for p in passed if p[1] != "any")
    if not counted:
        return
    now, last = lock(place, today, ctx)
    late = last is not None and counted[0][0] <= last
    if late:
        counted, now = _all(place, today), 0
    # Those inside already are one pass before all others.
    inside, surplus = rules.inside([("in", now), *((d, n) for _, d, n in counted)])
    before = "0 *" if late else "1 *"
    sql.run(
        f"UPDATE visits_presence SET inside = ?, ins = {before} ins + ?, outs = {before} outs + ?, "
        f"surplus = {before} surplus + ?, last_at = ? WHERE place_id = ?",
        inside,
        sum(n for _, d, n in counted if d == "in"),
        sum(n for _, d, n in counted if d == "out"),
        surplus,
        counted[-1][0],
        place,
    )


def _all(place: str, today: date) -> list[Passed]:
    rows = sql.all(
        "SELECT counted_at, direction, count FROM visits_pass WHERE place_id = ? AND day = ? "
        "AND direction <> 'any' ORDER BY counted_at, direction, id",
        place,
        today,
    )
    return [(r[0], r[1], r[2]) for r in rows]


def inside(place: str, today: date) -> int:
    """How many are inside today."""
    row = sql.one("SELECT inside FROM visits_presence WHERE place_id = ? AND day = ?", place, today)
    return int(row[0]) if row else 0


def close(place: str, today: date, ctx: Context) -> None:
    """Close the day a site's row is of: log what was left over, and begin today at 0."""
    row = sql.one(
        "SELECT day, inside, ins, outs, surplus FROM visits_presence WHERE place_id = ?"
        + sql.for_update(),
        place,
    )
    if row is None or row[0] >= today:
        return
    day, left, ins, outs, surplus = row
    done = sql.run(
        "INSERT INTO visits_zeroing (id, place_id, day, inside, ins, outs, surplus, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (place_id, day) DO NOTHING",
        new_id(),
        place,
        day,
        left,
        ins,
        outs,
        surplus,
        ctx.occurred_at,
    )
    sql.run(
        "UPDATE visits_presence SET day = ?, inside = 0, ins = 0, outs = 0, surplus = 0, "
        "last_at = NULL WHERE place_id = ?",
        today,
        place,
    )
    if done and (left or surplus):
        record(
            "presence.zeroed",
            ctx=ctx,
            library=places.place(place).library,
            place=place,
            quantity=left,
            source="device",
            data={"ins": ins, "outs": outs, "surplus": surplus},
            on=day,
        )
