"""The journals of offline desks: received, told apart from copies and forgeries, put in order.

Receiving only writes down; `merging` acts. A line is known by (device, number, seal) for ever.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec

from shuxiang.apps.circulation import models, rules
from shuxiang.apps.places import queries as places
from shuxiang.formats.journal import GENESIS, Document, Line, genuine
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.secrets import derived_key, lookup_hash

TAKE = "circulation.take_journal"
JOURNALLING = ("offline", "kiosk")
"""Kinds of devices that go on without a network and write down what they do."""


def journal_key(device: str) -> bytes:
    """The key an offline desk seals its lines with."""
    return derived_key(f"offline.journal.{device}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of a journal that was sent. ``new`` lines were written down, ``again`` were here
    already, ``waiting`` wait for lines before them, ``aside`` stand against lines already here or are
    not genuine. ``counter`` and ``mac``: the device's last line in unbroken order."""

    new: int
    again: int
    waiting: int
    aside: int
    counter: int
    mac: str


@command("circulation.receive_journal")
def receive_journal(*, journal: Document, live: bool, ctx: Context) -> Received:
    """Write down the lines of an offline desk's journal that are not here yet; nothing is done yet.

    ``live``: the device itself sends it now, so that its clock can be compared. Raises Refused for an
    unknown device, or from somebody who may not bring its journal.
    """
    device = places.device(journal.device)
    if device is None or device.kind not in JOURNALLING:
        raise refuse(stop("device-unknown"))
    if ctx.actor.kind == "terminal" and ctx.actor.id != device.id:
        raise refuse(stop("not-permitted", action=TAKE))
    require(ctx, TAKE if ctx.actor.kind == "terminal" else "circulation.enter_paper", device.place)
    head = _head(device.id)
    key = journal_key(device.id)
    keyed = {(line.counter, _known_by(line, key)): line for line in journal.lines}
    counters = [counter for counter, _ in keyed] or [0]
    known = set(
        models.JournalLine.objects.filter(
            device=device.id, counter__range=(min(counters), max(counters))
        ).values_list("counter", "mac")
    )
    fresh = {mac: line for (n, mac), line in sorted(keyed.items()) if (n, mac) not in known}
    for mac, line in fresh.items():
        _write_down(line, mac, device.place, ctx)
    if fresh and ctx.actor.kind != "terminal":
        changed(
            ctx,
            "device",
            device.id,
            device.name,
            {},
            {"rows": len(fresh)},
            action="journal-carried",
            place=device.place,
        )
    _chain(head, _Arrival(journal, ctx.occurred_at, live), fresh)
    if live:
        head.synced_at = ctx.occurred_at
        head.offset_ms = _milliseconds(ctx.occurred_at - journal.now)
    head.save()
    rows = models.JournalLine.objects.filter(device=device.id, chained=False, let_in=False)
    states = list(rows.values_list("entry__state", flat=True))
    return Received(
        new=len(fresh),
        again=len(journal.lines) - len(fresh),
        waiting=states.count("pending"),
        aside=states.count("conflict"),
        counter=head.counter,
        mac=head.mac,
    )


@command("circulation.let_in_journal")
def let_in_journal(*, device: str, why: str, ctx: Context) -> int:
    """Let in the lines of a device that wait for others that will never come, or that a restored copy
    of it wrote beside its own: they are merged as they are. Returns how many."""
    found = places.device(device)
    if found is None or found.kind not in JOURNALLING:
        raise refuse(stop("device-unknown"))
    require(ctx, "circulation.enter_paper", found.place)
    if not why.strip():
        raise refuse(stop("reason-missing"))
    rows = models.JournalLine.objects.filter(device=device, chained=False, let_in=False)
    wanted = [r for r in rows.select_related("entry").order_by("counter") if _may_come_in(r.entry)]
    for row in wanted:
        models.JournalLine.objects.filter(id=row.id).update(let_in=True)
        models.PaperEntry.objects.filter(id=row.entry_id).update(state="pending", reasons="")
    if wanted:
        head = _head(device)
        last = wanted[-1]
        if last.counter > head.counter:
            head.counter, head.mac, head.at = last.counter, last.mac, last.entry.occurred_at
            head.save()
        changed(
            ctx,
            "device",
            device,
            found.name,
            {},
            {"rows": len(wanted)},
            action="journal-let-in",
            place=found.place,
            why=why,
        )
    return len(wanted)


def _may_come_in(entry: models.PaperEntry) -> bool:
    if entry.state == "pending":
        return True
    reasons = msgspec.json.decode(entry.reasons, type=tuple[Reason, ...]) if entry.reasons else ()
    return entry.state == "conflict" and [r.code for r in reasons] == ["journal-counter-reused"]


