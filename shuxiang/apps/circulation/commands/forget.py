"""Forgetting who borrowed what (reliability I13): the fact stays, the person goes."""

from __future__ import annotations

from datetime import datetime, timedelta

from shuxiang.apps.circulation import models, queries
from shuxiang.apps.circulation.commands.holds.keeping import forget_holds
from shuxiang.apps.circulation.commands.paper import forget_paper
from shuxiang.apps.circulation.commands.pickups import forget_pickups
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.fees import queries as money
from shuxiang.apps.places import queries as places
from shuxiang.kernel.context import Context
from shuxiang.ledger.append import forget_readers
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command

BATCHES = 20
"""Batches of one round: an old library's first round must not keep the writer for minutes."""


def forget_due(*, ctx: Context) -> int:
    """Forget what is due, in batches, as the worker does by the clock; returns how many loans. Where
    nothing is due nothing is written, not even a request."""
    done = 0
    for batch in range(BATCHES):
        before = _before(ctx)
        if before is None or not queries.remembered(before):
            break
        done += forget_history(ctx=ctx.with_key(str(batch)))
    before = _before(ctx)
    if before is not None and money.remembered(before):
        for batch in range(BATCHES):
            if not fees.forget_settled(before=before, ctx=ctx.with_key(f"fees.{batch}")):
                break
    answers = ctx.occurred_at - queries.answers_kept()
    if queries.paper_named(answers):
        forget_paper(before=answers, ctx=ctx.with_key("paper"))
    return done


def _before(ctx: Context) -> datetime | None:
    days = places.setting(places.main_library().id, "privacy.history_days").value
    return ctx.occurred_at - timedelta(days=days) if days else None


@command("circulation.forget_history", permission="system.forget_history")
def forget_history(*, limit: int = 200, ctx: Context) -> int:
    """Unlink readers from up to ``limit`` loans given back, and holds that ended, longer ago than
    ``privacy.history_days`` of the main library (0 keeps everything); returns how many."""
    before = _before(ctx)
    if before is None:
        return 0
    old = list(
        models.Loan.objects.filter(returned_at__lt=before, patron__isnull=False)
        .order_by("returned_at")
        .values_list("id", flat=True)[:limit]
    )
    forget_readers(sql, old)
    models.Loan.objects.filter(id__in=old).update(patron=None, card=None, by=None)
    forget_pickups(limit, before)
    return len(old) + forget_holds(limit, before)
