"""Holds at the desk: what a returned book needs, the slip for the hold shelf."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.circulation.commands import CheckedIn
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common import staff
from shuxiang.kernel import clock


def _facts(request: HttpRequest, hold: circulation.HoldView) -> dict[str, Any]:
    reader = patrons.loan_reader(hold.patron) if hold.patron else None
    return {
        "hold": hold,
        "reader": reader,
        "tail": reader.number[-4:] if reader else "",
        "pickup": places.place(hold.pickup),
        "here": staff.service_point(request),
        "at": clock.now(),
    }


def panel(request: HttpRequest, done: CheckedIn) -> str:
    """In place of the reader: where the book in hand goes, in large letters."""
    hold = circulation.hold(done.hold) if done.hold else None
    context: dict[str, Any] = {"done": done}
    if hold is not None:
        context |= _facts(request, hold)
    if done.transit_to:
        context["to"] = places.place(done.transit_to)
    return render_to_string("desk/where_to.html", context, request)


def slip(request: HttpRequest, done: CheckedIn) -> str:
    """The slip of a book set aside, where the place prints one at once (``desk.hold_slips``)."""
    here = staff.service_point(request)
    if places.setting(here.id, "desk.hold_slips").value != "always":
        return ""
    hold = circulation.hold(done.hold)
    return slip_of(request, hold) if hold else ""


def slip_of(request: HttpRequest, hold: circulation.HoldView) -> str:
    """The slip to put into a book set aside."""
    return render_to_string("desk/hold_slip.html", _facts(request, hold), request)
