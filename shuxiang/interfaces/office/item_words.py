"""What the office says of an item: its state, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import queries as accounts
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common import words
from shuxiang.interfaces.common.catalogue import Copy
from shuxiang.statistics.item_history import ItemEvent

Word: TypeAlias = str | Promise

STATES: dict[str, tuple[str, Word]] = {
    "available": ("ok", gettext_lazy("On the shelf")),
    "in_processing": ("notice", gettext_lazy("Being processed")),
    "lost": ("refused", gettext_lazy("Lost")),
    "missing": ("refused", gettext_lazy("Missing")),
    "damaged": ("notice", gettext_lazy("Damaged")),
    "blocked": ("notice", gettext_lazy("Blocked")),
    "withdrawn": ("muted", gettext_lazy("Withdrawn")),
}
"""What is so of an item that is not on loan: kind of badge and word."""

SOURCES: dict[str, Word] = {
    "purchase": gettext_lazy("Purchase"),
    "gift": gettext_lazy("Gift"),
    "legacy": gettext_lazy("Taken over from the old system"),
    "deposit": gettext_lazy("On deposit"),
    "replacement": gettext_lazy("Given in place of a lost copy"),
    "issue": gettext_lazy("Issue of a subscription"),
}

EVENTS: dict[str, Word] = {
    "item.accessioned": pgettext_lazy("event", "Accessioned"),
    "item.unaccessioned": pgettext_lazy("event", "Import taken back"),
    "item.changed": pgettext_lazy("event", "Corrected"),
    "item.moved": pgettext_lazy("event", "Moved"),
    "item.status": pgettext_lazy("event", "State changed"),
    "item.withdrawn": pgettext_lazy("event", "Withdrawn"),
    "item.used": pgettext_lazy("event", "Used in the library"),
    "item.quarantine_ended": pgettext_lazy("event", "Quarantine over"),
    "loan.opened": pgettext_lazy("event", "Lent"),
    "loan.renewed": pgettext_lazy("event", "Renewed"),
    "loan.closed": pgettext_lazy("event", "Returned"),
    "loan.written_off": pgettext_lazy("event", "Loan written off"),
    "loan.taken_over": pgettext_lazy("event", "Loan taken over"),
    "loan.due_shifted": pgettext_lazy("event", "Due date moved"),
    "loan.due_restored": pgettext_lazy("event", "Due date put back"),
    "hold.ready": pgettext_lazy("event", "Set aside, ready"),
    "hold.set_aside": pgettext_lazy("event", "Set aside, to be sent"),
    "hold.filled": pgettext_lazy("event", "Reservation filled"),
    "hold.requeued": pgettext_lazy("event", "No longer set aside"),
    "hold.cancelled": pgettext_lazy("event", "Reservation cancelled"),
    "hold.expired": pgettext_lazy("event", "Not picked up"),
    "hold.suspended": pgettext_lazy("event", "Reservation suspended"),
    "transit.sent": pgettext_lazy("event", "Sent"),
    "transit.received": pgettext_lazy("event", "Arrived"),
    "transit.cancelled": pgettext_lazy("event", "Did not go on"),
    "lost.reported": pgettext_lazy("event", "Reported"),
    "lost.settled": pgettext_lazy("event", "Settled"),
    "lost.found": pgettext_lazy("event", "Found again"),
    "interloan.received": pgettext_lazy("event", "Borrowed from a partner"),
    "interloan.returned": pgettext_lazy("event", "Sent back to the partner"),
}

KINDS: dict[str, Word] = {"lost": gettext_lazy("Lost"), "damaged": gettext_lazy("Damaged")}
WAYS: dict[str, Word] = {
    "replaced": gettext_lazy("Same book given"),
    "paid": gettext_lazy("Paid"),
    "waived": gettext_lazy("Waived"),
}

_FIELDS: dict[str, Word] = {
    "barcode": gettext_lazy("Barcode"),
    "title": gettext_lazy("Title"),
    "accession_number": gettext_lazy("Accession number"),
    "call_number": gettext_lazy("Call number"),
    "volume": gettext_lazy("Part or volume"),
    "category_id": gettext_lazy("Item category"),
    "location_id": gettext_lazy("Location"),
    "price_fen": gettext_lazy("Price"),
    "holder_id": gettext_lazy("Stands at"),
    "owner_id": gettext_lazy("Belongs to"),
    "status": gettext_lazy("State"),
    "least_age": gettext_lazy("Age mark"),
}


def state(copy: Copy) -> tuple[str, Word]:
    """Kind of badge and word of a copy now."""
    if copy.due_on is not None:
        said = _("On loan, due %(day)s") % {"day": words.local_date(copy.due_on)}
        return "hold", said
    if copy.aside_until is not None:
        until = words.local_time(copy.aside_until)
        return "notice", _("In quarantine until %(until)s") % {"until": until}
    if copy.moving_to:
        to = places.place(copy.moving_to).name
        return "hold", _("On its way to %(place)s") % {"place": to}
    if copy.reserved:
        return "hold", _("On the hold shelf")
    return STATES.get(copy.item.status, STATES["blocked"])


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an item's history."""

    at: datetime
    what: Word
    undone: bool
    place: str
    who: str
    told: tuple[str, ...]


