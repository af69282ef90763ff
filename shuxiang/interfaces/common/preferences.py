"""How a reader wants pages shown: the elder view (长辈版) and its text size, kept in a cookie."""

from __future__ import annotations

from typing import TypedDict

from django.conf import settings
from django.http import HttpRequest, HttpResponse

VIEW_COOKIE = "shuxiang_view"
VIEWS = ("standard", "elder")
# Pixels of main text in the elder view; 18 is the least the accessibility norm allows, 30 the most
# it asks for.
TEXT_SIZES = ("18", "20", "24", "30")
DEFAULT_TEXT = "20"
_YEAR = 365 * 24 * 3600


class ViewPreference(TypedDict):
    view: str
    text: str


def read_preference(request: HttpRequest) -> ViewPreference:
    """The preference in the cookie; anything unknown in it falls back to the standard view."""
    view, _, text = request.COOKIES.get(VIEW_COOKIE, "").partition("-")
    if view not in VIEWS:
        view = "standard"
    if text not in TEXT_SIZES:
        text = DEFAULT_TEXT
    return {"view": view, "text": text}


def write_preference(response: HttpResponse, *, view: str, text: str) -> None:
    """Store the preference for a year. Raises ValueError for a view or size not offered."""
    if view not in VIEWS or text not in TEXT_SIZES:
        raise ValueError(f"no such view or text size: {view!r}, {text!r}")
    response.set_cookie(
        VIEW_COOKIE,
        f"{view}-{text}",
        max_age=_YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def view_preference(request: HttpRequest) -> dict[str, object]:
    """Context processor: ``view``, ``text_size`` and the sizes offered."""
    chosen = read_preference(request)
    return {
        "view": chosen["view"],
        "text_size": chosen["text"],
        "text_sizes": TEXT_SIZES,
    }
