"""What others may ask about places. Frozen values only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q

from shuxiang.apps.places import models
from shuxiang.apps.places.devices import Call as Call
from shuxiang.apps.places.devices import Device as Device
from shuxiang.apps.places.devices import call as call
from shuxiang.apps.places.devices import device as device
from shuxiang.apps.places.devices import device_by_login as device_by_login
from shuxiang.apps.places.devices import device_seal as device_seal
from shuxiang.apps.places.devices import device_secret_matches as device_secret_matches
from shuxiang.apps.places.devices import devices as devices
from shuxiang.apps.places.devices import open_calls as open_calls
from shuxiang.apps.places.phases import live_phases as live_phases
from shuxiang.apps.places.phases import phase as phase
from shuxiang.apps.places.phases import phases as phases
from shuxiang.apps.places.phases import spans as _spans
from shuxiang.apps.places.rules import HORIZON_DAYS, Day, Week, reaching
from shuxiang.apps.places.rules import Calendar as Calendar
from shuxiang.apps.places.rules import Departure as Departure
from shuxiang.apps.places.rules import Phase as Phase
from shuxiang.apps.places.rules import Standing as Standing
from shuxiang.apps.places.rules import departures as departures
from shuxiang.apps.places.rules import standing as standing
from shuxiang.apps.places.settings import KNOWN as KNOWN
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
    opened_on: date | None = None
    closed_on: date | None = None
    position: int = 0

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
        row.opened_on,
        row.closed_on,
        row.position,
    )


@cached("places")
def all_places() -> tuple[Place, ...]:
    """Every place of ours, parents before children, siblings in the library's order; no partners."""
    own = models.Place.objects.exclude(kind="partner")
    rows = [_place(p) for p in own.order_by("position", "code")]
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
def partners() -> tuple[Place, ...]:
    """Other libraries whose cards and books are met here."""
    rows = models.Place.objects.filter(kind="partner").order_by("position", "code")
    return tuple(_place(p) for p in rows)


def is_partner(library: str) -> bool:
    """Whether a library's id is that of a partner."""
    return any(p.id == library for p in partners())


@cached("places")
def main_library() -> Place:
    """The first main library of the tree. Raises UnknownPlace on an empty database."""
    row = models.Place.objects.filter(kind="main_library").order_by("position", "code").first()
    if row is None:
        raise UnknownPlace("main_library")
    return _place(row)


@cached("places")
def top() -> Place:
    """The smallest place that contains every main library: the main library itself where there is
    one, the network where there are several. What is the same everywhere (categories, roles, public
    holidays) is edited by who may do so there. Raises UnknownPlace on an empty database."""
    mains = [p for p in all_places() if p.kind == "main_library"]
    if len(mains) == 1:
        return mains[0]
    root = next((p for p in all_places() if p.parent is None), None)
    if root is None:
        raise UnknownPlace("root")
    return root


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
    holidays = models.Holiday.objects.filter(day__range=(first, until), working=False)
    return _calendar(
        [p.id for p in chain],
        models.WeeklyHours.objects.filter(own | inherited),
        models.CalendarDay.objects.filter(own | inherited, day__range=(first, until)),
        {h.day: h.name for h in holidays},
        bool(setting(place_id, "calendar.open_on_holidays").value),
    )


@cached("places")
def calendars(first: date, last: date) -> dict[str, Calendar]:
    """The `calendar` of every place by its id, in as many statements as one takes."""
    until = last + timedelta(days=HORIZON_DAYS)
    weeks = list(models.WeeklyHours.objects.all())
    days = list(models.CalendarDay.objects.filter(day__range=(first, until)))
    closed = models.Holiday.objects.filter(day__range=(first, until), working=False)
    holidays = {h.day: h.name for h in closed}
    key = "calendar.open_on_holidays"
    said = {s.place_id: bool(s.value) for s in models.Setting.objects.filter(key=key)}
    by_code = {p.code: p.id for p in all_places()}
    found = {}
    for site in all_places():
        chain = [by_code[code] for code in reversed(site.path.strip("/").split("/"))]
        found[site.id] = _calendar(
            chain,
            [w for w in weeks if _reaches(w, chain)],
            [d for d in days if _reaches(d, chain)],
            holidays,
            next((said[p] for p in chain if p in said), bool(KNOWN[key].default)),
        )
    return found


@cached("places")
def phases_at(place_id: str, on: date) -> tuple[Phase, ...]:
    """The operating phases in force at a place that day, the one that counts first."""
    chain = [p.id for p in ancestors(place(place_id))]
    return tuple(p for p in reaching(live_phases(), chain) if p.in_force(on))


def _reaches(row: models.WeeklyHours | models.CalendarDay, chain: list[str]) -> bool:
    return row.place_id == chain[0] or (row.include_branches and row.place_id in chain)


