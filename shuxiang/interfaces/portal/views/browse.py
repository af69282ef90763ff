"""Browsing by 中图法: 22 classes, their second level, the titles of one in shelf order."""

from __future__ import annotations

from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from shuxiang.apps.catalog import queries as catalog
from shuxiang.formats import clc
from shuxiang.interfaces.common import catalogue
from shuxiang.interfaces.portal.views.search import SIZE, Pages, Taken


@require_safe
def classes(request: HttpRequest) -> HttpResponse:
    """The 22 main classes with the number of titles in each."""
    counts = catalog.class_counts()
    tree = [(top, counts.get(top.code, 0)) for top, _ in clc.tree()]
    return render(request, "portal/classes.html", {"tree": tree})


@require_safe
def shelf(request: HttpRequest, code: str) -> HttpResponse:
    """A class: its second level, and its titles by call number."""
    of = clc.by_code().get(code)
    if of is None:
        raise Http404
    total = catalog.count_on_shelf(of.prefixes)
    pages = Pages(total)
    typed = request.GET.get("page", "1")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else 1
    if not 1 <= number <= pages.num_pages:
        return redirect("portal:shelf", code=code)
    ids = catalog.on_shelf(of.prefixes, offset=(number - 1) * SIZE, limit=SIZE)
    rows = catalogue.found(ids)
    context = {
        "of": of,
        "parent": clc.by_code().get(of.parent),
        "below": [row for row in clc.classes() if row.parent == of.code],
        "rows": [(row, Taken(row)) for row in rows],
        "page": Page(rows, number, pages),
        "total": total,
    }
    return render(request, "portal/shelf.html", context)
