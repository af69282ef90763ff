"""The PIN of a slip: drawn once, shown to the clerk who drew it for a few minutes, stored nowhere
in plain."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from shuxiang.apps.patrons import commands
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.runtime.secrets import decrypt, encrypt

SLOT = "pin_slip"
SHOWN_FOR = timedelta(minutes=10)
"""Long enough for a printer that must be given paper first."""


def give(request: HttpRequest, patron: str, ctx: Context, *, first: bool = False) -> None:
    """Draw a PIN, give it to the reader, keep it sealed in the clerk's session for the slip. Raises
    Refused as `commands.set_pin` does."""
    plain, hashed = commands.draw_pin(patron)
    # A key of its own: each drawing is another PIN, so that the same form sent twice can't repeat it.
    fresh = replace(ctx, request_key="", overrides=())
    commands.set_pin(patron=patron, pin_hash=hashed, first=first, ctx=fresh)
    until = (clock.now() + SHOWN_FOR).isoformat()
    request.session[SLOT] = {"patron": patron, "until": until, "pin": encrypt(plain)}


def shown(request: HttpRequest, patron: str) -> str:
    """The PIN just drawn for the reader at this desk; '' when there is none to show any more."""
    kept = request.session.get(SLOT)
    if not kept or kept["patron"] != patron:
        return ""
    if kept["until"] < clock.now().isoformat():
        del request.session[SLOT]
        return ""
    return decrypt(kept["pin"])


def where_to_sign_in(request: HttpRequest) -> str:
    """The address for the slip."""
    try:
        return request.build_absolute_uri(reverse("portal:account"))
    except NoReverseMatch:
        return ""
