"""Devices as others see them: terminals, self-service machines, gates, offline desks, screens, and
other systems that ask in a reader's name (clients)."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import check_password

from shuxiang.apps.places import models
from shuxiang.runtime.hashing import nobodys_hash
from shuxiang.runtime.revision import cached
from shuxiang.runtime.secrets import lookup_hash

KINDS = ("sip2", "kiosk", "gate", "offline", "screen", "client")

KNOWN_SETTINGS: Mapping[str, frozenset[str]] = {
    "client": frozenset({"trusted"}),
    "kiosk": frozenset({"functions", "pin", "bridge", "pad", "printer", "cards", "offline"}),
    "sip2": frozenset(
        {
            "addresses",
            "blocks",
            "cards",
            "currency",
            "dates",
            "encoding",
            "error_detection",
            "institution",
            "items",
            "language",
            "messages",
            "particulars",
            "patron_data",
            "registers",
            "strict_institution",
            "terminator",
        }
    ),
}
"""Kind → the names of the settings its door reads."""

MADE = "made$"
"""Before the keyed hash of a secret that was drawn: with 118 random bits it needs no slow hash."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a place. ``settings`` is what its kind of door reads of it."""

    id: str
    library: str
    place: str
    kind: str
    login: str
    name: str
    active: bool
    settings: Mapping[str, Any]
    created_at: datetime


def made_hash(secret: str) -> str:
    """The keyed hash of a drawn secret."""
    return lookup_hash("device-secret", secret)


def _device(row: models.Device) -> Device:
    return Device(
        row.id,
        row.library,
        row.place_id,
        row.kind,
        row.login,
        row.name,
        row.active,
        row.settings,
        row.created_at,
    )


@cached("devices")
def device(device_id: str) -> Device | None:
    """The device with that id, a switched-off one too."""
    row = models.Device.objects.filter(id=device_id).first() if device_id else None
    return _device(row) if row else None


@cached("devices")
def device_by_login(kind: str, login: str) -> Device | None:
    """The device of a kind with that login, a switched-off one too."""
    row = models.Device.objects.filter(kind=kind, login=login).first()
    return _device(row) if row else None


def devices(places: Iterable[str]) -> tuple[Device, ...]:
    """The devices of several places, by kind and login."""
    rows = models.Device.objects.filter(place__in=list(places)).order_by("kind", "login")
    return tuple(map(_device, rows))


def device_secret_matches(device_id: str, secret: str) -> bool:
    """Whether an active device has that secret. An unknown one takes as long as a known one with a
    chosen secret."""
    row = models.Device.objects.filter(id=device_id, active=True).first() if device_id else None
    if row is None:
        check_password(secret, nobodys_hash())
        return False
    if row.secret_hash.startswith(MADE):
        return hmac.compare_digest(row.secret_hash, MADE + made_hash(secret))
    return check_password(secret, row.secret_hash)


def device_seal(device_id: str) -> str:
    """A keyed hash that changes with the device's secret: what a browser that has shown the secret once
    is known by from then on. '' for an unknown device and one switched off."""
    row = models.Device.objects.filter(id=device_id, active=True).first() if device_id else None
    return lookup_hash("device-seal", f"{row.id}|{row.secret_hash}") if row else ""


@dataclass(frozen=True, slots=True)
class Call:
    """A machine that waits for somebody, and why (a code of its door)."""

    id: str
    device: str
    name: str
    place: str
    code: str
    at: datetime


def call(call_id: str) -> Call | None:
    """A call, answered or not."""
    row = models.DeviceCall.objects.select_related("device").filter(id=call_id).first()
    return _call(row) if row else None


def _call(row: models.DeviceCall) -> Call:
    return Call(row.id, row.device_id, row.device.name, row.place_id, row.code, row.at)


def open_calls(places: Iterable[str]) -> tuple[Call, ...]:
    """Calls of the machines of several places that nobody answered yet, oldest first."""
    rows = models.DeviceCall.objects.select_related("device").filter(
        place__in=list(places), answered_at=None
    )
    return tuple(map(_call, rows.order_by("at", "id")))
