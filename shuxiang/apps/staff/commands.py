"""The only writers of accounts, roles and grants."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass

from django.contrib.auth.hashers import check_password, make_password

from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import models, rules
from shuxiang.apps.staff.roles import SHIPPED
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Decision, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.revision import bump


def one_time_password() -> str:
    """A random password of 12 characters that satisfies the rules."""
    letters = string.ascii_letters.translate({ord(c): None for c in "lIO"})
    while True:
        word = "".join(secrets.choice(letters + "23456789") for _ in range(11)) + "!"
        if rules.may_use_password(word, username="", used_before=False).allowed:
            return word


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
    bump("staff")
    return len(rows)


@command("staff.add_account")
def add_account(
    *,
    username: str,
    name: str,
    home: str,
    password_hash: str,
    must_change: bool = True,
    ctx: Context,
) -> str:
    """Add an account; returns its id. The caller hashes the password (`hashed`), so that no request
    body ever holds it."""
    require(ctx, "staff.edit", _known_place(home))
    reasons = []
    if not username.isidentifier() or not username.isascii():
        reasons.append(stop("username-invalid", username=username))
    elif models.Account.objects.filter(username=username).exists():
        reasons.append(stop("username-taken", username=username))
    if not name.strip():
        reasons.append(stop("name-missing"))
    if reasons:
        raise refuse(*reasons)
    id_ = new_id()
    models.Account.objects.create(
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
    return id_


def _known_place(place: str) -> str:
    try:
        return places.place(place).id
    except places.UnknownPlace:
        raise refuse(stop("place-unknown")) from None


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
    """Set a password: one's own, or another's with ``staff.edit`` at their home (which then must be
    changed at the next login)."""
    row = models.Account.objects.filter(id=account).first()
    if row is None:
        raise refuse(stop("account-unknown"))
    own = ctx.actor == Actor("staff", account)
    if not own:
        require(ctx, "staff.edit", row.home_id)
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


@command("staff.grant")
def grant(*, account: str, role: str, place: str, ctx: Context) -> None:
    """Give an account a role at a place and everything below it, by who may edit staff there."""
    require(ctx, "staff.edit", _known_place(place))
    found = models.Role.objects.filter(code=role).first()
    if found is None:
        raise refuse(stop("role-unknown", role=role))
    if not models.Account.objects.filter(id=account).exists():
        raise refuse(stop("account-unknown"))
    models.Grant.objects.get_or_create(account_id=account, role=found, place_id=place)
    bump("staff")


@dataclass(frozen=True, slots=True)
class Login:
    """How a login went: the account when it went through, else why not."""

    account: str | None
    decision: Decision
    must_change: bool = False


def log_in(*, username: str, password: str, ctx: Context) -> Login:
    """Check name and password, count failures, lock after five for 30 minutes."""
    row = models.Account.objects.filter(username=username).first()
    stored = row.password if row else _NOBODY
    right = check_password(password, stored)
    return _log_in(account=row.id if row else "", right=right, ctx=ctx)


_NOBODY = (
    "argon2$argon2id$v=19$m=102400,t=2,p=8$Z3Z6c1Y2VjNUS0d0UkRmWg$"
    "3ZsYxP0dZ4Zk8a2rIYzq0GDp2hmR9rO8z0G6h2m0Y0s"
)


@command("staff.log_in")
def _log_in(*, account: str, right: bool, ctx: Context) -> Login:
    row = models.Account.objects.select_for_update().filter(id=account).first()
    decision = rules.may_log_in(
        known=row is not None,
        active=bool(row and row.is_active),
        locked_until=row.locked_until if row else None,
        right=right,
        at=ctx.occurred_at,
    )
    if row is None:
        return Login(None, decision)
    if decision.allowed:
        models.Account.objects.filter(id=row.id).update(
            failed_logins=0, locked_until=None, last_login=ctx.occurred_at
        )
        expired = rules.password_expired(row.password_changed_at, ctx.occurred_at)
        return Login(row.id, decision, row.must_change_password or expired)
    if "login-wrong" in decision.codes:
        failures = row.failed_logins + 1
        locked = failures >= rules.MAX_FAILURES
        models.Account.objects.filter(id=row.id).update(
            failed_logins=0 if locked else failures,
            locked_until=ctx.occurred_at + rules.LOCK if locked else None,
        )
    return Login(None, decision)
