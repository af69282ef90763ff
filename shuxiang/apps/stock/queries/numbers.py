"""Call numbers on the shelves: what a title's next copy may get, which numbers are free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import Series
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import rules
from shuxiang.formats.clc import above, parse_call_number
from shuxiang.runtime import sql

_BRANCHES = ("branch", "main_library")


def series_at(place: str, category: str = "", location: str | None = None) -> Series:
    """The series in which items of a place, category and location are numbered, by the settings
    ``items.numbering`` and ``items.numbering_apart``."""
    here = places.place(place)
    scope = here.library
    if places.setting(place, "items.numbering").value == "branch":
        scope = next((p.id for p in places.ancestors(here) if p.kind in _BRANCHES), here.library)
    apart = places.setting(scope, "items.numbering_apart").value
    collection = {"category": category, "location": location or ""}.get(str(apart), "")
    return Series(here.library, scope, collection)


def _owners(series: Series) -> list[str]:
    """Places whose items are numbered in the series: those below its scope that don't number for
    themselves."""
    return [
        p.id
        for p in places.subtree(series.scope)
        if series_at(p.id).scope == series.scope or p.id == series.scope
    ]


def _range(series: Series, begins: str) -> tuple[str, list[Any]]:
    """FROM and WHERE of the items of a series whose shelf order begins so, withdrawn ones included:
    their numbers are not given again."""
    holders = [p.id for p in places.all_places()]
    owners = _owners(series)
    where = (
        f"FROM stock_item i WHERE i.holder_id IN ({sql.marks(len(holders))}) "
        "AND i.call_sort >= ? AND i.call_sort < ? "
        f"AND i.owner_id IN ({sql.marks(len(owners))})"
    )
    values = [*holders, begins, above(begins), *owners]
    if series.collection:
        column = places.setting(series.scope, "items.numbering_apart").value
        where += f" AND i.{'location_id' if column == 'location' else 'category_id'} = ?"
        values.append(series.collection)
    return where, values


def _numbers(series: Series, class_number: str) -> set[int]:
    line = rules.class_line(class_number)
    where, values = _range(series, line)
    rows = sql.all(f"SELECT DISTINCT i.call_sort {where}", *values)
    found = {rules.number_of(row[0], line) for row in rows}
    return {n for n in found if n is not None}


def highest_number(series: Series, class_number: str) -> int:
    """The highest running number of a class on the shelves of a series; 0 for none."""
    return max(_numbers(series, class_number), default=0)


def titles_with(series: Series, class_number: str, book_number: str) -> tuple[str, ...]:
    """Titles whose items carry a class and book number in a series."""
    begins = rules.number_line(class_number, book_number)
    where, values = _range(series, begins)
    rows = sql.all(f"SELECT DISTINCT i.title_id, i.call_number {where} ORDER BY 1", *values)
    return tuple(
        dict.fromkeys(
            title for title, text in rows if parse_call_number(text).book_number == book_number
        )
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """A number that stands on a shelf already and may be used again. ``same``: it is the title's
    own; else that of another edition or volume."""

    title: str
    title_text: str
    edition: str
    year: int | None
    class_number: str
    book_number: str
    same: bool

    @property
    def call_number(self) -> str:
        return f"{self.class_number}/{self.book_number}"


def number_of_title(title: str, series: Series) -> tuple[str, str] | None:
    """(class number, book number) of a title in a series: as last given or edited there, else as
    its newest item there has it. None where it has none."""
    noted = catalog.title_numbers([title], series).get(title)
    if noted:
        return noted.class_number, noted.book_number
    owners = _owners(series)
    for (text,) in sql.all(
        "SELECT i.call_number FROM stock_item i WHERE i.title_id = ? AND i.call_number <> '' "
        f"AND i.owner_id IN ({sql.marks(len(owners))}) ORDER BY i.id DESC",
        title,
        *owners,
    ):
        parsed = parse_call_number(rules.split_collection(text)[1])
        if parsed.book_number:
            return parsed.class_number, parsed.book_number
    return None


def proposals(
    series: Series, *, title: str = "", proper: str = "", author: str = ""
) -> tuple[Proposal, ...]:
    """Numbers that a copy may share: the title's own first, then those of other titles that are the
    same work (title proper and first author)."""
    own = catalog.title(title) if title else None
    if own is not None:
        proper, author = own.title, next(iter(own.extra.authors), "")
    others = catalog.same_work(proper, author, but=title) if proper else ()
    found = []
    for each in (*((own,) if own else ()), *others):
        number = number_of_title(each.id, series)
        if number:
            found.append(
                Proposal(
                    each.id, each.full_title, each.edition, each.year, *number, each.id == title
                )
            )
    return tuple(found)


def author_number_of(title: catalog.TitleView, place: str) -> str:
    """著者号 of a title's first author by the table and method of a place; '' where there is none."""
    name = title.extra.authors[0] if title.extra.authors else ""
    method = str(places.setting(place, "items.author_numbers").value)
    return catalog.author_number(name, method) if name else ""


def auxiliary_of(title: catalog.TitleView, place: str, volume: str = "") -> str:
    """辅助区分号 of a title, or of the ``volume`` of it, by the signs of a place."""
    return catalog.auxiliary(
        title.title,
        volume or title.volume,
        title.edition,
        volume_sign=str(places.setting(place, "items.volume_sign").value),
        edition_sign=str(places.setting(place, "items.edition_sign").value),
    )


@dataclass(frozen=True, slots=True)
class ClassNumbers:
    """The numbers of one class: the next one (as it stands now), the highest, the free ones below."""

    next: int
    highest: int
    gaps: tuple[int, ...]
    more_gaps: int


def class_numbers(series: Series, class_number: str, *, listed: int = 200) -> ClassNumbers:
    """The numbers of a class in a series, with the list of gaps (补缺)."""
    used = _numbers(series, class_number) | {
        int(number)
        for number in catalog.numbered_titles(series, class_number)
        if number.isascii() and number.isdigit()
    }
    last = max(catalog.last_number(series, class_number) or 0, max(used, default=0))
    free = [n for n in range(1, last + 1) if n not in used]
    return ClassNumbers(last + 1, last, tuple(free[:listed]), max(len(free) - listed, 0))
