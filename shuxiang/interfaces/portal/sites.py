"""Sites as readers see them: hours of the week, open or closed now, closings ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Departure, Place, Standing
from shuxiang.apps.visits import queries as visits
from shuxiang.apps.visits.queries import Live
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context

AHEAD_DAYS = 14
"""Closings are announced for this many days, today included."""


@dataclass(frozen=True, slots=True)
class SiteDay:
    """A day of the week shown; ``why`` it is closed or has other hours than usual, '' for neither."""

    day: date
    hours: tuple[tuple[time, time], ...]
    why: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place readers go to; ``text`` is what it says of itself, ``inside`` how
    many are there now, where people are counted and it is shown."""

    place: Place
    standing: Standing
    week: tuple[SiteDay, ...]
    text: str = ""
    inside: Live | None = None

    @property
    def today(self) -> SiteDay:
        return self.week[0]


def sites(at: datetime) -> tuple[Site, ...]:
    """Every site with the seven days from today, in as many statements whatever their number."""
    local = clock.local(at).replace(tzinfo=None)
    today = local.date()
    calendars = places.calendars(today, today + timedelta(days=6))
    texts = places.page_texts("about")
    main = places.main_library().id
    inside = _inside(at)
    found = []
    for place in places.all_places():
        if place.kind == "network":
            continue
        calendar = calendars[place.id]
        week = tuple(
            SiteDay(day, calendar.hours(day), _why(calendar, day))
            for day in (today + timedelta(days=n) for n in range(7))
        )
        # The library's own text stands on its page, which is longer than a list bears.
        said = "" if place.id == main else texts.get(place.id, "")
        found.append(
            Site(place, places.standing(calendar, local), week, said, inside.get(place.id))
        )
    return tuple(found)


def _inside(at: datetime) -> dict[str, Live]:
    ids = [p.id for p in places.all_places() if p.kind != "network"]
    shown = [p for p in ids if places.setting(p, "visits.public").value]
    ctx = Context(actor=SYSTEM, channel="portal", service_point="", occurred_at=at)
    return {x.place: x for x in visits.live(shown, ctx) if x.as_of is not None}


def _why(calendar: places.Calendar, day: date) -> str:
    named, span = calendar.days.get(day), calendar.span(day)
    if named is not None and not (span is not None and span.closed):
        return named.reason
    return "" if calendar.is_open(day) else calendar.why_closed(day)


@dataclass(frozen=True, slots=True)
class Ahead:
    """A closing or other hours to come, with the sites concerned; ``all`` of them: none is named."""

    departure: Departure
    sites: tuple[Place, ...]
    everywhere: bool


def ahead(at: datetime) -> tuple[Ahead, ...]:
    """What departs from the week within `AHEAD_DAYS`, the next first."""
    today = clock.business_date(at)
    last = today + timedelta(days=AHEAD_DAYS - 1)
    calendars = places.calendars(today, last)
    concerned: dict[Departure, list[Place]] = {}
    every = [p for p in places.all_places() if p.kind != "network"]
    for place in every:
        for departure in places.departures(calendars[place.id], today, last):
            concerned.setdefault(departure, []).append(place)
    found = sorted(concerned.items(), key=lambda kv: (kv[0].first, kv[0].last))
    return tuple(Ahead(d, tuple(p), len(p) == len(every)) for d, p in found)
