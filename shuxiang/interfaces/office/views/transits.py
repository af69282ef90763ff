"""在途与预约: books on their way with destination and age, and hold shelves, of every place the clerk
may see."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel import clock

ACTION = "circulation.pull"
SHOWN = 50
OLD_DAYS = 7
"""Days under way from which a book is looked for."""


@require_safe
@staff_required(ACTION)
def transits(request: HttpRequest) -> HttpResponse:
    """Open transits from and to the clerk's places, the longest under way first, and how much stands
    on each hold shelf."""
    mine = permitted_places(request, ACTION)
    ids = [p.id for p in mine]
    asked = request.GET.get("to", "")
    to = next((p for p in places.all_places() if p.code == asked), None)
    found = circulation.open_transits(ids, limit=2000)
    if to is not None:
        found = tuple(t for t in found if t.destination == to.id)
    names = {p.id: p.name for p in places.all_places()}
    at = clock.now()
    pages = Paginator(found, SHOWN)
    number = request.GET.get("page", "1")
    shown = pages.get_page(int(number) if number.isascii() and number.isdigit() else 1)
    context: dict[str, Any] = {
        "rows": [
            (t, names.get(t.origin, ""), names.get(t.destination, ""), t.days(at)) for t in shown
        ],
        "page": shown,
        "total": len(found),
        "old": sum(t.days(at) > OLD_DAYS for t in found),
        "old_days": OLD_DAYS,
        "sites": [p for p in places.all_places() if p.kind != "network"],
        "to": to.code if to else "",
        "shelves": [
            (p.name, sum(h.active for h in rows), sum(not h.active for h in rows))
            for p in mine
            if (rows := circulation.hold_shelf(p.id))
        ],
    }
    return page(request, "office/transits.html", context)