def _calendar(
    chain: list[str],
    weeks: Iterable[models.WeeklyHours],
    days: Iterable[models.CalendarDay],
    holidays: dict[date, str],
    open_on_holidays: bool,
) -> Calendar:
    rank = {place_id: n for n, place_id in enumerate(chain)}
    hours: dict[int, list[models.WeeklyHours]] = defaultdict(list)
    for period in weeks:
        hours[rank[period.place_id]].append(period)
    named: dict[date, tuple[int, Day]] = {}
    for row in days:
        day = Day(row.open, _hours(row.opens, row.closes), row.reason)
        if row.day not in named or rank[row.place_id] < named[row.day][0]:
            named[row.day] = (rank[row.place_id], day)
    return Calendar(
        weeks=tuple(week for _, rows in sorted(hours.items()) for week in _weeks(rows)),
        days={d: v for d, (_, v) in named.items()},
        holidays=holidays,
        open_on_holidays=open_on_holidays,
        spans=_spans(chain),
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


@dataclass(frozen=True, slots=True)
class AnnouncementView:
    """公告. ``places`` are the ids it is about, each with everything below; ``last_day`` None: until
    it is withdrawn."""

    id: str
    title: str
    text: str
    first_day: date
    last_day: date | None
    places: tuple[str, ...]
    account: str
    written_at: datetime
    changed_at: datetime | None

    def in_force(self, on: date) -> bool:
        """Whether readers see it that day."""
        return self.first_day <= on and (self.last_day is None or on <= self.last_day)


def _announcements(on: date | None, about: Iterable[str] | None) -> Any:
    rows = models.Announcement.objects.order_by("-first_day", "-id")
    if on is not None:
        rows = rows.filter(Q(last_day=None) | Q(last_day__gte=on), first_day__lte=on)
    if about is not None:
        rows = rows.filter(about_places__place__in=list(about)).distinct()
    return rows


def announcements(
    on: date | None = None,
    *,
    about: Iterable[str] | None = None,
    offset: int = 0,
    limit: int = 20,
) -> tuple[AnnouncementView, ...]:
    """Announcements in force on a day (None: all), of some places by id (None: of any), the newest
    first."""
    rows = _announcements(on, about).prefetch_related("about_places")[offset : offset + limit]
    return tuple(_announcement(row) for row in rows)


def count_announcements(on: date | None = None, *, about: Iterable[str] | None = None) -> int:
    """How many `announcements` there are."""
    return int(_announcements(on, about).count())


def announcement(announcement_id: str) -> AnnouncementView | None:
    found = models.Announcement.objects.prefetch_related("about_places")
    row = found.filter(id=announcement_id).first()
    return _announcement(row) if row else None


def _announcement(row: models.Announcement) -> AnnouncementView:
    return AnnouncementView(
        row.id,
        row.title,
        row.text,
        row.first_day,
        row.last_day,
        tuple(sorted(p.place_id for p in row.about_places.all())),
        row.account,
        row.written_at,
        row.changed_at,
    )


def page_texts(key: str) -> dict[str, str]:
    """The texts of a public page by the place whose words they are."""
    rows = models.PageText.objects.filter(key=key)
    return dict(rows.values_list("place", "text"))


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day that departs from the week, and the place that says so."""

    place: str
    day: date
    open: bool
    opens: time | None
    closes: time | None
    reason: str
    include_branches: bool


def named_days(place_id: str, first: date, last: date) -> tuple[NamedDay, ...]:
    """The named days that reach a place from ``first`` to ``last``, in order; of several on one day
    the one that counts."""
    rank = {p.id: n for n, p in enumerate(ancestors(place(place_id)))}
    rows = models.CalendarDay.objects.filter(
        Q(place=place_id) | Q(place__in=list(rank), include_branches=True),
        day__range=(first, last),
    )
    nearest: dict[date, models.CalendarDay] = {}
    for row in sorted(rows, key=lambda r: rank[r.place_id], reverse=True):
        nearest[row.day] = row
    return tuple(
        NamedDay(r.place_id, d, r.open, r.opens, r.closes, r.reason, r.include_branches)
        for d, r in sorted(nearest.items())
    )


@dataclass(frozen=True, slots=True)
class SaidWeek:
    """Opening hours that a place says itself, in force from a day on; ``valid_to`` None: for good."""

    place: str
    week: Week
    include_branches: bool


def said_weeks(place_id: str) -> tuple[SaidWeek, ...]:
    """The weeks that reach a place: its own first, then those from above, the newest first."""
    found: list[SaidWeek] = []
    for site in ancestors(place(place_id)):
        rows = list(models.WeeklyHours.objects.filter(place=site.id))
        if site.id != place_id:
            rows = [r for r in rows if r.include_branches]
        reaching = {r.valid_from for r in rows if r.include_branches}
        found += [SaidWeek(site.id, w, w.valid_from in reaching) for w in _weeks(rows)]
    return tuple(found)
