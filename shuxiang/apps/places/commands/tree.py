"""The tree of places: adding, changing, closing and opening them again."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from shuxiang.apps.places import models
from shuxiang.apps.places.commands._shared import allowed
from shuxiang.apps.places.settings import KNOWN
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import guards
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.revision import bump

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,15}")
_UNDER = {
    "network": (None,),
    "main_library": (None, "network"),
    "branch": ("main_library", "network"),
    "service_point": ("main_library", "branch", "network"),
    "partner": ("main_library", "network"),
}


def _fields(row: models.Place) -> dict[str, Any]:
    return {
        "code": row.code,
        "kind": row.kind,
        "name": row.name,
        "address": row.address,
        "phone": row.phone,
        "opened_on": row.opened_on,
        "closed_on": row.closed_on,
    }


@command("places.add_place")
def add_place(
    *,
    kind: str,
    code: str,
    name: str,
    parent: str | None = None,
    own_barcodes: bool = False,
    address: str = "",
    phone: str = "",
    opened_on: date | None = None,
    ctx: Context,
) -> str:
    """Add a place under ``parent``; returns its id. ``own_barcodes``: a branch that keeps a barcode
    and card number space of its own."""
    above = allowed(parent, ctx) if parent else None
    reasons = []
    if above is None:
        require(ctx, "places.edit", ctx.service_point)
        if models.Place.objects.exists():
            reasons.append(stop("place-root-exists"))
    elif above.closed_on is not None and above.closed_on < clock.business_date(ctx.occurred_at):
        reasons.append(stop("place-closed", place=above.id))
    if not _CODE.fullmatch(code):
        reasons.append(stop("place-code-invalid", code=code))
    elif models.Place.objects.filter(code=code).exists():
        reasons.append(stop("place-code-taken", code=code))
    reasons += _against_words(name, address, phone)
    if kind not in _UNDER or (above.kind if above else None) not in _UNDER[kind]:
        reasons.append(stop("place-kind-misplaced", kind=kind))
    if reasons:
        raise refuse(*reasons)
    id_ = new_id()
    owns = kind in ("network", "main_library", "partner") or own_barcodes
    row = models.Place.objects.create(
        id=id_,
        kind=kind,
        code=code,
        name=name.strip(),
        parent=above,
        path=f"{above.path if above else '/'}{code}/",
        library=id_ if owns or above is None else above.library,
        address=address.strip(),
        phone=phone.strip(),
        opened_on=opened_on,
        position=models.Place.objects.filter(parent=above).count(),
    )
    changed(ctx, "place", id_, row.name, None, _fields(row), place=id_)
    bump("places")
    return id_


def _against_words(name: str, address: str, phone: str) -> list[Reason]:
    reasons = [] if name.strip() else [stop("name-missing")]
    for field, text, most in (("name", name, 80), ("address", address, 200), ("phone", phone, 40)):
        if len(text.strip()) > most:
            reasons.append(stop("text-too-long", field=field, most=most))
    return reasons


@command("places.change_place")
def change_place(
    *,
    place: str,
    name: str,
    address: str = "",
    phone: str = "",
    opened_on: date | None = None,
    position: int | None = None,
    ctx: Context,
) -> None:
    """Change what a place is called and where it is; its code, kind and place in the tree stay, since
    what is counted and numbered hangs on them. ``position`` orders it among its neighbours."""
    row = allowed(place, ctx)
    reasons = _against_words(name, address, phone)
    if opened_on and row.closed_on and row.closed_on < opened_on:
        reasons.append(stop("place-dates-reversed"))
    if reasons:
        raise refuse(*reasons)
    before = _fields(row)
    row.name, row.address, row.phone = name.strip(), address.strip(), phone.strip()
    row.opened_on = opened_on
    models.Place.objects.filter(id=place).update(
        name=row.name,
        address=row.address,
        phone=row.phone,
        opened_on=opened_on,
        position=row.position if position is None else max(0, min(position, 9999)),
    )
    changed(ctx, "place", place, row.name, before, _fields(row), place=place)
    bump("places")


@command("places.close_place")
def close_place(*, place: str, closed_on: date, why: str, ctx: Context) -> None:
    """撤并: the place's last day is ``closed_on``. It stays in the tree with everything counted there.

    Refuses a root, a place with open ones below it, one that still has items or open loans (asked of
    the guard ``places.close``), and a day before it opened.
    """
    row = allowed(place, ctx)
    reasons: list[Reason] = []
    if not why.strip():
        reasons.append(stop("why-missing"))
    if row.parent_id is None:
        reasons.append(stop("place-is-root"))
    if row.closed_on is not None:
        reasons.append(stop("place-closed", place=place))
    if row.opened_on and closed_on < row.opened_on:
        reasons.append(stop("place-dates-reversed"))
    below = models.Place.objects.filter(path__startswith=row.path, closed_on=None)
    count = below.exclude(id=place).count()
    if count:
        reasons.append(stop("place-has-places", count=count))
    reasons += guards.ask("places.close", ctx, place=place)
    if reasons:
        raise refuse(*reasons)
    before = _fields(row)
    row.closed_on = closed_on
    models.Place.objects.filter(id=place).update(closed_on=closed_on)
    changed(
        ctx, "place", place, row.name, before, _fields(row), action="closed", place=place, why=why
    )
    bump("places")


@command("places.reopen_place")
def reopen_place(*, place: str, ctx: Context) -> None:
    """Take a closing back; the place above must be open."""
    row = allowed(place, ctx)
    if row.closed_on is None:
        raise refuse(stop("place-not-closed", place=place))
    if row.parent is not None and row.parent.closed_on is not None:
        raise refuse(stop("place-closed", place=row.parent.id))
    before = _fields(row)
    row.closed_on = None
    models.Place.objects.filter(id=place).update(closed_on=None)
    changed(ctx, "place", place, row.name, before, _fields(row), action="reopened", place=place)
    bump("places")


@command("places.add_location")
def add_location(
    *,
    place: str,
    code: str,
    name: str,
    open_stack: bool = True,
    for_children: bool = False,
    ctx: Context,
) -> str:
    """Add a 馆藏地点 to a place; returns its id, the existing one's where the code is known there."""
    allowed(place, ctx)
    values = {"name": name, "open_stack": open_stack, "for_children": for_children}
    row, new = models.Location.objects.get_or_create(place_id=place, code=code, defaults=values)
    if new:
        changed(ctx, "location", row.id, name, None, {"code": code, **values}, place=place)
    return str(row.id)


