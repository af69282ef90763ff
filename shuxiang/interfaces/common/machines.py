"""Self-service machines that call, for whoever is on duty: how many, on every page of the desk."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common import staff
from shuxiang.interfaces.common.machine_words import WHY

ANSWER = "places.answer_call"


def waiting(request: HttpRequest) -> tuple[places.Call, ...]:
    """Calls at the place worked at and at the service points right below it."""
    here = staff.service_point(request)
    sites = [
        p.id
        for p in places.subtree(here.id)
        if p.id == here.id or (p.parent == here.id and p.kind == "service_point")
    ]
    return places.open_calls(sites)


@require_GET
def strip(request: HttpRequest) -> HttpResponse:
    """How many machines call, as a link; nothing for anybody else. Asked for again and again by a page
    that may be locked meanwhile, hence outside what the lock guards, and no sign of life."""
    if not request.user.is_authenticated or not staff.may(request, ANSWER):
        return HttpResponse(status=204)
    calls = waiting(request)
    first = WHY.get(calls[0].code, "") if calls else ""
    return render(request, "common/machine_calls.html", {"calls": calls, "first": first})
