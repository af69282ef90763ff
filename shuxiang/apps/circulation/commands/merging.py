"""Merging offline journals: one line at a time, in the order of what happened.

A line that comes late but happened earlier has the later lines of the same books and readers taken
back by reversing rows first; they are then done again after it. So the end is the same however the
journals arrive. What somebody settled, and what other acts stand on, is never taken back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q, QuerySet

from shuxiang.apps.circulation import models, queries, rules
from shuxiang.apps.circulation.commands import late, offline_acts
from shuxiang.apps.circulation.commands.common import find_item, lock
from shuxiang.apps.circulation.commands.holds import undoing
from shuxiang.apps.circulation.commands.paper import columns
from shuxiang.apps.circulation.commands.undo import take_back
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import advance, set_custody, set_status
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Reason, Refused, refuse, stop, tell
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, effects_of, reverse, running_request

_WITHIN = timedelta(seconds=rules.UNDO_SECONDS)
_MERGING = 720_009  # any constant: the advisory lock that makes one process at a time the merger


def merge_pending(*, ctx: Context, most: int = 500) -> int:
    """Merge up to ``most`` lines that were received, oldest act first; returns how many. Each is a
    command of its own, so that no desk waits long and what is interrupted goes on where it was."""
    for done in range(most):
        line = queries.next_journal_line()
        if line is None:
            return done
        key = f"offline.{line.device}.{line.counter}.{line.mac[:8]}.{line.attempts}"
        merge_line(
            line=line.id,
            ctx=Context(
                actor=ctx.actor,
                channel=offline_acts.CHANNEL,
                service_point=line.place,
                occurred_at=ctx.occurred_at,
                request_key=key,
            ),
        )
    return most


@command("circulation.merge_line")
def merge_line(*, line: str, ctx: Context) -> str:
    """Merge one received line; returns what became of it (`models.PaperEntry.state`)."""
    if not sql.is_sqlite():
        sql.one("SELECT pg_advisory_xact_lock(?)", _MERGING)
    row = models.JournalLine.objects.select_related("entry").filter(id=line).first()
    if row is None:
        raise refuse(stop("paper-unknown"))
    entry = row.entry
    if entry.state != "pending" or not (row.chained or row.let_in):
        return entry.state
    if entry.act == "undo":
        return _take_away(row, ctx)
    if _taken_away(row):
        return _away(row)
    rewinding = _Rewinding(row, ctx)
    rewinding.of({entry.barcode}, _readers(entry.card))
    item = _item(row)
    then = queries.loan_at(item.id, entry.occurred_at) if item else None
    if then is not None and then.patron:
        rewinding.of({entry.barcode}, {then.patron})
    item = _item(row)
    before = _before(item)
    written = late.PaperLine(
        act=entry.act, at=entry.occurred_at, barcode=entry.barcode, card=entry.card
    )
    done = offline_acts.act(
        written,
        _then(row),
        told=None if row.clock_unsure else row.told,
        number=row.counter,
    )
    if row.clock_unsure:
        doubt = tell("journal-clock", at=row.device_at.isoformat())
        done = replace(done, reasons=(*done.reasons, doubt))
    models.PaperEntry.objects.filter(id=entry.id).update(**columns(written, done))
    models.JournalLine.objects.filter(id=row.id).update(
        attempts=row.attempts + 1,
        patron=done.patron,
        before=json.dumps(before) if done.state == "done" else "",
    )
    return done.state


def _taken_away(row: models.JournalLine) -> bool:
    """Whether its own device took the line back, as far as is known by now."""
    undone = models.JournalLine.objects.filter(device=row.device_id, undoes=row.mac)
    undone = undone.filter(Q(chained=True) | Q(let_in=True))
    return any(_in_time(undo, row) for undo in undone)


def _in_time(undo: models.JournalLine, row: models.JournalLine) -> bool:
    """By the device's own clock: both were written within a minute, whatever it was set to."""
    passed = undo.device_at - row.device_at
    return undo.counter > row.counter and timedelta(0) <= passed <= _WITHIN


def _away(row: models.JournalLine) -> str:
    models.PaperEntry.objects.filter(id=row.entry_id).update(
        state="undone", reasons="", due_on=None, loan=None
    )
    models.JournalLine.objects.filter(id=row.id).update(attempts=row.attempts + 1, before="")
    return "undone"


def _take_away(undo: models.JournalLine, ctx: Context) -> str:
    """The device took back its own line: the end is as if it had never been written. What came after
    it, of the same book and reader, is done again without it."""
    rows = models.JournalLine.objects.select_related("entry").filter(device=undo.device_id)
    row = rows.filter(mac=undo.undoes).exclude(entry__act="undo").first()
    reason: Reason | None = None
    if row is None:
        reason = stop("nothing-to-undo")
    elif not _in_time(undo, row):
        reason = stop("undo-too-late", seconds=int(_WITHIN.total_seconds()))
    else:
        rewinding = _Rewinding(row, ctx)
        rewinding.of({row.entry.barcode}, {row.patron} if row.patron else set())
        if rewinding.away():
            _away(row)
        else:
            reason = stop("nothing-to-undo")
    models.PaperEntry.objects.filter(id=undo.entry_id).update(
        state="conflict" if reason else "done",
        title_text=row.entry.title_text if row else "",
        reasons=msgspec.json.encode((reason,)).decode() if reason else "",
    )
    models.JournalLine.objects.filter(id=undo.id).update(attempts=undo.attempts + 1)
    return "conflict" if reason else "done"


def _item(row: models.JournalLine) -> stock.ScannedItem | None:
    try:
        return find_item(row.entry.barcode, None, _then(row))
    except Refused:
        return None


