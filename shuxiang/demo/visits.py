"""What readers do: who comes, what they take, when and where they bring it back."""

from __future__ import annotations

import random
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate

from shuxiang.apps.places.queries import Calendar
from shuxiang.demo.desk import Desk, OpenLoan, Volume
from shuxiang.demo.people import Reader
from shuxiang.demo.sites import BRANCHES, MAIN
from shuxiang.kernel import clock

_GROUPS = ((1, 2, 3, 4), (35, 33, 20, 12))
PER_VISIT = 1.95
"""Loans a borrowing visit, refusals taken off."""
_DEMAND = 0.75
"""Exponent of Zipf's law over the titles in order of popularity."""
_NEAREST = {"tongyin": "xinghua", "station": MAIN}
_WAITING = timedelta(seconds=9)


@dataclass(slots=True)
class _Shelf:
    """Volumes at one place with the running sum of their demand."""

    volumes: list[Volume]
    sums: list[float]

    def pick(self, chance: random.Random, site: str, day: date) -> Volume | None:
        """A volume that stands there that day; None after a dozen looks in vain."""
        for _ in range(12):
            volume = self.volumes[bisect(self.sums, chance.random() * self.sums[-1])]
            if not volume.lent and volume.holder == site and volume.book.from_day <= day:
                return volume
        return None


