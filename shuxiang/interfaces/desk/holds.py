"""Holds as the desk shows them: words for their state, what a returned book needs, the slip for the
hold shelf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.circulation.commands import CheckedIn
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common import staff
from shuxiang.interfaces.common.words import local_date
from shuxiang.kernel import clock


@dataclass(frozen=True, slots=True)
class Shown:
    """A hold with its words: kind of badge, state in a word or two, the rest in a line."""

    hold: circulation.HoldView
    kind: str
    word: str
    line: str
    pickup: str


def shown(hold: circulation.HoldView) -> Shown:
    """What a list says of a hold."""
    today = clock.business_date(clock.now())
    pickup = places.place(hold.pickup).name
    if hold.ready_until is not None and hold.state == "ready":
        until = local_date(hold.ready_until)
        return Shown(
            hold,
            "ok",
            _("Ready to fetch"),
            _("at %(place)s until %(day)s") % {"place": pickup, "day": until},
            pickup,
        )
    if hold.state == "coming":
        return Shown(hold, "hold", _("On its way"), _("to %(place)s") % {"place": pickup}, pickup)
    if hold.suspended_until is not None and hold.suspended(today):
        until = local_date(hold.suspended_until)
        return Shown(
            hold,
            "muted",
            _("Suspended for now"),
            _("takes part again on %(day)s") % {"day": until},
            pickup,
        )
    if hold.active:
        line = _("number %(n)s in the queue, pickup at %(place)s") % {
            "n": hold.position,
            "place": pickup,
        }
        return Shown(hold, "notice", _("Waiting"), line, pickup)
    words = {"filled": _("Lent"), "cancelled": _("Called off"), "expired": _("Expired")}
    return Shown(hold, "muted", words[hold.state], "", pickup)


def of_reader(patron: str) -> list[Shown]:
    return [shown(hold) for hold in circulation.holds_of(patron)]


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