def _then(row: models.JournalLine) -> Context:
    """The circumstances the device acts in, as of the arrival of the line."""
    return Context(
        actor=Actor("terminal", row.device_id),
        channel=offline_acts.CHANNEL,
        service_point=row.entry.place_id,
        occurred_at=row.entry.entered_at,
    )


def _readers(card: str) -> set[str]:
    found = patrons.card_for_loan(card) if card else ()
    return {r.patron for r in found}


def _before(item: stock.ScannedItem | None) -> dict[str, object]:
    """What an act may change of an item and its loan, to be put back when it is taken back."""
    if item is None:
        return {}
    loan = models.Loan.objects.filter(item=item.id, returned_at__isnull=True).first()
    return {
        "request": running_request(),
        "holder": item.holder,
        "status": item.status,
        "used_at": item.used_at.isoformat() if item.used_at else None,
        "due_on": loan.due_on.isoformat() if loan else None,
        "due_before": loan.due_before.isoformat() if loan and loan.due_before else None,
        "renewals": loan.renewals if loan else 0,
    }


class _Rewinding:
    """Takes back what lines later than one came to, of the books and readers it concerns and of
    those that these concern in turn."""

    def __init__(self, line: models.JournalLine, ctx: Context) -> None:
        self.line, self.ctx = line, ctx
        self.fixed: set[str] = set()

    def of(self, barcodes: set[str], readers: set[str]) -> None:
        """Take back the later lines of these."""
        found: dict[str, models.JournalLine] = {}
        while True:
            more = [
                r
                for r in self._later(barcodes, readers)
                if r.id not in found and r.id not in self.fixed
            ]
            if not more:
                break
            for row in more:
                found[row.id] = row
                barcodes = barcodes | {row.entry.barcode}
                readers = readers | ({row.patron} if row.patron else set())
        for row in sorted(found.values(), key=_order, reverse=True):
            self._take_back(row)

    def away(self) -> bool:
        """Take back the line itself; False where somebody settled it or another act stands on it."""
        entry = models.PaperEntry.objects.get(id=self.line.entry_id)
        if entry.state == "settled" or entry.settled_at is not None:
            return False
        if entry.state in ("done", "known", "conflict"):
            self._take_back(self.line)
        return self.line.id not in self.fixed

    def _later(
        self, barcodes: Iterable[str], readers: Iterable[str]
    ) -> QuerySet[models.JournalLine]:
        at, number = self.line.entry.occurred_at, self.line.counter
        after = (
            Q(entry__occurred_at__gt=at)
            | Q(entry__occurred_at=at, device__gt=self.line.device_id)
            | Q(entry__occurred_at=at, device=self.line.device_id, counter__gt=number)
        )
        return (
            models.JournalLine.objects.filter(after)
            .filter(Q(entry__barcode__in=barcodes) | Q(patron__in=readers))
            .filter(entry__state__in=("done", "known", "conflict"), entry__settled_at__isnull=True)
            .filter(Q(chained=True) | Q(let_in=True))
            # Whose card was forgotten by now can't be done again.
            .exclude(entry__act="check_out", entry__card="")
            .exclude(entry__act="undo")
            .select_related("entry")
        )

    def _take_back(self, row: models.JournalLine) -> None:
        try:
            with transaction.atomic():
                if row.entry.state == "done":
                    _undone(row, self.ctx)
                models.PaperEntry.objects.filter(id=row.entry_id).update(
                    state="pending", reasons="", due_on=None, loan=None
                )
                models.JournalLine.objects.filter(id=row.id).update(before="")
        except Refused:
            # Another act stands on it by now: it stays, and what contradicts it is a conflict.
            self.fixed.add(row.id)


def _order(row: models.JournalLine) -> tuple[datetime, str, int]:
    return row.entry.occurred_at, row.device_id, row.counter


def _undone(row: models.JournalLine, ctx: Context) -> None:
    """Take back what a line did, by reversing rows; refused when something stands on it."""
    act, before = row.entry.act, json.loads(row.before)
    item = _item(row)
    if item is None:
        raise refuse(stop("nothing-to-undo"))
    lock(row.patron, item.id, title=item.title)
    item = stock.scanned_item(item.id)
    assert item is not None
    here = replace(_then(row), occurred_at=ctx.occurred_at)
    if act == "in_house":
        reverse("item.used", item=item.id, item_seq=item.event_seq + 1, last=True, ctx=here)
        advance(item.id, seq=item.event_seq + 1)
    elif row.entry.loan:
        if act == "renew":
            # Of two renewals the second hides what the first moved it from.
            models.Loan.objects.filter(id=row.entry.loan).update(due_before=before["due_on"])
        take_back(act=act, loan_id=row.entry.loan, ctx=here)
        if act == "renew":
            models.Loan.objects.filter(id=row.entry.loan).update(due_before=before["due_before"])
    else:
        advance(item.id, seq=undoing.take_back_arrival(before["request"], item, here))
    _lost_again(item.id, before, here)
    used_at = before["used_at"]
    set_custody(
        item.id,
        holder=before["holder"],
        used_at=datetime.fromisoformat(used_at) if used_at else None,
    )


def _lost_again(item_id: str, before: dict[str, Any], here: Context) -> None:
    """An item that the line had found again is thought lost or missing as before it."""
    if before.get("status") not in ("lost", "missing"):
        return
    if not effects_of(before["request"], item=item_id, of=("item.status",)):
        return
    item = stock.scanned_item(item_id)
    if item is None or item.status != "available":
        raise refuse(stop("nothing-to-undo"))
    seq = item.event_seq + 1
    reverse("item.status", item=item_id, item_seq=seq, last=True, ctx=here)
    set_status(item_id, status=before["status"], seq=seq)
