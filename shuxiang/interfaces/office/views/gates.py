"""Gates: people inside now, counts by door, day and hour beside those entered by hand, what needs a
person's eye; and the pad to count by hand at a door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Place
from shuxiang.apps.visits import commands
from shuxiang.apps.visits import queries as visits
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, press
from shuxiang.interfaces.office.pages import chosen_place, page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.statistics import commands as statistics
from shuxiang.statistics import queries as counts
from shuxiang.statistics.queries import EntryView

ACTION = "statistics.enter_visits"
PAD = "visits.count"
SILENT_DAYS = 30
KINDS: dict[str, str | Promise] = {
    "other-content": _("The same number with other content"),
    "in-future": _("A time still to come"),
    "too-old": _("Older than passes are kept"),
}
DIRECTIONS: dict[str, str | Promise] = {"in": _("in"), "out": _("out"), "any": _("either way")}


class CorrectForm(KeyedForm):
    """Another number of people for a door's day."""

    number = forms.IntegerField(
        label=_("Right number"),
        min_value=0,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    estimate = forms.BooleanField(
        label=_("It is an estimate: the gate was out of order"), required=False
    )
    why = forms.CharField(label=_("Why it is corrected"), max_length=200)
    fields_of = {
        "number-unchanged": "number",
        "number-out-of-range": "number",
        "why-missing": "why",
    }


@dataclass(frozen=True, slots=True)
class Inside:
    """A site's live figure; ``old``: nobody has passed for half an hour."""

    place: Place
    live: visits.Live
    old: bool


def inside(found: Sequence[visits.Live], now: datetime) -> list[Inside]:
    """Live figures with the age of their data."""
    return [
        Inside(places.place(x.place), x, x.as_of is None or now - x.as_of > visits.FRESH)
        for x in found
    ]


@dataclass(frozen=True, slots=True)
class Day:
    """A site's day: what each door counted, what was entered by hand, and which of it counts."""

    day: date
    place: Place
    doors: list[tuple[str, visits.DayView]]
    entered: list[EntryView]
    by_hand: bool


@require_safe
@staff_required(ACTION)
def gates(request: HttpRequest) -> HttpResponse:
    """The gates of a site and of those below it, in a month."""
    sites = permitted_places(request, ACTION)
    try:
        site = chosen_place(request, sites)
    except LookupError:
        return render_error(request, 403)
    now = clock.now()
    today = clock.business_date(now)
    first, last = _month(request.GET.get("month", ""), today)
    below = [p.id for p in places.subtree(site.id)]
    names = {d.id: d.name for d in places.devices(below)}
    names[visits.BY_HAND] = gettext("Counted by hand")
    ctx = acting(request, channel="office")
    hours = [(site, _hours(site, today)) for site in map(places.place, below)]
    context = {
        "sites": sites,
        "site": site,
        "month": f"{first:%Y-%m}",
        "inside": inside(visits.live(below, ctx), now),
        "doors": [
            (d, places.place(d.place).name, _state(d, now))
            for d in visits.doors(below, today, silent_since=today - timedelta(days=SILENT_DAYS))
        ],
        "hours": [(at, rows) for at, rows in hours if rows],
        "days": _days(below, first, last, names),
        "conflicts": [
            (c, places.place(c.place).name, names.get(c.door, c.door), KINDS[c.kind])
            for c in visits.conflicts(below)
        ],
        "directions": DIRECTIONS,
        "drifts": [
            (z, places.place(z.place).name)
            for z in visits.zeroings(below, today - timedelta(days=SILENT_DAYS))
        ],
        "corrections": [
            (c, places.place(c.place).name, names.get(c.door, c.door))
            for c in visits.corrections(below, first, last)
        ],
        "may_count": may(request, PAD, site.id),
        "key": new_id(),
    }
    return page(request, "office/gates.html", context)


def _month(text: str, today: date) -> tuple[date, date]:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = today.replace(day=1)
    return first, clock.add_months(first, 1) - timedelta(days=1)


def _state(door: visits.DoorView, now: datetime) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if not door.active:
        return [("muted", gettext("Switched off"))]
    if door.last_seen_at is None:
        return [("notice", gettext("Never heard of yet"))]
    if door.clock_wrong:
        minutes = round(door.offset_seconds / 60)
        text = gettext("Its clock is wrong by %(n)s minutes") % {"n": abs(minutes)}
        found.append(("notice", text))
    if door.silent:
        text = gettext("Silent on %(days)s")
        days = "、".join(f"{d:%m-%d}" for d in door.silent[-3:])
        found.append(("refused", text % {"days": days}))
    return found or [("ok", gettext("Working"))]


def _hours(site: Place, day: date) -> list[tuple[int, int, int]]:
    found: dict[int, list[int]] = {}
    for row in visits.hour_counts(site.id, day):
        sums = found.setdefault(row.hour, [0, 0])
        sums[0] += row.ins + (row.eithers + 1) // 2
        sums[1] += row.outs
    return [(hour, ins, outs) for hour, (ins, outs) in sorted(found.items())]


def _days(below: Sequence[str], first: date, last: date, names: dict[str, str]) -> list[Day]:
    doors: dict[tuple[date, str], list[tuple[str, visits.DayView]]] = {}
    for row in visits.day_counts(below, first, last):
        at = doors.setdefault((row.day, row.place), [])
        at.append((names.get(row.door, row.door), row))
    entered: dict[tuple[date, str], list[EntryView]] = {}
    for entry in counts.entries(tuple(below), first, last):
        if entry.standing:
            entered.setdefault((entry.first_day, entry.place), []).append(entry)
    found = [
        Day(
            day,
            places.place(place),
            doors.get((day, place), []),
            entered.get((day, place), []),
            counts.entered_whole(place, day),
        )
        for day, place in {*doors, *entered}
    ]
    return sorted(found, key=lambda d: (d.day, d.place.path), reverse=True)


@require_http_methods(["GET", "POST"])
@staff_required()
def correct(request: HttpRequest, code: str, door: str, day: str) -> HttpResponse:
    """Correct a door's day; what it counted stays to be seen."""
    try:
        site, on = places.place_by_code(code), date.fromisoformat(day)
    except (places.UnknownPlace, ValueError):
        raise Http404 from None
    if not may(request, ACTION, site.id):
        return render_error(request, 403)
    row = visits.day_count(site.id, door, on)
    device = places.device(door)
    if row is None and (device is None or device.place != site.id):
        raise Http404
    form = CorrectForm(request.POST or None, initial={"number": row.number if row else None})

    def act(ctx: Context) -> None:
        given = form.cleaned_data
        statistics.correct_door(
            place=site.id,
            door=door,
            day=on,
            number=given["number"],
            why=given["why"],
            estimate=given["estimate"],
            ctx=ctx,
        )

    if request.method == "POST" and attempt(request, form, act):
        messages.success(request, gettext("The count was corrected; what the gate said is kept."))
        query = urlencode({"place": site.code, "month": f"{on:%Y-%m}"})
        return HttpResponseRedirect(f"{reverse('office:gates')}?{query}")
    context = {
        "form": form,
        "site": site,
        "day": on,
        "row": row,
        "door": device.name if device else gettext("Counted by hand"),
    }
    return page(request, "office/gate_correct.html", context, 422 if form.errors else 200)


@require_POST
@staff_required()
def settle(request: HttpRequest, conflict_id: str) -> HttpResponse:
    """Say that a conflict was looked at, and what came of it."""
    found = visits.conflict(conflict_id)
    if found is None:
        raise Http404
    if not may(request, ACTION, found.place):
        return render_error(request, 403)

    def act(ctx: Context) -> None:
        commands.settle_conflict(conflict=conflict_id, why=request.POST.get("why", ""), ctx=ctx)

    press(request, act, gettext("Settled."))
    query = urlencode({"place": places.place(found.place).code})
    return HttpResponseRedirect(f"{reverse('office:gates')}?{query}")


@require_http_methods(["GET", "POST"])
@staff_required()
def pad(request: HttpRequest) -> HttpResponse:
    """One in, one out: two large buttons for whoever stands at a door, on a phone too."""
    sites = permitted_places(request, PAD)
    try:
        site = chosen_place(request, sites)
    except LookupError:
        return render_error(request, 403)
    if request.method == "POST":
        direction = request.POST.get("direction", "")
        typed = request.POST.get("count", "1")
        count = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 0

        def act(ctx: Context) -> None:
            # Whoever walks about with the pad counts for the site chosen on it.
            there = replace(ctx, service_point=site.id)
            commands.count_by_hand(direction=direction, count=count, ctx=there)

        words = {"in": gettext("Counted: %(n)s in."), "out": gettext("Counted: %(n)s out.")}
        press(request, act, words.get(direction, "%(n)s") % {"n": count})
        return HttpResponseRedirect(f"{reverse('office:pad')}?{urlencode({'place': site.code})}")
    now = clock.now()
    live = visits.live((site.id,), acting(request, channel="office"))
    context = {
        "sites": sites,
        "site": site,
        "inside": inside(live, now)[0] if live else None,
        "key": new_id(),
    }
    return page(request, "office/pad.html", context)
