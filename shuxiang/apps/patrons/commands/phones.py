"""Opening the phone numbers of a list of readers, each logged."""

from __future__ import annotations

from dataclasses import dataclass

from shuxiang.apps.patrons import models, rules
from shuxiang.apps.patrons.commands import _shared
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, permitted
from shuxiang.runtime.secrets import decrypt

MOST = 2_000
"""Readers whose numbers are opened at once."""

_PERMISSION = "patrons.view_phone"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number to call a reader at; ``of_guardian`` names whose it is where a child has none."""

    number: str
    of_guardian: str = ""


def view_phones(*, patrons: tuple[str, ...], why: str, ctx: Context) -> dict[str, Phone]:
    """The readers' phone numbers, or else their guardians', after logging for each who looked and
    why. Absent: who has none, and readers of another library out of the actor's reach.

    Refuses without a why and for more than `MOST` readers.
    """
    # The command answers with ids: stored answers must not hold plain numbers (S6).
    opened = _view_phones(patrons=patrons, why=why, ctx=ctx)
    own = models.Patron.objects.in_bulk([one.patron for one in opened if not one.guardian])
    guardians = models.Guardian.objects.in_bulk([one.guardian for one in opened if one.guardian])
    found = {}
    for one in opened:
        if one.guardian:
            row = guardians[one.guardian]
            found[one.patron] = Phone(decrypt(row.phone), row.name)
        else:
            found[one.patron] = Phone(decrypt(own[one.patron].phone))
    return found


@dataclass(frozen=True, slots=True)
class _Opened:
    patron: str
    guardian: str = ""


@command("patrons.view_phones", permission=_PERMISSION)
def _view_phones(*, patrons: tuple[str, ...], why: str, ctx: Context) -> tuple[_Opened, ...]:
    reasons = list(rules.too_long(why=why))
    if not why.strip():
        reasons.append(stop("why-missing"))
    if len(patrons) > MOST:
        reasons.append(stop("too-many-readers", most=MOST))
    if reasons:
        raise refuse(*reasons)
    library = _shared.library_of(ctx)
    rows = models.Patron.objects.filter(id__in=patrons).order_by("id")
    homes: dict[str, bool] = {}
    reached = []
    for row in rows:
        if ctx.actor.kind != "system" and row.library != library:
            if row.home_id not in homes:
                homes[row.home_id] = permitted(ctx, _PERMISSION, row.home_id)
            if not homes[row.home_id]:
                continue
        reached.append(row)
    without = [row.id for row in reached if not row.phone]
    newest = models.Guardian.objects.filter(child__in=without, ended_at=None).exclude(phone="")
    guardians = {g.child_id: g.id for g in newest.order_by("id")}
    opened = tuple(
        _Opened(row.id, "" if row.phone else guardians[row.id])
        for row in reached
        if row.phone or row.id in guardians
    )
    models.Unmasking.objects.bulk_create(
        [
            models.Unmasking(
                id=new_id(),
                patron_id=one.patron,
                account=ctx.actor.id,
                at=ctx.occurred_at,
                field="guardian-phone" if one.guardian else "phone",
                why=why.strip(),
            )
            for one in opened
        ]
    )
    return opened
