"""Searching the catalogue: results, facets, sort orders; the page works without script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shuxiang.apps.exchange import queries as exchange
from shuxiang.apps.places import queries as places
from shuxiang.apps.search import queries as index
from shuxiang.formats import clc
from shuxiang.interfaces.common import catalogue, finding
from shuxiang.interfaces.portal import ages, words

SIZE = 20
MOST_VALUES = 20
LONGEST_VALUE = 80
SHOWN = 10
FACETS = ("place", "main_class", "year", "kind", "language")


@dataclass(frozen=True, slots=True)
class Link:
    """A chip: what it says, how many titles, where it leads, whether it is chosen."""

    label: str
    href: str
    count: int | None = None
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """A group of chips; ``more`` are those beyond the first."""

    name: str
    label: str
    links: tuple[Link, ...]
    more: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as the address says it; what can't be understood is left out."""

    text: str
    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    available: bool = False
    sort: str = "relevance"
    page: int = 1

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """The filters as the index names them."""
        made: dict[str, tuple[str, ...]] = {
            name: values
            for name, values in self.chosen.items()
            if values and name not in ("place", "class")
        }
        made |= finding.class_filters(self.chosen.get("class", ()))
        if ids := finding.place_filter(self.chosen.get("place", ())):
            made["place"] = ids
        if self.available:
            made["available"] = ("1",)
        return made

    @property
    def is_empty(self) -> bool:
        return not self.text and not self.available and not any(self.chosen.values())

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values of page 1 of this search, in the order of its address."""
        made = [("q", self.text)] if self.text else []
        made += [(name, value) for name, values in self.chosen.items() for value in values]
        if self.available:
            made.append(("available", "1"))
        if self.sort != "relevance":
            made.append(("sort", self.sort))
        return made

    def toggled(self, name: str, value: str) -> str:
        """The address with a value chosen or, if it was, without it."""
        pairs = self.pairs()
        pair = (name, value)
        return _href([p for p in pairs if p != pair] if pair in pairs else [*pairs, pair])

    def with_one(self, name: str, value: str) -> str:
        """The address with one value in place of any other."""
        pairs = [p for p in self.pairs() if p[0] != name]
        return _href([*pairs, (name, value)] if value else pairs)


class Pages(Paginator):
    """Pages over a total that the index knows, no deeper than the index goes."""

    def __init__(self, total: int) -> None:
        super().__init__(range(total), SIZE)

    @cached_property
    def num_pages(self) -> int:
        return max(1, -(-min(self.count, finding.DEEPEST) // SIZE))


def _href(pairs: Sequence[tuple[str, str]]) -> str:
    # Asked for once a chip: looking the address up takes as long as all the rest of it.
    text = urlencode(pairs)
    return f"{_address()}?{text}" if text else _address()


@cache
def _address() -> str:
    return reverse("portal:search")


_PLAIN = ("kind", "language", "author", "subject", "series")


def read(query: QueryDict) -> Asked:
    """Understand an address. Raises finding.TooLong."""
    chosen = {
        "place": _values(query, "place", lambda v: bool(finding.place_ids((v,)))),
        "class": _values(query, "class", finding.is_class),
        "year": _values(query, "year", finding.is_years),
        **{name: _values(query, name, bool) for name in _PLAIN},
    }
    sort = query.get("sort", "")
    page = query.get("page", "")
    return Asked(
        finding.question(query.get("q", "")),
        chosen,
        query.get("available") == "1",
        sort if sort in words.SORTS else "relevance",
        max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )


def _values(query: QueryDict, name: str, accepts: Any) -> tuple[str, ...]:
    given = [v.strip() for v in query.getlist(name)[:MOST_VALUES]]
    kept = [v for v in given if v and len(v) <= LONGEST_VALUE and v.isprintable() and accepts(v)]
    return tuple(dict.fromkeys(kept))


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Results of ``q`` narrowed by place, class, year, kind, language and available."""
    if "from" in request.GET or "to" in request.GET:
        return _years_form(request)
    try:
        asked = read(request.GET)
    except finding.TooLong:
        said = _("A question has at most %(most)s characters; this one is longer.")
        context = {"said": said % {"most": finding.LONGEST}, "typed": request.GET["q"][:500]}
        return render(request, "portal/search.html", context, status=400)
    outcome = finding.ask(
        asked.text, asked.filters, sort=asked.sort, page=asked.page, size=SIZE, facets=FACETS
    )
    if outcome.degraded:
        asked = Asked(asked.text)
    pages = Pages(outcome.total)
    if asked.page > pages.num_pages:
        return HttpResponseRedirect(asked.with_one("page", str(pages.num_pages)))
    rows = catalogue.found(outcome.ids, first=finding.place_ids(asked.chosen.get("place", ())))
    rows, hidden = ages.shown(request, rows)
    context = {
        "hidden": hidden,
        "asked": asked,
        "typed": asked.text,
        "outcome": outcome,
        "rows": [(row, Taken(row)) for row in rows],
        "page": Page(rows, asked.page, pages),
        "chips": _chips(asked),
        "facets": _facets(asked, outcome.facets),
        "available": Link(
            _("Can be borrowed now"),
            asked.with_one("available", "" if asked.available else "1"),
            chosen=asked.available,
        ),
        "sorts": [
            Link(str(label), asked.with_one("sort", "" if key == "relevance" else key))
            if key != asked.sort
            else Link(str(label), "", chosen=True)
            for key, label in words.SORTS.items()
        ],
        "all_href": _href(Asked(asked.text).pairs()),
        "elsewhere": bool(asked.text) and exchange.has_elsewhere(),
        "meant": [Link(text, _href(Asked(text).pairs())) for text in outcome.meant],
        "years": _bounds(asked),
    }
    return render(request, "portal/search.html", context)


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether a title can be had, as one badge."""

    of: catalogue.Found

    @property
    def kind(self) -> str:
        if self.of.available:
            return "ok"
        return "hold" if self.of.next_due else "muted"

    @property
    def text(self) -> str:
        if self.of.available:
            return _("%(count)s to borrow now") % {"count": self.of.available}
        if self.of.here:
            return _("For use in the library")
        if self.of.next_due:
            return _("All on loan, the first due %(day)s") % {"day": _short(self.of.next_due)}
        return _("No copy to borrow now") if self.of.total else _("No copy in the library")

    @property
    def standings(self) -> list[tuple[str, str, bool]]:
        """Name of the place, how many of its copies are there, and whether none is."""
        said = _("%(here)s of %(total)s here")
        return [
            (s.name, said % {"here": s.here, "total": s.total}, not s.here)
            for s in self.of.standings
        ]


def _short(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _years_form(request: HttpRequest) -> HttpResponse:
    typed = [request.GET.get(name, "").strip() for name in ("from", "to")]
    bounds = [v if v.isascii() and v.isdigit() and len(v) == 4 else "" for v in typed]
    dropped = ("from", "to", "year", "page")
    pairs = [
        (name, value)
        for name, values in request.GET.lists()
        if name not in dropped
        for value in values
    ]
    if any(bounds):
        pairs.append(("year", bounds[0] if bounds[0] == bounds[1] else "-".join(bounds)))
    return HttpResponseRedirect(_href(pairs))


def _bounds(asked: Asked) -> tuple[str, str]:
    first, _dash, last = next(iter(asked.chosen.get("year", ("",))), "").partition("-")
    return first, last


def _names() -> dict[str, str]:
    """Places by code, alone and with everything below them."""
    every = places.all_places()
    below = {p.code + finding.BELOW: _("%(name)s with branches") % {"name": p.name} for p in every}
    return {p.code: p.name for p in every} | below


def _label(name: str, value: str) -> str:
    if name == "place":
        return _names().get(value, value)
    if name == "class":
        known = clc.by_code().get(value)
        return f"{value} {known.name_zh}" if known else value
    if name == "year":
        first, dash, last = value.partition("-")
        if dash and first and last:
            return _("%(first)s to %(last)s") % {"first": first, "last": last}
        if dash:
            said = _("%(year)s and later") if first else _("%(year)s and earlier")
            return said % {"year": first or last}
        return value
    if name in ("kind", "language"):
        return str(words.word(words.KINDS if name == "kind" else words.LANGUAGES, value))
    return value


def _titles() -> dict[str, str]:
    return {
        "place": _("Held at"),
        "class": _("Class"),
        "year": _("Year of publication"),
        "kind": _("Kind"),
        "language": _("Language"),
        "author": _("Author"),
        "subject": _("Subject"),
        "series": _("Series"),
    }


def _chips(asked: Asked) -> list[Link]:
    titles = _titles()
    chips = [
        Link(f"{titles[name]}: {_label(name, value)}", asked.toggled(name, value))
        for name, values in asked.chosen.items()
        for value in values
    ]
    if asked.available:
        chips.append(Link(_("Can be borrowed now"), asked.with_one("available", "")))
    return chips


def _place_codes() -> dict[str, str]:
    """Codes by what the index calls them: each place alone and, where it has others below it and
    isn't everything, with them."""
    every = places.all_places()
    above = {p.parent for p in every if p.parent}
    codes: dict[str, str] = {}
    for place in every:
        if place.parent and place.id in above:
            codes[place.id] = place.code + finding.BELOW
        codes[index.at(place.id)] = place.code
    return codes


