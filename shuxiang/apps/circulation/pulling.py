"""预借取书单 and holds that can't be filled (rows F1, F2): computed, never stored, so that they can't
disagree with the shelves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.circulation import matching, queries
from shuxiang.apps.circulation.rules import holds as rules
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel import clock

AT_ONCE = 400
LONG_OVERDUE = 30
"""Days overdue from which a copy is not counted on any more."""


@dataclass(frozen=True, slots=True)
class PullLine:
    """A copy to fetch from its shelf: for which hold, to be picked up where."""

    item: str
    barcode: str
    title: str
    title_text: str
    call_number: str
    volume: str
    location: str
    holder: str
    hold: str
    pickup: str


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A hold that nothing can fill as things are. ``cause``: no-copy, copy-gone, out-of-use,
    not-lendable, card, overdue."""

    hold: str
    title: str
    title_text: str
    pickup: str
    cause: str


def pull_list(place: str, at: datetime) -> tuple[PullLine, ...]:
    """What is to be fetched at a place and at its service points, which have no staff of their own
    (those of a branch are the branch's, not the main library's), in the order of the shelves: by
    location, then by call number."""
    site = queries.site(place)
    below = {p.id for p in places.subtree(place) if p.id == place or _point_of(p, site)}
    on = clock.business_date(at)
    lines = []
    for holds, copies, eligible in _titles(at):
        pairs = matching.assigned(holds, copies.free, on=on, eligible=eligible)
        by_item = {item: hold for hold, item in pairs.items()}
        pickup = {h.id: h.pickup for h in holds}
        lines += [
            PullLine(
                item=i.id,
                barcode=i.barcode,
                title=i.title,
                title_text="",
                call_number=i.call_number,
                volume=i.volume,
                location=i.location_name,
                holder=i.holder,
                hold=by_item[i.id],
                pickup=pickup[by_item[i.id]],
            )
            for i in copies.free
            if i.id in by_item and i.holder in below
        ]
    return tuple(sorted(_named(lines), key=_shelf_order))


def _point_of(place: places.Place, site: str) -> bool:
    return place.kind == "service_point" and queries.site(place.id) == site


def _named(lines: list[PullLine]) -> Iterator[PullLine]:
    titles = catalog.titles({line.title for line in lines})
    for line in lines:
        known = titles.get(line.title)
        yield replace(line, title_text=known.full_title if known else "")


def _shelf_order(line: PullLine) -> tuple[str, str, str, str]:
    return (line.location, stock.shelf_sort(line.call_number), line.volume, line.barcode)


def _titles(
    at: datetime,
) -> Iterator[tuple[list[rules.Waiting], matching.Copies, matching.Eligible]]:
    waiting = matching.waiting()
    eligible = matching.Eligible(clock.business_date(at))
    every = list(waiting)
    for n in range(0, len(every), AT_ONCE):
        some = every[n : n + AT_ONCE]
        found = matching.copies(some, at)
        for title in some:
            yield waiting[title], found.get(title) or matching.Copies((), ()), eligible


def unfilled(pickups: Iterable[str], at: datetime) -> tuple[Unfilled, ...]:
    """Waiting holds to be picked up at any of the places that nothing can fill, each with its cause;
    suspended ones are left out."""
    wanted = set(pickups)
    on = clock.business_date(at)
    found = []
    for holds, copies, eligible in _titles(at):
        if not any(h.pickup in wanted for h in holds):
            continue
        due = queries.due_by_item([i.id for i in copies.every])
        found += [
            Unfilled(h.id, copies.every[0].title if copies.every else "", "", h.pickup, cause)
            for h in holds
            if h.pickup in wanted and h.active(on) and (cause := _cause(h, copies, due, eligible))
        ]
    views = {u.hold: queries.hold(u.hold) for u in found}
    return tuple(
        Unfilled(u.hold, v.title, v.title_text, u.pickup, u.cause)
        for u in found
        if (v := views[u.hold]) is not None
    )


def _cause(
    hold: rules.Waiting,
    copies: matching.Copies,
    due: dict[str, date],
    eligible: matching.Eligible,
) -> str:
    if not copies.every:
        return "no-copy"
    wanted = [i for i in copies.every if hold.wanted in (None, i.id)]
    if not wanted:
        return "copy-gone"
    usable = [i for i in wanted if i.status in ("available", "in_processing")]
    if not usable:
        return "out-of-use"
    reader = eligible.reader(hold.patron)
    if reader is None or not reader.opens(eligible.on).allowed:
        return "card"
    may = [i for i in usable if i.lendable and eligible.may_have(hold, i.category)]
    if not may:
        return "not-lendable"
    return "overdue" if all(_long_overdue(i, due, eligible.on) for i in may) else ""


def _long_overdue(item: stock.ItemView, due: dict[str, date], on: date) -> bool:
    return item.id in due and (on - due[item.id]).days > LONG_OVERDUE
