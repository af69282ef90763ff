"""Accounts: made, changed, switched off and on, unlocked; their passwords."""

from __future__ import annotations

import secrets
import string
from typing import Any

from django.contrib.auth.hashers import check_password, make_password

from shuxiang.apps.staff import models, rules
from shuxiang.apps.staff.commands._shared import (
    EDIT,
    editable,
    editing_places,
    is_own,
    known_place,
    still_edited,
)
from shuxiang.apps.staff.commands.grants import grant
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.revision import bump

KIND = "account"


def one_time_password(username: str = "") -> str:
    """A random password of 12 characters that satisfies the rules for that user name."""
    letters = string.ascii_letters.translate({ord(c): None for c in "lIO"})
    while True:
        word = "".join(secrets.choice(letters + "23456789") for _ in range(11)) + "!"
        if rules.may_use_password(word, username=username, used_before=False).allowed:
            return word


def _fields(row: models.Account) -> dict[str, Any]:
    return {
        "username": row.username,
        "name": row.name,
        "home": row.home_id,
        "active": row.is_active,
    }


@command("staff.add_account")
def add_account(
    *,
    username: str,
    name: str,
    home: str,
    password_hash: str,
    must_change: bool = True,
    role: str = "",
    ctx: Context,
) -> str:
    """Add an account, with a role at its home if one is named; returns its id. The caller hashes the password (`hashed`), so that no request
    body ever holds it."""
    require(ctx, EDIT, known_place(home))
    reasons = []
    if not username.isidentifier() or not username.isascii() or len(username) > 40:
        reasons.append(stop("username-invalid", username=username))
    elif models.Account.objects.filter(username=username).exists():
        reasons.append(stop("username-taken", username=username))
    if not name.strip():
        reasons.append(stop("name-missing"))
    elif len(name.strip()) > 40:
        reasons.append(stop("text-too-long", field="name", most=40))
    if reasons:
        raise refuse(*reasons)
    id_ = new_id()
    row = models.Account.objects.create(
        id=id_,
        username=username,
        name=name.strip(),
        home_id=home,
        password=password_hash,
        must_change_password=must_change,
        password_changed_at=ctx.occurred_at,
    )
    models.PasswordHistory.objects.create(
        account_id=id_, password=password_hash, set_at=ctx.occurred_at
    )
    changed(ctx, KIND, id_, row.name, None, _fields(row), place=home)
    if role:
        grant(account=id_, role=role, place=home, ctx=ctx)
    return id_


@command("staff.change_account")
def change_account(*, account: str, name: str, home: str, ctx: Context) -> None:
    """Change an account's name and home, by who edits staff there and at the new home."""
    row = editable(ctx, account)
    require(ctx, EDIT, known_place(home))
    if not name.strip():
        raise refuse(stop("name-missing"))
    if len(name.strip()) > 40:
        raise refuse(stop("text-too-long", field="name", most=40))
    before = _fields(row)
    row.name, row.home_id = name.strip(), home
    models.Account.objects.filter(id=account).update(name=row.name, home_id=home)
    changed(ctx, KIND, account, row.name, before, _fields(row), place=home)


@command("staff.deactivate")
def deactivate(*, account: str, why: str = "", ctx: Context) -> None:
    """Switch an account off: it is signed out at once and holds nothing any more; what it did stays
    under its name. Nobody switches off their own account, nor the last one that edits staff."""
    row = editable(ctx, account)
    if is_own(ctx, account):
        raise refuse(stop("own-account"))
    if not row.is_active:
        return
    grants = models.Grant.objects.filter(account=account).select_related("role")
    edited = editing_places(grants)
    before = _fields(row)
    row.is_active = False
    models.Account.objects.filter(id=account).update(is_active=False)
    still_edited(edited)
    changed(
        ctx,
        KIND,
        account,
        row.name,
        before,
        _fields(row),
        action="deactivated",
        place=row.home_id,
        why=why,
    )
    bump("staff")


@command("staff.activate")
def activate(*, account: str, ctx: Context) -> None:
    """Switch an account on again, with the roles it had."""
    row = editable(ctx, account)
    if row.is_active:
        return
    before = _fields(row)
    row.is_active = True
    models.Account.objects.filter(id=account).update(
        is_active=True, failed_logins=0, locked_until=None
    )
    changed(
        ctx,
        KIND,
        account,
        row.name,
        before,
        _fields(row),
        action="activated",
        place=row.home_id,
    )
    bump("staff")


@command("staff.unlock")
def unlock(*, account: str, ctx: Context) -> None:
    """Let an account that was locked after wrong passwords sign in again at once."""
    row = editable(ctx, account)
    models.Account.objects.filter(id=account).update(failed_logins=0, locked_until=None)
    changed(ctx, KIND, account, row.name, {}, {}, action="unlocked", place=row.home_id)


def hashed(password: str, *, username: str, account: str = "") -> str:
    """The Argon2id hash of an acceptable password: for an existing ``account``, none of its last
    five. Raises Refused with every reason against it."""
    used = bool(account) and used_before(account, password)
    decision = rules.may_use_password(password, username=username, used_before=used)
    if not decision.allowed:
        raise Refused(decision)
    return str(make_password(password))


def used_before(account_id: str, password: str) -> bool:
    """Whether the password is one of the account's last five."""
    last = models.PasswordHistory.objects.filter(account=account_id).order_by("-set_at")
    return any(check_password(password, h.password) for h in last[: rules.HISTORY])


@command("staff.set_password")
def set_password(
    *, account: str, password_hash: str, must_change: bool = False, ctx: Context
) -> None:
    """Set a password: one's own, or another's with ``staff.edit`` wherever they belong and hold a
    role (which then must be changed at the next login). Whoever was signed in with the old one is
    signed out."""
    row = models.Account.objects.filter(id=account).first()
    if row is None:
        raise refuse(stop("account-unknown"))
    own = is_own(ctx, account)
    if not own:
        row = editable(ctx, account)
    models.Account.objects.filter(id=account).update(
        password=password_hash,
        must_change_password=must_change or not own,
        password_changed_at=ctx.occurred_at,
        failed_logins=0,
        locked_until=None,
    )
    models.PasswordHistory.objects.create(
        account_id=account, password=password_hash, set_at=ctx.occurred_at
    )
    action = "own-password" if own else "password-reset"
    changed(ctx, KIND, account, row.name, {}, {}, action=action, place=row.home_id)
