"""The machine itself: which device a browser is, what it is set to, and the circumstances of its acts.

A browser becomes a machine once, at the enrolment page, and holds a token of its own from then on.
The token opens these pages and nothing else; a device switched off or given a new password is told
to enrol again.
"""

from __future__ import annotations

import functools
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers

from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Device
from shuxiang.interfaces.common.middleware import CSP
from shuxiang.interfaces.common.without_network import acts_of
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context

COOKIE = "shuxiang_kiosk"
KEPT_FOR = 400 * 24 * 3600
"""Seconds a machine stays enrolled without a visit: the longest browsers allow."""

FUNCTIONS = ("borrow", "return", "renew", "inquiry", "card")
BRIDGE = "http://127.0.0.1:7071"
LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}")

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Machine:
    """A self-service machine with its settings read: what it offers (a selection of `FUNCTIONS`),
    whether a reader's PIN is asked for, what it goes on with without a network (acts), where its device bridge listens ('' for none), and how its
    card dispenser numbers cards: ``written`` onto blanks, or ``printed`` on them already."""

    device: Device
    functions: tuple[str, ...]
    pin: bool
    bridge: str
    pad: bool
    printer: bool
    cards: str
    alone: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.device.id

    @property
    def place(self) -> str:
        return self.device.place


def of(device: Device) -> Machine:
    """A device's settings read; what is missing or can't be meant has its default."""
    given = device.settings
    chosen = given.get("functions")
    functions = tuple(f for f in FUNCTIONS if f in chosen) if isinstance(chosen, list) else ()
    bridge = str(given.get("bridge", ""))
    has_bridge = LOOPBACK.fullmatch(bridge) is not None
    return Machine(
        device=device,
        functions=functions or FUNCTIONS[:4],
        pin=given.get("pin") != "never",
        bridge=bridge if has_bridge else "",
        pad=has_bridge and bool(given.get("pad", True)),
        printer=has_bridge and bool(given.get("printer", True)),
        cards="printed" if given.get("cards") == "printed" else "written",
        alone=acts_of(device),
    )


def token(device: Device) -> str:
    """What the browser of an enrolled machine holds."""
    return f"{device.id}.{places.device_seal(device.id)}"


def current(request: HttpRequest) -> Machine | None:
    """The machine this browser is, or None."""
    name, _, seal = request.COOKIES.get(COOKIE, "").partition(".")
    device = places.device(name) if len(name) == 32 else None
    if device is None or device.kind != "kiosk" or not device.active:
        return None
    if not hmac.compare_digest(places.device_seal(device.id).encode(), seal.encode()):
        return None
    return of(device)


def remember(response: HttpResponse, device: Device) -> None:
    """Make the browser the machine."""
    response.set_cookie(
        COOKIE,
        token(device),
        max_age=KEPT_FOR,
        path="/kiosk/",
        httponly=True,
        samesite="Strict",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def acting(machine: Machine, key: str = "") -> Context:
    """The circumstances of an act of the machine, at the place it stands."""
    return Context(
        actor=Actor("terminal", machine.id),
        channel="kiosk",
        service_point=machine.place,
        occurred_at=clock.now(),
        request_key=key,
    )


def machine_required(function: str = "") -> Callable[[View], View]:
    """Only for enrolled machines (with a function, only for those that offer it); the view gets the
    machine. For anybody else there is no such page, but the home page leads to the enrolment."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            machine = current(request)
            if machine is None:
                if request.path == "/kiosk/" and request.method == "GET":
                    return redirect("kiosk:enrol")
                raise Http404
            if function and function not in machine.functions:
                raise Http404
            return private(view(request, machine, *args, **kwargs), machine)

        wrapped.machine_required = True  # type: ignore[attr-defined]
        return wrapped

    return decorate


def private(response: HttpResponse, machine: Machine | None = None) -> HttpResponse:
    """Kept by nobody; the page may talk to the machine's own bridge and to the library, no one else."""
    response.headers["Cache-Control"] = "no-store"
    patch_vary_headers(response, ("Cookie",))
    if machine is not None and machine.bridge:
        response.headers["Content-Security-Policy"] = f"{CSP}; connect-src 'self' {machine.bridge}"
    return response


def show(
    request: HttpRequest,
    template: str,
    machine: Machine,
    context: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """A screen of the machine."""
    place = places.place(machine.place)
    given = {"machine": machine, "place": place, **(context or {})}
    return render(request, f"kiosk/{template}", given, status=status)