@command("places.change_location")
def change_location(
    *, location: str, name: str, open_stack: bool, for_children: bool, ctx: Context
) -> None:
    """Change what a 馆藏地点 is called and whom it is for; its code stays."""
    row = models.Location.objects.filter(id=location).first()
    if row is None:
        raise refuse(stop("location-unknown"))
    allowed(row.place_id, ctx)
    if not name.strip():
        raise refuse(stop("name-missing"))
    before = {
        "name": row.name,
        "open_stack": row.open_stack,
        "for_children": row.for_children,
    }
    after = {"name": name.strip(), "open_stack": open_stack, "for_children": for_children}
    models.Location.objects.filter(id=location).update(**after)
    changed(ctx, "location", location, name.strip(), before, after, place=row.place_id)


@command("places.set_setting")
def set_setting(*, place: str, key: str, value: Any, ctx: Context) -> None:
    """Say a setting at a place; ``None`` takes it back, so that the place inherits again."""
    row = allowed(place, ctx)
    known = KNOWN.get(key)
    if known is None:
        raise refuse(stop("setting-unknown", key=key))
    said = models.Setting.objects.filter(place=place, key=key).first()
    before = None if said is None else {"value": said.value}
    if value is None:
        models.Setting.objects.filter(place=place, key=key).delete()
    elif type(value) is not known.kind or not known.takes(value):
        raise refuse(stop("setting-value-invalid", key=key))
    else:
        models.Setting.objects.update_or_create(place_id=place, key=key, defaults={"value": value})
    if before is not None or value is not None:
        after = None if value is None else {"value": value}
        changed(ctx, "setting", key, row.name, before, after, place=place)
    bump("places")
