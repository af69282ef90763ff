"""Signing in: the answer and its time are the same whether or not there is such an account (S4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import check_password

from shuxiang.apps.staff import models, rules
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision
from shuxiang.runtime.commands import command
from shuxiang.runtime.hashing import nobodys_hash
from shuxiang.runtime.secrets import lookup_hash

KEEP_UNKNOWN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Login:
    """How a login went: the account when it went through, else why not."""

    account: str | None
    decision: Decision
    must_change: bool = False


def log_in(*, username: str, password: str, ctx: Context) -> Login:
    """Check name and password, count failures, lock after five for 30 minutes."""
    row = models.Account.objects.filter(username=username).first()
    stored = row.password if row else nobodys_hash()
    right = check_password(password, stored)
    key = lookup_hash("staff-login", username)
    return _log_in(account=row.id if row else "", key=key, right=right, ctx=ctx)


@command("staff.log_in")
def _log_in(*, account: str, key: str, right: bool, ctx: Context) -> Login:
    known = models.Account.objects.select_for_update().filter(id=account).first()
    row = known or _unknown(key, ctx)
    decision = rules.may_log_in(
        known=known is not None,
        active=known is not None and known.is_active,
        locked_until=row.locked_until,
        right=right,
        at=ctx.occurred_at,
    )
    if decision.allowed and known is not None:
        models.Account.objects.filter(id=known.id).update(
            failed_logins=0, locked_until=None, last_login=ctx.occurred_at
        )
        expired = rules.password_expired(known.password_changed_at, ctx.occurred_at)
        return Login(known.id, decision, known.must_change_password or expired)
    if "login-wrong" in decision.codes:
        failures = row.failed_logins + 1
        locked = failures >= rules.MAX_FAILURES
        type(row).objects.filter(pk=row.pk).update(
            failed_logins=0 if locked else failures,
            locked_until=ctx.occurred_at + rules.LOCK if locked else None,
        )
    return Login(None, decision)


def _unknown(key: str, ctx: Context) -> models.UnknownName:
    """The row that counts for a name nobody has, as the account's own would."""
    models.UnknownName.objects.get_or_create(key=key, defaults={"last_at": ctx.occurred_at})
    models.UnknownName.objects.filter(key=key).update(last_at=ctx.occurred_at)
    return models.UnknownName.objects.select_for_update().get(key=key)


@command("staff.forget_unknown_names", permission="staff.edit")
def forget_unknown_names(*, ctx: Context) -> int:
    """Delete what was counted for names nobody has, a day after the last try; returns how many. For
    the worker."""
    before = ctx.occurred_at - KEEP_UNKNOWN
    gone, _ = models.UnknownName.objects.filter(last_at__lt=before).delete()
    return int(gone)
