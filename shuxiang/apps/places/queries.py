"""What others may ask about places. Frozen values only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django.db.models import Q

from shuxiang.apps.places import models
from shuxiang.apps.places.rules import HORIZON_DAYS, Day, Week
from shuxiang.apps.places.rules import Calendar as Calendar
from shuxiang.apps.places.settings import KNOWN
from shuxiang.runtime.revision import cached

KINDS = ("network", "main_library", "branch", "service_point")


@dataclass(frozen=True, slots=True)
class Place:
    id: str
    kind: str
    code: str
    name: str
    parent: str | None
    path: str
    library: str
    address: str = ""
    phone: str = ""

    @property
    def depth(self) -> int:
        """1 for the root."""
        return self.path.count("/") - 1

    def contains(self, other: Place) -> bool:
        """Whether ``other`` is this place or below it."""
        return other.path.startswith(self.path)


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A setting in force and the place that says it; None: the shipped default."""

    key: str
    value: Any
    origin: Place | None


@dataclass(frozen=True, slots=True)
class Location:
    id: str
    place: str
    code: str
    name: str
    open_stack: bool
    for_children: bool


class UnknownPlace(LookupError):
    """No place has that id or code."""


def _place(row: models.Place) -> Place:
    return Place(
        row.id,
        row.kind,
        row.code,
        row.name,
        row.parent_id,
        row.path,
        row.library,
        row.address,
        row.phone,
    )


@cached("places")
def all_places() -> tuple[Place, ...]:
    """Every place, parents before children, siblings in the library's order."""
    rows = [_place(p) for p in models.Place.objects.order_by("position", "code")]
    children: dict[str | None, list[Place]] = defaultdict(list)
    for row in rows:
        children[row.parent].append(row)
    ordered: list[Place] = []

    def walk(parent: str | None) -> None:
        for child in children[parent]:
            ordered.append(child)
            walk(child.id)

    walk(None)
    return tuple(ordered)


@cached("places")
def place(place_id: str) -> Place:
    """Raises UnknownPlace."""
    row = models.Place.objects.filter(id=place_id).first()
    if row is None:
        raise UnknownPlace(place_id)
    return _place(row)


@cached("places")
def place_by_code(code: str) -> Place:
    """Raises UnknownPlace."""
    row = models.Place.objects.filter(code=code).first()
    if row is None:
        raise UnknownPlace(code)
    return _place(row)


@cached("places")
def main_library() -> Place:
    """The first main library of the tree. Raises UnknownPlace on an empty database."""
    row = models.Place.objects.filter(kind="main_library").order_by("position", "code").first()
    if row is None:
        raise UnknownPlace("main_library")
    return _place(row)


@cached("places")
def subtree(place_id: str) -> tuple[Place, ...]:
    """The place and everything below it."""
    top = place(place_id)
    return tuple(p for p in all_places() if top.contains(p))


@cached("places")
def ancestors(of: Place) -> tuple[Place, ...]:
    """From the place itself up to the root."""
    codes = of.path.strip("/").split("/")
    rows = {p.code: _place(p) for p in models.Place.objects.filter(code__in=codes)}
    return tuple(rows[c] for c in reversed(codes))


@cached("places")
def setting(place_id: str, key: str) -> SettingValue:
    """The setting in force at a place: said there, else by the nearest place above, else shipped."""
    known = KNOWN[key]
    chain = ancestors(place(place_id))
    said = {
        s.place_id: s.value
        for s in models.Setting.objects.filter(key=key, place__in=[p.id for p in chain])
    }
    for at in chain:
        if at.id in said:
            return SettingValue(key, said[at.id], at)
    return SettingValue(key, known.default, None)


def locations(place_ids: Iterable[str] | None = None) -> tuple[Location, ...]:
    rows = models.Location.objects.order_by("code")
    if place_ids is not None:
        rows = rows.filter(place__in=list(place_ids))
    return tuple(
        Location(r.id, r.place_id, r.code, r.name, r.open_stack, r.for_children) for r in rows
    )


@cached("places")
def calendar(place_id: str, first: date, last: date) -> Calendar:
    """The calendar of one place, with named days and holidays from ``first`` to ``last`` plus the
    horizon of `Calendar.next_open`, so that a due date pushed over a long closure finds its day.

    A branch's own week counts while it is in force; before and after, the week above does."""
    chain = ancestors(place(place_id))
    until = last + timedelta(days=HORIZON_DAYS)
    own = Q(place=place_id)
    inherited = Q(place__in=[p.id for p in chain[1:]], include_branches=True)
    rank = {p.id: n for n, p in enumerate(chain)}
    hours: dict[int, list[models.WeeklyHours]] = defaultdict(list)
    for period in models.WeeklyHours.objects.filter(own | inherited):
        hours[rank[period.place_id]].append(period)
    named: dict[date, tuple[int, Day]] = {}
    for row in models.CalendarDay.objects.filter(own | inherited, day__range=(first, until)):
        day = Day(row.open, _hours(row.opens, row.closes), row.reason)
        if row.day not in named or rank[row.place_id] < named[row.day][0]:
            named[row.day] = (rank[row.place_id], day)
    holidays = models.Holiday.objects.filter(day__range=(first, until), working=False)
    return Calendar(
        weeks=tuple(week for _, rows in sorted(hours.items()) for week in _weeks(rows)),
        days={d: v for d, (_, v) in named.items()},
        holidays={h.day: h.name for h in holidays},
        open_on_holidays=bool(setting(place_id, "calendar.open_on_holidays").value),
    )


def _hours(opens: time | None, closes: time | None) -> tuple[tuple[time, time], ...]:
    return ((opens, closes),) if opens and closes else ()


def _weeks(rows: Iterable[models.WeeklyHours]) -> tuple[Week, ...]:
    periods: dict[tuple[date, date | None], dict[int, list[tuple[time, time]]]] = {}
    for row in rows:
        week = periods.setdefault((row.valid_from, row.valid_to), defaultdict(list))
        week[row.weekday].append((row.opens, row.closes))
    newest_first = sorted(periods.items(), key=lambda kv: kv[0][0], reverse=True)
    return tuple(
        Week({d: tuple(sorted(h)) for d, h in week.items()}, valid_from, valid_to)
        for (valid_from, valid_to), week in newest_first
    )


def holidays(year: int) -> tuple[tuple[date, str, bool], ...]:
    """(day, name, worked in exchange) of a year, in order."""
    rows = models.Holiday.objects.filter(day__year=year).order_by("day")
    return tuple((r.day, r.name, r.working) for r in rows)
