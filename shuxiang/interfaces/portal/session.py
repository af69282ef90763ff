"""A reader's session on the portal: a cookie of its own, a row in the database, never a staff user."""

from __future__ import annotations

import contextlib
import functools
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from shuxiang.apps.patrons import commands
from shuxiang.apps.patrons.queries import ReaderSession as ReaderSession
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.addresses import address_of as address_of
from shuxiang.interfaces.common.addresses import to_sign_in
from shuxiang.interfaces.common.reader_session import COOKIE as COOKIE
from shuxiang.interfaces.common.reader_session import acting as acting
from shuxiang.interfaces.common.reader_session import as_chosen as as_chosen
from shuxiang.interfaces.common.reader_session import current as current
from shuxiang.interfaces.common.reader_session import token_hash as token_hash
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.runtime.errors import Busy, StorageFull

KEPT_EVERY = timedelta(minutes=1)
"""How stale the row's last sight of the reader may get: a write a page would be one too many."""

View = Callable[..., HttpResponse]


def new_token() -> str:
    """What the browser will hold; only its hash is stored."""
    return secrets.token_urlsafe(32)


def begin(response: HttpResponse, token: str) -> None:
    """Give the browser its token, until it is closed or the session ends."""
    response.set_cookie(
        COOKIE, token, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


def end(response: HttpResponse) -> None:
    """Take the token back, and whatever the browser kept of personal pages."""
    response.delete_cookie(COOKIE, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache"'


def visitor(request: HttpRequest, key: str = "") -> Context:
    """The circumstances of somebody who is not signed in yet."""
    return Context(
        actor=Actor("patron", ""),
        channel="portal",
        service_point=places.main_library().id,
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


def reader_required(*, old_pin: bool = False, family: bool = False) -> Callable[[View], View]:
    """Only for signed-in readers; the view gets the session as ``reader``. Without one the sign-in
    comes first, and with a PIN that the desk gave out (unless ``old_pin``) its change. ``family``: the
    page is about whom the reader chose to act for (`as_chosen`)."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            reader = current(request)
            if reader is None:
                return personal(redirect(to_sign_in(request, reverse("portal:sign_in"))))
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
