"""What an amnesty reaches, and what it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shuxiang.apps.places import queries as places
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class Reach:
    """Books lent at a place or below it and given back from one day to another, and whether their
    charges are waived, their points given back, or both."""

    place: str
    first_day: date
    last_day: date
    charges: bool
    points: bool


def _where(reach: Reach) -> tuple[str, list[Any]]:
    sites = [p.id for p in places.subtree(reach.place)]
    where = f"lent_place_id IN ({sql.marks(len(sites))}) AND day BETWEEN ? AND ? "
    return f"{where} AND patron_id IS NOT NULL", [*sites, reach.first_day, reach.last_day]


_LOST = (
    "points < 0 AND NOT EXISTS "
    "(SELECT 1 FROM fees_pointsrow r WHERE r.reverses_id = fees_pointsrow.id)"
)


def open_overdue(reach: Reach, *, limit: int) -> tuple[str, ...]:
    """Overdue charges an amnesty would waive, oldest first."""
    if not reach.charges:
        return ()
    where, values = _where(reach)
    rows = sql.all(
        f"SELECT id FROM fees_charge WHERE kind = 'overdue' AND settled_at IS NULL AND {where} "
        "ORDER BY id LIMIT ?",
        *values,
        limit,
    )
    return tuple(r[0] for r in rows)


def lost_in(reach: Reach, *, limit: int) -> tuple[str, ...]:
    """Losses of points an amnesty would give back, oldest first."""
    if not reach.points:
        return ()
    where, values = _where(reach)
    rows = sql.all(
        f"SELECT id FROM fees_pointsrow WHERE {_LOST} AND {where} ORDER BY id LIMIT ?",
        *values,
        limit,
    )
    return tuple(r[0] for r in rows)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an amnesty would waive now: charges and what is open of them, points lost, and of how many
    readers."""

    charges: int = 0
    amount_fen: int = 0
    losses: int = 0
    points: int = 0
    readers: int = 0


def preview(reach: Reach) -> Preview:
    """What applying it now would do."""
    where, values = _where(reach)
    readers: set[str] = set()
    charges = amount = losses = lost = 0
    if reach.charges:
        for patron, count, open_fen in sql.all(
            "SELECT patron_id, COUNT(*), "
            "SUM(amount_fen - paid_fen - waived_fen - voided_fen) FROM fees_charge "
            f"WHERE kind = 'overdue' AND settled_at IS NULL AND {where} GROUP BY patron_id",
            *values,
        ):
            readers.add(patron)
            charges, amount = charges + count, amount + int(open_fen)
    if reach.points:
        for patron, count, points in sql.all(
            "SELECT patron_id, COUNT(*), SUM(-points) FROM fees_pointsrow "
            f"WHERE {_LOST} AND {where} GROUP BY patron_id",
            *values,
        ):
            readers.add(patron)
            losses, lost = losses + count, lost + int(points)
    return Preview(charges, amount, losses, lost, len(readers))


@dataclass(frozen=True, slots=True)
class AmnestyView:
    """An amnesty and what it waived that still stands. ``state``: applying, applied, undoing,
    undone."""

    id: str
    place: str
    first_day: date
    last_day: date
    charges: bool
    points: bool
    why: str
    state: str
    made_at: datetime
    made_by: str
    undone_at: datetime | None
    undone_by: str
    undone_why: str
    waived: int
    waived_fen: int
    given_back: int


_SELECT = (
    "SELECT a.id, a.place_id, a.first_day, a.last_day, a.charges, a.points, a.why, a.state, "
    "a.made_at, a.made_by, a.undone_at, a.undone_by, a.undone_why, "
    "(SELECT COUNT(*) FROM fees_entry e WHERE e.amnesty_id = a.id AND e.kind = 'waived' "
    "AND NOT EXISTS (SELECT 1 FROM fees_entry r WHERE r.reverses_id = e.id)), "
    "(SELECT COALESCE(SUM(e.amount_fen), 0) FROM fees_entry e WHERE e.amnesty_id = a.id "
    "AND e.kind = 'waived' "
    "AND NOT EXISTS (SELECT 1 FROM fees_entry r WHERE r.reverses_id = e.id)), "
    "(SELECT COALESCE(SUM(p.points), 0) FROM fees_pointsrow p WHERE p.amnesty_id = a.id) "
    "FROM fees_amnesty a "
)


def _view(row: tuple[Any, ...]) -> AmnestyView:
    values = dict(zip(AmnestyView.__dataclass_fields__, row, strict=True))
    for name in ("charges", "points"):
        values[name] = bool(values[name])
    values["waived_fen"], values["given_back"] = int(row[14]), int(row[15])
    return AmnestyView(**values)


def amnesty(amnesty_id: str) -> AmnestyView | None:
    """One amnesty, or None."""
    row = sql.one(_SELECT + "WHERE a.id = ?", amnesty_id)
    return _view(row) if row else None


def amnesties(place_ids: Sequence[str]) -> tuple[AmnestyView, ...]:
    """The amnesties of places, the newest first."""
    if not place_ids:
        return ()
    rows = sql.all(
        f"{_SELECT}WHERE a.place_id IN ({sql.marks(len(place_ids))}) ORDER BY a.made_at DESC, a.id",
        *place_ids,
    )
    return tuple(map(_view, rows))