@dataclass(slots=True)
class Visits:
    """The readers, and everything that is to happen on a later day because of what they did.

    ``late`` is the share of loans brought back after their due date.
    """

    desk: Desk
    chance: random.Random
    calendars: dict[str, Calendar]
    back: dict[date, list[OpenLoan]] = field(default_factory=lambda: defaultdict(list))
    renewing: dict[date, list[OpenLoan]] = field(default_factory=lambda: defaultdict(list))
    arriving: dict[date, list[Volume]] = field(default_factory=lambda: defaultdict(list))
    came: dict[tuple[str, date], float] = field(default_factory=lambda: defaultdict(float))
    readers: list[Reader] = field(default_factory=list)
    late: float = 0.08
    _by_home: dict[str, list[Reader]] = field(default_factory=lambda: defaultdict(list))
    _shelves: dict[tuple[str, bool], _Shelf] = field(default_factory=dict)

    def arrange(self, volumes: Iterable[Volume]) -> None:
        """Put the volumes that may be lent on shelves, children's books apart."""
        groups: dict[tuple[str, bool], list[Volume]] = defaultdict(list)
        for volume in volumes:
            if volume.copy.lendable:
                groups[volume.copy.site, volume.book.for_children].append(volume)
        for key, group in groups.items():
            # Among children's books the most wanted one is the first of them, whatever its rank.
            order = {rank: n for n, rank in enumerate(sorted({v.book.rank for v in group}))}
            demand = [(order[v.book.rank] + 8) ** -_DEMAND for v in group]
            self._shelves[key] = _Shelf(group, list(accumulate(demand)))

    def is_open(self, site: str, day: date) -> bool:
        return self.calendars[site].is_open(day)

    def join(self, reader: Reader, at: datetime) -> None:
        """办证."""
        self.desk.register(reader, at)
        self.readers.append(reader)
        self._by_home[reader.home].append(reader)
        self.came[reader.home, clock.business_date(at)] += 1.5

    def borrow(self, site: str, at: datetime) -> None:
        """A borrowing visit: one to four volumes, until the rules say no."""
        day = clock.business_date(at)
        self.came[site, day] += self.chance.uniform(2.4, 4.2)
        reader = self._borrower(site, day)
        if reader is None or (reader.expires_on < day and not self.desk.renew_card(reader, at)):
            return
        for _ in range(self.chance.choices(*_GROUPS)[0]):
            at += _WAITING
            shelf = self._shelf(site, reader)
            volume = shelf.pick(self.chance, site, day) if shelf else None
            if volume is None:
                continue
            loan = self.desk.lend(reader, volume, site, at)
            if loan is None:
                return
            self._decide(loan, day)

    def use(self, site: str, at: datetime) -> None:
        """A volume left on a table, scanned when it is put back."""
        shelf = self._shelves.get((site, self.chance.random() < 0.3))
        day = clock.business_date(at)
        volume = shelf.pick(self.chance, site, day) if shelf else None
        if volume is not None:
            self.desk.use_in_house(volume, site, at)
            self.came[site, day] += 0.6

    def bring_back(self, site: str, bundle: list[OpenLoan], at: datetime) -> None:
        day = clock.business_date(at)
        for loan in bundle:
            self.desk.take_back(loan, site, at)
            at += _WAITING
            if loan.volume.copy.site != site:
                arrives = day + timedelta(days=self.chance.randint(2, 5))
                self.arriving[arrives].append(loan.volume)

    def renew(self, loan: OpenLoan, at: datetime) -> None:
        """A renewed loan comes back later."""
        waiting = self.back[loan.back_on]
        if loan in waiting and self.desk.renew(loan, at):
            waiting.remove(loan)
            loan.back_on = loan.due_on - timedelta(days=self.chance.randint(1, 20))
            self.back[loan.back_on].append(loan)

    def lose(self, lost: list[Reader], at: datetime) -> None:
        """挂失; ``lost`` remembers whose card it was."""
        reader = self._without_loans(clock.business_date(at))
        if reader is not None:
            self.desk.lose_card(reader, at)
            self._leave(reader)
            lost.append(reader)

    def recover(self, lost: list[Reader], found: bool, at: datetime) -> None:
        """解挂 or 补证 of a card reported lost before."""
        for reader in lost:
            if found:
                self.desk.find_card(reader, at)
            else:
                self.desk.replace_card(reader, at)
            self.readers.append(reader)
            self._by_home[reader.home].append(reader)

    def close(self, at: datetime) -> None:
        """退证."""
        reader = self._without_loans(clock.business_date(at))
        if reader is not None:
            self.desk.close_account(reader, at)
            self._leave(reader)

    def returns(self, day: date) -> list[tuple[str, list[OpenLoan]]]:
        """What readers bring back that day: all that one reader brings, at one place, mostly where
        it was lent."""
        bundles: dict[str, list[OpenLoan]] = defaultdict(list)
        for loan in self.back.pop(day, ()):
            bundles[loan.reader.patron].append(loan)
        found = []
        for bundle in bundles.values():
            site = bundle[0].site
            if self.chance.random() < 0.16:
                site = self.chance.choice([s for s in (MAIN, *BRANCHES) if s != site])
            if not self.is_open(site, day):
                site = MAIN
            if self.is_open(site, day):
                found.append((site, bundle))
            else:
                for loan in bundle:
                    loan.back_on = day + timedelta(days=1)
                    self.back[loan.back_on].append(loan)
        return found

    def _leave(self, reader: Reader) -> None:
        self.readers.remove(reader)
        self._by_home[reader.home].remove(reader)

    def _borrower(self, site: str, day: date) -> Reader | None:
        """Who comes: mostly readers of the place, the keen ones most of all."""
        for _ in range(20):
            near = self._by_home[_NEAREST.get(site, site)]
            group = self.readers if not near or self.chance.random() < 0.25 else near
            if not group:
                return None
            reader = self.chance.choice(group)
            while self.chance.random() * 6 > reader.keenness:
                reader = self.chance.choice(group)
            if reader.expires_on >= day or self._comes_back(reader, day):
                return reader
        return None

    def _comes_back(self, reader: Reader, day: date) -> bool:
        """Whether a reader whose card has run out renews it; children grow out of theirs."""
        if reader.is_child and (day - reader.born_on).days >= 16 * 365:
            return False
        return self.is_open(MAIN, day) and self.chance.random() < 0.25

    def _without_loans(self, day: date) -> Reader | None:
        for _ in range(30):
            reader = self.chance.choice(self.readers)
            if not self.desk.held[reader.patron] and reader.expires_on >= day:
                return reader
        return None

    def _shelf(self, site: str, reader: Reader) -> _Shelf | None:
        """Where the reader looks: children mostly among their own books, parents there too."""
        among = self.chance.random() < (0.88 if reader.is_child else 0.12)
        return self._shelves.get((site, among)) or self._shelves.get((site, not among))

    def _decide(self, loan: OpenLoan, day: date) -> None:
        """What the reader will do with a loan: bring it back in time, late, or ask for more time."""
        term = (loan.due_on - day).days
        mood = self.chance.random()
        if mood < self.late:
            days = term + round(self.chance.triangular(1, 40, 4))
        elif mood < self.late + 0.32:
            days = max(1, term - self.chance.randint(0, 6))
        else:
            days = max(1, round(self.chance.triangular(2, term, term * 0.6)))
        loan.back_on = day + timedelta(days=days)
        self.back[loan.back_on].append(loan)
        if term * 0.6 < days <= term and self.chance.random() < 0.4:
            asks = min(loan.due_on - timedelta(days=1), loan.back_on - timedelta(days=1))
            self.renewing[asks].append(loan)
