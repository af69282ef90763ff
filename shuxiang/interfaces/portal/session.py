"""A reader's session on the portal: a cookie of its own, a row in the database, never a staff user."""

from __future__ import annotations

import contextlib
import functools
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from shuxiang.apps.patrons import commands, queries
from shuxiang.apps.patrons.queries import ReaderSession
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.addresses import address_of as address_of
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.runtime.errors import Busy, StorageFull
from shuxiang.runtime.secrets import lookup_hash

COOKIE = "shuxiang_reader"
KEPT_EVERY = timedelta(minutes=1)
"""How stale the row's last sight of the reader may get: a write a page would be one too many."""

View = Callable[..., HttpResponse]


def new_token() -> str:
    """What the browser will hold; only its hash is stored."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    return lookup_hash("reader-session", token)


def begin(response: HttpResponse, token: str) -> None:
    """Give the browser its token, until it is closed or the session ends."""
    response.set_cookie(
        COOKIE, token, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


def end(response: HttpResponse) -> None:
    """Take the token back, and whatever the browser kept of personal pages."""
    response.delete_cookie(COOKIE, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache"'


def current(request: HttpRequest) -> ReaderSession | None:
    """The signed-in reader of this browser, or None."""
    token = request.COOKIES.get(COOKIE, "")
    return queries.reader_session(token_hash(token), clock.now()) if token else None


def visitor(request: HttpRequest, key: str = "") -> Context:
    """The circumstances of somebody who is not signed in yet."""
    return Context(
        actor=Actor("patron", ""),
        channel="portal",
        service_point=places.main_library().id,
        occurred_at=clock.now(),
        request_key=key,
    )


def acting(reader: ReaderSession, key: str = "") -> Context:
    """The circumstances of an act of the signed-in reader."""
    return Context(
        actor=Actor("patron", reader.own or reader.patron),
        channel="portal",
        service_point=reader.home,
        occurred_at=clock.now(),
        request_key=key,
    )


def personal(response: HttpResponse) -> HttpResponse:
    """Kept by nobody: not by the browser, not on the way."""
    response.headers["Cache-Control"] = "no-store"
    patch_vary_headers(response, ("Cookie",))
    return response


def safe_next(request: HttpRequest) -> str:
    """Where to go after signing in: an address of this site, the account page otherwise."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if target and allowed else reverse("portal:account")


def as_chosen(reader: ReaderSession) -> ReaderSession:
    """The session as that of the child or other reader whom the signed-in one chose to act for, as
    long as they may; else as it is."""
    today = clock.business_date(clock.now())
    if not reader.acting_for or not queries.how_acts(reader.patron, reader.acting_for, today):
        return reader
    other = queries.patron_facts(reader.acting_for)
    return replace(reader, patron=other.id, name=other.name, home=other.home, own=reader.patron)


def reader_required(*, old_pin: bool = False, family: bool = False) -> Callable[[View], View]:
    """Only for signed-in readers; the view gets the session as ``reader``. Without one the sign-in
    comes first, and with a PIN that the desk gave out (unless ``old_pin``) its change. ``family``: the
    page is about whom the reader chose to act for (`as_chosen`)."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            reader = current(request)
            if reader is None:
                there = request.get_full_path() if request.method == "GET" else ""
                query = urlencode({"next": there}) if there else ""
                where = reverse("portal:sign_in")
                return personal(redirect(f"{where}?{query}" if query else where))
            if reader.must_change and not old_pin:
                return personal(redirect("portal:pin"))
            now = clock.now()
            if now - reader.seen_at >= KEPT_EVERY:
                # The page is worth more than the minute.
                with contextlib.suppress(Busy, StorageFull):
                    commands.keep_session(session=reader.id, ctx=acting(reader))
            shown = as_chosen(reader) if family else reader
            return personal(view(request, shown, *args, **kwargs))

        wrapped.reader_required = True  # type: ignore[attr-defined]
        return wrapped

    return decorate
