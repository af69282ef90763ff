"""The annual reports the library has published: page, charts and files."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from shuxiang.apps.places import queries as places
from shuxiang.documents.charts import Chart
from shuxiang.documents.report import AnnualReport, report_css, report_fragment
from shuxiang.interfaces.common import downloads, printing
from shuxiang.statistics import queries as statistics
from shuxiang.statistics.queries import EditionView


@require_safe
def editions(request: HttpRequest) -> HttpResponse:
    """Every published edition of the library's report, the newest first."""
    found = statistics.editions(places.main_library().id)
    return render(request, "portal/reports.html", {"editions": found})


@require_safe
def latest(request: HttpRequest, year: int) -> HttpResponse:
    """The newest edition of a year, 含分馆 where both scopes were published."""
    found = [e for e in statistics.editions(places.main_library().id) if e.year == year]
    if not found:
        return render(request, "portal/report_none.html", {"year": year}, status=404)
    return _page(request, max(found, key=lambda e: (e.scope == "subtree", e.number)))


@require_safe
def edition(request: HttpRequest, year: int, scope: str, number: int) -> HttpResponse:
    """One edition of a year."""
    return _page(request, _edition(year, scope, number))


@require_safe
def file(request: HttpRequest, year: int, scope: str, number: int, name: str) -> HttpResponse:
    """A chart or a file of an edition."""
    found = _edition(year, scope, number)
    if name == "figures.json":
        return HttpResponse(found.figures, content_type="application/json")
    return downloads.answer(request, found.report, found.document, name, public=True)


def _edition(year: int, scope: str, number: int) -> EditionView:
    for found in statistics.editions(places.main_library().id):
        if (found.year, found.scope, found.number) == (year, scope, number):
            return found
    raise Http404


def _page(request: HttpRequest, found: EditionView) -> HttpResponse:
    report = found.report
    drawn = printing.start(found.document).is_dir()

    def address(name: str) -> str:
        return reverse("portal:report_file", args=[found.year, found.scope, found.number, name])

    def chart_src(chart: Chart) -> str:
        return address(f"chart-{chart.name}.svg") if drawn else static("img/chart-waiting.svg")

    context = {
        "edition": found,
        "report": report,
        "drawn": drawn,
        "fragment": SafeString(report_fragment(report, chart_src=chart_src)),
        "files": _files(report, address),
        "others": [
            e for e in statistics.editions(found.place) if e.year == found.year and e.id != found.id
        ],
    }
    return render(request, "portal/report.html", context)


def _files(report: AnnualReport, address: object) -> list[tuple[str, str]]:
    assert callable(address)
    made = [(form.upper(), address(name)) for form, name in downloads.names(report).items()]
    return [*made, ("JSON", address("figures.json"))]


@require_safe
def css(request: HttpRequest) -> HttpResponse:
    """The style sheet of the report, the one its files have inside."""
    response = HttpResponse(report_css(), content_type="text/css")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
