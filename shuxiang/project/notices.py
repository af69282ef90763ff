"""What the worker does about notices. Channels are asked in a thread of their own: a slow gateway
keeps nobody waiting, least of all the ledger."""

from __future__ import annotations

import threading
from datetime import timedelta

from django.db import connection

from shuxiang.apps.notices import channels, commands, queries
from shuxiang.apps.notices.channels import Outcome
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context

DOWN_MOST = 3
"""Failures of a channel in a row after which a round leaves it alone."""

READERS_AT_ONCE = 5
"""Readers told in one transaction."""

FORGET_ROUNDS = 50
KEPT_WAITING = timedelta(seconds=5)


def _ctx() -> Context:
    return Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())


def scan() -> None:
    """Look through the loans of sites that are open today, each once."""
    ctx = _ctx()
    day = clock.business_date(ctx.occurred_at)
    for place in queries.scans_due(ctx.occurred_at):
        commands.scan_site(place=place, day=day, ctx=ctx.with_key(place[-12:]))


def assemble() -> None:
    """Tell readers what waits for them, some at a time."""
    ctx = _ctx()
    waiting = queries.waiting_readers(ctx.occurred_at)
    for first in range(0, len(waiting), READERS_AT_ONCE):
        part = waiting[first : first + READERS_AT_ONCE]
        commands.assemble(patrons=part, ctx=ctx.with_key(str(first)))


def forget() -> None:
    """Forget what was told long ago."""
    ctx = _ctx()
    for round_ in range(FORGET_ROUNDS):
        if not queries.forgettable(ctx.occurred_at, 1):
            break
        commands.forget(ctx=ctx.with_key(str(round_)))


def deliver(stopping: threading.Event | None = None) -> int:
    """Send what is due; returns how many messages were tried."""
    for message in queries.cut_off(clock.now()):
        commands.settle_cut_off(message=message, ctx=_ctx())
    tried = 0
    down: dict[str, int] = {}
    for message in queries.due_messages(clock.now()):
        if stopping is not None and stopping.is_set():
            break
        now = _ctx()
        found = queries.outgoing(message, clock.business_date(now.occurred_at))
        if found is not None and down.get(found[0], 0) >= DOWN_MOST:
            continue
        if not commands.claim(message=message, ctx=now):
            continue
        if found is None:
            outcome = Outcome("refused", "no-address")
        else:
            outcome = channels.CHANNELS[found[0]].send(found[1])
            down[found[0]] = down.get(found[0], 0) + 1 if outcome.fault == "gateway-down" else 0
        commands.settle(message=message, outcome=outcome, ctx=_ctx())
        tried += 1
    return tried


class Sending:
    """One thread at a time that sends; started by the worker's clock, waited for at its end."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def turn(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        now = clock.now()
        if not (queries.due_messages(now, 1) or queries.cut_off(now, 1)):
            return
        self._thread = threading.Thread(target=self._send, name="notices", daemon=True)
        self._thread.start()

    def _send(self) -> None:
        try:
            deliver(self._stopping)
        finally:
            connection.close()

    def stop(self) -> None:
        """End after the message that is being sent."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(KEPT_WAITING.total_seconds() * 4)


SENDING = Sending()
