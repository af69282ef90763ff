"""Devices: added, changed, moved, switched off, given a new secret. A secret is shown once; only its
hash is kept, and no request body ever holds it."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import make_password

from shuxiang.apps.places import models
from shuxiang.apps.places.devices import KINDS, KNOWN_SETTINGS, MADE, made_hash
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.revision import bump

EDIT = "places.devices"
LEAST_SECRET = 4
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A device just made; ``secret`` is never to be had again."""

    id: str
    secret: str


def new_secret() -> str:
    """A random secret of 24 letters and digits that can be read aloud (118 bits)."""
    return "".join(secrets.choice(_LETTERS) for _ in range(24))


def _hashed(secret: str | None) -> tuple[str, str]:
    if secret is None:
        made = new_secret()
        return made, MADE + made_hash(made)
    if len(secret) < LEAST_SECRET or len(secret) > 128:
        raise refuse(stop("device-secret-short", least=LEAST_SECRET))
    return secret, make_password(secret)


def add_device(
    *,
    place: str,
    kind: str,
    login: str,
    name: str,
    settings: dict[str, Any] | None = None,
    secret: str | None = None,
    ctx: Context,
) -> NewDevice:
    """Add a device of a place; without ``secret`` one is drawn. Raises Refused."""
    word, stored = _hashed(secret)
    made = add_hashed(
        place=place,
        kind=kind,
        login=login,
        name=name,
        settings=settings or {},
        secret_hash=stored,
        ctx=ctx,
    )
    return NewDevice(made, word)


def renew_secret(*, device: str, ctx: Context) -> str:
    """Draw a new secret; the old one ends at once. Raises Refused."""
    word, stored = _hashed(None)
    set_hash(device=device, secret_hash=stored, ctx=ctx)
    return word


@command("places.add_device")
def add_hashed(
    *,
    place: str,
    kind: str,
    login: str,
    name: str,
    settings: dict[str, Any],
    secret_hash: str,
    ctx: Context,
) -> str:
    """Add a device whose secret is hashed already; returns its id."""
    row = models.Place.objects.filter(id=place).first() if place else None
    if row is None:
        raise refuse(stop("place-unknown"))
    require(ctx, EDIT, row.id)
    reasons = _against(name, kind, settings)
    if kind not in KINDS:
        reasons.append(stop("device-kind-unknown", kind=kind))
    if not _LOGIN.fullmatch(login):
        reasons.append(stop("device-login-invalid", login=login))
    elif models.Device.objects.filter(kind=kind, login=login).exists():
        reasons.append(stop("device-login-taken", login=login))
    if reasons:
        raise refuse(*reasons)
    device = models.Device.objects.create(
        id=new_id(),
        library=row.library,
        place=row,
        kind=kind,
        login=login,
        name=name.strip(),
        secret_hash=secret_hash,
        settings=settings,
        created_at=ctx.occurred_at,
    )
    bump("devices")
    changed(ctx, "device", device.id, device.name, None, _fields(device), place=row.id)
    return device.id


@command("places.change_device")
def change_device(
    *,
    device: str,
    name: str | None = None,
    settings: dict[str, Any] | None = None,
    active: bool | None = None,
    place: str | None = None,
    ctx: Context,
) -> None:
    """Change what is given of a device; switched off, its secret opens nothing."""
    row = _editable(device, ctx)
    before = _fields(row)
    reasons = _against(row.name if name is None else name, row.kind, settings or {})
    if reasons:
        raise refuse(*reasons)
    if place is not None and place != row.place_id:
        target = models.Place.objects.filter(id=place).first()
        if target is None:
            raise refuse(stop("place-unknown"))
        require(ctx, EDIT, target.id)
        row.place, row.library = target, target.library
    if name is not None:
        row.name = name.strip()
    if settings is not None:
        row.settings = settings
    if active is not None:
        row.active = active
    row.save()
    bump("devices")
    changed(ctx, "device", row.id, row.name, before, _fields(row), place=row.place_id)


@command("places.set_device_secret")
def set_hash(*, device: str, secret_hash: str, ctx: Context) -> None:
    """Replace a device's hashed secret."""
    row = _editable(device, ctx)
    row.secret_hash = secret_hash
    row.save(update_fields=["secret_hash"])
    bump("devices")
    changed(ctx, "device", row.id, row.name, {}, {}, action="secret-renewed", place=row.place_id)


def _editable(device: str, ctx: Context) -> models.Device:
    row = models.Device.objects.filter(id=device).first() if device else None
    if row is None:
        raise refuse(stop("device-unknown"))
    require(ctx, EDIT, row.place_id)
    return row


def _against(name: str, kind: str, settings: dict[str, Any]) -> list[Any]:
    reasons = []
    if not name.strip():
        reasons.append(stop("name-missing"))
    elif len(name.strip()) > 40:
        reasons.append(stop("text-too-long", field="name", most=40))
    if unknown := sorted(set(settings) - KNOWN_SETTINGS.get(kind, frozenset())):
        reasons.append(stop("device-setting-unknown", names=", ".join(unknown)))
    return reasons


def _fields(row: models.Device) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "login": row.login,
        "name": row.name,
        "place": row.place_id,
        "active": row.active,
        "settings": row.settings,
    }
