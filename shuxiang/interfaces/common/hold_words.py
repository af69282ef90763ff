"""Holds in words: what lists of the desk and of readers say of one."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import queries as places
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
