"""The first page: search, new books, what is borrowed most, classes, the library's sites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import TitleView
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Place
from shuxiang.formats import clc
from shuxiang.interfaces.common import finding
from shuxiang.kernel import clock

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Site:
    """A place readers can go to, with today's opening periods; ``why`` it is closed, if named.
    ``always`` is for places that keep no hours."""

    place: Place
    hours: tuple[tuple[time, time], ...]
    why: str
    always: bool


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The portal's home page."""
    today = clock.business_date(clock.now())
    newest = finding.ask("", {}, sort="newest", size=SHOWN)
    borrowed = finding.ask("", {}, sort="loans", size=SHOWN)
    views = catalog.titles((*newest.ids, *borrowed.ids))
    loans = circulation.loans_by_title(borrowed.ids)
    return render(
        request,
        "portal/home.html",
        {
            "newest": _existing(views, newest.ids),
            "borrowed": [t for t in _existing(views, borrowed.ids) if loans.get(t.id)],
            "classes": [top for top, _ in clc.tree()],
            "sites": [_site(p, today) for p in places.all_places() if p.kind != "network"],
            "today": today,
        },
    )


def _existing(views: dict[str, TitleView], ids: tuple[str, ...]) -> list[TitleView]:
    return [views[i] for i in ids if i in views]


def _site(place: Place, today: date) -> Site:
    calendar = places.calendar(place.id, today, today)
    hours = calendar.hours(today)
    return Site(place, hours, calendar.why_closed(today), hours == ((time.min, time.max),))
