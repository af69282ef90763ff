"""The only writers of places, settings and calendars."""

from __future__ import annotations

import re
from datetime import date, time
from itertools import pairwise
from typing import Any

from shuxiang.apps.places import models
from shuxiang.apps.places.settings import KNOWN
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.revision import bump

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,15}")
_UNDER = {
    "network": (None,),
    "main_library": (None, "network"),
    "branch": ("main_library", "network"),
    "service_point": ("main_library", "branch", "network"),
}


@command("places.add_place")
def add_place(
    *,
    kind: str,
    code: str,
    name: str,
    parent: str | None = None,
    own_barcodes: bool = False,
    address: str = "",
    phone: str = "",
    opened_on: date | None = None,
    ctx: Context,
) -> str:
    """Add a place under ``parent``; returns its id. ``own_barcodes``: a branch that keeps a barcode
    and card number space of its own."""
    above = _allowed(parent, ctx) if parent else None
    reasons = []
    if above is None:
        require(ctx, "places.edit", ctx.service_point)
        if models.Place.objects.exists():
            reasons.append(stop("place-root-exists"))
    if not _CODE.fullmatch(code):
        reasons.append(stop("place-code-invalid", code=code))
    elif models.Place.objects.filter(code=code).exists():
        reasons.append(stop("place-code-taken", code=code))
    if not name.strip():
        reasons.append(stop("name-missing"))
    if kind not in _UNDER or (above.kind if above else None) not in _UNDER[kind]:
        reasons.append(stop("place-kind-misplaced", kind=kind))
    if reasons:
        raise refuse(*reasons)
    id_ = new_id()
    owns = kind in ("network", "main_library") or own_barcodes
    models.Place.objects.create(
        id=id_,
        kind=kind,
        code=code,
        name=name.strip(),
        parent=above,
        path=f"{above.path if above else '/'}{code}/",
        library=id_ if owns or above is None else above.library,
        address=address,
        phone=phone,
        opened_on=opened_on,
        position=models.Place.objects.filter(parent=above).count(),
    )
    bump("places")
    return id_


def _allowed(place: str, ctx: Context) -> models.Place:
    """The place, if it exists and the actor may edit it: wherever they sit, that place decides."""
    row = models.Place.objects.filter(id=place).first() if place else None
    if row is None:
        raise refuse(stop("place-unknown"))
    require(ctx, "places.edit", row.id)
    return row


@command("places.add_location")
def add_location(
    *,
    place: str,
    code: str,
    name: str,
    open_stack: bool = True,
    for_children: bool = False,
    ctx: Context,
) -> str:
    """Add a 馆藏地点 to a place; returns its id, the existing one's where the code is known there."""
    _allowed(place, ctx)
    row, _ = models.Location.objects.get_or_create(
        place_id=place,
        code=code,
        defaults={"name": name, "open_stack": open_stack, "for_children": for_children},
    )
    return str(row.id)


@command("places.set_setting")
def set_setting(*, place: str, key: str, value: Any, ctx: Context) -> None:
    """Say a setting at a place; ``None`` takes it back, so that the place inherits again."""
    _allowed(place, ctx)
    known = KNOWN.get(key)
    if known is None:
        raise refuse(stop("setting-unknown", key=key))
    if value is None:
        models.Setting.objects.filter(place=place, key=key).delete()
    elif type(value) is not known.kind or not known.takes(value):
        raise refuse(stop("setting-value-invalid", key=key))
    else:
        models.Setting.objects.update_or_create(place_id=place, key=key, defaults={"value": value})
    bump("places")


