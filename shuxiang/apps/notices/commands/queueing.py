"""Things to be told enter the queue, each under its key once; and leave it untold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shuxiang.apps.notices import models, rules
from shuxiang.apps.notices.kinds import KINDS
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require

QUEUE = "notices.queue"
MANAGE = "notices.manage"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToTell:
    """What a reader is to be told. ``key`` names the thing: ``due-soon:LOAN:DAY``. ``facts`` may hold
    title, day (ISO), heading and body; ``subject`` is the loan or hold it is about."""

    key: str
    kind: str
    patron: str
    place: str
    subject: str | None = None
    facts: dict[str, str]


@command("notices.queue")
def queue(*, notices: tuple[ToTell, ...], ctx: Context) -> int:
    """Put things to be told into the queue; returns how many were not there yet. A key that was ever
    queued is not queued again."""
    require(ctx, QUEUE, ctx.service_point)
    return put(notices, ctx)


def put(notices: tuple[ToTell, ...], ctx: Context) -> int:
    """The same inside a command that has asked for its own right."""
    wanted = {one.key: one for one in notices}
    known = set(models.Notice.objects.filter(key__in=list(wanted)).values_list("key", flat=True))
    rows = [
        models.Notice(
            id=new_id(),
            key=one.key,
            kind=one.kind,
            patron=one.patron,
            place_id=one.place,
            subject=one.subject,
            facts=one.facts,
            made_at=ctx.occurred_at,
            not_before=ctx.occurred_at + (rules.MERGE if KINDS[one.kind].urgent else timedelta(0)),
        )
        for one in wanted.values()
        if one.key not in known
    ]
    models.Notice.objects.bulk_create(rows)
    return len(rows)


@command("notices.drop")
def drop(*, kind: str, place: str, why: str, ctx: Context) -> int:
    """Take everything of a kind that waits at a place back from the queue; returns how many. What was
    told stays told, and what was dropped is not queued again under the same key."""
    require(ctx, MANAGE, place)
    reasons = []
    if kind not in KINDS:
        reasons.append(stop("notice-kind-unknown", kind=kind))
    if not why.strip():
        reasons.append(stop("why-missing"))
    if len(why) > 200:
        reasons.append(stop("text-too-long", field="why", most=200))
    if reasons:
        raise refuse(*reasons)
    rows = models.Notice.objects.filter(kind=kind, place=place, state="waiting")
    count = rows.update(state="dropped", dropped="by-hand")
    if count:
        changed(
            ctx,
            "notices",
            kind,
            KINDS[kind].name_zh,
            {},
            {"count": count},
            action="removed",
            place=place,
            why=why.strip(),
        )
    return int(count)
