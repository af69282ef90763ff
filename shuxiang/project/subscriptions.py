"""Event → handlers, and what the worker does by the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import timedelta

from shuxiang.apps.acquisitions import commands as acquisitions
from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.exchange import commands as exchange
from shuxiang.apps.exchange import sending
from shuxiang.apps.exchange.harvesting import HARVESTING
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.notices import following
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.phases import commands as phases
from shuxiang.apps.places import commands as places
from shuxiang.apps.search import commands as search
from shuxiang.apps.staff import commands as staff
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.project import gates, importing, notices, suggestions, upkeep
from shuxiang.runtime import changes, frames, storage, throttle
from shuxiang.runtime.backup import nightly
from shuxiang.runtime.worker import Handler, Periodic, prune_answers
from shuxiang.statistics import daily


def _forget_history() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    circulation.forget_due(ctx=ctx)


def _expire_holds() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    circulation.expire_holds(ctx=ctx)
    circulation.miss_pickups(ctx=ctx.with_key("pickups"))


def _end_quarantines() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    circulation.end_quarantines(ctx=ctx)


def _prune_answers() -> None:
    prune_answers(loans.answers_kept())


def _prune_frames() -> None:
    frames.prune(clock.now())


def _forget_asking() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    acquisitions.forget_asking(ctx=ctx)


def _forget_interloans() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    exchange.forget_asked(ctx=ctx)


def _forget_found() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    exchange.forget_found(ctx=ctx)


def _prune_throttle() -> None:
    throttle.prune(clock.now())
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    staff.forget_unknown_names(ctx=ctx)


def _forget_sign_ins() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    patrons.forget_sign_ins(ctx=ctx)


TURN_SECONDS = 0.3
"""How long a turn moves due dates before the worker goes on with everything else."""


_moving: list[Iterator[int]] = []


def _move_due_dates() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    # Gone on with where the last turn stopped: a plan of many loans takes longer than a turn.
    steps = _moving.pop() if _moving else phases.step(ctx)
    until = time.monotonic() + TURN_SECONDS
    for _ in steps:
        if time.monotonic() > until:
            _moving.append(steps)
            break


def _keep_phases() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    phases.keep(ctx)


def _merge_journals() -> None:
    # What a device's upload left: it was cut off, or another merged lines it waited for.
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    circulation.merge_pending(ctx=ctx, most=50)


def _forget_calls() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    places.forget_calls(ctx=ctx)


def _end_stale_issues() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    patrons.end_stale_issues(ctx=ctx)


def _note_closed_days() -> None:
    ctx = Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())
    fees.note_closed(ctx=ctx)


SUBSCRIPTIONS: Mapping[str, Handler] = {
    daily.CONSUMER: daily.handle,
    search.CONSUMER: search.handle,
    following.CONSUMER: following.handle,
    upkeep.AUTHORITIES: upkeep.link_titles,
    upkeep.PLACED: upkeep.date_placed,
    suggestions.CONSUMER: suggestions.handle,
}

PERIODIC = (
    Periodic("sheet-imports", timedelta(seconds=1), importing.step),
    Periodic("batch-edits", timedelta(seconds=1), upkeep.edit),
    Periodic("authorities", timedelta(seconds=2), upkeep.link_authorities),
    Periodic("duplicates", timedelta(seconds=1), upkeep.search_duplicates),
    Periodic("move-due-dates", timedelta(seconds=1), _move_due_dates),
    Periodic("keep-phases", timedelta(minutes=10), _keep_phases),
    Periodic("tidy-uploads", timedelta(hours=1), importing.tidy),
    Periodic("forget-history", timedelta(minutes=1), _forget_history),
    Periodic("expire-holds", timedelta(minutes=1), _expire_holds),
    Periodic("end-quarantines", timedelta(minutes=1), _end_quarantines),
    # A backlog that ended on a full batch leaves its last days for this.
    Periodic("settle-counts", timedelta(seconds=5), daily.settle),
    Periodic("gate-counts", timedelta(minutes=10), gates.post),
    Periodic("gate-days", timedelta(minutes=5), gates.nightly),
    Periodic("merge-journals", timedelta(seconds=5), _merge_journals),
    Periodic("notices-scan", timedelta(minutes=5), notices.scan),
    Periodic("notices-assemble", timedelta(seconds=20), notices.assemble),
    Periodic("notices-send", timedelta(seconds=5), notices.SENDING.turn),
    Periodic("notices-forget", timedelta(hours=1), notices.forget),
    Periodic("backup", timedelta(seconds=20), nightly.NIGHTLY.turn),
    Periodic("ballast", timedelta(minutes=10), storage.keep_ballast),
    # Anew at start where there is none this program can read.
    Periodic("search-index", timedelta(minutes=1), search.keep),
    Periodic("closed-days", timedelta(minutes=20), _note_closed_days),
    Periodic("forget-sign-ins", timedelta(hours=6), _forget_sign_ins),
    Periodic("end-stale-issues", timedelta(hours=1), _end_stale_issues),
    Periodic("forget-calls", timedelta(hours=6), _forget_calls),
    Periodic("forget-asking", timedelta(hours=6), _forget_asking),
    Periodic("forget-interloans", timedelta(hours=6), _forget_interloans),
    Periodic("forget-found", timedelta(hours=6), _forget_found),
    Periodic("tell-partners", timedelta(seconds=30), sending.send_due),
    Periodic("harvest", timedelta(seconds=30), HARVESTING.turn),
    Periodic("publish-cards", timedelta(hours=12), sending.publish_cards),
    Periodic("prune-answers", timedelta(hours=1), _prune_answers),
    Periodic("prune-frames", timedelta(minutes=1), _prune_frames),
    Periodic("seal-changes", timedelta(seconds=5), changes.seal_pending),
    Periodic("prune-throttle", timedelta(hours=1), _prune_throttle),
)

AT_THE_END = (HARVESTING.stop, notices.SENDING.stop, nightly.NIGHTLY.stop)
"""What the worker still does when it is told to stop."""
