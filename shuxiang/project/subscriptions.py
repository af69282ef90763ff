"""Event → handlers, and what the worker does by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from shuxiang.apps.circulation import commands as circulation
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.runtime.worker import Handler, Periodic, prune_answers


def _forget_history() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    circulation.forget_history(ctx=ctx)


SUBSCRIPTIONS: Mapping[str, Handler] = {}

PERIODIC = (
    Periodic("forget-history", timedelta(minutes=1), _forget_history),
    Periodic("prune-answers", timedelta(hours=6), prune_answers),
)
