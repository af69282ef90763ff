"""What others may ask about staff."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import models, rules
from shuxiang.apps.staff.desk.queries import Clerk as Clerk
from shuxiang.apps.staff.desk.queries import clerks_at as clerks_at
from shuxiang.apps.staff.desk.queries import has_pin as has_pin
from shuxiang.apps.staff.roles import SHIPPED as SHIPPED
from shuxiang.apps.staff.terminals import TERMINAL_ACTIONS
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
    last_login: datetime | None = None
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role: its actions as stored (``*`` at the end is a wildcard), whether it comes with the
    system, and how many grants give it."""

    code: str
    name: str
    actions: tuple[str, ...]
    shipped: bool
    held: int


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
        row.last_login,
        row.locked_until,
    )


def account(account_id: str) -> Account | None:
    row = models.Account.objects.filter(id=account_id).first()
    return _account(row) if row else None


def account_by_username(username: str) -> Account | None:
    row = models.Account.objects.filter(username=username).first()
    return _account(row) if row else None


def accounts() -> tuple[Account, ...]:
    return tuple(_account(a) for a in models.Account.objects.order_by("username"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which accounts: whose home is one of ``homes``, with a text in their name or user name,
    active ones alone unless ``inactive``."""

    homes: tuple[str, ...]
    text: str = ""
    inactive: bool = False


def _sought(sought: Sought) -> Any:
    rows = models.Account.objects.filter(home__in=sought.homes).order_by("username")
    if sought.text:
        rows = rows.filter(Q(username__icontains=sought.text) | Q(name__icontains=sought.text))
    return rows if sought.inactive else rows.filter(is_active=True)


def find_accounts(sought: Sought, *, offset: int = 0, limit: int = 50) -> tuple[Account, ...]:
    """The accounts sought, by user name."""
    return tuple(_account(a) for a in _sought(sought)[offset : offset + limit])


def count_accounts(sought: Sought) -> int:
    """How many accounts there are."""
    return int(_sought(sought).count())


def grants_of(account_ids: Iterable[str]) -> dict[str, tuple[Granted, ...]]:
    """Roles held by several accounts, from the top of the tree down."""
    rows = models.Grant.objects.filter(account__in=list(account_ids))
    found: dict[str, list[Granted]] = defaultdict(list)
    for g in rows.select_related("role", "place").order_by("place__path", "role__code"):
        found[g.account_id].append(Granted(g.role.code, g.role.name, g.place_id, g.place.name))
    return {account: tuple(held) for account, held in found.items()}


def roles() -> tuple[RoleView, ...]:
    """Every role, the shipped ones first."""
    rows = models.Role.objects.annotate(held=Count("grant"))
    order = list(SHIPPED)
    views = [
        RoleView(r.code, r.name, tuple(_actions(r.actions)), r.code in SHIPPED, r.held)
        for r in rows
    ]
    return tuple(
        sorted(views, key=lambda r: (order.index(r.code) if r.shipped else len(order), r.name))
    )


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
    """The runtime's authorizer: staff by grants, a device what its kind may at its own place, readers
    what is their own."""
    if ctx.actor.kind == "staff":
        return may(ctx.actor.id, action, place_id)
    if ctx.actor.kind == "terminal":
        device = places.device(ctx.actor.id)
        return (
            device is not None
            and device.active
            and device.place == place_id
            and action in TERMINAL_ACTIONS[device.kind]
        )
    return ctx.actor.kind == "patron" and action in PATRON_ACTIONS


PATRON_ACTIONS = frozenset({"circulation.renew_own", "notices.own"})
