"""A machine calls somebody, and somebody comes."""

from __future__ import annotations

from datetime import timedelta

from shuxiang.apps.places import models
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, require

ANSWER = "places.answer_call"
KEPT_DAYS = 90
"""Days a call that was answered stays on record."""


@command("places.call_staff")
def call_staff(*, code: str, ctx: Context) -> bool:
    """The machine that acts asks for somebody; whether that is new: a call that waits already is not
    made twice."""
    device = models.Device.objects.filter(id=ctx.actor.id, active=True).first()
    if ctx.actor.kind != "terminal" or device is None:
        raise refuse(stop("not-permitted", action="places.call_staff"))
    waiting = models.DeviceCall.objects.filter(device=device, code=code, answered_at=None)
    if waiting.exists():
        return False
    models.DeviceCall.objects.create(
        id=new_id(), device=device, place_id=device.place_id, code=code, at=ctx.occurred_at
    )
    return True


@command("places.answer_call")
def answer_call(*, call: str, ctx: Context) -> None:
    """Somebody came. Answered already, it stays as it is."""
    row = models.DeviceCall.objects.filter(id=call).first() if call else None
    if row is None:
        raise refuse(stop("call-unknown"))
    require(ctx, ANSWER, row.place_id)
    models.DeviceCall.objects.filter(id=row.id, answered_at=None).update(
        answered_at=ctx.occurred_at, answered_by=ctx.actor.id
    )


@command("places.forget_calls")
def forget_calls(*, ctx: Context) -> int:
    """The retention of calls. By the worker alone."""
    if ctx.actor.kind != "system":
        raise refuse(stop("not-permitted", action="places.forget_calls"))
    before = ctx.occurred_at - timedelta(days=KEPT_DAYS)
    gone, _ = models.DeviceCall.objects.filter(answered_at__lt=before).delete()
    return int(gone)
