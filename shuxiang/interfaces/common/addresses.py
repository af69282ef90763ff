"""Where a request comes from, and where it goes for want of a session."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, as wrong sign-ins are counted: an IPv4 address, or the /64 of an
    IPv6 one, of which a single line has billions. Behind the proxy that ends HTTPS its last word
    counts, anything before it may be made up."""
    given = request.META.get("REMOTE_ADDR", "")
    if settings.HTTPS:
        given = request.headers.get("X-Forwarded-For", given).rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return given[:64]
    if address.version == 6:
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)


def to_sign_in(request: HttpRequest, sign_in: str) -> str:
    """The address of the sign-in that leads back to the page asked for. What a form sent is lost: the
    way back is the page the form stood on, its own address may answer nothing but forms."""
    if request.method in ("GET", "HEAD"):
        return f"{sign_in}?{urlencode({'next': request.get_full_path()})}"
    asked = {"lost": "1"}
    page = urlsplit(request.headers.get("Referer", ""))
    if page.netloc == request.get_host():
        asked["next"] = page.path + (f"?{page.query}" if page.query else "")
    return f"{sign_in}?{urlencode(asked)}"
