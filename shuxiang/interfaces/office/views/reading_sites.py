"""基地、服务点、漂流小书屋: the register, a site's books, counts and keeper, stickers."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.drift import commands, queries
from shuxiang.apps.drift.queries import SiteView
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.documents.errors import DocumentError
from shuxiang.documents.labels import SHEETS
from shuxiang.documents.sheets import Column, Sheet
from shuxiang.documents.stickers import Sticker, stickers_pdf
from shuxiang.interfaces.common.drift_words import COUNTS, KINDS
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, day_field, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.interfaces.office.spreadsheets import spreadsheet
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.statistics import queries as statistics

COUNT, EDIT = "drift.count", "drift.edit"
SHOWN = 50
MEASURES = ("visits.entered", "drift.taken", "drift.returned")


class SiteForm(KeyedForm):
    """A line of the register."""

    place = forms.ChoiceField(label=_("Site"))
    kind = forms.ChoiceField(label=_("Sort"), choices=list(KINDS.items()))
    plaque_on = day_field(_("Plaque put up on"), required=False)
    keeper = forms.CharField(label=_("Keeper"), max_length=40, required=False)
    phone = forms.CharField(label=_("Keeper's telephone"), max_length=40, required=False)
    agreement_from = day_field(_("Agreement from"), required=False)
    agreement_until = day_field(_("Agreement until"), required=False)
    agreement_file = forms.CharField(
        label=_("Agreement, file number"), max_length=80, required=False
    )
    hours = forms.CharField(
        label=_("Opening hours"),
        max_length=120,
        required=False,
        help_text=_("In words, where the calendar does not say it."),
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    ended_on = day_field(
        _("Ended on"), _("The keeper's name and telephone are deleted then."), required=False
    )
    fields_of = {
        "site-kind-unknown": "kind",
        "plaque-in-future": "plaque_on",
        "agreement-reversed": "agreement_until",
        "site-end-invalid": "ended_on",
        "place-unknown": "place",
    }


class BooksForm(KeyedForm):
    """Books to let drift."""

    titles = forms.CharField(
        label=_("Titles, one a line; the author after |"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    barcodes = forms.CharField(
        label=_("Or barcodes of our stock, one a line"),
        required=False,
        help_text=_("They are no longer lent meanwhile."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    @property
    def books(self) -> tuple[commands.New, ...]:
        lines = [line.split("|", 1) for line in self.cleaned_data["titles"].splitlines()]
        named = [
            commands.New(title=t[0], author=t[1] if t[1:] else "") for t in lines if t[0].strip()
        ]
        codes = self.cleaned_data["barcodes"].split()
        return (*named, *(commands.New(barcode=code) for code in codes))


@require_safe
@staff_required(COUNT)
def reading_sites(request: HttpRequest) -> HttpResponse:
    """The register of the places open to the clerk, with stock, visits and drifting books."""
    chosen = request.GET.get("kind", "")
    chosen = chosen if chosen in KINDS else ""
    ended = request.GET.get("ended") == "1"
    sites = permitted_places(request, COUNT, network=True)
    found = queries.sites([p.id for p in sites], kind=chosen, ended=ended)
    year = clock.business_date(clock.now()).year
    rows = _figures(found, year)
    if request.GET.get("form") == "xlsx":
        return _file(found, rows, year)
    context = {
        "rows": [(s, KINDS[s.kind], rows[s.id], _agreed(s)) for s in found],
        "kinds": KINDS.items(),
        "chosen": chosen,
        "ended": ended,
        "year": year,
        "may_edit": may(request, EDIT),
        "problems": [
            (p, next(s.name for s in found if s.id == p.site))
            for p in queries.problems([s.id for s in found])
        ],
        "key": new_id(),
    }
    return page(request, "office/reading_sites.html", context)


def _figures(found: tuple[SiteView, ...], year: int) -> dict[str, dict[str, int]]:
    """Numbers of each site, in as many statements as one site takes."""
    places_ = [s.place for s in found]
    held: dict[str, int] = {}
    for holding in stock.holdings(places_):
        held[holding.owner] = held.get(holding.owner, 0) + holding.items
    counted = statistics.year_by_place(MEASURES, year)
    shelves = queries.shelves([s.id for s in found])
    return {
        s.id: {
            "stock": held.get(s.place, 0),
            "visits": counted.get(("visits.entered", s.place), 0),
            "taken": counted.get(("drift.taken", s.place), 0),
            "returned": counted.get(("drift.returned", s.place), 0),
            "books": shelves[s.id].books,
            "out": shelves[s.id].out,
            "here": shelves[s.id].here,
        }
        for s in found
    }


def _agreed(site: SiteView) -> tuple[str, Any]:
    """Kind of badge and word of a site's agreement."""
    today = clock.business_date(clock.now())
    if site.agreement_until is None:
        return (
            ("muted", _("No agreement")) if site.agreement_from is None else ("ok", _("Open-ended"))
        )
    if site.agreement_until < today:
        return "refused", pgettext_lazy("agreement", "Over")
    return "ok", pgettext_lazy("agreement", "In force")


