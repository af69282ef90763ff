"""Files of a report as answers, and the page shown while they are being drawn."""

from __future__ import annotations

from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from shuxiang.documents.report import AnnualReport
from shuxiang.interfaces.common import printing

TYPES = {
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".json": "application/json",
}


def names(report: AnnualReport) -> dict[str, str]:
    """The files of a report by form: html, pdf, docx."""
    return {form: f"annual-report-{report.year}.{form}" for form in ("html", "pdf", "docx")}


def without_charts(report: AnnualReport) -> str:
    """The Word file that has no appendix of charts."""
    return f"annual-report-{report.year}-text.docx"


def answer(
    request: HttpRequest, report: AnnualReport, document: str, name: str, *, public: bool
) -> HttpResponse:
    """The file ``name`` of a report whose stored form is ``document``. 404 for a name it does not
    have; 503 with a page that says so while the report is still being drawn, 500 where that failed."""
    charts = {f"chart-{chart.name}.svg" for chart in report.charts}
    if name not in {*charts, *names(report).values(), without_charts(report)}:
        raise Http404
    try:
        path = printing.file(document, name)
    except FileNotFoundError:
        raise Http404 from None
    except printing.DrawingFailed:
        return render(request, "common/not_made.html", {"name": name}, status=500)
    if path is None:
        response = render(request, "common/being_made.html", {"name": name}, status=503)
        response.headers["Retry-After"] = "5"
        return response
    return _file(path, inline=name in charts, public=public)


def _file(path: Path, *, inline: bool, public: bool) -> HttpResponse:
    response = FileResponse(
        path.open("rb"),
        as_attachment=not inline,
        filename=path.name,
        content_type=TYPES[path.suffix],
    )
    # What a file holds is named by its folder, never by its address: a correction changes it.
    response.headers["Cache-Control"] = "public, max-age=300" if public else "no-store"
    return response
