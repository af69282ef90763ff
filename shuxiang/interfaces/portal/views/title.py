"""The page of one title: description, copies and where they stand, its record as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import TitleView
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import queries as places
from shuxiang.apps.serials import queries as serials
from shuxiang.formats import clc
from shuxiang.formats.marc import Bibliographic, ControlField, from_record, isbd
from shuxiang.interfaces.common import catalogue
from shuxiang.interfaces.common import words as common_words
from shuxiang.interfaces.portal import ages, words
from shuxiang.interfaces.portal.views.search import Taken
from shuxiang.kernel import clock


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a field, with the search it leads to."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A field of the description."""

    label: str
    values: tuple[Value, ...]


@require_safe
def title(request: HttpRequest, title_id: str) -> HttpResponse:
    """Everything about a title. A merged title leads to the one it was merged into."""
    view = catalog.title(title_id)
    if view is None:
        raise Http404
    if view.alias_of:
        return redirect("portal:title", title_id=view.alias_of)
    source = catalog.source(title_id)
    record = catalog.marc(source) if source else None
    described = from_record(record) if record else None
    copies = catalogue.copies_of([title_id]).get(title_id, ())
    found = catalogue.Found(view, copies, catalogue.standings_of(copies))
    names = {p.id: p.name for p in places.all_places()}
    context = {
        "found": found,
        "too_young": ages.too_young(request, view.least_age),
        "taken": Taken(found),
        "title": view,
        "isbd": isbd(described) if described else _plain_line(view),
        "lines": list(_lines(view, described)),
        "abstract": described.abstract if described else view.abstract,
        "contents": described.contents if described else (),
        "copies": [
            (c, words.state(c), names.get(c.item.owner, ""), names.get(c.item.holder, ""))
            for c in copies
        ],
        "path": clc.path(view.clc),
        "has_record": record is not None,
        "serial": _serial(view, names),
        "can_reserve": any(c.item.lendable for c in copies),
        "waiting": circulation.waiting_by_title([title_id]).get(title_id, 0),
    }
    return render(request, "portal/title.html", context)


def _serial(view: TitleView, names: dict[str, str]) -> list[tuple[str, serials.Holding]]:
    """What is held of a periodical, by place and year."""
    if view.kind != "serial":
        return []
    today = clock.business_date(clock.now())
    return [(names.get(h.place, ""), h) for h in serials.holdings(view.id, today)]


@require_safe
def marc(request: HttpRequest, title_id: str) -> HttpResponse:
    """The record as text, a field a line."""
    view = catalog.title(title_id)
    source = catalog.source(title_id) if view else None
    record = catalog.marc(source) if source else None
    if view is None or source is None or record is None:
        raise Http404
    fields = []
    for one in record.fields:
        if isinstance(one, ControlField):
            fields.append((one.tag, "", [("", one.data)]))
        else:
            parts = [(f"${code}", value) for code, value in one.subfields]
            fields.append((one.tag, f"{one.indicators:2}".replace(" ", "#"), parts))
    context = {"title": view, "source": source, "leader": record.leader, "fields": fields}
    return render(request, "portal/marc.html", context)


def _plain_line(view: TitleView) -> str:
    parts = (view.full_title, view.responsibility)
    published = ", ".join(p for p in (view.publisher, str(view.year or "")) if p)
    return ". — ".join(p for p in (" / ".join(p for p in parts if p), published) if p)


def _search(**query: str) -> str:
    return f"{reverse('portal:search')}?{urlencode(query)}"


def _lines(view: TitleView, b: Bibliographic | None) -> Iterator[Line]:
    for label, values in _values(view, b):
        kept = tuple(v for v in values if v.text)
        if kept:
            yield Line(label, kept)


def _values(view: TitleView, b: Bibliographic | None) -> Iterator[tuple[str, list[Value]]]:
    extra = view.extra
    if b is not None:
        yield _("Parallel title"), [Value(t) for t in b.parallel_titles]
        yield _("Other titles"), [Value(t) for t in b.title_variants]
        yield (
            _("Persons"),
            [
                Value(
                    f"{f'({p.country}) ' if p.country else ''}{p.name}"
                    f"{f' ({p.dates})' if p.dates else ''} {p.role}".strip(),
                    _search(author=p.name),
                )
                for p in b.persons
            ],
        )
        yield (
            _("Bodies"),
            [
                Value(f"{body.name} {body.role}".strip(), _search(author=body.name))
                for body in b.bodies
            ],
        )
    else:
        yield _("Authors"), [Value(a, _search(author=a)) for a in extra.authors]
    yield _("Edition"), [Value(view.edition)]
    published = " : ".join(p for p in (view.publication_place, view.publisher) if p)
    dated = ", ".join(p for p in (published, str(view.year or "")) if p)
    yield _("Published"), [Value(dated)]
    if b is not None:
        size = " ; ".join(p for p in (b.extent, b.illustrations, b.dimensions) if p)
        yield _("Extent"), [Value(" + ".join(p for p in (size, b.accompanying) if p))]
        yield (
            _("Series"),
            [Value(f"{s.title} {s.volume}".strip(), _search(series=s.title)) for s in b.series],
        )
        yield _("Part of"), [Value(f"{b.set_title} {b.set_volume}".strip(), _search(q=b.set_title))]
        yield (
            "ISBN",
            [Value(" ".join(p for p in (n.isbn13 or n.typed, n.qualifier) if p)) for n in b.isbns],
        )
        yield _("Notes"), [Value(n) for n in b.notes]
        yield _("Frequency"), [Value(b.frequency)]
    else:
        yield _("Extent"), [Value(view.extent)]
        yield _("Series"), [Value(s, _search(series=s)) for s in extra.series]
        yield "ISBN", [Value(i) for i in extra.isbns]
    yield "ISSN", [Value(extra.issn)]
    yield _("Unified book number"), [Value(extra.unified_number)]
    if view.price_fen is not None:
        yield _("Price"), [Value(common_words.yuan(view.price_fen))]
    yield _("Subjects"), [Value(s, _search(subject=s)) for s in extra.subjects]
    yield _("Keywords"), [Value(k, _search(subject=k)) for k in extra.keywords]
    yield _("Class number"), [Value(c, _search(**{"class": c})) for c in extra.clc_classes]
    if view.kind != "book":
        yield _("Kind"), [Value(str(words.word(words.KINDS, view.kind)))]
    if view.language and view.language != "chi":
        yield _("Language"), [Value(str(words.word(words.LANGUAGES, view.language)))]
    groups = [str(words.AUDIENCES[a]) for a in view.audience if a in words.AUDIENCES]
    # "em" stands in most records and says nothing.
    if view.audience not in ("em", "m"):
        yield _("For readers"), [Value(g) for g in groups]