def _file(found: tuple[SiteView, ...], rows: dict[str, dict[str, int]], year: int) -> HttpResponse:
    sheet = Sheet(
        gettext("Reading sites"),
        gettext("Register of reading sites"),
        (
            Column(gettext("Site"), width=24),
            Column(gettext("Sort"), width=16),
            Column(gettext("Address"), width=28),
            Column(gettext("Plaque put up on"), "date"),
            Column(gettext("Keeper")),
            Column(gettext("Keeper's telephone"), width=16),
            Column(gettext("Agreement from"), "date"),
            Column(gettext("Agreement until"), "date"),
            Column(gettext("Agreement, file number"), width=18),
            Column(gettext("Opening hours"), width=24),
            Column(gettext("Items of our stock"), "number"),
            Column(gettext("Visits entered"), "number"),
            Column(gettext("Drifting books"), "number"),
            Column(gettext("Taken this year"), "number"),
            Column(gettext("Ended on"), "date"),
        ),
        [
            (
                s.name, str(KINDS[s.kind]), s.address, s.plaque_on, s.keeper, s.phone,
                s.agreement_from, s.agreement_until, s.agreement_file, s.hours,
                rows[s.id]["stock"], rows[s.id]["visits"], rows[s.id]["books"],
                rows[s.id]["taken"], s.ended_on,
            )
            for s in found
        ],
        None,
        (gettext("Visits and takings of the year %(year)s.") % {"year": year},),
    )  # fmt: skip
    return spreadsheet([sheet], f"{gettext('Register of reading sites')} {clock.now():%Y-%m-%d}")


@require_http_methods(["GET", "POST"])
@staff_required(EDIT)
def add(request: HttpRequest) -> HttpResponse:
    """Enter a place in the register."""
    return _form(request, None)


@require_http_methods(["GET", "POST"])
@staff_required(EDIT)
def edit(request: HttpRequest, site_id: str) -> HttpResponse:
    """Change a line of the register."""
    found = _mine(request, site_id, EDIT)
    return found if isinstance(found, HttpResponse) else _form(request, found)


def _form(request: HttpRequest, site: SiteView | None) -> HttpResponse:
    known = {s.place for s in queries.sites(ended=True)}
    options = [
        (p.code, p.name)
        for p in permitted_places(request, EDIT)
        if (site is None and p.id not in known) or (site is not None and p.id == site.place)
    ]
    initial: dict[str, Any] = {}
    if site is not None:
        initial = {
            name: getattr(site, name) for name in SiteForm.base_fields if hasattr(site, name)
        }
        initial["place"] = site.code
    form = SiteForm(request.POST or None, choices={"place": options}, initial=initial)
    made: list[str] = []

    def act(ctx: Any) -> None:
        given = {k: v for k, v in form.cleaned_data.items() if k not in ("key", "place")}
        where = places.place_by_code(form.cleaned_data["place"]).id
        made.append(commands.register(place=where, **given, ctx=ctx))

    if request.method == "POST" and attempt(request, form, act):
        messages.success(request, gettext("Saved."))
        return redirect("office:reading_site", site_id=made[0])
    context = {
        "form": form,
        "title": gettext("Change the entry") if site else gettext("Enter a site"),
        "back": "office:reading_sites",
        "back_label": gettext("Reading sites"),
    }
    return page(request, "office/form.html", context, 422 if form.errors else 200)


def _mine(request: HttpRequest, site_id: str, action: str) -> SiteView | HttpResponse:
    found = queries.site(site_id)
    if found is None:
        raise Http404
    return found if may(request, action, found.place) else render_error(request, 403)


