"""The PIN: given at the desk, changed by the reader."""

from __future__ import annotations

import secrets

from django.contrib.auth.hashers import check_password, make_password

from shuxiang.apps.patrons import models, pins, queries
from shuxiang.apps.patrons.commands import _shared
from shuxiang.apps.patrons.commands._guessing import clear, count_wrong, hold
from shuxiang.apps.patrons.commands._sessions import end_sessions
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Decision, Refused, refuse, stop
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.secrets import decrypt


def draw_pin(patron: str) -> tuple[str, str]:
    """A random PIN for a reader and its hash, for `set_pin`. The plain one is shown once, on the
    slip, and stored nowhere."""
    row = models.Patron.objects.get(id=patron)
    pin = pins.draw(secrets.randbelow, born_on=row.born_on, numbers=_numbers(row))
    return pin, str(make_password(pin))


def _numbers(row: models.Patron) -> tuple[str, ...]:
    cards = models.Card.objects.filter(patron=row).values_list("number", flat=True)
    papers = models.Document.objects.filter(patron=row, ended_at=None)
    return (*cards, decrypt(row.phone), *(decrypt(d.number) for d in papers))


@command("patrons.set_pin")
def set_pin(*, patron: str, pin_hash: str, first: bool = False, ctx: Context) -> None:
    """Give a reader the PIN of the slip, to be changed at the first sign-in. Needs ``patrons.pin``;
    the ``first`` one only ``patrons.register``, and is refused where there is one already.

    Sessions that the old PIN opened end, and so do locks against guessing.
    """
    action = "patrons.register" if first else "patrons.pin"
    require(ctx, action, ctx.service_point)
    row = _shared.open_patron(patron, action, ctx)
    known = models.Pin.objects.filter(patron=row)
    if first and known.exists():
        raise refuse(stop("pin-exists"))
    again = known.update(hash=pin_hash, must_change=True, set_at=ctx.occurred_at)
    if not again:
        models.Pin.objects.create(patron=row, hash=pin_hash, set_at=ctx.occurred_at)
    end_sessions(row.id, "pin-reset", ctx)
    clear(row.id)
    data = {"fields": ["pin"], "act": "reset" if again else "first"}
    _shared.record_patron("patron.changed", row, ctx, data=data)


def change_pin(*, old: str, new: str, session: str, ctx: Context) -> None:
    """A reader changes their own PIN. Their other sessions end. Raises Refused with every reason;
    a wrong old PIN counts like a wrong sign-in."""
    row = models.Patron.objects.filter(id=ctx.actor.id).first()
    known = models.Pin.objects.filter(patron=ctx.actor.id).first()
    if ctx.actor.kind != "patron" or row is None or known is None:
        raise refuse(stop("not-permitted", action="patrons.pin"))
    key = queries.guesses_key("patron", row.id)
    minutes = pins.locked_minutes(queries.guessed(key), ctx.occurred_at)
    if minutes:
        raise refuse(stop("sign-in-locked", minutes=minutes))
    if not check_password(old, known.hash):
        _wrong_old(key=key, ctx=ctx)
        raise refuse(stop("pin-wrong"))
    decision = pins.may_use(new, born_on=row.born_on, numbers=_numbers(row), as_before=old == new)
    if not decision.allowed:
        raise Refused(decision)
    _change_pin(
        patron=row.id,
        key=key,
        against=known.hash,
        pin_hash=str(make_password(new)),
        session=session,
        ctx=ctx.with_key("change"),
    )


@command("patrons.wrong_old_pin")
def _wrong_old(*, key: str, ctx: Context) -> None:
    count_wrong(key, hold(key, ctx.occurred_at), ctx.occurred_at)


@command("patrons.change_pin")
def _change_pin(
    *, patron: str, key: str, against: str, pin_hash: str, session: str, ctx: Context
) -> None:
    if ctx.actor != Actor("patron", patron):
        raise refuse(stop("not-permitted", action="patrons.pin"))
    minutes = pins.locked_minutes(hold(key, ctx.occurred_at), ctx.occurred_at)
    if minutes:
        raise refuse(stop("sign-in-locked", minutes=minutes))
    row = _shared.patron_row(patron)
    changed = models.Pin.objects.filter(patron=row, hash=against).update(
        hash=pin_hash, must_change=False, set_at=ctx.occurred_at
    )
    if not changed:
        raise Refused(Decision((stop("pin-wrong"),)))
    end_sessions(row.id, "pin-change", ctx, but=session)
    clear(row.id)
    _shared.record_patron("patron.changed", row, ctx, data={"fields": ["pin"], "act": "changed"})
