"""What the worker does about gates by the clock: days closed, silence noted, passes forgotten."""

from __future__ import annotations

from datetime import timedelta

from shuxiang.apps.visits import queries
from shuxiang.apps.visits.commands import presence
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, require

NIGHTLY = "visits.nightly"
AT_ONCE = 2000


@command("visits.close_days")
def close_days(*, ctx: Context) -> int:
    """Set every site whose row is of an earlier day to nobody inside; returns how many. What was left
    over is logged."""
    require(ctx, NIGHTLY, ctx.service_point)
    today = clock.business_date(ctx.occurred_at)
    rows = sql.all("SELECT place_id FROM visits_presence WHERE day < ? ORDER BY place_id", today)
    for (place,) in rows:
        presence.close(place, today, ctx)
    sql.run("DELETE FROM visits_admission WHERE until <= ?", ctx.occurred_at)
    return len(rows)


@command("visits.note_silences")
def note_silences(*, ctx: Context) -> int:
    """Note each active gate that said nothing on an open day, yesterday; returns how many."""
    require(ctx, NIGHTLY, ctx.service_point)
    day = clock.business_date(ctx.occurred_at) - timedelta(days=1)
    noted = 0
    for place, door in queries.silent_gates(day):
        noted += sql.run(
            "INSERT INTO visits_silence (id, place_id, door, day, noted_at) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (door, day) DO NOTHING",
            new_id(),
            place,
            door,
            day,
            ctx.occurred_at,
        )
    return noted


@command("visits.forget_passes")
def forget_passes(*, ctx: Context) -> int:
    """Delete passes older than ``visits.keep_days`` of their site; the counts stay. At most
    `AT_ONCE` a call; returns how many."""
    require(ctx, NIGHTLY, ctx.service_point)
    gone = 0
    for place, before in queries.forgotten_before(clock.business_date(ctx.occurred_at)):
        if gone < AT_ONCE:
            gone += sql.run(
                "DELETE FROM visits_pass WHERE id IN (SELECT id FROM visits_pass "
                "WHERE place_id = ? AND day < ? LIMIT ?)",
                place,
                before,
                AT_ONCE - gone,
            )
    return gone
