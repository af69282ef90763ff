"""A new PIN at the desk, and the slip that carries it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from shuxiang.apps.patrons import queries
from shuxiang.interfaces.common import staff
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.desk import slips
from shuxiang.interfaces.desk.views.pages import FAULTS, fault_status, fault_words, show
from shuxiang.interfaces.desk.views.readers import Shown, profile_page
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused


@require_http_methods(["GET", "POST"])
@staff.staff_required("patrons.pin")
def pin(request: HttpRequest, patron: str) -> HttpResponse:
    """POST gives the reader a new random PIN; GET shows it with its slip for ten minutes."""
    try:
        profile = queries.masked(patron)
    except queries.UnknownPatron:
        return render_error(request, 404)
    if request.method == "GET":
        context = {
            "profile": profile,
            "facts": profile.facts,
            "pin": slips.shown(request, patron),
            "portal": slips.where_to_sign_in(request),
            "at": clock.now(),
        }
        return show(request, "desk/reader_pin.html", context)
    shown = Shown(act="pin")
    try:
        slips.give(request, patron, staff.context(request, channel="desk"))
    except Refused as refused:
        shown.reasons = refusal(refused.decision)
        return profile_page(request, patron, shown, 422)
    except FAULTS as fault:
        shown.reasons = [fault_words(fault)]
        return profile_page(request, patron, shown, fault_status(fault))
    return redirect("desk:pin", patron=patron)
