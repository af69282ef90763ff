"""Event → handlers, and what the worker does by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.search import commands as search
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.runtime.worker import Handler, Periodic, prune_answers
from shuxiang.statistics import daily


def _forget_history() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    circulation.forget_history(ctx=ctx)


SUBSCRIPTIONS: Mapping[str, Handler] = {
    daily.CONSUMER: daily.handle,
    search.CONSUMER: search.handle,
}

PERIODIC = (
    Periodic("forget-history", timedelta(minutes=1), _forget_history),
    # A backlog that ended on a full batch leaves its last days for this.
    Periodic("settle-counts", timedelta(seconds=5), daily.settle),
    Periodic("prune-answers", timedelta(hours=6), prune_answers),
)
