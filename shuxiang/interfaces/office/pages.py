"""What every page of the office has: navigation by permission, the places it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shuxiang.apps.places.queries import Place
from shuxiang.apps.staff import queries as accounts
from shuxiang.interfaces.common.staff import may, places_open_to, service_point


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of the side navigation; ``action`` is what one must be allowed, '' nothing."""

    url: str
    icon: str
    label: str | Promise
    action: str = ""


NAVIGATION: tuple[tuple[str | Promise, tuple[Item, ...]], ...] = (
    (
        _("Circulation"),
        (
            Item("desk:home", "barcode", _("Desk")),
            Item("office:rules", "checklist", _("Loan rules")),
        ),
    ),
    (
        _("Statistics"),
        (
            Item("office:home", "chart-bar", _("Today")),
            Item("office:visits", "door-enter", _("Visits"), "statistics.enter_visits"),
            Item("office:report", "report-analytics", _("Annual report"), "statistics.view"),
            Item("office:editions", "archive", _("Published editions"), "statistics.view"),
        ),
    ),
    (_("Holdings"), (Item("office:imports", "upload", _("Imports"), "catalog.import"),)),
)


def page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page of the office with its navigation."""
    navigation = []
    for heading, items in NAVIGATION:
        open_to = [item for item in items if not item.action or may(request, item.action)]
        if open_to:
            navigation.append((heading, open_to))
    return render(request, template, {"navigation": navigation} | context, status=status)


def permitted_places(request: HttpRequest, action: str) -> tuple[Place, ...]:
    """Places, the network left out, where the signed-in clerk holds the action."""
    account = str(request.user.pk)
    return tuple(
        p
        for p in places_open_to(request)
        if p.kind != "network" and accounts.may(account, action, p.id)
    )


def chosen_place(request: HttpRequest, options: tuple[Place, ...]) -> Place:
    """The place a form or address names by its code, else the one worked at, else the first.

    Raises LookupError where none is open to the clerk or the code is none of them.
    """
    code = request.POST.get("place") or request.GET.get("place")
    if code:
        wanted = [p for p in options if p.code == code]
    else:
        here = service_point(request).id
        wanted = [p for p in options if p.id == here] or list(options)
    if not wanted:
        raise LookupError(code)
    return wanted[0]


def chosen_year(request: HttpRequest, usual: int) -> int:
    """The year a form or address names, 1900 … 2199, else the usual one."""
    given = request.POST.get("year") or request.GET.get("year") or ""
    year = int(given) if given.isascii() and given.isdigit() and len(given) == 4 else usual
    return year if 1900 <= year < 2200 else usual
