"""The ledger rows behind a figure. No reader is named in them."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.office.item_words import SOURCES
from shuxiang.interfaces.office.pages import chosen_place, page, permitted_places
from shuxiang.interfaces.office.views.report import chosen_scope
from shuxiang.statistics import queries as statistics
from shuxiang.statistics.figures import SCOPES, scope_of
from shuxiang.statistics.indicators import SOURCE_ZH, find

_SOURCES: dict[str, str | Promise] = {**SOURCE_ZH, **SOURCES, "first": _("First card")}
"""What a row came from, as the screen says it; nothing where no word is known."""


class _Pages(Paginator):
    def __init__(self, drilled: statistics.DrilledPage) -> None:
        super().__init__(range(drilled.count), statistics.PAGE)
        self._pages = drilled.pages

    @cached_property
    def num_pages(self) -> int:
        return self._pages


@require_safe
@staff_required("statistics.view")
def rows(request: HttpRequest, year: int, code: str) -> HttpResponse:
    """Rows of an indicator in a year, or in one ``month`` of it, a page at a time."""
    try:
        one = find(code, year)
    except KeyError:
        raise Http404 from None
    try:
        site = chosen_place(request, permitted_places(request, "statistics.view"))
    except LookupError:
        return render_error(request, 403)
    scope = chosen_scope(request, site.id)
    month = _number(request.GET.get("month", ""), 12)
    drilled = statistics.drill(
        code,
        year,
        place=site.id,
        scope=SCOPES[scope],
        month=month,
        page=_number(request.GET.get("page", ""), 10**7) or 1,
    )
    context: dict[str, Any] = {
        "one": one,
        "year": year,
        "month": month,
        "months": range(1, 13),
        "site": site,
        "scope": scope,
        "scope_zh": scope_of(one, SCOPES[scope]),
        "rows": [(r, _SOURCES.get(r.source, "")) for r in drilled.rows],
        "count": drilled.count,
        "page": Page(drilled.rows, drilled.page, _Pages(drilled)),
    }
    return page(request, "office/rows.html", context)


def _number(text: str, most: int) -> int | None:
    plain = text.isascii() and text.isdigit() and len(text) < 9
    return int(text) if plain and 1 <= int(text) <= most else None
