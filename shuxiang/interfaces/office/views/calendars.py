"""Opening hours and calendars of places, and the table of public holidays."""

from __future__ import annotations

import calendar as months
import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.places import commands
from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Calendar, NamedDay, Place
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, day_field, press, time_field
from shuxiang.interfaces.office.pages import chosen_year, page
from shuxiang.interfaces.office.views.places import ACTION, site_or_answer
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id

PAST = "places.edit_past"
WEEKDAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
_PERIOD = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–—~～至到]\s*(\d{1,2})[:：](\d{2})")
_BETWEEN = re.compile(r"[,，、;；\s]*")


def periods(text: str) -> list[tuple[time, time]]:
    """``9:00-12:00, 14:00-17:30`` as pairs of times, in any usual punctuation; '' is closed.
    Raises ValidationError for anything else."""
    found = []
    for match in _PERIOD.finditer(text):
        opens, opens_at, closes, closes_at = (int(n) for n in match.groups())
        try:
            found.append((time(opens, opens_at), time(closes, closes_at)))
        except ValueError:
            raise forms.ValidationError(_("There is no such time: %s") % match[0]) from None
    if _BETWEEN.fullmatch(_PERIOD.sub("", text)) is None:
        raise forms.ValidationError(_("Write times as 9:00-12:00, 14:00-17:30."))
    return found


class PeriodsField(forms.CharField):
    """Opening periods of a weekday; empty when closed."""

    def clean(self, value: Any) -> Any:
        return periods(super().clean(value))


class WeekForm(KeyedForm):
    """Opening hours by weekday, from a day on."""

    valid_from = day_field(_("In force from"))
    include_branches = forms.BooleanField(label=_("Branches keep these hours too"), required=False)

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        for n, name in enumerate(WEEKDAYS):
            self.fields[f"day{n}"] = PeriodsField(label=name, required=False, max_length=80)

    @property
    def hours(self) -> dict[int, list[tuple[time, time]]]:
        """The periods of the weekdays that are open."""
        given = {n: self.cleaned_data[f"day{n}"] for n in range(7)}
        return {n: found for n, found in given.items() if found}