@require_http_methods(["GET", "POST"])
@staff_required(COUNT)
def reading_site(request: HttpRequest, site_id: str) -> HttpResponse:
    """One site: its entry, its books, what was counted, its keeper's addresses."""
    found = _mine(request, site_id, COUNT)
    if isinstance(found, HttpResponse):
        return found
    form = BooksForm(request.POST or None)
    added: list[str] = []

    def act(ctx: Any) -> None:
        added.extend(commands.add_books(site=found.id, books=form.books, ctx=ctx))

    if request.method == "POST" and attempt(request, form, act):
        said = gettext("%(n)s books drift from here; print their stickers.")
        messages.success(request, said % {"n": len(added)})
        return redirect("office:reading_site", site_id=site_id)
    return _site_page(request, found, form)


def _site_page(
    request: HttpRequest, site: SiteView, form: BooksForm, link: str = ""
) -> HttpResponse:
    today = clock.business_date(clock.now())
    figures = _figures((site,), today.year)[site.id]
    pages = Paginator(range(figures["books"]), SHOWN)
    shown = pages.get_page(request.GET.get("page"))
    names = {s.id: s.name for s in queries.sites(ended=True)}
    context = {
        "site": site,
        "kind": KINDS[site.kind],
        "agreed": _agreed(site),
        "figures": figures,
        "year": today.year,
        "back": queries.came_back((site.id,), date(today.year, 1, 1), today),
        "books": [
            (b, names.get(b.at, ""))
            for b in queries.books_of(site.id, offset=(shown.number - 1) * SHOWN, limit=SHOWN)
        ],
        "page": shown,
        "censuses": [(c, COUNTS[c.how]) for c in queries.censuses(site.id)],
        "problems": queries.problems((site.id,)),
        "links": queries.links(site.id),
        "link": link,
        "form": form,
        "may_edit": may(request, EDIT, site.place),
        "key": new_id(),
    }
    return page(request, "office/reading_site.html", context, 422 if form.errors else 200)


@require_POST
@staff_required(COUNT)
def act(request: HttpRequest, site_id: str, name: str) -> HttpResponse:
    """Take a book out, make or end a keeper's address, settle a report, as the button says."""
    found = _mine(request, site_id, COUNT if name == "remove" else EDIT)
    if isinstance(found, HttpResponse):
        return found
    posted = request.POST
    token = ""
    if name == "remove":
        code, why = posted.get("code", "")[:12], posted.get("why", "")
        done = gettext("The book drifts no more.")
        press(request, lambda ctx: commands.remove_book(code=code, why=why, ctx=ctx), done)
    elif name == "link":
        token = secrets.token_urlsafe(18)
        hashed = queries.token_hash(token)
        said = gettext("The address is made. It is shown this once.")
        if press(
            request,
            lambda ctx: commands.make_link(site=site_id, token_hash=hashed, ctx=ctx),
            said,
        ):
            url = request.build_absolute_uri(reverse("portal:keeper", args=[token]))
            answer = _site_page(request, found, BooksForm(), url)
            answer.headers["Cache-Control"] = "no-store"
            return answer
    elif name == "end-link":
        link = posted.get("link", "")[:32]
        said = gettext("The address works no longer.")
        press(request, lambda ctx: commands.end_link(link=link, ctx=ctx), said)
    elif name == "settle":
        problem, reply = posted.get("problem", "")[:32], posted.get("answer", "")
        press(
            request,
            lambda ctx: commands.settle_problem(problem=problem, answer=reply, ctx=ctx),
            gettext("Settled."),
        )
    else:
        raise Http404
    return redirect("office:reading_site", site_id=site_id)


@require_safe
@staff_required(COUNT)
def stickers(request: HttpRequest, site_id: str) -> HttpResponse:
    """The stickers of a site's books: all, or from the one named on."""
    found = _mine(request, site_id, COUNT)
    if isinstance(found, HttpResponse):
        return found
    books = queries.books_of(site_id, limit=2000)
    since = request.GET.get("since", "")
    if since:
        books = tuple(b for b in books if b.added_on.isoformat() >= since)
    start = request.GET.get("start", "1")
    try:
        made = stickers_pdf(
            [
                Sticker(
                    request.build_absolute_uri(reverse("portal:drift", args=[b.code])),
                    b.code,
                    b.title,
                )
                for b in books
            ],
            SHEETS["3x7"],
            heading=found.name,
            call=gettext("Scan: take it, put it back, tell where it is"),
            start=int(start) if start.isdigit() else 1,
        )
    except DocumentError as error:
        messages.error(request, gettext(str(error)))
        return redirect("office:reading_site", site_id=site_id)
    answer = HttpResponse(made, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="stickers-{found.code}.pdf"'
    return answer
