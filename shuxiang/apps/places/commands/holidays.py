"""The table of public holidays, for the whole installation."""

from __future__ import annotations

from datetime import date

from shuxiang.apps.places import models, queries
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.revision import bump

KIND = "holiday"


@command("places.set_holiday")
def set_holiday(*, day: date, name: str, working: bool = False, ctx: Context) -> None:
    """Enter or correct one day of the public holiday table, by who edits places of the whole tree."""
    require(ctx, "places.edit", queries.top().id)
    if not name.strip():
        raise refuse(stop("name-missing"))
    if len(name.strip()) > 40:
        raise refuse(stop("text-too-long", field="name", most=40))
    row = models.Holiday.objects.filter(day=day).first()
    before = {"name": row.name, "working": row.working} if row else None
    after = {"name": name.strip(), "working": working}
    models.Holiday.objects.update_or_create(day=day, defaults=after)
    changed(ctx, KIND, day.isoformat(), name.strip(), before, after)
    bump("places")


@command("places.remove_holiday")
def remove_holiday(*, day: date, ctx: Context) -> None:
    """Take a day out of the table. A day already past stays: opening days were counted from it."""
    require(ctx, "places.edit", queries.top().id)
    row = models.Holiday.objects.filter(day=day).first()
    if row is None:
        return
    if day <= clock.business_date(ctx.occurred_at):
        raise refuse(stop("past-day-kept", day=day.isoformat()))
    before = {"name": row.name, "working": row.working}
    models.Holiday.objects.filter(day=day).delete()
    changed(ctx, KIND, day.isoformat(), row.name, before, None)
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
    if rows:
        years = f"{first_year}-{last_year}"
        changed(ctx, KIND, years, years, None, {"rows": len(rows)}, action="seeded")
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
