"""Holdings: 种, 册 and 码洋 by class and place, on the page and as a spreadsheet; class numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Place
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.series import restart_numbers
from shuxiang.documents.sheets import Column, Sheet
from shuxiang.formats import clc
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.words import yuan
from shuxiang.interfaces.office.acts import press
from shuxiang.interfaces.office.book_forms import shelf, shelves, within
from shuxiang.interfaces.office.item_words import STATES
from shuxiang.interfaces.office.pages import chosen_place, page, permitted_places
from shuxiang.interfaces.office.spreadsheets import money, spreadsheet
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id

ACTION = "stock.view"
MEASURES: dict[str, str | Promise] = {
    "items": gettext_lazy("Items"),
    "titles": gettext_lazy("Titles"),
    "price_fen": gettext_lazy("List price"),
}


class Chosen:
    """What an address asks for. Raises LookupError for a place not open to the clerk."""

    def __init__(self, request: HttpRequest) -> None:
        self.places = permitted_places(request, ACTION)
        self.place: Place = chosen_place(request, self.places)
        self.only = request.GET.get("scope") == "main"
        given = request.GET.get("status", "")
        self.status = given if given in STATES else ""
        given = request.GET.get("measure", "")
        self.measure = given if given in MEASURES else "items"
        inside = places.subtree(self.place.id)
        self.sites = (self.place,) if self.only else inside


@require_safe
@staff_required(ACTION)
def holdings(request: HttpRequest) -> HttpResponse:
    """The 22 classes by place."""
    try:
        chosen = Chosen(request)
    except LookupError:
        return render_error(request, 403)
    totals = stock.totals([p.id for p in chosen.sites], chosen.status)
    shown = [p for p in chosen.sites if p.id in totals.by_place or p.id == chosen.place.id]
    rows = [
        {
            "code": code,
            "name": name,
            "cells": [_cell(totals.cells.get((site.id, code)), chosen.measure) for site in shown],
            "total": totals.by_class.get(code, stock.Total()),
        }
        for code, name in _classes()
        if code or "" in totals.by_class
    ]
    context = {
        "chosen": chosen,
        "columns": shown,
        "rows": rows,
        "feet": [_cell(totals.by_place.get(site.id), chosen.measure) for site in shown],
        "all": totals.all,
        "measures": MEASURES.items(),
        "statuses": [(code, words) for code, (_kind, words) in STATES.items()],
        "query": request.GET.urlencode(),
    }
    return page(request, "office/holdings.html", context)


def _classes() -> list[tuple[str, str]]:
    return [(row.code, row.name_zh) for row in clc.classes() if row.level == 1] + [
        ("", _("Without a class"))
    ]


def _cell(total: stock.Total | None, measure: str) -> str:
    if total is None:
        return "0" if measure != "price_fen" else yuan(0)
    number = getattr(total, measure)
    return yuan(number) if measure == "price_fen" else f"{number:,}"


@require_safe
@staff_required(ACTION)
def file(request: HttpRequest) -> HttpResponse:
    """The same as a workbook: a sheet of the three totals by class, one by class and place each."""
    try:
        chosen = Chosen(request)
    except LookupError:
        return render_error(request, 403)
    totals = stock.totals([p.id for p in chosen.sites], chosen.status)
    shown = [p for p in chosen.sites if p.id in totals.by_place]
    scope = _("this site alone") if chosen.only else _("with branches")
    status = STATES[chosen.status][1] if chosen.status else _("all but withdrawn")
    notes = (
        f"{chosen.place.name} · {scope} · {status}",
        _("As of %(day)s") % {"day": clock.business_date(clock.now()).isoformat()},
    )
    classes = _classes()
    three = (
        Column(_("Titles"), "number"),
        Column(_("Items"), "number"),
        Column(_("List price (yuan)"), "number", 16),
    )
    sheets = [
        Sheet(
            _("By class"),
            _("Holdings by class"),
            (Column(_("Class")), Column(_("Name of the class"), width=28), *three),
            [(code, name, *_three(totals.by_class.get(code))) for code, name in classes],
            ("", _("Total"), *_three(totals.all)),
            notes,
        ),
        Sheet(
            _("By site"),
            _("Holdings by site"),
            (Column(_("Site"), width=24), *three),
            [(site.name, *_three(totals.by_place.get(site.id))) for site in shown],
            (_("Total"), *_three(totals.all)),
            (*notes, _("A title held at two sites counts at each, and once in the total.")),
        ),
        Sheet(
            _("Items by class and site"),
            _("Items by class and site"),
            (Column(_("Class")), *(Column(site.name, "number") for site in shown)),
            [
                (
                    code or name,
                    *(totals.cells.get((site.id, code), stock.Total()).items for site in shown),
                )
                for code, name in classes
            ],
            None,
            notes,
        ),
    ]
    day = clock.business_date(clock.now()).isoformat()
    return spreadsheet(sheets, f"{_('Holdings')} {chosen.place.name} {day}")


def _three(total: stock.Total | None) -> tuple[int, int, Decimal]:
    total = total or stock.Total()
    return total.titles, total.items, money(total.price_fen)


@require_safe
@staff_required(ACTION)
def numbers(request: HttpRequest) -> HttpResponse:
    """种次号 of a class: the next one, and the gaps, where and for what kind of item."""
    sites = permitted_places(request, ACTION)
    try:
        site = chosen_place(request, sites)
    except LookupError:
        return render_error(request, 403)
    class_number = clc.normalise_class(request.GET.get("class", "").strip()[:60])
    where = next(
        (v for v, _words in shelves([site]) if v == request.GET.get("where")),
        shelves([site])[0][0],
    )
    category = request.GET.get("category", "")
    categories = [(code, name) for code, name, _lend in stock.categories()]
    if category not in dict(categories):
        category = categories[0][0] if categories else ""
    place, location = shelf(where)
    context: dict[str, Any] = {
        "sites": sites,
        "site": site,
        "where": where,
        "shelves": shelves([site]),
        "category": category,
        "categories": categories,
        "apart": places.setting(site.id, "items.numbering_apart").value,
        "class_number": class_number,
        "known": bool(clc.main_class(class_number)),
    }
    context["may_restart"] = may(request, "stock.edit", site.id)
    context["key"] = new_id()
    if context["known"]:
        series = stock.series_at(place, category, location)
        context["found"] = stock.class_numbers(series, class_number)
    return page(request, "office/numbers.html", context)


@require_POST
@staff_required("stock.edit")
def restart(request: HttpRequest) -> HttpResponse:
    """Let the numbers of a class go on from another one."""
    sites = permitted_places(request, "stock.edit")
    if not within(request, sites):
        return render_error(request, 403)
    try:
        place, location = shelf(request.POST.get("where", ""))
    except places.UnknownPlace:
        return render_error(request, 403)
    first = request.POST.get("first", "").strip()
    number = int(first) if first.isascii() and first.isdigit() and len(first) < 8 else 0
    class_number = request.POST.get("class", "")[:60]
    category = request.POST.get("category", "")[:32]
    press(
        request,
        lambda ctx: restart_numbers(
            place=place,
            category=category,
            location=location,
            class_number=class_number,
            first=number,
            ctx=ctx,
        ),
        _("The next number is %(n)s.") % {"n": number},
    )
    code = places.place(place).code
    query = {"place": code, "where": request.POST.get("where", ""), "category": category}
    return redirect(f"{reverse('office:numbers')}?{urlencode(query | {'class': class_number})}")
