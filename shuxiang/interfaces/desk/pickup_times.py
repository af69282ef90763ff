"""Pickup times in words, and those of one reader as the desk shows them."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock

STATES: dict[str, tuple[str, str | Promise]] = {
    "booked": ("hold", gettext_lazy("Booked")),
    "staged": ("notice", pgettext_lazy("pickup", "Packed")),
    "arrived": ("ok", gettext_lazy("Is here")),
    "delivered": ("muted", gettext_lazy("Delivered to the reader")),
    "no_show": ("refused", gettext_lazy("Did not come")),
}


def of_reader(patron: str) -> dict[str, Any]:
    """Pickup times of a reader: those booked, each with the times it could move to; and for places
    where something is ready and none is booked, the times to book."""
    booked = circulation.pickups_of(patron)
    ready = {h.pickup for h in circulation.holds_of(patron) if h.state == "ready"}
    names = {p.id: p.name for p in places.all_places()}
    free: dict[str, list[circulation.SlotView]] = {}
    for slot in circulation.slots_to_book(ready | {b.slot.place for b in booked}, clock.now()):
        free.setdefault(slot.place, []).append(slot)
    taken = {b.slot.place for b in booked}
    return {
        "booked": [
            (
                b,
                names.get(b.slot.place, ""),
                STATES[b.state],
                [s for s in free.get(b.slot.place, []) if s.id != b.slot.id],
            )
            for b in booked
        ],
        "bookable": [(names.get(p, ""), free.get(p, [])) for p in sorted(ready - taken)],
    }