@command("places.set_week")
def set_week(
    *,
    place: str,
    hours: dict[int, list[tuple[time, time]]],
    valid_from: date,
    include_branches: bool = False,
    ctx: Context,
) -> None:
    """Opening hours by weekday (0 Monday … 6 Sunday) from a day on; the week before it ends the day
    before. Only a place's first week may begin on a past day: opening days already counted would
    change (row D4)."""
    _allowed(place, ctx)
    existing = models.WeeklyHours.objects.filter(place=place)
    reasons = _against(hours)
    if valid_from < clock.business_date(ctx.occurred_at) and existing.exists():
        reasons.append(stop("past-day-kept", day=valid_from.isoformat()))
    if reasons:
        raise refuse(*reasons)
    existing.filter(valid_from__gte=valid_from).delete()
    existing.filter(valid_to=None).update(valid_to=_day_before(valid_from))
    models.WeeklyHours.objects.bulk_create(
        models.WeeklyHours(
            place_id=place,
            weekday=weekday,
            opens=opens,
            closes=closes,
            valid_from=valid_from,
            include_branches=include_branches,
        )
        for weekday, periods in hours.items()
        for opens, closes in periods
    )
    bump("places")


def _against(hours: dict[int, list[tuple[time, time]]]) -> list[Reason]:
    reasons = []
    if not any(hours.values()) or not hours.keys() <= set(range(7)):
        reasons.append(stop("hours-missing"))
    for periods in hours.values():
        reasons += [
            stop("hours-reversed", opens=str(opens), closes=str(closes))
            for opens, closes in periods
            if opens >= closes
        ]
        reasons += [
            stop("hours-overlap", opens=str(later[0]), closes=str(earlier[1]))
            for earlier, later in pairwise(sorted(periods))
            if later[0] < earlier[1]
        ]
    return reasons


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


@command("places.set_day")
def set_day(
    *,
    place: str,
    day: date,
    open: bool,  # noqa: A002 - what the form says
    reason: str,
    opens: time | None = None,
    closes: time | None = None,
    include_branches: bool = False,
    ctx: Context,
) -> None:
    """Name a day that departs from the week, or rename it."""
    _allowed(place, ctx)
    if not reason.strip():
        raise refuse(stop("reason-missing"))
    if opens and closes and opens >= closes:
        raise refuse(stop("hours-reversed", opens=str(opens), closes=str(closes)))
    models.CalendarDay.objects.update_or_create(
        place_id=place,
        day=day,
        defaults={
            "open": open,
            "opens": opens,
            "closes": closes,
            "reason": reason.strip(),
            "include_branches": include_branches,
        },
    )
    bump("places")


@command("places.clear_day")
def clear_day(*, place: str, day: date, ctx: Context) -> None:
    """Take back a named day still to come. A past day stays (row D4)."""
    _allowed(place, ctx)
    if day <= clock.business_date(ctx.occurred_at):
        raise refuse(stop("past-day-kept", day=day.isoformat()))
    models.CalendarDay.objects.filter(place=place, day=day).delete()
    bump("places")


@command("places.set_holiday", permission="places.edit")
def set_holiday(*, day: date, name: str, working: bool = False, ctx: Context) -> None:
    """Enter or correct one day of the public holiday table."""
    if not name.strip():
        raise refuse(stop("name-missing"))
    models.Holiday.objects.update_or_create(
        day=day, defaults={"name": name.strip(), "working": working}
    )
    bump("places")


@command("places.seed_holidays", permission="places.edit")
def seed_holidays(*, first_year: int, last_year: int, ctx: Context) -> int:
    """Fill the holiday table of whole years from `chinesecalendar`; returns the rows added. Years it
    doesn't know are left to the library; rows already there stay."""
    import chinese_calendar

    known = {h.day for h in models.Holiday.objects.all()}
    rows = []
    for day, name in chinese_calendar.constants.holidays.items():
        if first_year <= day.year <= last_year and day not in known:
            rows.append(models.Holiday(day=day, name=_HOLIDAYS.get(name, name)))
    for day, name in chinese_calendar.constants.workdays.items():
        if first_year <= day.year <= last_year and day not in known:
            rows.append(models.Holiday(day=day, name=_HOLIDAYS.get(name, name), working=True))
    models.Holiday.objects.bulk_create(rows)
    bump("places")
    return len(rows)


_HOLIDAYS = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}