def _facets(asked: Asked, counted: Any) -> list[Facet]:
    codes = _place_codes()
    order = {code: n for n, code in enumerate(codes.values())}
    titles = _titles()
    made = []
    for name in FACETS:
        key = "class" if name == "main_class" else name
        values = [(str(v), n) for v, n in counted.get(name, ()) if v]
        if name == "place":
            counts = {codes[v]: n for v, n in values if v in codes}
            # Nothing below it adds a title: the place alone says the same.
            values = [
                (code, n)
                for code, n in counts.items()
                if counts.get(code.removesuffix(finding.BELOW), -1) != n
                or code[-1] != finding.BELOW
            ]
            values.sort(key=lambda pair: order[pair[0]])
        elif name == "main_class":
            values.sort()
        elif name == "year":
            values.sort(reverse=True)
        if facet := _facet(asked, key, titles[key], values):
            made.append(facet)
    return made


def _facet(asked: Asked, key: str, label: str, values: Sequence[tuple[str, int]]) -> Facet | None:
    chosen = asked.chosen.get(key, ())
    if not values or (len(values) == 1 and not chosen and key != "year"):
        return None
    links = tuple(
        Link(_label(key, value), asked.toggled(key, value), count, value in chosen)
        for value, count in values
    )
    first, more = _split(links)
    return Facet(key, label, first, more)


def _split(links: Iterable[Link]) -> tuple[tuple[Link, ...], tuple[Link, ...]]:
    every = list(links)
    shown = [link for n, link in enumerate(every) if n < SHOWN or link.chosen]
    return tuple(shown), tuple(link for link in every if link not in shown)
