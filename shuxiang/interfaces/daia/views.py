"""Availability for discovery systems (DAIA 1.0): each copy of a title, where it stands, what it can be
used for now, and from when otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from shuxiang.apps.catalog.queries import TitleView
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common import catalogue, json_answers, uris
from shuxiang.interfaces.common.catalogue import Copy
from shuxiang.interfaces.common.json_answers import Unanswered
from shuxiang.kernel import clock

VERSION = "1.0.0"
AT_ONCE = 50
"""Identifiers answered in one request; the rest stands in the address of the next."""
LONGEST = 20_000

HEADERS = {"X-DAIA-Version": VERSION, "Access-Control-Expose-Headers": "Link, X-DAIA-Version"}
COMES_BACK = frozenset({"in_processing"})
"""Statuses of a copy that will be there some day nobody knows yet."""


@csrf_exempt
def answer(request: HttpRequest) -> HttpResponse:
    """The one address of the protocol."""
    if request.method == "OPTIONS":
        return json_answers.preflight("GET, HEAD, OPTIONS", HEADERS)
    headers = dict(HEADERS)
    try:
        body = _answer(request, headers)
    except Unanswered as wrong:
        return json_answers.answered(request, wrong.body(), wrong.status, headers | wrong.extra)
    return json_answers.answered(request, body, 200, headers)


def _answer(request: HttpRequest, headers: dict[str, str]) -> dict[str, Any]:
    if request.method not in ("GET", "HEAD"):
        said = _("Availability is asked with GET.")
        raise Unanswered("invalid_request", 405, said, {"Allow": "GET, HEAD, OPTIONS"})
    asked = request.GET
    query = asked.get("id", "")
    if asked.get("format") != "json" or not query.strip() or len(query) > LONGEST:
        said = _("The parameters id (one or more, divided by |) and format=json are needed.")
        raise Unanswered("invalid_request", 422, said)
    if json_answers.wrong_callback(request):
        said = _("The callback is no name of letters, digits and _.")
        raise Unanswered("invalid_request", 422, said)
    if {
        "patron",
        "patron-type",
        "access_token",
    } & asked.keys() or "Authorization" in request.headers:
        said = _("Availability is the same for everybody; ask without a reader.")
        raise Unanswered("not_implemented", 501, said)
    wanted = list(dict.fromkeys(part.strip() for part in query.split("|") if part.strip()))
    if not wanted:
        raise Unanswered("invalid_request", 422, _("No identifier was given."))
    wanted, rest = wanted[:AT_ONCE], wanted[AT_ONCE:]
    if rest:
        following = urlencode([("id", "|".join(rest)), *_others(request)])
        address = request.build_absolute_uri(f"{request.path}?{following}")
        headers["Link"] = f'<{address}>; rel="next"'
    return {
        "document": list(_documents(request, wanted)),
        "institution": {
            "id": request.build_absolute_uri("/"),
            "href": request.build_absolute_uri("/"),
            "content": places.top().name,
        },
        "timestamp": clock.now().isoformat(timespec="seconds"),
    }


def _others(request: HttpRequest) -> list[tuple[str, str]]:
    return [(n, v) for n, values in request.GET.lists() if n != "id" for v in values]


def _documents(request: HttpRequest, wanted: list[str]) -> Iterator[dict[str, Any]]:
    found = [(given, uris.named(given)) for given in wanted]
    titles = [t.id for _given, named in found if named for t in named.titles]
    copies = catalogue.copies_of(titles)
    waiting = circulation.waiting_by_title(titles)
    told: set[str] = set()
    for given, named in found:
        for title in named.titles if named else ():
            # A client looks for the name it asked with; any other is added to ours.
            name = given if named and named.same else uris.title_uri(title.id)
            if name in told:
                continue
            told.add(name)
            document: dict[str, Any] = {"id": name}
            if name != given:
                document["requested"] = given
            document["href"] = request.build_absolute_uri(reverse("portal:title", args=[title.id]))
            document["about"] = title.full_title
            only = named.item.id if named and named.item else ""
            document["item"] = [
                _item(request, title, copy, waiting.get(title.id, 0))
                for copy in copies.get(title.id, ())
                if only in ("", copy.item.id)
            ]
            yield document


def _item(request: HttpRequest, title: TitleView, copy: Copy, queue: int) -> dict[str, Any]:
    item = copy.item
    told: dict[str, Any] = {"id": uris.thing_uri(item.id)}
    if item.call_number:
        told["label"] = item.call_number
    if item.volume:
        told["about"] = item.volume
    site = next((p for p in places.all_places() if p.id == item.holder), None)
    if site is not None:
        uri = uris.place_uri(request, site.code)
        told["department"] = {"id": uri, "href": uri, "content": site.name}
    if item.location_name:
        told["storage"] = {"content": item.location_name}
    services = ("presentation", "loan") if item.lendable else ("presentation",)
    href = request.build_absolute_uri(reverse("portal:reserve", args=[title.id]))
    if copy.here:
        told["available"] = [_service(s, href) for s in services]
        if not item.lendable:
            told["unavailable"] = [{"service": "loan"}]
        return told
    expected = _expected(copy)
    told["unavailable"] = [
        _service(s, href if expected else "")
        | ({"expected": expected} if expected else {})
        | ({"queue": queue} if s == "loan" else {})
        for s in services
    ]
    return told


def _service(name: str, href: str) -> dict[str, Any]:
    """A use of a copy; a loan with the address where the title is reserved."""
    return {"service": name} | ({"href": href} if name == "loan" and href else {})


def _expected(copy: Copy) -> str:
    """The day a copy should be there again, ``unknown`` where it comes but nobody knows when, '' where
    it may never."""
    if copy.item.status in COMES_BACK:
        return "unknown"
    if copy.item.status != "available":
        return ""
    if copy.due_on is not None:
        # What is overdue was to be here already.
        late = copy.due_on < clock.business_date(clock.now())
        return "unknown" if late else copy.due_on.isoformat()
    if copy.aside_until is not None:
        return clock.business_date(copy.aside_until).isoformat()
    return "unknown"
