"""The JSON interface, version 1: the catalogue, read only, what gates send, and a reader's own
reservations. Described at ``openapi.json``.

What is wrong with a request is said in one sentence: ``{"error": code, "message": text}``; to readers
as a problem document that has these two among its members.
"""

from __future__ import annotations

from typing import Annotated, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Query, Router, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.api import gates, readers
from shuxiang.interfaces.api.problems import PROBLEM, Problem, ReaderRefusal, Refusal, details
from shuxiang.interfaces.common import catalogue, finding

MOST = 100


class Api(NinjaAPI):
    """What is personal stays in no cache."""

    def create_response(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().create_response(request, *args, **kwargs)
        if readers.own(request):
            answer.headers["Cache-Control"] = "no-store"
        return answer


api = Api(
    title="Shuxiang",
    version="1",
    description="The public catalogue of the library, read only; counts of its gates; what a signed-in "
    "reader has reserved.",
    docs_url=None,
    urls_namespace="api",
)


class TitleItem(Schema):
    """A title in a list; ``available`` copies can be borrowed now."""

    id: str
    title: str
    author: str
    isbn: str
    year: int | None
    available: int


class TitleList(Schema):
    """One page of titles; ``count`` is how many were found in all."""

    items: list[TitleItem]
    count: int


class At(Schema):
    """Copies at one place: in all, and there now."""

    place: str
    name: str
    here: int
    total: int


class Title(TitleItem):
    """Everything about a title."""

    subtitle: str
    responsibility: str
    edition: str
    publisher: str
    isbns: list[str]
    issn: str
    language: str
    kind: str
    classes: list[str]
    subjects: list[str]
    abstract: str
    call_number: str
    places: list[At]


def _said(request: HttpRequest, code: str, message: str, status: int) -> HttpResponse:
    """What is wrong, in the form the address has."""
    if readers.own(request):
        return _problem(request, [{"code": code, "message": message}], status)
    return api.create_response(request, {"error": code, "message": message}, status=status)


def _problem(request: HttpRequest, reasons: list[dict[str, str]], status: int) -> HttpResponse:
    answer = api.create_response(request, details(reasons, status), status=status)
    answer.headers["Content-Type"] = PROBLEM
    return answer


@api.exception_handler(Refusal)
def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return _said(request, refusal.code, refusal.message, refusal.status)


@api.exception_handler(ReaderRefusal)
def _not_done(request: HttpRequest, refusal: ReaderRefusal) -> HttpResponse:
    return _problem(request, refusal.reasons, refusal.status)


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return _said(request, "not-found", _("There is nothing at this address."), 404)


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    if readers.own(request):
        said = _("Nobody is signed in: sign in on the portal first.")
    else:
        said = _("This device or its secret is not known here.")
    return _said(request, "unauthorized", said, 401)


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    said = _("The request can't be read: it must be JSON.")
    return _said(request, "field", said, error.status_code)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first: dict[str, Any] = error.errors[0]
    where = [str(part) for part in first.get("loc", ("",))]
    name = where[-1]
    if where[0] == "body":
        field = ".".join(where[2:]) or name
        said = _("The field %(name)s of the request is missing or not a valid value.")
        return _said(request, "field", said % {"name": field}, 400)
    said = _("The parameter %(name)s is not a valid value: %(given)s") % {
        "name": name,
        "given": str(request.GET.get(name, ""))[:80],
    }
    return _said(request, "parameter", said, 400)


def _between(name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        said = _("%(name)s must be from 1 to %(most)s.") % {"name": name, "most": most}
        raise Refusal("parameter", said)


def _filters(place: str, class_: str, year: str, available: bool | None) -> finding.Filters:
    filters: dict[str, tuple[str, ...]] = {}
    if place:
        ids = finding.place_filter((place,))
        if not ids:
            known = ", ".join(p.code for p in places.all_places())
            said = _("There is no place %(code)s; the codes are %(known)s.")
            raise Refusal("place-unknown", said % {"code": place[:40], "known": known})
        filters["place"] = ids
    if class_:
        if not finding.is_class(class_):
            said = _("%(given)s is not a class number of the Chinese Library Classification.")
            raise Refusal("class-unknown", said % {"given": class_[:40]})
        filters |= finding.class_filters((class_,))
    if year:
        if not finding.is_years(year):
            said = _("A year is four digits or a range such as 2010-2020, not %(given)s.")
            raise Refusal("year-invalid", said % {"given": year[:40]})
        filters["year"] = (year,)
    if available:
        filters["available"] = ("1",)
    return filters


@api.get(
    "/titles",
    response={200: TitleList, 400: Problem, 503: Problem},
    summary="Search the catalogue",
    operation_id="search_titles",
)
def titles(
    request: HttpRequest,
    q: str = "",
    page: int = 1,
    size: int = 20,
    place: str = "",
    class_: Annotated[str, Query(alias="class")] = "",
    year: str = "",
    available: bool | None = None,
) -> dict[str, Any]:
    """Titles by words, author, ISBN, pinyin or its initials; all titles, newest first, without q.

    ``q`` has at most 200 characters, ``size`` is at most 100, and pages reach 10,000 titles deep.
    ``place`` is the code of a place, ``place*`` with those below it, ``class`` a CLC class number, ``year``
    four digits or a range such as 2010-2020; ``available=true`` leaves what can be borrowed now.
    """
    _between("size", size, MOST)
    _between("page", page, finding.DEEPEST // size)
    try:
        text = finding.question(q)
    except finding.TooLong:
        said = _("A question has at most %(most)s characters; this one is longer.")
        raise Refusal("question-too-long", said % {"most": finding.LONGEST}) from None
    outcome = finding.ask(text, _filters(place, class_, year, available), page=page, size=size)
    if outcome.degraded:
        said = _("The search engine is not available right now; try again in a few minutes.")
        raise Refusal("search-unavailable", said, status=503)
    rows = catalogue.found(outcome.ids)
    return {"items": [_item(row) for row in rows], "count": outcome.total}


@api.get(
    "/titles/{title_id}",
    response={200: Title, 404: Problem},
    summary="One title",
    operation_id="title",
)
def title(request: HttpRequest, title_id: str) -> dict[str, Any]:
    """A title with where its copies stand. One that was merged answers with what it became."""
    view = catalog.title(title_id) if len(title_id) == 32 and title_id.isalnum() else None
    if view is not None and view.alias_of:
        view = catalog.title(view.alias_of)
    found = catalogue.found([view.id]) if view else ()
    if not found:
        said = _("There is no title %(id)s.") % {"id": title_id[:40]}
        raise Refusal("title-unknown", said, status=404)
    row = found[0]
    codes = {p.id: p.code for p in places.all_places()}
    of = row.title
    return _item(row) | {
        "subtitle": of.subtitle,
        "responsibility": of.responsibility,
        "edition": of.edition,
        "publisher": of.publisher,
        "isbns": list(of.extra.isbns),
        "issn": of.extra.issn,
        "language": of.language,
        "kind": of.kind,
        "classes": list(of.extra.clc_classes),
        "subjects": list(of.extra.subjects),
        "abstract": of.abstract,
        "call_number": row.call_number,
        "places": [
            {"place": codes.get(s.place, ""), "name": s.name, "here": s.here, "total": s.total}
            for s in row.standings
        ],
    }


def _item(row: catalogue.Found) -> dict[str, Any]:
    of = row.title
    return {
        "id": of.id,
        "title": of.full_title,
        "author": of.author,
        "isbn": of.isbn,
        "year": of.year,
        "available": row.available,
    }


api.add_router("/gates", gates.router)
api.add_router("/me", readers.router)
elsewhere = Router()


@elsewhere.get("/{path:rest}", include_in_schema=False)
def nothing(request: HttpRequest, rest: str) -> None:
    """Every other address."""
    raise Http404


# Last: what comes before it is asked first.
api.add_router("", elsewhere)
