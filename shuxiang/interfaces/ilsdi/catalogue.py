"""Titles and copies of ILS-DI."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import TitleView
from shuxiang.apps.catalog.queries.listing import is_id
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common import catalogue
from shuxiang.interfaces.common.catalogue import Copy
from shuxiang.interfaces.common.records import as_xml
from shuxiang.interfaces.ilsdi.xml import Markup, collection

AT_ONCE = 100
"""Identifiers of one request."""

_WORDS = {
    "lost": "Item lost",
    "missing": "Item lost",
    "damaged": "Item damaged",
    "withdrawn": "Item withdrawn",
    "in_processing": "In processing",
    "blocked": "Not for loan",
}


def title(id_: str) -> TitleView | None:
    """A title; what a merged one became."""
    found = catalog.title(id_) if is_id(id_) else None
    return catalog.title(found.alias_of) if found and found.alias_of else found


def item_title(id_: str) -> tuple[str, str]:
    """An item's id and its title's; '' for what isn't there."""
    found = stock.item(id_) if is_id(id_) else None
    return (found.id, found.title) if found else ("", "")


def availability(ids: str, kind: str) -> str:
    """`GetAvailability`."""
    return collection(_found(ids.split()[:AT_ONCE], kind))


def _found(wanted: list[str], kind: str) -> Iterator[tuple[str, list[tuple[str, str, str, str]]]]:
    for id_ in wanted:
        of_item, of_title = item_title(id_) if kind == "item" else ("", "")
        found = title(of_title if kind == "item" else id_)
        copies = catalogue.copies_of([found.id]).get(found.id, ()) if found else ()
        lines = [_line(c) for c in copies if of_item in ("", c.item.id)]
        if kind == "item" and not lines:
            unknown = "Error: could not retrieve availability for this ID"
            lines = [(id_, "unknown", unknown, "")]
        if found is not None or kind == "item":
            yield found.id if found else id_, lines


def _line(copy: Copy) -> tuple[str, str, str, str]:
    status, message = standing(copy)
    return copy.item.id, status, message, _name(copy.item.holder)


def standing(copy: Copy) -> tuple[str, str]:
    """Whether a copy can be had, and why not, in Koha's words."""
    if copy.item.status != "available":
        return "not available", _WORDS.get(copy.item.status, "Not for loan")
    if copy.due_on is not None:
        return "not available", "Checked out"
    if copy.moving_to:
        return "not available", "In transit"
    if copy.reserved:
        return "not available", "On hold"
    if copy.aside_until is not None:
        return "not available", "Waiting"
    return ("available", "") if copy.item.lendable else ("not available", "Not for loan")


def _name(place_id: str) -> str:
    return next((p.name for p in places.all_places() if p.id == place_id), "")


def records(ids: str) -> dict[str, Any]:
    """`GetRecords`: titles with MARCXML and their copies. Who has a copy out is nobody's business."""
    return {"record": [_record(id_) for id_ in ids.split()[:AT_ONCE]]}


def _record(id_: str) -> dict[str, Any]:
    found = title(id_)
    harvested = catalog.harvested(found.id) if found else None
    if found is None or harvested is None or harvested.source is None:
        return {"code": "RecordNotFound"}
    xml = as_xml(harvested.source, "marcxml", changed=harvested.changed)
    codes = {p.id: (p.code, p.name) for p in places.all_places()}
    items = []
    for copy in catalogue.copies_of([found.id]).get(found.id, ()):
        item = copy.item
        owner, holder = (codes.get(p, ("", "")) for p in (item.owner, item.holder))
        items.append(
            {
                "itemnumber": item.id,
                "biblionumber": found.id,
                "barcode": item.barcode,
                "homebranch": owner[0],
                "homebranchname": owner[1],
                "holdingbranch": holder[0],
                "holdingbranchname": holder[1],
                "location": item.location_name,
                "itemcallnumber": item.call_number,
                "enumchron": item.volume,
                "itype": item.category,
                "notforloan": int(not item.lendable),
                "itemlost": int(item.status in ("lost", "missing")),
                "damaged": int(item.status == "damaged"),
                "date_due": copy.due_on.isoformat() if copy.due_on else "",
            }
        )
    return {
        "biblionumber": found.id,
        "title": found.full_title,
        "author": found.author,
        "isbn": found.isbn,
        "publishercode": found.publisher,
        "publicationyear": found.year,
        "marcxml": Markup(_escaped(xml or "")),
        "items": {"item": items},
    }


def _escaped(xml: str) -> str:
    return xml.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