class DaysForm(KeyedForm):
    """Days that depart from the week: closed, or open at other hours."""

    day = day_field(_("First day"))
    last_day = day_field(_("Last day"), _("Left empty: that day alone."), required=False)
    open = forms.ChoiceField(
        label=_("On these days"),
        choices=(("closed", _("Closed")), ("open", _("Open"))),
        initial="closed",
        widget=forms.RadioSelect,
    )
    opens = time_field(_("Opens at"))
    closes = time_field(_("Closes at"))
    reason = forms.CharField(
        label=_("Reason"), max_length=120, help_text=_("Readers see it on the public pages.")
    )
    include_branches = forms.BooleanField(label=_("Branches too"), required=False)
    why = forms.CharField(
        label=_("Why it is corrected"),
        max_length=200,
        required=False,
        help_text=_("Only for days already past: opening days were counted from them."),
    )
    fields_of = {
        "reason-missing": "reason",
        "hours-half": "closes",
        "hours-reversed": "closes",
        "days-reversed": "last_day",
        "past-day-kept": "day",
        "past-day-without-why": "why",
    }


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the month as the calendar shows it. ``state`` is open or closed; ``named``: it departs
    from the week, said by ``origin`` ('' the place itself)."""

    day: date
    inside: bool
    today: bool
    past: bool
    state: str
    hours: str
    reason: str
    named: bool
    origin: str


def _words(hours: tuple[tuple[time, time], ...]) -> str:
    if hours == ((time.min, time.max),):
        return gettext("all day")
    return " ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in hours)


def _weeks(
    site: Place, calendar: Calendar, year: int, month: int, named: dict[date, NamedDay], today: date
) -> list[list[Cell]]:
    names = {p.id: p.name for p in places.all_places()}
    rows = []
    for week in months.Calendar().monthdatescalendar(year, month):
        cells = []
        for day in week:
            hours = calendar.hours(day)
            said = named.get(day)
            cells.append(
                Cell(
                    day,
                    day.month == month,
                    day == today,
                    day < today,
                    "open" if hours else "closed",
                    _words(hours) if hours else gettext("Closed"),
                    _reason(calendar, day, said),
                    said is not None,
                    names[said.place] if said and said.place != site.id else "",
                )
            )
        rows.append(cells)
    return rows


def _reason(calendar: Calendar, day: date, said: NamedDay | None) -> str:
    span = calendar.span(day)
    if span is not None and span.closed:
        return span.reason
    return said.reason if said else calendar.holidays.get(day, "")


def _month(text: str, today: date) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{4})-(\d{1,2})", text)
    if match and 1990 <= int(match[1]) < 2200 and 1 <= int(match[2]) <= 12:
        return int(match[1]), int(match[2])
    return today.year, today.month


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def month(request: HttpRequest, code: str) -> HttpResponse:
    """A month of a place; posting names days that depart from the week."""
    site = site_or_answer(request, code, ACTION)
    if isinstance(site, HttpResponse):
        return site
    today = clock.business_date(clock.now())
    if request.method == "POST":
        form = DaysForm(request.POST)
        if _named(request, site, form):
            day = form.cleaned_data["day"]
            return _to(code, day.year, day.month)
    else:
        form = DaysForm(initial={"day": max(today, _asked_day(request, today))})
    year, number = _month(request.GET.get("month", ""), today)
    return _month_page(request, site, year, number, form)


def _asked_day(request: HttpRequest, today: date) -> date:
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today


def _named(request: HttpRequest, site: Place, form: DaysForm) -> bool:
    def act(ctx: Any) -> int:
        given = form.cleaned_data
        return commands.set_day(
            place=site.id,
            day=given["day"],
            last_day=given["last_day"],
            open=given["open"] == "open",
            opens=given["opens"] if given["open"] == "open" else None,
            closes=given["closes"] if given["open"] == "open" else None,
            reason=given["reason"],
            include_branches=given["include_branches"],
            why=given["why"],
            ctx=ctx,
        )

    if not attempt(request, form, act):
        return False
    messages.success(request, gettext("The days are in the calendar."))
    return True


def _to(code: str, year: int, number: int) -> HttpResponse:
    address = reverse("office:calendar", args=[code])
    return HttpResponseRedirect(f"{address}?month={year}-{number:02d}")


def _month_page(
    request: HttpRequest, site: Place, year: int, number: int, form: DaysForm
) -> HttpResponse:
    today = clock.business_date(clock.now())
    first = date(year, number, 1)
    shown_from, shown_to = first - timedelta(days=7), first + timedelta(days=45)
    calendar = places.calendar(site.id, shown_from, shown_to)
    named = {d.day: d for d in places.named_days(site.id, shown_from, shown_to)}
    last = first + timedelta(days=months.monthrange(year, number)[1] - 1)
    coming = places.named_days(site.id, today, today + timedelta(days=365))
    before, after = first - timedelta(days=1), last + timedelta(days=1)
    names = {p.id: p.name for p in places.all_places()}
    context = {
        "site": site,
        "first": first,
        "weekdays": WEEKDAYS,
        "weeks": _weeks(site, calendar, year, number, named, today),
        "before": f"{before:%Y-%m}",
        "after": f"{after:%Y-%m}",
        "open_days": calendar.open_days(first, last),
        "days": (last - first).days + 1,
        "form": form,
        "coming": [
            (d, _words(((d.opens, d.closes),)) if d.opens and d.closes else "", names[d.place])
            for d in coming
        ],
        "today": today,
        "hours": [
            (said, names[said.place], [(WEEKDAYS[n], _words(h)) for n, h in _days(said.week)])
            for said in places.said_weeks(site.id)
        ],
        "may_past": may(request, PAST, site.id),
        "key": new_id(),
    }
    return page(request, "office/calendar.html", context, 422 if form.errors else 200)


def _days(week: Any) -> list[tuple[int, tuple[tuple[time, time], ...]]]:
    return [(n, week.hours[n]) for n in range(7) if n in week.hours]


@require_POST
@staff_required(ACTION)
def clear(request: HttpRequest, code: str) -> HttpResponse:
    """Take back a named day still to come."""
    site = site_or_answer(request, code, ACTION)
    if isinstance(site, HttpResponse):
        return site
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        return redirect("office:calendar", code=code)
    press(
        request,
        lambda ctx: commands.clear_day(place=site.id, day=day, ctx=ctx),
        gettext("That day follows the week again."),
    )
    return _to(code, day.year, day.month)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def hours(request: HttpRequest, code: str) -> HttpResponse:
    """Other opening hours from a day on."""
    site = site_or_answer(request, code, ACTION)
    if isinstance(site, HttpResponse):
        return site
    today = clock.business_date(clock.now())
    if request.method == "POST":
        form = WeekForm(request.POST)
        if attempt(
            request,
            form,
            lambda ctx: commands.set_week(
                place=site.id,
                hours=form.hours,
                valid_from=form.cleaned_data["valid_from"],
                include_branches=form.cleaned_data["include_branches"],
                ctx=ctx,
            ),
        ):
            messages.success(request, gettext("The opening hours are entered."))
            return redirect("office:calendar", code=code)
    else:
        form = WeekForm(initial=_usual(site, today))
    context = {"form": form, "site": site}
    return page(request, "office/hours.html", context, 422 if form.errors else 200)


def _usual(site: Place, today: date) -> dict[str, Any]:
    said = next((s for s in places.said_weeks(site.id) if s.week.in_force(today)), None)
    first: dict[str, Any] = {"valid_from": today}
    if said is not None:
        first["include_branches"] = said.include_branches and said.place == site.id
        for n, found in said.week.hours.items():
            first[f"day{n}"] = ", ".join(f"{o:%H:%M}-{c:%H:%M}" for o, c in found)
    return first


class HolidayForm(KeyedForm):
    """A public holiday, or a weekend day worked in exchange."""

    day = day_field(_("Day"))
    name = forms.CharField(label=_("Holiday"), max_length=40)
    working = forms.BooleanField(
        label=_("Worked in exchange"),
        required=False,
        help_text=_("A Saturday or Sunday on which offices work."),
    )


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def holidays(request: HttpRequest) -> HttpResponse:
    """The holidays of a year; posting enters one, takes one back or fills in a whole year."""
    if not may(request, ACTION, places.top().id):
        return render_error(request, 403)
    today = clock.business_date(clock.now())
    year = chosen_year(request, today.year)
    form = HolidayForm(request.POST if request.POST.get("act") == "enter" else None)
    if request.method == "POST" and _holiday(request, form, year):
        return HttpResponseRedirect(f"{reverse('office:holidays')}?year={year}")
    rows = places.holidays(year)
    context = {
        "form": form,
        "rows": [(day, name, working, day <= today) for day, name, working in rows],
        "year": year,
        "years": range(today.year + 2, today.year - 6, -1),
        "key": new_id(),
    }
    return page(request, "office/holidays.html", context, 422 if form.errors else 200)


def _holiday(request: HttpRequest, form: HolidayForm, year: int) -> bool:
    act = request.POST.get("act")
    if act == "remove":
        try:
            day = date.fromisoformat(request.POST.get("day", ""))
        except ValueError:
            return True
        press(
            request,
            lambda ctx: commands.remove_holiday(day=day, ctx=ctx),
            gettext("The day is out of the table."),
        )
        return True
    if act == "fill":
        press(
            request,
            lambda ctx: commands.seed_holidays(first_year=year, last_year=year, ctx=ctx),
            gettext("The known holidays of the year are in the table."),
        )
        return True
    if act == "enter" and attempt(
        request,
        form,
        lambda ctx: commands.set_holiday(
            day=form.cleaned_data["day"],
            name=form.cleaned_data["name"],
            working=form.cleaned_data["working"],
            ctx=ctx,
        ),
    ):
        messages.success(request, gettext("Saved."))
        return True
    return False
