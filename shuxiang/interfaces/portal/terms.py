"""借阅规则 as readers read them: the rules in force written out category by category.

Generated from the rule rows, so that the page and the desk can't disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms something is lent: books, days, renewals and what bounds them."""

    loan_limit: int
    loan_days: int
    renewal_limit: int
    renewal_days: int
    renew_overdue: bool
    renew_within_days: int | None
    overdue_blocks: bool
    hold_limit: int
    hold_on_shelf: str
    pickup_days: int
    renew_when_held: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: these readers get these materials on these terms, None: not at all.
    ``items`` () is every kind."""

    readers: tuple[str, ...]
    items: tuple[str, ...]
    terms: Terms | None


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a place from a day on; ``place`` None: everywhere that says nothing else."""

    lines: tuple[Line, ...]
    place: places.Place | None = None
    since: date | None = None


def tables(today: date) -> tuple[Table, ...]:
    """The library's own table, its announced changes, then the places that depart from it."""
    main = places.main_library()
    own = _lines(main.id, today)
    found = [Table(own), *_later(main, own, today)]
    for site in places.subtree(main.id):
        said = [r for r in circulation.rules_at(site.id) if r.place == site.id]
        if site.id == main.id or not any(r.valid_to is None or r.valid_to >= today for r in said):
            continue
        here = _lines(site.id, today)
        if here != own:
            found.append(Table(here, site))
        later = _later(site, here, today)
        found += [t for t in later if t.since and t.lines != _lines(main.id, t.since)]
    return tuple(found)


def _later(place: places.Place, now: tuple[Line, ...], today: date) -> list[Table]:
    rules = circulation.rules_at(place.id)
    days = {r.valid_from for r in rules}
    days |= {r.valid_to + timedelta(days=1) for r in rules if r.valid_to is not None}
    found, before = [], now
    for day in sorted(d for d in days if d > today):
        after = _lines(place.id, day)
        if after != before:
            whose = None if place.id == places.main_library().id else place
            found.append(Table(after, whose, day))
        before = after
    return found


def _lines(place_id: str, on: date) -> tuple[Line, ...]:
    kinds = [(code, name) for code, name, lendable in stock.categories() if lendable]
    per_reader: list[tuple[str, tuple[tuple[tuple[str, ...], Terms | None], ...]]] = []
    for category in patrons.categories():
        grouped: dict[Terms | None, list[str]] = {}
        for code, name in kinds:
            grouped.setdefault(_terms(place_id, category.code, code, on), []).append(name)
        cells = tuple(
            ((), terms) if len(names) == len(kinds) else (tuple(names), terms)
            for terms, names in grouped.items()
        )
        per_reader.append((category.name, cells))
    merged: dict[tuple[tuple[tuple[str, ...], Terms | None], ...], list[str]] = {}
    for name, cells in per_reader:
        merged.setdefault(cells, []).append(name)
    return tuple(
        Line(tuple(names), items, terms)
        for cells, names in merged.items()
        for items, terms in cells
    )


def _terms(place_id: str, reader: str, item: str, on: date) -> Terms | None:
    rule = circulation.explain(place_id, reader, item, on).rule
    if rule is None or not rule.lendable:
        return None
    return Terms(
        rule.loan_limit,
        rule.loan_days,
        rule.renewal_limit,
        rule.renewal_days,
        rule.renew_overdue,
        rule.renew_within_days,
        rule.overdue_blocks,
        rule.hold_limit,
        rule.hold_on_shelf,
        rule.pickup_days,
        rule.renew_when_held,
    )
