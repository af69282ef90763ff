"""The annual report before it is published: figures, cross-checks, the library's own text."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.places.queries import Place
from shuxiang.documents.report import dump
from shuxiang.interfaces.common import downloads, printing
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.office.pages import chosen_place, chosen_year, page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.statistics import commands, report
from shuxiang.statistics import queries as statistics
from shuxiang.statistics.figures import SCOPES, NoData, as_json, default_scope, rows_href

VIEW, PUBLISH = "statistics.view", "statistics.publish"


def chosen_scope(request: HttpRequest, place: str) -> str:
    """``main`` or ``subtree``: as asked for, else what the place's setting says."""
    given = request.POST.get("scope") or request.GET.get("scope")
    if given in SCOPES:
        return given
    usual = default_scope(place)
    return next(name for name, zh in SCOPES.items() if zh == usual)


class _Chosen:
    """The year, place and scope a request is about."""

    def __init__(self, request: HttpRequest) -> None:
        self.today = clock.business_date(clock.now())
        self.places = permitted_places(request, VIEW)
        self.place: Place = chosen_place(request, self.places)
        self.year = chosen_year(request, self.today.year - 1)
        self.scope = chosen_scope(request, self.place.id)

    @property
    def query(self) -> str:
        values = {"year": self.year, "place": self.place.code, "scope": self.scope}
        return urlencode(values)

    @property
    def address(self) -> str:
        return f"{reverse('office:report')}?{self.query}"

    def draft(self) -> report.Draft:
        """Raises NoData."""
        return report.draft(
            self.year,
            place=self.place.id,
            scope=SCOPES[self.scope],
            until=self.today if self.year == self.today.year else None,
            link=rows_href(self.year, self.place.code),
        )


@require_safe
@staff_required(VIEW)
def draft(request: HttpRequest) -> HttpResponse:
    """The figures of a year as the counts are now, what contradicts, and what comes next."""
    try:
        chosen = _Chosen(request)
    except LookupError:
        return render_error(request, 403)
    context = {
        "chosen": chosen,
        "years": _years(chosen.today.year),
        "files": [
            (form.upper(), f"{reverse('office:report_file', args=[name])}?{chosen.query}")
            for form, name in _names(chosen.year).items()
            if form != "docx"
        ],
        "word_file": reverse("office:report_file", args=[_names(chosen.year)["docx"]]),
        "running": chosen.year >= chosen.today.year,
        "may_publish": may(request, PUBLISH, chosen.place.id),
        "latest": statistics.latest_edition(chosen.year, chosen.place.id, chosen.scope),
        "key": new_id(),
    }
    try:
        found = chosen.draft()
    except NoData:
        return page(request, "office/report_empty.html", context)
    context |= {
        "figures": found.figures,
        "other": found.other,
        "checked": [(f, found.explained.get(f.fingerprint)) for f in found.checked],
        "open": len(found.unexplained),
    }
    return page(request, "office/report.html", context)


def _years(running: int) -> list[int]:
    return sorted({*statistics.years(), running, running - 1}, reverse=True)


def _names(year: int) -> dict[str, str]:
    forms = {form: f"annual-report-{year}.{form}" for form in ("pdf", "docx", "html")}
    return {**forms, "json": "figures.json"}


@require_safe
@staff_required(VIEW)
def file(request: HttpRequest, name: str) -> HttpResponse:
    """A file of the draft, marked as such. The form that asks for the Word document ``choose``s
    whether it has ``charts``."""
    try:
        chosen = _Chosen(request)
        found = chosen.draft()
    except NoData:
        raise Http404 from None
    except LookupError:
        return render_error(request, 403)
    if name == "figures.json":
        return HttpResponse(as_json(found.figures), content_type="application/json")
    before = statistics.latest_edition(chosen.year, chosen.place.id, chosen.scope)
    model = found.report(edition=before.number + 1 if before else 1)
    if name.endswith(".docx") and "choose" in request.GET and "charts" not in request.GET:
        name = downloads.without_charts(model)
    return downloads.answer(request, model, dump(model).decode(), name, public=False)


