"""How titles, copies, reservations and places are called towards other systems (DAIA, PAIA), and what
such a name stands for here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import TitleView
from shuxiang.apps.catalog.queries.listing import is_id
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.queries import ItemView

_UUID = re.compile(
    r"urn:uuid:([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})"
)
_ISBN = ("isbn:", "urn:isbn:")


def title_uri(title: str) -> str:
    """A title, as harvesters know it."""
    return f"oai:{settings.OAI_DOMAIN}:{title}"


def thing_uri(id_: str) -> str:
    """A copy or a reservation."""
    return f"urn:uuid:{id_[:8]}-{id_[8:12]}-{id_[12:16]}-{id_[16:20]}-{id_[20:]}"


def thing(uri: str) -> str:
    """The id in a name of `thing_uri`; '' for any other text."""
    found = _UUID.fullmatch(uri.strip().lower())
    return "".join(found.groups()) if found else ""


def place_uri(request: HttpRequest, code: str) -> str:
    """A library or branch: its line on the page of places."""
    return f"{places_page(request)}#place-{code}"


def places_page(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("portal:places"))


def place_of(given: str) -> places.Place | None:
    """The place that a name of `place_uri`, or a code, stands for."""
    code = given.rpartition("#")[2].strip().removeprefix("place-")
    return next((p for p in places.all_places() if p.code == code), None)


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for: titles, of one of them a single copy. ``same``: the name is one of the
    title itself, whatever stands before its id."""

    titles: tuple[TitleView, ...]
    item: ItemView | None = None
    same: bool = False


def named(given: str) -> Named | None:
    """What a request calls a document: our own name of a title or copy, any prefix and a title's id,
    an ISBN; None for what isn't here."""
    text = given.strip()
    if "\0" in text:
        return None
    lower = text.lower()
    item = stock.item(thing(text)) if thing(text) else None
    if item is not None:
        title = _title(item.title)
        return Named((title,), item) if title else None
    for prefix in _ISBN:
        if lower.startswith(prefix):
            found = catalog.by_identifier(text[len(prefix) :], "isbn")
            return Named(tuple(found)) if found else None
    title = _title(thing(text) or lower.rpartition(":")[2])
    return Named((title,), same=True) if title else None


def _title(id_: str) -> TitleView | None:
    """A title; what a merged one became."""
    found = catalog.title(id_) if is_id(id_) else None
    if found is not None and found.alias_of:
        found = catalog.title(found.alias_of)
    return found
