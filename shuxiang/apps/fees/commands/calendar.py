"""What the books keep of calendars: days that were closed when they passed (I9)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from shuxiang.apps.fees import models
from shuxiang.kernel.ids import new_id


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
