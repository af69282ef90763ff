"""Titles as result lists show them: with their items and where one stands now.

Availability is asked of the database for the titles shown, in a fixed number of statements however
many they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import TitleView
from shuxiang.apps.catalog.queries.listing import is_id as is_id
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.queries import ItemView
from shuxiang.kernel import clock


@dataclass(frozen=True, slots=True)
class Copy:
    """An item and, where it is on loan, the day it is due; where it came back and still lies in
    quarantine, until when. ``moving_to`` is the place it is on its way to; ``reserved``: it stands
    on a hold shelf."""

    item: ItemView
    due_on: date | None = None
    aside_until: datetime | None = None
    moving_to: str = ""
    reserved: bool = False

    @property
    def here(self) -> bool:
        """Whether it stands on its shelf now."""
        free = self.due_on is None and self.aside_until is None
        free = free and not self.moving_to and not self.reserved
        return self.item.status == "available" and free

    @property
    def lendable(self) -> bool:
        """Whether a reader can take it home now."""
        return self.here and self.item.lendable


@dataclass(frozen=True, slots=True)
class Standing:
    """How many copies of a title a place has (``total``), and how many stand there now."""

    place: str
    name: str
    here: int
    total: int


@dataclass(frozen=True, slots=True)
class Found:
    """A title with its copies, in shelf order; withdrawn ones are left out."""

    title: TitleView
    copies: tuple[Copy, ...]
    standings: tuple[Standing, ...]

    @property
    def call_number(self) -> str:
        return next((c.item.call_number for c in self.copies if c.item.call_number), "")

    @property
    def here(self) -> int:
        return sum(s.here for s in self.standings)

    @property
    def total(self) -> int:
        return len(self.copies)

    @property
    def available(self) -> int:
        """Copies that a reader can borrow now."""
        return sum(c.lendable for c in self.copies)

    @property
    def next_due(self) -> date | None:
        """When the first copy on loan is due."""
        return min((c.due_on for c in self.copies if c.due_on), default=None)


def found(ids: Iterable[str], *, first: Iterable[str] = ()) -> tuple[Found, ...]:
    """The titles that exist, in the order given; a merged title is left out. Copies count where
    they stand (the holder). ``first`` are ids of places to list before the others."""
    wanted = list(ids)
    titles = catalog.titles(wanted)
    copies = copies_of(titles)
    order = _order(first)
    return tuple(
        Found(titles[id_], copies.get(id_, ()), standings(copies.get(id_, ()), order))
        for id_ in wanted
        if id_ in titles and titles[id_].alias_of is None
    )


def copies_of(titles: Iterable[str]) -> dict[str, tuple[Copy, ...]]:
    """The copies of titles and where they are now, in five statements."""
    items = stock.items_of(titles)
    ids = [i.id for rows in items.values() for i in rows]
    due = circulation.due_by_item(ids)
    aside = circulation.quarantined([i for i in ids if i not in due], clock.now())
    moving = circulation.transits_of(ids)
    held = circulation.set_aside(ids)

    def copy(item: ItemView) -> Copy:
        way = moving.get(item.id)
        return Copy(
            item,
            due.get(item.id),
            aside.get(item.id),
            way.destination if way else "",
            way is None and item.id in held,
        )

    return {title: tuple(map(copy, rows)) for title, rows in items.items()}


def standings(copies: Iterable[Copy], order: Mapping[str, tuple[int, str]]) -> tuple[Standing, ...]:
    """Copies by the place they stand at, in the order of places given."""
    here: dict[str, int] = {}
    total: dict[str, int] = {}
    for copy in copies:
        at = copy.item.holder
        total[at] = total.get(at, 0) + 1
        here[at] = here.get(at, 0) + copy.here
    unknown = (len(order), "")
    return tuple(
        Standing(at, order.get(at, unknown)[1], here[at], total[at])
        for at in sorted(total, key=lambda at: order.get(at, unknown))
    )


def _order(first: Iterable[str]) -> dict[str, tuple[int, str]]:
    ahead = set(first)
    rows = sorted(places.all_places(), key=lambda p: p.id not in ahead)
    return {p.id: (n, p.name) for n, p in enumerate(rows)}


def standings_of(copies: Iterable[Copy]) -> tuple[Standing, ...]:
    """As `standings`, in the library's order of places."""
    return standings(copies, _order(()))
