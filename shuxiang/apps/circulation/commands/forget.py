"""Forgetting who borrowed what (reliability I13): the fact stays, the person goes."""

from __future__ import annotations

from datetime import timedelta

from shuxiang.apps.circulation import models
from shuxiang.apps.places import queries as places
from shuxiang.kernel.context import Context
from shuxiang.ledger.append import forget_readers
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command


@command("circulation.forget_history")
def forget_history(*, limit: int = 200, ctx: Context) -> int:
    """Unlink readers from up to ``limit`` loans given back longer ago than ``privacy.history_days``
    of the main library (0 keeps everything); returns how many."""
    days = places.setting(places.main_library().id, "privacy.history_days").value
    if not days:
        return 0
    before = ctx.occurred_at - timedelta(days=days)
    old = list(
        models.Loan.objects.filter(returned_at__lt=before, patron__isnull=False)
        .order_by("returned_at")
        .values_list("id", flat=True)[:limit]
    )
    forget_readers(sql, old)
    models.Loan.objects.filter(id__in=old).update(patron=None, card=None)
    return len(old)
