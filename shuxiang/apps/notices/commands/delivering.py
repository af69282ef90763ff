"""Messages on their way: claimed, sent by a channel outside any transaction, settled."""

from __future__ import annotations

from datetime import datetime

from shuxiang.apps.notices import models, queries, rules
from shuxiang.apps.notices.channels import Outcome
from shuxiang.apps.notices.commands import assembling
from shuxiang.apps.patrons import queries as patrons
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, require

DELIVER = "notices.deliver"
WECHAT_TEMPLATE = "notice"


@command("notices.claim")
def claim(*, message: str, ctx: Context) -> bool:
    """Take a queued message for sending; False when another has it, or its quiet hours began. Written
    before the channel is asked: what is cut off is known, and not sent twice."""
    require(ctx, DELIVER, ctx.service_point)
    row = models.Message.objects.select_related("telling").filter(id=message).first()
    if row is None or row.state != "queued":
        return False
    quiet = queries.quiet_until(row.telling.place_id, ctx.occurred_at)
    if quiet is not None and row.telling.kinds != rules.CONFIRM:
        models.Message.objects.filter(id=message, state="queued").update(next_try=quiet)
        return False
    taken = models.Message.objects.filter(id=message, state="queued").update(
        state="sending", claimed_at=ctx.occurred_at, attempts=row.attempts + 1
    )
    if taken and row.channel == rules.WECHAT:
        _one_less(row.telling.patron)
    return bool(taken)


def _one_less(patron: str) -> None:
    row = models.WechatConsent.objects.select_for_update().filter(
        patron=patron, template=WECHAT_TEMPLATE, remaining__gt=0
    )
    found = row.first()
    if found is not None:
        found.remaining -= 1
        found.save(update_fields=["remaining"])


@command("notices.settle")
def settle(*, message: str, outcome: Outcome, ctx: Context) -> str:
    """Say how a claimed message went; returns its state. What failed for good or once too often goes
    to the reader's next channel, and a channel that refuses the address is marked on the reader."""
    require(ctx, DELIVER, ctx.service_point)
    row = models.Message.objects.select_for_update().filter(id=message).first()
    if row is None or row.state != "sending":
        raise refuse(stop("message-not-claimed"))
    telling = models.Telling.objects.get(id=row.telling_id)
    _attempt(row, telling, outcome, ctx.occurred_at)
    row.fault = outcome.fault
    row.state, row.next_try = _next(outcome.result, row.attempts, ctx.occurred_at)
    if row.state != "queued":
        row.settled_at = ctx.occurred_at
    row.save(update_fields=["state", "fault", "next_try", "settled_at"])
    _mark(telling.patron, row, outcome, ctx.occurred_at)
    if row.state == "failed" and telling.kinds != rules.CONFIRM:
        tried = models.Message.objects.filter(telling=telling).values_list("channel", flat=True)
        words = _words(telling)
        assembling.push(telling, words, ctx.occurred_at, tried=list(tried))
    return str(row.state)


def _next(result: str, attempts: int, at: datetime) -> tuple[str, datetime | None]:
    if result == "later":
        again = rules.next_try(attempts, at)
        return ("queued", again) if again else ("failed", None)
    return {"sent": "sent", "refused": "failed", "unknown": "unknown"}[result], None


def _attempt(row: models.Message, telling: models.Telling, outcome: Outcome, at: datetime) -> None:
    models.Attempt.objects.create(
        id=new_id(),
        message=row.id,
        place_id=telling.place_id,
        channel=row.channel,
        kinds=telling.kinds,
        number=row.attempts,
        at=at,
        day=clock.business_date(at),
        outcome=outcome.result,
        fault=outcome.fault,
        detail=outcome.detail[:200],
    )


def _mark(patron: str, row: models.Message, outcome: Outcome, at: datetime) -> None:
    """Whether the reader's address works, for the desk to see."""
    known = models.ReaderChannel.objects.filter(patron=patron, channel=row.channel)
    if outcome.result == "sent":
        known.exclude(failing_since=None).update(
            failing_since=None, failing_why="", failing_hash=""
        )
    elif outcome.result == "refused":
        models.ReaderChannel.objects.get_or_create(
            patron=patron, channel=row.channel, defaults={"id": new_id()}
        )
        known.update(
            failing_since=at,
            failing_why=outcome.fault,
            failing_hash=queries.address_hash(patron, row.channel, clock.business_date(at)),
        )


@command("notices.came_back")
def came_back(*, message: str, address: str, status: str, ctx: Context) -> str:
    """A mail that was handed over came back: it failed after all, and the reader is told by the next
    channel. ``address`` is marked as failing where it still is the reader's. Returns the message's
    state; '' for one that is not known or was settled otherwise: the same bounce twice is one."""
    require(ctx, DELIVER, ctx.service_point)
    row = models.Message.objects.select_for_update().filter(id=message, channel=rules.MAIL).first()
    if row is None or row.state not in ("sent", "unknown"):
        return ""
    telling = models.Telling.objects.get(id=row.telling_id)
    outcome = Outcome("returned", "mail-returned", f"DSN {status}".strip())
    _attempt(row, telling, outcome, ctx.occurred_at)
    row.state, row.fault, row.settled_at = "failed", outcome.fault, ctx.occurred_at
    row.save(update_fields=["state", "fault", "settled_at"])
    known = models.ReaderChannel.objects.filter(
        patron=telling.patron, channel=row.channel, address_hash=queries.mail_hash(address)
    )
    known.exclude(address_hash="").update(
        failing_since=ctx.occurred_at,
        failing_why=outcome.fault,
        failing_hash=queries.mail_hash(address),
    )
    if telling.kinds != rules.CONFIRM:
        tried = models.Message.objects.filter(telling=telling).values_list("channel", flat=True)
        assembling.push(telling, _words(telling), ctx.occurred_at, tried=list(tried))
    return str(row.state)


def _words(telling: models.Telling) -> list[rules.Words]:
    reach = patrons.reach(telling.patron, telling.day)
    assert reach is not None
    by_kind: dict[str, list[models.Notice]] = {}
    for notice in models.Notice.objects.filter(telling=telling).order_by("made_at", "id"):
        by_kind.setdefault(notice.kind, []).append(notice)
    return [assembling.written(k, by_kind[k], reach) for k in telling.kinds.split(",")]


@command("notices.settle_cut_off")
def settle_cut_off(*, message: str, ctx: Context) -> str:
    """A message that was claimed and never settled: a crash. Where the channel knows its key it goes
    again, elsewhere it may have gone out, so it is left at that and the inbox has it."""
    require(ctx, DELIVER, ctx.service_point)
    row = models.Message.objects.select_for_update().filter(id=message).first()
    before = ctx.occurred_at - rules.STUCK
    if row is None or row.state != "sending" or row.claimed_at is None or row.claimed_at > before:
        return ""
    repeatable = queries.repeatable(row.channel)
    result = "later" if repeatable else "unknown"
    telling = models.Telling.objects.get(id=row.telling_id)
    _attempt(row, telling, Outcome(result, "cut-off"), ctx.occurred_at)
    row.state = "queued" if repeatable else "unknown"
    row.next_try = ctx.occurred_at if repeatable else None
    row.settled_at = None if repeatable else ctx.occurred_at
    row.fault = "cut-off"
    row.save(update_fields=["state", "next_try", "settled_at", "fault"])
    return str(row.state)
