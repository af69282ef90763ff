"""Which device asks: a browser is enrolled once with the device's number and password and holds a
token from then on, sent as ``Authorization: Device …`` and never as a cookie. A self-service machine
was enrolled at its own door and brings the token from there."""

from __future__ import annotations

import functools
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Device
from shuxiang.interfaces.common.addresses import address_of
from shuxiang.interfaces.common.without_network import acts_of
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.runtime.throttle import throttle

KINDS = ("offline", "kiosk")
WRONG = 10
WITHIN = timedelta(minutes=15)
"""How many wrong passwords or tokens an address has before it waits."""

View = Callable[..., HttpResponse]


def answer(values: dict[str, Any], status: int = 200) -> JsonResponse:
    """JSON kept by nobody, with the library's clock for the device to compare its own with."""
    response = JsonResponse(values, status=status, json_dumps_params={"ensure_ascii": False})
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Library-Time"] = str(int(clock.now().timestamp() * 1000))
    return response


def fault(text: str, status: int) -> JsonResponse:
    """Why something was not done."""
    return answer({"kind": "error", "say": text}, status)


def token(device: Device) -> str:
    """What the browser of an enrolled device holds."""
    return f"{device.id}.{places.device_seal(device.id)}"


def prove(request: HttpRequest, login: str, secret: str) -> Device | HttpResponse:
    """The offline desk with that number and password, or why not."""
    at, tried = clock.now(), f"offline enrolment {address_of(request)}"
    if throttle(tried, WRONG, WITHIN, at=at, count=False):
        return fault(_("Too many wrong passwords. Try again in a quarter of an hour."), 429)
    device = places.device_by_login("offline", login)
    if places.device_secret_matches(device.id if device else "", secret) and device is not None:
        return device
    throttle(tried, WRONG, WITHIN, at=at)
    return fault(_("Device number and password don't belong together, or it is switched off."), 422)


def _asking(request: HttpRequest) -> Device | None:
    kind, _sep, given = request.headers.get("Authorization", "").partition(" ")
    name, _sep, seal = given.partition(".")
    if kind != "Device" or len(name) != 32 or not seal:
        return None
    device = places.device(name)
    if device is None or device.kind not in KINDS or not device.active:
        return None
    right = hmac.compare_digest(places.device_seal(device.id).encode(), seal.encode())
    return device if right else None


def device_required(view: View) -> View:
    """Only for enrolled devices of these kinds; the view gets the device. Anybody else is answered 401."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        device = _asking(request)
        if device is None:
            said = _("This device is not enrolled any more. Enrol it again; its journal is kept.")
            return fault(said, 401)
        return view(request, device, *args, **kwargs)

    return wrapped


def data_required(view: View) -> View:
    """`device_required`, and the device may go on without a network: others have no use for the data."""

    @device_required
    @functools.wraps(view)
    def wrapped(request: HttpRequest, device: Device, *args: Any, **kwargs: Any) -> HttpResponse:
        if not acts_of(device):
            return fault(_("This device is not set to go on without a network."), 403)
        return view(request, device, *args, **kwargs)

    return wrapped


def acting(device: Device) -> Context:
    """The circumstances of what the device sends, now."""
    return Context(
        actor=Actor("terminal", device.id),
        channel="offline",
        service_point=device.place,
        occurred_at=clock.now(),
    )
