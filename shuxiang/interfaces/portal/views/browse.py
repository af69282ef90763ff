"""Browsing by 中图法: 22 classes, their second level, the titles of one in shelf order."""

from __future__ import annotations

from dataclasses import replace

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
    """A class: what is directly below it, and its titles by call number. Classes of the library's own
    table are shelves too, and its words go before those that come with the program."""
    of = _class(code)
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
        "parent": _class(of.parent) if of.parent else None,
        "below": _below(of.code),
        "rows": [(row, Taken(row)) for row in rows],
        "page": Page(rows, number, pages),
        "total": total,
    }
    return render(request, "portal/shelf.html", context)


def _class(code: str) -> clc.ClcClass | None:
    shipped = clc.by_code().get(code)
    own = catalog.class_entry(code) if len(code) <= 60 else None
    if own is None:
        return shipped
    if shipped is not None:
        return replace(shipped, name_zh=own.heading)
    # Not below the shipped second level where the table skips it: its nearest class is above it.
    parent = own.parent or clc.second_level(own.code) or clc.main_class(own.code)
    return clc.ClcClass(own.code, 3, parent, own.heading, (own.code,))


def _below(code: str) -> list[clc.ClcClass]:
    """The shipped classes directly below one, then those of the library's own table."""
    found = {row.code: row for row in clc.classes() if row.parent == code}
    for own in catalog.classes_below(code):
        known = found.get(own.code)
        found[own.code] = (
            replace(known, name_zh=own.heading)
            if known
            else clc.ClcClass(own.code, 3, code, own.heading, (own.code,))
        )
    return sorted(found.values(), key=lambda row: clc.class_key(row.code))
