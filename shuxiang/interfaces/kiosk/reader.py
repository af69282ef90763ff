"""The reader before the machine: a session of seconds, ended by 下一位, by stillness or by the clock."""

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

from shuxiang.apps.patrons import commands, queries
from shuxiang.apps.patrons.queries import ReaderSession
from shuxiang.interfaces.kiosk.machine import Machine
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.runtime.errors import Busy, StorageFull
from shuxiang.runtime.secrets import lookup_hash

COOKIE = "shuxiang_kiosk_reader"
WARNED = 30
"""Seconds without a touch until the screen asks whether anybody is there."""
WIPED = 10
"""Seconds it then waits before it forgets the reader."""
IDLE = timedelta(seconds=WARNED + WIPED + 5)
"""After this the session is over at the server too, whatever became of the page (S3)."""

KEPT_EVERY = timedelta(seconds=5)
"""How stale the last sight of the reader may get: a write a page would be one too many."""

View = Callable[..., HttpResponse]


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    # Another kind than the portal's: a token of one door opens nothing at the other.
    return lookup_hash("kiosk-session", token)


def begin(response: HttpResponse, token: str) -> None:
    response.set_cookie(
        COOKIE,
        token,
        path="/kiosk/",
        httponly=True,
        samesite="Strict",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def current(request: HttpRequest) -> ReaderSession | None:
    """The reader before this machine, or None."""
    token = request.COOKIES.get(COOKIE, "")
    return queries.machine_session(token_hash(token), clock.now(), IDLE) if token else None


def acting(machine: Machine, reader: ReaderSession) -> Context:
    """The circumstances of what the reader does with the session itself."""
    return Context(
        actor=Actor("patron", reader.patron),
        channel="kiosk",
        service_point=machine.place,
        occurred_at=clock.now(),
    )


def end(request: HttpRequest, machine: Machine, response: HttpResponse) -> HttpResponse:
    """Forget the reader: at the server, in the cookie, and in what the browser kept."""
    reader = current(request)
    if reader is not None:
        # The cookie goes in any case, and the session ends by itself within the minute.
        with contextlib.suppress(Busy, StorageFull):
            commands.sign_out(session=reader.id, ctx=acting(machine, reader))
    if COOKIE in request.COOKIES:
        response.delete_cookie(COOKIE, path="/kiosk/", samesite="Strict")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def keep(machine: Machine, reader: ReaderSession) -> None:
    """The reader is still there."""
    if clock.now() - reader.seen_at < KEPT_EVERY:
        return
    with contextlib.suppress(Busy, StorageFull):
        commands.keep_session(session=reader.id, ctx=acting(machine, reader))


def reader_required(purpose: str) -> Callable[[View], View]:
    """Only with a reader; the view gets the session after the machine. Without one the card is asked
    for first, and then what it was asked for (``purpose``) goes on."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapped(
            request: HttpRequest, machine: Machine, *args: Any, **kwargs: Any
        ) -> HttpResponse:
            reader = current(request)
            if reader is None:
                return redirect(f"{reverse('kiosk:card')}?then={purpose}")
            keep(machine, reader)
            return view(request, machine, reader, *args, **kwargs)

        return wrapped

    return decorate