@require_POST
@staff_required(VIEW)
def explain(request: HttpRequest) -> HttpResponse:
    """Sign the explanation of a contradiction."""
    try:
        chosen = _Chosen(request)
    except LookupError:
        return render_error(request, 403)
    try:
        commands.explain_finding(
            year=chosen.year,
            place=chosen.place.id,
            scope=chosen.scope,
            fingerprint=request.POST.get("fingerprint", "")[:64],
            text=request.POST.get("text", ""),
            ctx=acting(request, channel="office", key=request.POST.get("key", "")[:64]),
        )
    except Refused as refused:
        _tell(request, refused)
    else:
        messages.success(request, _("The explanation was signed with your name."))
    return HttpResponseRedirect(f"{chosen.address}#checks")


@require_POST
@staff_required(VIEW)
def publish(request: HttpRequest) -> HttpResponse:
    """Freeze the report as its next edition; its files are drawn at once, beside this request."""
    try:
        chosen = _Chosen(request)
    except LookupError:
        return render_error(request, 403)
    try:
        published = commands.publish_report(
            year=chosen.year,
            place=chosen.place.id,
            scope=chosen.scope,
            why=request.POST.get("why", ""),
            ctx=acting(request, channel="office", key=request.POST.get("key", "")[:64]),
        )
    except Refused as refused:
        _tell(request, refused)
        return HttpResponseRedirect(f"{chosen.address}#publish")
    edition = statistics.edition(published.edition)
    if edition is not None:
        printing.start(edition.document)
    said = _("Edition %(n)s of %(year)s is published. Its figures never change again.")
    messages.success(request, said % {"n": published.number, "year": chosen.year})
    return HttpResponseRedirect(reverse("office:editions"))


@require_http_methods(["GET", "POST"])
@staff_required(VIEW)
def text(request: HttpRequest) -> HttpResponse:
    """The library's own paragraphs of the report's sections; numbers in them are tokens."""
    try:
        chosen = _Chosen(request)
    except LookupError:
        return render_error(request, 403)
    if not may(request, PUBLISH, chosen.place.id):
        return render_error(request, 403)
    try:
        found = chosen.draft()
    except NoData:
        return HttpResponseRedirect(chosen.address)
    typed = dict(found.narrative)
    refused_at: dict[str, list[str]] = {}
    if request.method == "POST":
        for section in report.SECTIONS:
            body = _coded(request.POST.get(section, "").replace("\r\n", "\n"), found)
            if body.strip() == found.narrative.get(section, ""):
                continue
            typed[section] = body
            try:
                commands.write_narrative(
                    year=chosen.year,
                    place=chosen.place.id,
                    section=section,
                    text=body,
                    ctx=acting(request, channel="office"),
                )
            except Refused as refused:
                refused_at[section] = refusal(refused.decision)
        if not refused_at:
            messages.success(request, _("The text was saved."))
            return HttpResponseRedirect(chosen.address)
    context = {
        "chosen": chosen,
        "sections": [
            (
                name,
                heading or _("Opening"),
                _named(typed.get(name, ""), found),
                refused_at.get(name, []),
            )
            for name, heading in report.SECTIONS.items()
        ],
        "tokens": [(f.name_zh, _token(f.name_zh)) for f in found.figures],
        "refused": bool(refused_at),
    }
    return page(request, "office/report_text.html", context, 422 if refused_at else 200)


def _token(name: str) -> str:
    """How a figure is written into the text on the screen: by its name, not by its code."""
    return f"{{{name.removeprefix('其中：')}}}"


def _named(text: str, of: report.Draft) -> str:
    for figure in of.figures:
        text = text.replace(f"{{{figure.code}.unit}}", _token(figure.name_zh))
    return text


def _coded(text: str, of: report.Draft) -> str:
    for figure in of.figures:
        text = text.replace(_token(figure.name_zh), f"{{{figure.code}.unit}}")
    return text


def _tell(request: HttpRequest, refused: Refused) -> None:
    for said in refusal(refused.decision):
        messages.error(request, said)
