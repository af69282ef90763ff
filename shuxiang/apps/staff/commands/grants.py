"""Roles and where they are held."""

from __future__ import annotations

import re

from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import models, rules
from shuxiang.apps.staff.commands._shared import (
    EDIT,
    editing_places,
    is_own,
    known_place,
    still_edited,
)
from shuxiang.apps.staff.roles import SHIPPED
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.revision import bump

_CODE = re.compile(r"[a-z][a-z0-9_]{0,31}")


@command("staff.seed_roles", permission="staff.edit")
def seed_roles(*, ctx: Context) -> int:
    """Create the shipped roles that are missing; returns how many."""
    known = set(models.Role.objects.values_list("code", flat=True))
    rows = [
        models.Role(code=code, name=name, actions=list(actions))
        for code, (name, actions) in SHIPPED.items()
        if code not in known
    ]
    models.Role.objects.bulk_create(rows)
    for row in rows:
        changed(ctx, "role", row.code, row.name, None, {"actions": row.actions}, action="seeded")
    bump("staff")
    return len(rows)


@command("staff.grant")
def grant(*, account: str, role: str, place: str, ctx: Context) -> None:
    """Give an account a role at a place and everything below it, by who may edit staff there.
    Nobody gives a role to themselves: 三权分立 would end at the first administrator."""
    require(ctx, EDIT, known_place(place))
    found = models.Role.objects.filter(code=role).first()
    if found is None:
        raise refuse(stop("role-unknown", role=role))
    row = models.Account.objects.filter(id=account).first()
    if row is None:
        raise refuse(stop("account-unknown"))
    if is_own(ctx, account):
        raise refuse(stop("own-roles"))
    _, new = models.Grant.objects.get_or_create(account_id=account, role=found, place_id=place)
    if new:
        told = {"role": found.name, "at": place}
        changed(ctx, "grant", account, row.name, None, told, action="granted", place=place)
    bump("staff")


@command("staff.revoke")
def revoke(*, account: str, role: str, place: str, ctx: Context) -> None:
    """Take a role at a place from an account. Not one's own, and not from the last account that may
    edit staff there."""
    require(ctx, EDIT, known_place(place))
    found = (
        models.Grant.objects.select_for_update()
        .filter(account=account, role__code=role, place=place)
        .select_related("role", "account")
        .first()
    )
    if found is None:
        raise refuse(stop("grant-unknown"))
    if is_own(ctx, account):
        raise refuse(stop("own-roles"))
    edited = editing_places([found]) if found.account.is_active else set()
    models.Grant.objects.filter(id=found.id).delete()
    still_edited(edited)
    told = {"role": found.role.name, "at": place}
    changed(ctx, "grant", account, found.account.name, told, None, action="revoked", place=place)
    bump("staff")


@command("staff.set_role")
def set_role(*, code: str, name: str, actions: tuple[str, ...], ctx: Context) -> None:
    """Add a role of the library's own or change one; by who edits staff of the whole tree, since a
    role means the same everywhere. Shipped roles stay as they are: copy one under another code."""
    require(ctx, EDIT, places.top().id)
    reasons: list[Reason] = []
    if not _CODE.fullmatch(code):
        reasons.append(stop("role-code-invalid", code=code))
    if code in SHIPPED:
        reasons.append(stop("role-shipped", role=SHIPPED[code][0]))
    if not name.strip():
        reasons.append(stop("name-missing"))
    elif len(name.strip()) > 40:
        reasons.append(stop("text-too-long", field="name", most=40))
    reasons += rules.may_be_role(actions).reasons
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    row = models.Role.objects.select_for_update().filter(code=code).first()
    before = {"name": row.name, "actions": sorted(row.actions)} if row else None
    after = {"name": name.strip(), "actions": sorted(set(actions))}
    if row is None:
        models.Role.objects.create(id=new_id(), code=code, **after)
    else:
        held = models.Grant.objects.filter(role=row, account__is_active=True)
        edited = editing_places(held.select_related("role"))
        models.Role.objects.filter(id=row.id).update(**after)
        still_edited(edited)
    changed(ctx, "role", code, name.strip(), before, after, place=places.top().id)
    bump("staff")


@command("staff.remove_role")
def remove_role(*, code: str, ctx: Context) -> None:
    """Delete a role of the library's own that nobody holds any more."""
    require(ctx, EDIT, places.top().id)
    row = models.Role.objects.filter(code=code).first()
    if row is None:
        raise refuse(stop("role-unknown", role=code))
    if code in SHIPPED:
        raise refuse(stop("role-shipped", role=row.name))
    count = models.Grant.objects.filter(role=row).count()
    if count:
        raise refuse(stop("role-held", role=row.name, count=count))
    before = {"name": row.name, "actions": sorted(row.actions)}
    models.Role.objects.filter(id=row.id).delete()
    changed(ctx, "role", code, row.name, before, None, place=places.top().id)
    bump("staff")
