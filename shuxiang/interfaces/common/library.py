"""What every page knows of the library itself."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from shuxiang.apps.places import queries as places


def _name() -> str:
    try:
        return places.main_library().name
    except (places.UnknownPlace, DatabaseError):
        # An error page must come even without a database.
        return ""


def library_name(library: str) -> str:
    """The name of a library that owns items or issues cards; '' for one nobody knows."""
    try:
        return places.place(library).name
    except places.UnknownPlace:
        return ""


def library(request: HttpRequest) -> dict[str, object]:
    """Context processor: ``library_name``, asked for only by pages that print it."""
    return {"library_name": SimpleLazyObject(_name)}
