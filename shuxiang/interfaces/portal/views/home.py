"""The first page: search, new books, what is borrowed most, classes, the library's sites."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import TitleView
from shuxiang.apps.circulation import queries as circulation
from shuxiang.formats import clc
from shuxiang.interfaces.common import finding
from shuxiang.interfaces.portal import sites
from shuxiang.interfaces.portal.views import library
from shuxiang.kernel import clock

SHOWN = 6


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The portal's home page."""
    now = clock.now()
    newest = finding.ask("", {}, sort="newest", size=SHOWN)
    borrowed = finding.ask("", {}, sort="loans", size=SHOWN)
    views = catalog.titles((*newest.ids, *borrowed.ids))
    loans = circulation.loans_by_title(borrowed.ids)
    return render(
        request,
        "portal/home.html",
        {
            "newest": _existing(views, newest.ids),
            "borrowed": [t for t in _existing(views, borrowed.ids) if loans.get(t.id)],
            "classes": [top for top, _ in clc.tree()],
            "sites": sites.sites(now),
            "ahead": sites.ahead(now),
            "news": library.first_news(now),
            "today": clock.business_date(now),
        },
    )


def _existing(views: dict[str, TitleView], ids: tuple[str, ...]) -> list[TitleView]:
    return [views[i] for i in ids if i in views]
