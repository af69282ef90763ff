"""Published editions of the annual report."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import queries as accounts
from shuxiang.interfaces.common import downloads
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.statistics import queries as statistics
from shuxiang.statistics.figures import SCOPES

VIEW = "statistics.view"


@require_safe
@staff_required(VIEW)
def editions(request: HttpRequest) -> HttpResponse:
    """Every edition of the places open to the clerk, the newest year and number first."""
    open_to = {p.id for p in permitted_places(request, VIEW)}
    found = [e for e in statistics.editions() if e.place in open_to]
    names = {p.id: p.name for p in places.all_places()}
    people = {a.id: a.name for a in accounts.accounts()} if found else {}
    public = places.main_library().id
    rows = [
        {
            "edition": e,
            "place": names[e.place],
            "scope": SCOPES[e.scope],
            "account": people.get(e.account, e.account),
            "page": reverse("portal:edition", args=[e.year, e.scope, e.number])
            if e.place == public
            else "",
            "files": [
                (name.rpartition(".")[2].upper(), reverse("office:edition_file", args=[e.id, name]))
                for name in (*downloads.names(e.report).values(), "figures.json")
            ],
            "text": reverse("office:edition_file", args=[e.id, downloads.without_charts(e.report)]),
        }
        for e in found
    ]
    return page(request, "office/editions.html", {"rows": rows})


@require_safe
@staff_required(VIEW)
def file(request: HttpRequest, edition_id: str, name: str) -> HttpResponse:
    """A file of an edition."""
    found = statistics.edition(edition_id)
    if found is None:
        raise Http404
    if not may(request, VIEW, found.place):
        return render_error(request, 403)
    if name == "figures.json":
        return HttpResponse(found.figures, content_type="application/json")
    return downloads.answer(request, found.report, found.document, name, public=False)
