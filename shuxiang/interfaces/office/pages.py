"""What every page of the office has: navigation by permission, the places it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from shuxiang.apps.places.queries import Place
from shuxiang.apps.staff import queries as accounts
from shuxiang.interfaces.common.staff import places_open_to, service_point
from shuxiang.interfaces.office.menu import Entry, offered


def page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page of the office with its navigation."""
    navigation = offered(request)
    own = {"navigation": navigation, "navigation_current": _current(request.path, navigation)}
    return render(request, template, own | context, status=status)


def _current(path: str, navigation: Sequence[tuple[object, Sequence[Entry]]]) -> str:
    """The offered page that a path is, or lies below: the nearest where several are above it."""
    home = reverse("office:home")
    above = {
        address: entry.url
        for _group, entries in navigation
        for entry in entries
        if path.startswith(address := reverse(entry.url)) and (address != home or path == home)
    }
    return above[max(above, key=len)] if above else ""


def permitted_places(
    request: HttpRequest, action: str, *, network: bool = False
) -> tuple[Place, ...]:
    """Places where the signed-in clerk holds the action; the network only when asked for."""
    account = str(request.user.pk)
    return tuple(
        p
        for p in places_open_to(request)
        if (network or p.kind != "network") and accounts.may(account, action, p.id)
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