@dataclass(slots=True)
class Names:
    """Names of what ledger rows only name by id; each table is read once."""

    places: dict[str, str] = field(
        default_factory=lambda: {p.id: p.name for p in places.all_places()}
    )
    locations: dict[str, str] = field(
        default_factory=lambda: {row.id: row.name for row in places.locations()}
    )
    categories: dict[str, str] = field(
        default_factory=lambda: {code: name for code, name, _lend in stock.categories()}
    )
    people: dict[str, str] = field(
        default_factory=lambda: {a.id: a.name for a in accounts.accounts()}
    )

    def actor(self, kind: str, id_: str) -> str:
        if kind == "staff":
            return self.people.get(id_, "")
        return str(_("Reader")) if kind == "patron" else str(_("System"))

    def value(self, name: str, value: Any) -> str:
        if value in (None, ""):
            return "—"
        if name in ("holder_id", "owner_id"):
            return self.places.get(value, "")
        if name == "location_id":
            return self.locations.get(value, "")
        if name == "category_id":
            return self.categories.get(value, "")
        if name == "price_fen":
            return words.yuan(value)
        if name == "status":
            return str(STATES.get(value, STATES["blocked"])[1])
        return str(value)


def history(events: tuple[ItemEvent, ...]) -> list[Line]:
    """The history in words."""
    names = Names()
    return [_line(event, names) for event in events]


def _line(event: ItemEvent, names: Names) -> Line:
    return Line(
        at=event.at,
        what=EVENTS.get(event.type, gettext_lazy("Other act")),
        undone=event.quantity < 0,
        place=names.places.get(event.place, ""),
        who=names.actor(event.actor_kind, event.actor),
        told=tuple(_told(event, names)),
    )


def _told(event: ItemEvent, names: Names) -> list[str]:
    data = event.data
    told: list[str] = []
    if event.type == "item.accessioned" and event.source:
        told.append(str(SOURCES.get(event.source, "")))
    if event.type == "lost.settled":
        told.append(str(WAYS.get(event.source, "")))
    if event.type == "lost.reported" and data.get("kind") in KINDS:
        told.append(str(KINDS[data["kind"]]))
    if event.amount:
        told.append(words.yuan(event.amount))
    if event.type in ("item.moved", "transit.sent") and isinstance(data.get("to"), str):
        told.append(_change("holder_id", data.get("from"), data["to"], names))
    elif event.type == "item.status":
        before, after = data.get("from", data.get("before")), data.get("to", data.get("after"))
        told.append(_change("status", before, after, names))
    else:
        told += [
            _change(name, pair[0], pair[1], names)
            for name, pair in data.items()
            if name in _FIELDS and isinstance(pair, list) and len(pair) == 2
        ]
    if isinstance(data.get("why"), str):
        told.append(data["why"])
    return [text for text in told if text]


def _change(name: str, before: Any, after: Any, names: Names) -> str:
    said = _("%(field)s: %(before)s → %(after)s")
    return said % {
        "field": _FIELDS[name],
        "before": names.value(name, before),
        "after": names.value(name, after),
    }
