"""What others may ask about lines written while the system was away, on paper or by offline desks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
from django.db.models import Q, QuerySet

from shuxiang.apps.circulation import models
from shuxiang.formats.journal import GENESIS
from shuxiang.kernel.decision import Reason
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class PaperView:
    """A line from paper, or number ``number`` of the offline desk ``device``, and what became of it
    (`models.PaperEntry`). ``clerk``: who worked, as the device was told."""

    id: str
    place: str
    act: str
    occurred_at: datetime
    card: str
    barcode: str
    state: str
    title_text: str
    due_on: date | None
    reasons: tuple[Reason, ...]
    entered_at: datetime
    entered_by: str
    settled_by: str
    note: str
    device: str = ""
    number: int = 0
    clerk: str = ""


def _paper(row: models.PaperEntry) -> PaperView:
    journal = getattr(row, "journal", None)
    return PaperView(
        id=row.id,
        place=row.place_id,
        act=row.act,
        occurred_at=row.occurred_at,
        card=row.card,
        barcode=row.barcode,
        state=row.state,
        title_text=row.title_text,
        due_on=row.due_on,
        reasons=msgspec.json.decode(row.reasons, type=tuple[Reason, ...]) if row.reasons else (),
        entered_at=row.entered_at,
        entered_by=row.entered_by,
        settled_by=row.settled_by,
        note=row.note,
        device=journal.device_id if journal else "",
        number=journal.counter if journal else 0,
        clerk=journal.clerk if journal else "",
    )


def paper_entries(entries: Iterable[str]) -> dict[str, PaperView]:
    """Lines by id."""
    rows = models.PaperEntry.objects.select_related("journal").filter(id__in=list(entries))
    return {r.id: _paper(r) for r in rows}


def paper_conflicts(place: str, *, limit: int = 50, offset: int = 0) -> tuple[PaperView, ...]:
    """Lines of a place that nobody has settled yet, oldest first."""
    rows = models.PaperEntry.objects.filter(place=place, state="conflict")
    rows = rows.select_related("journal").order_by("occurred_at", "id")
    return tuple(_paper(r) for r in rows[offset : offset + limit])


def paper_open(place: str) -> int:
    """How many lines of a place wait to be settled."""
    return models.PaperEntry.objects.filter(place=place, state="conflict").count()


def named_lines(before: datetime) -> QuerySet[models.PaperEntry]:
    """Lines entered before a moment that still name a card and need not: neither open conflicts nor
    waiting to be merged."""
    rows = models.PaperEntry.objects.filter(entered_at__lt=before)
    return rows.exclude(state__in=("conflict", "pending")).exclude(card="", reasons="")


def paper_named(before: datetime) -> bool:
    """Whether there is one of the `named_lines`."""
    return named_lines(before).exists()


def journal_outcomes(device: str, since: int, limit: int) -> tuple[PaperView, ...]:
    """What became of a device's lines from a number on, in their order."""
    rows = models.PaperEntry.objects.filter(
        journal__device=device, journal__counter__gte=since
    ).select_related("journal")
    return tuple(_paper(r) for r in rows.order_by("journal__counter", "id")[:limit])


def _offline(places: Iterable[str]) -> QuerySet[models.PaperEntry]:
    rows = models.PaperEntry.objects.filter(journal__isnull=False, place__in=list(places))
    return rows.select_related("journal").order_by("occurred_at", "id")


def journal_conflicts(
    places: Iterable[str], *, limit: int = 50, offset: int = 0
) -> tuple[PaperView, ...]:
    """Lines of offline desks of several places that nobody has settled yet, oldest first."""
    rows = _offline(places).filter(state="conflict")
    return tuple(_paper(r) for r in rows[offset : offset + limit])


def count_journal_conflicts(places: Iterable[str]) -> int:
    """How many `journal_conflicts` there are."""
    return _offline(places).filter(state="conflict").count()


def journal_remarks(
    places: Iterable[str], since: datetime, limit: int = 50
) -> tuple[PaperView, ...]:
    """Lines merged since a moment with something that somebody should know: a reason lifted because
    the book had left, a clock that was wrong; newest first."""
    told = Q(reasons__contains='"overridden"') | Q(reasons__contains='"journal-clock"')
    rows = _offline(places).filter(told, state="done", entered_at__gte=since)
    return tuple(_paper(r) for r in rows.order_by("-occurred_at", "-id")[:limit])


@dataclass(frozen=True, slots=True)
class JournalView:
    """How far the journal of an offline desk has come, and what of it waits for a person or for lines
    that are missing."""

    device: str
    counter: int
    mac: str
    last_act: datetime | None
    synced_at: datetime | None
    offset_ms: int
    waiting: int = 0
    conflicts: int = 0
    aside: int = 0


def journal_head(device: str) -> JournalView:
    """A device's journal; a device that never sent one stands at the beginning."""
    row = models.Journal.objects.filter(device=device).first()
    if row is None:
        return JournalView(device, 0, GENESIS, None, None, 0)
    lines = models.JournalLine.objects.filter(device=device)
    loose = lines.filter(chained=False, let_in=False)
    return JournalView(
        device,
        row.counter,
        row.mac,
        row.at,
        row.synced_at,
        row.offset_ms,
        waiting=loose.filter(entry__state="pending").count(),
        conflicts=lines.filter(entry__state="conflict").count(),
        aside=loose.filter(
            entry__state="conflict", entry__reasons__contains="journal-counter-reused"
        ).count(),
    )


@dataclass(frozen=True, slots=True)
class PendingLine:
    """A received line of an offline desk's journal that waits to be merged."""

    id: str
    device: str
    counter: int
    mac: str
    attempts: int
    place: str


def next_journal_line() -> PendingLine | None:
    """The received line to be merged next: the oldest act, then by device and its order."""
    row = sql.one(
        "SELECT j.id, j.device_id, j.counter, j.mac, j.attempts, p.place_id "
        "FROM circulation_paperentry p JOIN circulation_journalline j ON j.entry_id = p.id "
        "WHERE p.state = 'pending' AND (j.chained OR j.let_in) "
        "ORDER BY p.occurred_at, j.device_id, j.counter LIMIT 1"
    )
    return PendingLine(*row) if row else None
