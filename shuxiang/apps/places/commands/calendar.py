"""Opening hours and the days that depart from them. Days already past stay: opening days were
counted from them (row D4)."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise
from typing import Any

from shuxiang.apps.places import models, queries
from shuxiang.apps.places.commands._shared import allowed, day_before
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.runtime import guards
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, permitted
from shuxiang.runtime.revision import bump

PAST = "places.edit_past"
"""The permission that corrects days already past, with a written why."""

MOST_DAYS = 400


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
    row = allowed(place, ctx)
    existing = models.WeeklyHours.objects.filter(place=place)
    reasons = _against(hours)
    if valid_from < clock.business_date(ctx.occurred_at) and existing.exists():
        reasons.append(stop("past-day-kept", day=valid_from.isoformat()))
    if reasons:
        raise refuse(*reasons)
    before = _week(existing.filter(valid_to=None))
    existing.filter(valid_from__gte=valid_from).delete()
    existing.filter(valid_to=None).update(valid_to=day_before(valid_from))
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
    after = _week(models.WeeklyHours.objects.filter(place=place, valid_from=valid_from))
    changed(
        ctx, "hours", f"{row.code} {valid_from.isoformat()}", row.name, before, after, place=place
    )
    bump("places")


def _week(rows: Any) -> dict[str, Any] | None:
    """A week as the change log keeps it: ``{"0": "09:00-17:00", "valid_from": …}``."""
    found: dict[str, Any] = {}
    for row in rows.order_by("weekday", "opens"):
        period = f"{row.opens:%H:%M}-{row.closes:%H:%M}"
        key = str(row.weekday)
        found[key] = f"{found[key]}, {period}" if key in found else period
        found["valid_from"] = row.valid_from.isoformat()
        found["include_branches"] = row.include_branches
    return found or None


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
    last_day: date | None = None,
    why: str = "",
    ctx: Context,
) -> int:
    """Name a day that departs from the week, or every day up to ``last_day`` (at most 400 of them);
    returns how many. A day already past is corrected only with ``places.edit_past`` and a ``why``."""
    row = allowed(place, ctx)
    until = last_day or day
    today = clock.business_date(ctx.occurred_at)
    reasons: list[Reason] = []
    if not reason.strip():
        reasons.append(stop("reason-missing"))
    elif len(reason.strip()) > 120:
        reasons.append(stop("text-too-long", field="reason", most=120))
    if opens and closes and opens >= closes:
        reasons.append(stop("hours-reversed", opens=str(opens), closes=str(closes)))
    if bool(opens) != bool(closes):
        reasons.append(stop("hours-half"))
    if not 0 <= (until - day).days < MOST_DAYS:
        reasons.append(stop("days-reversed", most=MOST_DAYS))
    if day < today:
        if not permitted(ctx, PAST, place):
            reasons.append(stop("past-day-kept", day=day.isoformat()))
        elif not why.strip():
            reasons.append(stop("past-day-without-why", day=day.isoformat()))
    if reasons:
        raise refuse(*reasons)
    values = {
        "open": open,
        "opens": opens,
        "closes": closes,
        "reason": reason.strip(),
        "include_branches": include_branches,
    }
    days = [day + timedelta(days=n) for n in range((until - day).days + 1)]
    known = models.CalendarDay.objects.filter(place=place, day__range=(day, until))
    before = {d.day: _named(d) for d in known}
    if open and day < today:
        _told_of_opened(place, day, min(until, today - timedelta(days=1)), include_branches, ctx)
    for each in days:
        models.CalendarDay.objects.update_or_create(place_id=place, day=each, defaults=values)
    for each in days:
        changed(
            ctx,
            "calendar-day",
            f"{row.code} {each.isoformat()}",
            row.name,
            before.get(each),
            values,
            place=place,
            why=why,
        )
    bump("places")
    return len(days)


def _told_of_opened(place: str, first: date, last: date, below: bool, ctx: Context) -> None:
    """Past days that were closed are about to be called open: ``places.past_days_opened`` lets
    whoever counts closed days keep them, with the facts ``place`` and ``days``."""
    for site in queries.subtree(place) if below else (queries.place(place),):
        calendar = queries.calendar(site.id, first, last)
        span = (last - first).days + 1
        days = tuple(
            day for n in range(span) if not calendar.is_open(day := first + timedelta(days=n))
        )
        if days:
            guards.tell("places.past_days_opened", ctx, place=site.id, days=days)


def _named(row: models.CalendarDay) -> dict[str, Any]:
    return {
        "open": row.open,
        "opens": row.opens,
        "closes": row.closes,
        "reason": row.reason,
        "include_branches": row.include_branches,
    }


@command("places.clear_day")
def clear_day(*, place: str, day: date, ctx: Context) -> None:
    """Take back a named day still to come. A past day stays (row D4)."""
    row = allowed(place, ctx)
    if day <= clock.business_date(ctx.occurred_at):
        raise refuse(stop("past-day-kept", day=day.isoformat()))
    found = models.CalendarDay.objects.filter(place=place, day=day).first()
    if found is None:
        return
    before = _named(found)
    models.CalendarDay.objects.filter(id=found.id).delete()
    subject = f"{row.code} {day.isoformat()}"
    changed(ctx, "calendar-day", subject, row.name, before, None, place=place)
    bump("places")
