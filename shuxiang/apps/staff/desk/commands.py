"""Setting a desk PIN, and taking a desk with it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib.auth.hashers import check_password, make_password

from shuxiang.apps.staff import models, queries
from shuxiang.apps.staff import rules as accounts
from shuxiang.apps.staff.desk import rules
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command
from shuxiang.runtime.hashing import nobodys_hash

_ID = re.compile("[0-9a-f]{32}")
RIGHT = "circulation.check_in"
"""The action that makes an account a clerk of the desk at a place."""


def pin_hash(pin: str) -> str:
    """The Argon2id hash of an acceptable PIN, so that no request ever holds the PIN itself. Raises
    Refused with what is wrong with it."""
    decision = rules.may_use_pin(pin)
    if not decision.allowed:
        raise Refused(decision)
    return str(make_password(pin))


@command("staff.set_desk_pin")
def set_desk_pin(*, pin_hash: str, ctx: Context) -> None:
    """Set one's own desk PIN; '' takes it away. The door has asked for the password before."""
    account = ctx.actor.id
    if ctx.actor.kind != "staff" or not models.Account.objects.filter(id=account).exists():
        raise refuse(stop("account-unknown"))
    models.DeskPin.objects.filter(account=account).delete()
    if pin_hash:
        models.DeskPin.objects.create(
            id=new_id(), account_id=account, pin=pin_hash, set_at=ctx.occurred_at
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """How taking a desk went: the account when it went through, else why not."""

    account: str | None
    decision: Decision


def take_desk(*, account: str, pin: str, ctx: Context) -> Taken:
    """Check an account's PIN and whether it may work the desk at ``ctx.service_point``. Five wrong
    PINs lock it for 30 minutes, fifteen in a row take it away."""
    known = _ID.fullmatch(account) is not None
    row = models.DeskPin.objects.filter(account=account).first() if known else None
    right = check_password(pin, row.pin if row else nobodys_hash()) and row is not None
    if not known:
        return Taken(None, Decision((stop("desk-pin-wrong"),)))
    return _take_desk(account=account, right=right, ctx=ctx)


@command("staff.take_desk")
def _take_desk(*, account: str, right: bool, ctx: Context) -> Taken:
    pin = models.DeskPin.objects.select_for_update().filter(account=account).first()
    row = models.Account.objects.filter(id=account).first()
    decision = rules.may_take_desk(
        right=right,
        active=row is not None and row.is_active,
        locked_until=pin.locked_until if pin else None,
        rights_here=queries.may(account, RIGHT, ctx.service_point),
        password_due=row is not None
        and (
            row.must_change_password
            or accounts.password_expired(row.password_changed_at, ctx.occurred_at)
        ),
        at=ctx.occurred_at,
    )
    if decision.allowed:
        models.DeskPin.objects.filter(account=account).update(failures=0, locked_until=None)
        return Taken(account, decision)
    if pin is not None and "desk-pin-wrong" in decision.codes:
        failures, locked_until, void = rules.after_failure(pin.failures, ctx.occurred_at)
        if void:
            models.DeskPin.objects.filter(account=account).delete()
        else:
            models.DeskPin.objects.filter(account=account).update(
                failures=failures, locked_until=locked_until
            )
    return Taken(None, decision)
