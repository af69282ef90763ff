"""The years of the demo library: readers register over time; 2019, 2020 and the last sixty days
before today are played day by day."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial

from shuxiang.apps.places import queries as places
from shuxiang.demo import people
from shuxiang.demo.desk import Desk
from shuxiang.demo.people import Reader
from shuxiang.demo.sites import MAIN, POINTS, SITES
from shuxiang.demo.visits import PER_VISIT, Visits
from shuxiang.kernel import clock
from shuxiang.statistics import commands as statistics

RECENT_DAYS = 60
_FIRST_READERS = date(2015, 6, 1)

_SHARES = {
    MAIN: 0.57,
    "xinghua": 0.11,
    "zhenxi": 0.09,
    "liaowan": 0.07,
    "wangzhi": 0.07,
    "tongyin": 0.03,
    "station": 0.06,
}
_SEASONS = {
    2019: (0.9, 0.7, 0.95, 1.0, 1.0, 1.0, 1.35, 1.4, 0.95, 1.0, 1.0, 0.95),
    2020: (0.85, 0.0, 0.35, 0.45, 0.6, 0.85, 1.3, 1.35, 0.9, 1.0, 1.0, 0.95),
}
"""How lively each month of the years played was."""
_WEEKDAYS = (0.8, 0.8, 0.85, 0.85, 1.1, 1.8, 1.7)

Progress = Callable[[int, int], None]
Act = Callable[[datetime], None]
Planned = dict[date, list[tuple[str, Act]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is played."""

    readers_before: int = 340
    readers_2019: int = 130
    readers_2020: int = 90
    readers_since: int = 240
    loans_2019: int = 2250
    loans_2020: int = 1950
    uses_2019: int = 650
    uses_2020: int = 560
    recent_loans: int = 820
    recent_uses: int = 200
    lost_cards: int = 9
    closed_accounts: int = 4

    def scaled(self, scale: float) -> Sizes:
        """The same, smaller; at least one of each."""
        return Sizes(
            **{
                name: max(round(getattr(self, name) * scale), 1)
                for name in self.__dataclass_fields__
            }
        )


