"""Open loans by due date, for reminders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class DueSoon:
    """An open loan with what its reader is reminded of."""

    loan: str
    patron: str
    title_text: str
    due_on: date


def loans_due(place: str, until: date) -> tuple[DueSoon, ...]:
    """The open loans made at a place that are due by a day, the earliest first."""
    rows = sql.all(
        "SELECT l.id, l.patron_id, t.title, l.due_on FROM circulation_loan l "
        "JOIN catalog_title t ON t.id = l.title_id WHERE l.place_id = ? "
        "AND l.returned_at IS NULL AND l.patron_id IS NOT NULL AND l.due_on <= ? "
        "ORDER BY l.due_on, l.id",
        place,
        until,
    )
    return tuple(DueSoon(*row) for row in rows)


def borrowers(places: Sequence[str]) -> tuple[str, ...]:
    """The readers with an open loan made at one of the places."""
    if not places:
        return ()
    rows = sql.all(
        "SELECT DISTINCT patron_id FROM circulation_loan WHERE returned_at IS NULL "
        f"AND patron_id IS NOT NULL AND place_id IN ({sql.marks(len(places))}) ORDER BY patron_id",
        *places,
    )
    return tuple(row[0] for row in rows)