def _head(device: str) -> models.Journal:
    row, _ = models.Journal.objects.select_for_update().get_or_create(
        device_id=device, defaults={"mac": GENESIS}
    )
    return row


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


def _known_by(line: Line, key: bytes) -> str:
    """The seal of a genuine line; of one that is not, a name of its own, so that a forgery sent first
    never stands in the place of the line whose seal it bears."""
    if genuine(key, line):
        return line.mac
    return hashlib.sha256(f"{line.mac}{line.body}".encode()).hexdigest()


def _write_down(line: Line, mac: str, place: str, ctx: Context) -> None:
    altered = mac != line.mac
    reasons = (stop("journal-altered"),) if altered else ()
    entry = models.PaperEntry.objects.create(
        id=new_id(),
        key=lookup_hash("journal", f"{line.device}|{line.counter}|{mac}")[:32],
        place_id=place,
        act=line.act,
        # Until it is chained; then the corrected time.
        occurred_at=min(line.at, ctx.occurred_at),
        card=scanned(line.card)[:40] if line.act == "check_out" else "",
        barcode=scanned(line.barcode)[:40],
        state="conflict" if altered else "pending",
        reasons=msgspec.json.encode(reasons).decode() if reasons else "",
        entered_at=ctx.occurred_at,
        entered_by=line.device,
    )
    models.JournalLine.objects.create(
        id=new_id(),
        entry=entry,
        device_id=line.device,
        counter=line.counter,
        mac=mac,
        prev=line.prev,
        device_at=line.at,
        told=_day(line.due),
        undoes=line.undoes,
        clerk=line.clerk,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Arrival:
    """The circumstances in which lines came."""

    journal: Document
    at: datetime
    live: bool

    def time_of(self, line: Line, previous: datetime | None) -> rules.Corrected:
        same_run = self.live and line.run == self.journal.run != ""
        since = timedelta(milliseconds=max(self.journal.mono - line.mono, 0))
        return rules.corrected_time(
            line.at,
            known_offset=timedelta(milliseconds=line.offset_ms),
            found_offset=self.at - self.journal.now if self.live else None,
            since_opened=since if same_run else None,
            synced=line.synced,
            arrival=self.at,
            previous=previous,
        )


def _chain(head: models.Journal, arrival: _Arrival, fresh: dict[str, Line]) -> None:
    """Put what follows unbroken on the device's last line into order, and aside what stands against
    it: a number taken by another line, and whatever follows on such a line."""
    rows = {
        r.id: r
        for r in models.JournalLine.objects.filter(
            device=head.device_id, chained=False, let_in=False, entry__state="pending"
        ).select_related("entry")
    }
    open_rows = sorted(rows.values(), key=lambda r: (r.counter, r.id))
    following = {(r.counter, r.prev): r for r in reversed(open_rows)}
    while (row := following.pop((head.counter + 1, head.mac), None)) is not None:
        found = _time(row, arrival, fresh, head.at)
        head.counter, head.mac, head.at = row.counter, row.mac, found.at
        _set_time(row, found, chained=True)
        open_rows.remove(row)
    against = set(
        models.JournalLine.objects.filter(
            device=head.device_id, chained=False, entry__state="conflict"
        ).values_list("mac", flat=True)
    )
    for row in open_rows:
        taken = row.counter <= head.counter
        forked = row.counter == head.counter + 1 and row.prev != head.mac
        _set_time(row, _time(row, arrival, fresh, None), chained=False)
        if not (taken or forked or row.prev in against):
            continue
        against.add(row.mac)
        reason = stop("journal-counter-reused", number=row.counter)
        models.PaperEntry.objects.filter(id=row.entry_id).update(
            state="conflict", reasons=msgspec.json.encode((reason,)).decode()
        )


def _time(
    row: models.JournalLine,
    arrival: _Arrival,
    fresh: dict[str, Line],
    previous: datetime | None,
) -> rules.Corrected:
    line = fresh.get(row.mac)
    if line is not None:
        return arrival.time_of(line, previous)
    # It came before and waited: its time was found then.
    at = row.entry.occurred_at
    return rules.Corrected(max(at, previous) if previous else at, row.clock_unsure)


def _set_time(row: models.JournalLine, found: rules.Corrected, *, chained: bool) -> None:
    models.JournalLine.objects.filter(id=row.id).update(chained=chained, clock_unsure=found.unsure)
    models.PaperEntry.objects.filter(id=row.entry_id).update(occurred_at=found.at)
