"""What readers were told is forgotten after ``notices.keep_days``; how often it worked stays."""

from __future__ import annotations

from shuxiang.apps.notices import models, queries
from shuxiang.kernel.context import Context
from shuxiang.runtime.commands import command, require

FORGET = "notices.forget"
CLOSE = "patrons.close"
AT_ONCE = 100


@command("notices.forget")
def forget(*, ctx: Context) -> int:
    """Delete tellings, their messages and notices that are older, and what was dropped as long ago; at
    most `AT_ONCE` a call. Attempts name no reader and stay. Returns how many notices went."""
    require(ctx, FORGET, ctx.service_point)
    ids = queries.forgettable(ctx.occurred_at, AT_ONCE)
    tellings = models.Notice.objects.filter(id__in=ids).exclude(telling=None)
    old = list(tellings.values_list("telling", flat=True).distinct())
    gone = models.Notice.objects.filter(id__in=ids).delete()[0]
    left = models.Notice.objects.filter(telling__in=old).values_list("telling", flat=True)
    models.Telling.objects.filter(id__in=old).exclude(id__in=list(left)).delete()
    return int(gone)


@command("notices.forget_reader")
def forget_reader(*, patron: str, ctx: Context) -> None:
    """The reader's account was closed: their address, choices and inbox are deleted."""
    require(ctx, CLOSE, ctx.service_point)
    models.ReaderChannel.objects.filter(patron=patron).delete()
    models.OptOut.objects.filter(patron=patron).delete()
    models.WechatConsent.objects.filter(patron=patron).delete()
    models.Notice.objects.filter(patron=patron).delete()
    models.Telling.objects.filter(patron=patron).delete()
