"""The office's first page: what happened today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from shuxiang.apps.places import queries as places
from shuxiang.apps.stockcontrol.queries import rotations
from shuxiang.interfaces.common.staff import may, service_point, staff_required
from shuxiang.interfaces.office.pages import page
from shuxiang.kernel import clock
from shuxiang.statistics import fold
from shuxiang.statistics import queries as statistics

MEASURES: tuple[tuple[str, str | Promise], ...] = (
    ("visits.entered", _("Visits entered")),
    (fold.BORROWING_VISITS, _("Borrowing visits")),
    ("loan.opened", _("Volumes lent")),
    ("loan.closed", _("Volumes returned")),
    ("loan.renewed", _("Volumes renewed")),
    ("item.used", _("Used in house")),
    ("card.issued", _("Cards issued")),
    ("item.accessioned", _("Items added")),
)

ROTATE = "stock.rotate"


@dataclass(frozen=True, slots=True)
class Row:
    """A measure: today, and the same weekday a week ago."""

    label: str | Promise
    today: int
    before: int


@require_safe
@staff_required()
def home(request: HttpRequest) -> HttpResponse:
    """Today's counts of the place worked at, with what is below it."""
    here = service_point(request)
    inside = tuple(p.id for p in places.subtree(here.id))
    today = clock.business_date(clock.now())
    counted = statistics.day(today, inside)
    before = statistics.day(today - timedelta(days=7), inside)
    rotates = may(request, ROTATE)
    context = {
        "here": here,
        "due_sets": [s.name for s in rotations() if s.active and s.next_on <= today]
        if rotates
        else [],
        "with_branches": len(inside) > 1,
        "today": today,
        "rows": [Row(label, counted.get(m, 0), before.get(m, 0)) for m, label in MEASURES],
        "may_enter": may(request, "statistics.enter_visits"),
    }
    return page(request, "office/home.html", context)