@dataclass(slots=True)
class Years:
    """Plays the years through the desk. ``today`` itself is left to whoever tries the demo."""

    desk: Desk
    today: date
    sizes: Sizes
    progress: Progress
    chance: random.Random
    visits: Visits = field(init=False)
    _joining: dict[date, list[Reader]] = field(init=False)

    def __post_init__(self) -> None:
        calendars = {
            site: places.calendar(self.desk.opened.places[site], _FIRST_READERS, self.today)
            for site in SITES
        }
        self.visits = Visits(self.desk, self.chance, calendars)
        self.visits.arrange(self.desk.volumes.values())
        self._joining = self._registrations()

    def play(self) -> None:
        sizes = self.sizes
        done = 0
        day = _FIRST_READERS
        for first, last, loans, uses in (
            (date(2019, 1, 1), date(2019, 12, 31), sizes.loans_2019, sizes.uses_2019),
            (date(2020, 1, 1), date(2020, 12, 31), sizes.loans_2020, sizes.uses_2020),
            (
                self.today - timedelta(days=RECENT_DAYS),
                self.today - timedelta(days=1),
                sizes.recent_loans,
                sizes.recent_uses,
            ),
        ):
            self._between(day, first)
            # Few of the recent loans can be overdue yet; the desk is to see some.
            self.visits.late = 0.2 if first.year > 2020 else 0.08
            days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
            planned = self._demand(days, loans, uses)
            self._add_card_acts(planned, days)
            for day in days:
                done += 1
                self._play_day(day, planned.get(day, ()))
                self._count_gates(day, last)
                self.progress(done, 365 + 366 + RECENT_DAYS)
            day = last + timedelta(days=1)

    def demo_cards(self) -> list[tuple[str, str]]:
        """Three cards to try, with what kind of reader holds them."""
        held = self.desk.held
        fresh = [r for r in self.visits.readers if r.expires_on > self.today + timedelta(days=90)]
        kinds = {
            "成人，有在借": [r for r in fresh if r.category == "adult" and 0 < held[r.patron] < 5],
            "少儿，有在借": [r for r in fresh if r.is_child and 0 < held[r.patron] < 3],
            "成人，无在借": [r for r in fresh if r.category == "adult" and not held[r.patron]],
        }
        return [(group[-1].number, kind) for kind, group in kinds.items() if group]

    def _registrations(self) -> dict[date, list[Reader]]:
        sizes = self.sizes
        days = [
            *self._days(_FIRST_READERS, date(2018, 12, 31), sizes.readers_before),
            *self._days(date(2019, 1, 1), date(2019, 12, 31), sizes.readers_2019),
            *self._days(date(2020, 1, 1), date(2020, 12, 31), sizes.readers_2020),
            *self._days(date(2021, 1, 1), self.today - timedelta(days=1), sizes.readers_since),
        ]
        joining: dict[date, list[Reader]] = defaultdict(list)
        for reader in people.readers(sorted(days), self.chance):
            joining[reader.joined_on].append(reader)
        return joining

    def _days(self, first: date, last: date, count: int) -> Iterator[tuple[date, str]]:
        """Days and places of registration: by the seasons of the years played, after them the more
        the later."""
        span = (last - first).days
        while count:
            share = self.chance.random() ** (0.5 if first.year > 2020 else 1)
            day = first + timedelta(days=round(span * share))
            home = people.home_of(self.chance)
            if self.chance.random() * 1.4 < _season(day) and self.visits.is_open(home, day):
                count -= 1
                yield day, home

    def _demand(self, days: Sequence[date], loans: int, uses: int) -> Planned:
        """Borrowing visits and in-house uses spread over days and places by season, weekday and
        how much a place is frequented."""
        weights: dict[tuple[date, str], float] = {}
        for day in days:
            for site in SITES:
                if self.visits.is_open(site, day):
                    weights[day, site] = _season(day) * _WEEKDAYS[day.weekday()] * _SHARES[site]
        total = sum(weights.values())
        planned: Planned = defaultdict(list)
        for (day, site), weight in weights.items():
            share = weight / total
            for _ in range(self._about(loans / PER_VISIT * share)):
                planned[day].append((site, partial(self.visits.borrow, site)))
            for _ in range(0 if site in POINTS else self._about(uses * share)):
                planned[day].append((site, partial(self.visits.use, site)))
        return planned

    def _about(self, expected: float) -> int:
        return int(expected + self.chance.random())

    def _add_card_acts(self, planned: Planned, played: Sequence[date]) -> None:
        """Lost, found and replaced cards and closed accounts, so many a year, at the main library."""
        days = [d for d in played if self.visits.is_open(MAIN, d)]
        share = len(played) / 366
        for number in range(self._about(self.sizes.lost_cards * share)):
            first, second = sorted(self.chance.sample(days, 2))
            lost: list[Reader] = []
            planned[first].append((MAIN, partial(self.visits.lose, lost)))
            again = partial(self.visits.recover, lost, number % 4 == 3)
            planned[second].append((MAIN, again))
        for _ in range(self._about(self.sizes.closed_accounts * share)):
            planned[self.chance.choice(days)].append((MAIN, self.visits.close))

    def _between(self, first: date, after: date) -> None:
        """Days on which readers register and bring back, but which are not played otherwise."""
        visits = self.visits
        day = first
        while day < after:
            pending = (self._joining, visits.back, visits.arriving, visits.renewing)
            if any(day in each for each in pending):
                self._play_day(day, ())
            day += timedelta(days=1)

    def _play_day(self, day: date, planned: Sequence[tuple[str, Act]]) -> None:
        """Everything of one day in the order of the clock."""
        visits = self.visits
        acts = list(planned)
        acts += [(r.home, partial(visits.join, r)) for r in self._joining.pop(day, ())]
        for volume in visits.arriving.pop(day, ()):
            if visits.is_open(volume.copy.site, day):
                acts.append((volume.copy.site, partial(self.desk.bring_home, volume)))
            else:
                visits.arriving[day + timedelta(days=1)].append(volume)
        for loan in visits.renewing.pop(day, ()):
            if visits.is_open(loan.site, day):
                acts.append((loan.site, partial(visits.renew, loan)))
        for site, bundle in visits.returns(day):
            acts.append((site, partial(visits.bring_back, site, bundle)))
        timed = [(self._moment(site, day), n, act) for n, (site, act) in enumerate(acts)]
        for moment, _, act in sorted(timed, key=lambda t: t[:2]):
            act(moment)

    def _moment(self, site: str, day: date) -> datetime:
        """Some moment while the place is open."""
        opens, closes = self.chance.choice(self.visits.calendars[site].hours(day))
        first, last = (t.hour * 3600 + t.minute * 60 for t in (opens, closes))
        second = self.chance.randint(first + 120, last - 900)
        return clock.at_local(day, time(second // 3600, second % 3600 // 60, second % 60))

    def _count_gates(self, day: date, last: date) -> None:
        """Gate counts at the end of a month, of counters at the larger doors and of sheets at the
        others; the month that still runs is entered by day, at the main library."""
        if (day + timedelta(days=1)).day == 1:
            days = [day.replace(day=n) for n in range(1, day.day + 1)]
            for site in SITES:
                source = "device" if site in (MAIN, "station") else "manual"
                if site == "tongyin" and day.month == 8:
                    source = "estimate"
                self._count(site, days, source, whole_month=True)
        elif day == last:
            for number in range(1, day.day + 1):
                self._count(MAIN, [day.replace(day=number)], "device", whole_month=False)

    def _count(self, site: str, days: Sequence[date], source: str, *, whole_month: bool) -> None:
        number = round(sum(self.visits.came.pop((site, d), 0) for d in days))
        if not number:
            return
        last = days[-1]
        statistics.enter_visits(
            place=self.desk.opened.places[site],
            day=last,
            number=number,
            source=source,
            whole_month=whole_month,
            note="登记本缺页，按前两周推算" if source == "estimate" else "",
            ctx=self.desk.context(site, clock.at_local(last, time(22, 10))),
        )
        self.desk.tally.add("visits", site, last, number)


def _season(day: date) -> float:
    return _SEASONS[day.year][day.month - 1] if day.year in _SEASONS else 1.0
