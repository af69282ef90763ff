"""What others may ask about staff."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shuxiang.apps.staff import models, rules
from shuxiang.kernel.context import Context
from shuxiang.runtime import sql
from shuxiang.runtime.revision import cached


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    username: str
    name: str
    home: str
    active: bool
    must_change_password: bool
    password_changed_at: datetime


@dataclass(frozen=True, slots=True)
class Granted:
    role: str
    role_name: str
    place: str
    place_name: str


def _account(row: models.Account) -> Account:
    return Account(
        row.id,
        row.username,
        row.name,
        row.home_id,
        row.is_active,
        row.must_change_password,
        row.password_changed_at,
    )


def account(account_id: str) -> Account | None:
    row = models.Account.objects.filter(id=account_id).first()
    return _account(row) if row else None


def account_by_username(username: str) -> Account | None:
    row = models.Account.objects.filter(username=username).first()
    return _account(row) if row else None


def accounts() -> tuple[Account, ...]:
    return tuple(_account(a) for a in models.Account.objects.order_by("username"))


def grants(account_id: str) -> tuple[Granted, ...]:
    """Roles held, from the top of the tree down."""
    rows = models.Grant.objects.filter(account=account_id).select_related("role", "place")
    rows = rows.order_by("place__path", "role__code")
    return tuple(Granted(g.role.code, g.role.name, g.place_id, g.place.name) for g in rows)


def _actions(stored: Any) -> list[str]:
    return list(json.loads(stored) if isinstance(stored, str) else stored)


_GRANTED = (
    "SELECT r.actions FROM staff_account a JOIN staff_grant g ON g.account_id = a.id "
    "JOIN staff_role r ON r.id = g.role_id JOIN places_place gp ON gp.id = g.place_id "
    "JOIN places_place tp ON tp.id = ? AND tp.path LIKE gp.path || '%' "
    "WHERE a.id = ? AND a.is_active"
)


def may(account_id: str, action: str, place_id: str) -> bool:
    """Whether the account holds the action at the place, by a grant there or above."""
    if not (account_id and place_id):
        return False
    return rules.holds(actions_at(account_id, place_id), action)


@cached("staff")
def actions_at(account_id: str, place_id: str) -> frozenset[str]:
    """Every action (wildcards as stored) the account holds at the place: for menus."""
    rows = sql.all(_GRANTED, place_id, account_id)
    return frozenset(a for r in rows for a in _actions(r[0]))


def places_where(account_id: str, action: str) -> tuple[str, ...]:
    """Ids of the places at which the account was granted the action (each with its subtree)."""
    rows = models.Grant.objects.filter(account=account_id, account__is_active=True)
    return tuple(
        g.place_id
        for g in rows.select_related("role").order_by("place__path")
        if rules.holds(g.role.actions, action)
    )


def authorize(ctx: Context, action: str, place_id: str) -> bool:
    """The runtime's authorizer: staff by grants; readers and terminals through their own doors."""
    if ctx.actor.kind == "staff":
        return may(ctx.actor.id, action, place_id)
    return ctx.actor.kind == "patron" and action in PATRON_ACTIONS


PATRON_ACTIONS = frozenset({"circulation.renew_own"})
