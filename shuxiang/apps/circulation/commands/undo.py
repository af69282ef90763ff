"""撤销: take back the last act within a minute, by a reversing row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shuxiang.apps.circulation import models, queries, rules
from shuxiang.apps.circulation.commands import common
from shuxiang.apps.circulation.commands.holds import undoing
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import advance, forget_use
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.values import scanned
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, reverse

ACTS = {
    "check_out": "loan.opened",
    "check_in": "loan.closed",
    "renew": "loan.renewed",
    "in_house": "item.used",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """Which act was taken back, and of what."""

    act: str
    item: str
    barcode: str
    title_text: str
    patron: str = ""


@command("circulation.undo", permission="circulation.undo")
def undo(*, act: str, subject: str, done_at: datetime, ctx: Context) -> Undone:
    """Take back an act done at ``done_at``: ``check_out``, ``check_in`` or ``renew`` of a loan, or
    ``in_house`` of an item (``subject`` is its id), with what it did to holds and transits. Refused
    after 60 seconds, or when something else has happened to the item or the hold since."""
    if act not in ACTS:
        raise refuse(stop("nothing-to-undo"))
    if not timedelta(0) <= ctx.occurred_at - done_at <= timedelta(seconds=rules.UNDO_SECONDS):
        raise refuse(stop("undo-too-late", seconds=rules.UNDO_SECONDS))
    if act == "in_house":
        return _undo_use(subject, done_at, ctx)
    return take_back(act=act, loan_id=subject, ctx=ctx)


@command("circulation.cancel", permission="circulation.cancel")
def cancel(*, act: str, item_barcode: str, patron: str = "", ctx: Context) -> Undone:
    """A machine takes back a ``check_out`` or ``check_in`` that it has itself just done (the book could
    not be handed over, say). ``patron``: whose loan it was, where the machine names them. Refused with
    ``nothing-to-undo`` where another did it, or nothing of that barcode was done, or two things were;
    with ``undo-too-late`` after 60 seconds."""
    if act not in ("check_out", "check_in"):
        raise refuse(stop("nothing-to-undo"))
    done = []
    for item in stock.scanned_items(scanned(item_barcode)):
        last = ledger.last_act(sql, item.id, ACTS[act], actor=ctx.actor.id)
        loan = models.Loan.objects.filter(id=last[0]).first() if last else None
        ended = "" if act == "check_out" else "returned"
        if last and loan and loan.ended_as == ended and patron in ("", loan.patron_id):
            done.append(last)
    if len(done) != 1:
        raise refuse(stop("nothing-to-undo"))
    loan_id, done_at = done[0]
    if not timedelta(0) <= ctx.occurred_at - done_at <= timedelta(seconds=rules.UNDO_SECONDS):
        raise refuse(stop("undo-too-late", seconds=rules.UNDO_SECONDS))
    return take_back(act=act, loan_id=loan_id, ctx=ctx)


def take_back(*, act: str, loan_id: str, ctx: Context) -> Undone:
    """Inside a command: the loan as before its last act, and the reversing row. Refused with
    ``nothing-to-undo`` when something else has happened to the item since."""
    loan = models.Loan.objects.filter(id=loan_id).first()
    item = stock.scanned_item(loan.item_id) if loan else None
    if loan is None or item is None:
        raise refuse(stop("nothing-to-undo"))
    common.lock(loan.patron_id, item.id, title=item.title)
    item = stock.scanned_item(loan.item_id)
    loan = models.Loan.objects.get(id=loan_id)
    assert item is not None
    stands = {
        "check_out": loan.returned_at is None and loan.renewals == 0,
        "check_in": loan.ended_as == "returned" and queries.open_loan_of(item.id) is None,
        "renew": loan.returned_at is None and loan.due_before is not None,
    }
    if not stands[act]:
        raise refuse(stop("nothing-to-undo"))
    seq = undoing.take_back(ACTS[act], item, loan.id, ctx, seq=item.event_seq) + 1
    changes: dict[str, object] = {
        "check_out": {
            "returned_at": ctx.occurred_at,
            "returned_on": loan.lent_on,
            "ended_as": "undone",
        },
        "check_in": {
            "returned_at": None,
            "returned_on": None,
            "returned_place_id": None,
            "ended_as": "",
        },
        "renew": {
            "due_on": loan.due_before,
            "due_before": None,
            "renewals": max(loan.renewals - 1, 0),
        },
    }[act]
    if act in ("check_in", "renew"):
        due_on = loan.due_before if act == "renew" else loan.due_on
        fees.unreturned(loan=loan.id, due_on=due_on, ctx=ctx)
    models.Loan.objects.filter(id=loan.id).update(**changes)
    advance(item.id, seq=seq, holder=loan.place_id if act == "check_in" else None)
    reverse(ACTS[act], loan=loan.id, item_seq=seq, last=True, ctx=ctx)
    return Undone(
        act=act,
        item=item.id,
        barcode=item.barcode,
        title_text=item.title_text,
        patron=loan.patron_id or "",
    )


def _undo_use(item_id: str, done_at: datetime, ctx: Context) -> Undone:
    item = stock.lock_item(item_id)
    # Its last use must be the one meant: a second undo would take back a use of another day.
    if (
        item is None
        or item.used_at is None
        or abs(done_at - item.used_at) > timedelta(seconds=rules.UNDO_SECONDS)
    ):
        raise refuse(stop("nothing-to-undo"))
    seq = item.event_seq + 1
    reverse(ACTS["in_house"], item=item.id, item_seq=seq, last=True, ctx=ctx)
    advance(item.id, seq=seq)
    forget_use(item.id)
    return Undone(act="in_house", item=item.id, barcode=item.barcode, title_text=item.title_text)
