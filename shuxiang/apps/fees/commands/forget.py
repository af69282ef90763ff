"""Forgetting whose charges they were (I13): the money stays in the books, the person goes."""

from __future__ import annotations

from datetime import datetime

from shuxiang.apps.fees import models
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.runtime.commands import command


@command("fees.forget_settled", permission="system.forget_history")
def forget_settled(*, before: datetime, limit: int = 200, ctx: Context) -> int:
    """Unlink readers from up to ``limit`` charges settled, and losses of points made, before a
    moment, and from their transactions; returns how many. What is still owed, and points that still
    count, keep their reader."""
    old = list(
        models.Charge.objects.filter(settled_at__lt=before, patron__isnull=False)
        .order_by("settled_at")
        .values_list("id", flat=True)[:limit]
    )
    open_elsewhere = models.Allocation.objects.filter(
        charge__settled_at=None, charge__patron__isnull=False
    ).values("entry")
    models.Entry.objects.filter(allocations__charge__in=old).exclude(id__in=open_elsewhere).update(
        patron=None
    )
    made = models.Charge.objects.filter(id__in=old).values("entry")
    models.Entry.objects.filter(id__in=made).update(patron=None)
    models.Charge.objects.filter(id__in=old).update(patron=None)
    rows = models.PointsRow.objects.filter(at__lt=before, patron__isnull=False)
    over = rows.filter(until__lte=clock.business_date(before)).values_list("id", flat=True)
    # A loss given back goes with what gave it back.
    given = rows.filter(points__gt=0).values_list("id", "reverses")[:limit]
    ids = {*over[:limit], *(one for pair in given for one in pair)}
    models.PointsRow.objects.filter(id__in=ids).update(patron=None)
    return len(old) + len(ids)
