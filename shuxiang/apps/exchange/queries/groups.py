"""Group batches and what became of their books."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shuxiang.apps.exchange import models
from shuxiang.apps.patrons import queries as patrons
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch with its counts: ``lent`` in all (undone ones left out), ``out`` still on loan, ``due``
    the first due date of those."""

    id: str
    number: str
    patron: str
    group: str
    place: str
    note: str
    opened_at: datetime
    opened_by: str
    closed: bool
    lent: int
    out: int
    due: date | None


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A book of a batch; ``returned_on`` when it came back."""

    loan: str
    item: str
    barcode: str
    title: str
    title_text: str
    call_number: str
    due_on: date
    returned_on: date | None


_BATCH = (
    "SELECT b.id, b.number, b.patron_id, p.name, b.place_id, b.note, b.opened_at, b.opened_by, "
    "b.closed_at IS NOT NULL, COUNT(l.id), "
    "SUM(CASE WHEN l.returned_at IS NULL AND l.id IS NOT NULL THEN 1 ELSE 0 END), "
    "MIN(CASE WHEN l.returned_at IS NULL THEN l.due_on END) "
    "FROM exchange_groupbatch b JOIN patrons_patron p ON p.id = b.patron_id "
    "LEFT JOIN exchange_groupline g ON g.batch_id = b.id "
    "LEFT JOIN circulation_loan l ON l.id = g.loan_id AND l.ended_as <> 'undone' WHERE "
)
_GROUPED = (
    "GROUP BY b.id, b.number, b.patron_id, p.name, b.place_id, b.note, b.opened_at, b.opened_by, "
    "b.closed_at "
)


def batches(places: Collection[str], *, limit: int = 50, offset: int = 0) -> tuple[BatchView, ...]:
    """Batches lent at the places, those with books out or still open first, then the newest."""
    if not places:
        return ()
    rows = sql.all(
        _BATCH + f"b.place_id IN ({sql.marks(len(places))}) " + _GROUPED
        + "ORDER BY (b.closed_at IS NOT NULL AND SUM(CASE WHEN l.id IS NOT NULL "
        "AND l.returned_at IS NULL THEN 1 ELSE 0 END) = 0), b.opened_at DESC LIMIT ? OFFSET ?",
        *places,
        limit,
        offset,
    )  # fmt: skip
    return tuple(_view(r) for r in rows)


def batch(batch_id: str) -> BatchView | None:
    row = sql.one(_BATCH + "b.id = ? " + _GROUPED, batch_id)
    return _view(row) if row else None


def _view(row: tuple[Any, ...]) -> BatchView:
    # SQLite answers the least of dates as text.
    due = date.fromisoformat(row[11]) if isinstance(row[11], str) else row[11]
    return BatchView(*(*row[:8], bool(row[8]), int(row[9]), int(row[10] or 0), due))


def batch_count(places: Collection[str]) -> int:
    return models.GroupBatch.objects.filter(place__in=list(places)).count()


def batch_lines(batch_id: str) -> tuple[BatchLine, ...]:
    """The books of a batch in the order they were added."""
    rows = sql.all(
        "SELECT l.id, l.item_id, i.barcode, l.title_id, t.title, i.call_number, l.due_on, "
        "l.returned_on FROM exchange_groupline g JOIN circulation_loan l ON l.id = g.loan_id "
        "JOIN stock_item i ON i.id = l.item_id JOIN catalog_title t ON t.id = l.title_id "
        "WHERE g.batch_id = ? AND l.ended_as <> 'undone' ORDER BY g.added_at, g.id",
        batch_id,
    )
    return tuple(BatchLine(*r) for r in rows)


def responsible(patron: str) -> patrons.MaskedGuardian | None:
    """负责人 of a group as on record now, phone masked."""
    found = patrons.masked(patron).guardians
    return next((g for g in found if g.ended_at is None), None)
