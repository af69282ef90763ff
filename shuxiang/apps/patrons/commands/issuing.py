"""自助办证: a card leaves a machine step by step, and is one only in the hand of its holder.

The number is reserved, the card dispensed and read back inside the machine, offered and taken; only then
are reader and card made, both at once. Whatever stops in between (a jam, nobody there, the power) leaves
a card that opens nothing and, once it is settled, nothing of what was given.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from django.contrib.auth.hashers import make_password
from django.db.models import QuerySet

from shuxiang.apps.patrons import models, pins, queries, rules
from shuxiang.apps.patrons.commands import _shared
from shuxiang.apps.patrons.commands.register import Given, Registered, issue_first, look
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command
from shuxiang.runtime.secrets import decrypt, encrypt

ACTION = "patrons.issue_card"
STALE = timedelta(hours=24)
"""After this an issue that nobody settled is ended, and what was given is forgotten."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """An issue begun; ``number`` is to be written on the card, '' where it comes with one."""

    issue: str
    number: str


@command("patrons.reserve_card", permission=ACTION)
def reserve_card(*, given: Given, numbered: bool, ctx: Context) -> Reserved:
    """Begin an issue at the machine that acts. Refuses with everything against a card, so that nobody
    is asked to wait for one in vain. ``numbered``: the cards come with their numbers."""
    if ctx.actor.kind != "terminal":
        raise refuse(stop("not-permitted", action=ACTION))
    looked = look(given, "", ctx)
    if not looked.decision.allowed:
        raise Refused(looked.decision)
    hashed = queries.document_hash(looked.paper) if looked.paper else ""
    if hashed and _open().filter(document_hash=hashed).exists():
        raise refuse(stop("issue-under-way"))
    library = _shared.library_of(ctx)
    row = models.CardIssue.objects.create(
        id=new_id(),
        library=library,
        place_id=ctx.service_point,
        device=ctx.actor.id,
        number="" if numbered else _shared.next_card_number(library, ctx),
        applicant=encrypt(msgspec.json.encode(given).decode()),
        document_hash=hashed,
        reserved_at=ctx.occurred_at,
    )
    return Reserved(row.id, row.number)


@command("patrons.card_dispensed", permission=ACTION)
def card_dispensed(*, issue: str, read: str, ctx: Context) -> str:
    """The card of an issue was moved and read back; returns its number. Refuses where it bears another
    number than the one written, or comes with one that was given out before."""
    row = _mine(issue, ctx)
    if row.state == "dispensed" and scanned(read) == row.number:
        return str(row.number)
    if row.state != "reserved":
        raise refuse(stop("issue-settled"))
    number = scanned(read)
    if row.number and number != row.number:
        raise refuse(stop("card-read-differs", read=number, written=row.number))
    taken = not row.number and _shared.number_taken(number, row.library)
    reasons = rules.may_take_number(number, taken=taken)
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    models.CardIssue.objects.filter(id=row.id).update(
        state="dispensed", number=number, dispensed_at=ctx.occurred_at
    )
    return number


def draw_issue_pin(issue: str) -> tuple[str, str]:
    """A random PIN for whoever takes the card, and its hash; ('', '') where there is nobody to."""
    row = models.CardIssue.objects.filter(id=issue).first() if issue else None
    if row is None or not row.applicant:
        return "", ""
    given = _given(row)
    numbers = (row.number, given.phone, given.document.number if given.document else "")
    pin = pins.draw(secrets.randbelow, born_on=given.born_on, numbers=[n for n in numbers if n])
    return pin, str(make_password(pin))


@command("patrons.activate_card", permission=ACTION)
def activate_card(*, issue: str, pin_hash: str, ctx: Context) -> Registered:
    """The card was taken: reader, card and first PIN are made, all at once. Refuses what is refused at
    the desk, as where the same person got a card elsewhere meanwhile."""
    row = _mine(issue, ctx)
    if row.state != "dispensed":
        raise refuse(stop("issue-settled"))
    made = issue_first(_given(row), row.number, ctx)
    if pin_hash:
        models.Pin.objects.create(patron_id=made.patron, hash=pin_hash, set_at=ctx.occurred_at)
    models.CardIssue.objects.filter(id=row.id).update(
        state="active",
        active_at=ctx.occurred_at,
        patron=made.patron,
        applicant="",
        document_hash="",
    )
    return made


@command("patrons.end_issue", permission=ACTION)
def end_issue(*, issue: str, why: str, ctx: Context) -> None:
    """Nothing came of it: what was given is forgotten, the number never used. ``why`` is the fault of
    the device, or not-taken, refused, power-cut. Settled already, it stays as it is."""
    row = _mine(issue, ctx)
    if row.state in ("reserved", "dispensed"):
        _end(row.id, why, ctx)


@command("patrons.end_stale_issues")
def end_stale_issues(*, ctx: Context) -> int:
    """Issues that no machine settled within a day. By the worker alone."""
    if ctx.actor.kind != "system":
        raise refuse(stop("not-permitted", action="patrons.end_stale_issues"))
    stale = _open().filter(reserved_at__lt=ctx.occurred_at - STALE)
    ids = list(stale.values_list("id", flat=True))
    for each in ids:
        _end(each, "stale", ctx)
    return len(ids)


def _open() -> QuerySet[models.CardIssue]:
    return models.CardIssue.objects.filter(state__in=("reserved", "dispensed"))


def _end(issue_id: str, why: str, ctx: Context) -> None:
    models.CardIssue.objects.filter(id=issue_id).update(
        state="ended",
        ended_at=ctx.occurred_at,
        ended_why=why[:24],
        applicant="",
        document_hash="",
    )


def _mine(issue_id: str, ctx: Context) -> models.CardIssue:
    """The issue of the machine that acts, locked."""
    row = models.CardIssue.objects.select_for_update().filter(id=issue_id).first()
    if row is None or row.device != ctx.actor.id:
        raise refuse(stop("issue-unknown"))
    return row


def _given(row: models.CardIssue) -> Given:
    return msgspec.json.decode(decrypt(row.applicant), type=Given)
