"""What the worker does about gates. Where nothing is due nothing is written, not even a request."""

from __future__ import annotations

from datetime import timedelta

from shuxiang.apps.visits import commands as visits
from shuxiang.apps.visits import queries as passes
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.statistics import commands as statistics

ROUNDS = 25
"""Batches of counts posted in a turn at most."""


def _ctx() -> Context:
    return Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())


def post() -> None:
    """Bring the ledger up to what doors counted."""
    ctx = _ctx()
    for round_ in range(ROUNDS):
        if not statistics.unposted():
            break
        statistics.post_counts(ctx=ctx.with_key(str(round_)))


def nightly() -> None:
    """Close the days gone by, note gates that said nothing, forget single passes."""
    ctx = _ctx()
    today = clock.business_date(ctx.occurred_at)
    if passes.days_to_close(today):
        visits.close_days(ctx=ctx.with_key("close"))
    if passes.silent_gates(today - timedelta(days=1)):
        visits.note_silences(ctx=ctx.with_key("silences"))
    if passes.forgotten_before(today):
        visits.forget_passes(ctx=ctx.with_key("forget"))
