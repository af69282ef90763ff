"""What the books keep of calendars: days that were closed when they passed (I9)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from shuxiang.apps.fees import models, queries
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command


def exempt(*, place_ids: Iterable[str], days: Iterable[date]) -> None:
    """Past days at places whose calendar is being corrected from closed to open: nobody is ever
    charged for them. Inside the command that corrects."""
    wanted = list(days)
    models.ExemptDay.objects.bulk_create(
        (
            models.ExemptDay(id=new_id(), place_id=place, day=day)
            for place in place_ids
            for day in wanted
        ),
        ignore_conflicts=True,
    )


def note_closed(*, ctx: Context) -> int:
    """Note the closed days that have just passed, as the worker does by the clock: whatever becomes of
    week, holidays or a phase later, they never count. Returns how many; where there is nothing to
    note nothing is written, not even a request."""
    if not queries.closed_days_unnoted(clock.business_date(ctx.occurred_at)):
        return 0
    return note_closed_days(ctx=ctx)


@command("fees.note_closed_days", permission="fees.rules")
def note_closed_days(*, ctx: Context) -> int:
    """The part of `note_closed` that is one transaction."""
    found = queries.closed_days_unnoted(clock.business_date(ctx.occurred_at))
    models.ExemptDay.objects.bulk_create(
        (models.ExemptDay(id=new_id(), place_id=place, day=day) for place, day in found),
        ignore_conflicts=True,
    )
    return len(found)
