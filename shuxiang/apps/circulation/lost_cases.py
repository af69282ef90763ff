"""What `queries` tells of lost and damaged items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class LostCase:
    """An item reported lost or damaged. ``patron`` is who answers for it, '' for nobody or once that
    is over; ``settled_as``: '' replaced paid waived; ``item_status`` is the item's now."""

    id: str
    item: str
    barcode: str
    title: str
    title_text: str
    call_number: str
    price_fen: int | None
    item_status: str
    kind: str
    loan: str
    loan_open: bool
    patron: str
    place: str
    reported_at: datetime
    reported_by: str
    why: str
    settled_as: str
    settled_at: datetime | None
    settled_by: str
    settled_why: str
    amount_fen: int | None
    replacement: str
    replacement_barcode: str
    ended_as: str
    ended_at: datetime | None
    ended_by: str
    ended_why: str
    owner: str

    @property
    def state(self) -> str:
        """``ended``; ``back``: the book was scanned again, the case waits to be ended; ``settled``;
        ``open``: nothing settled yet."""
        if self.ended_at is not None:
            return "ended"
        if self.item_status not in ("lost", "damaged"):
            return "back"
        return "settled" if self.settled_as else "open"


_CASE = (
    "SELECT c.id, c.item_id, i.barcode, c.title_id, t.title, i.call_number, i.price_fen, i.status, "
    "c.kind, c.loan_id, CASE WHEN l.id IS NOT NULL AND l.returned_at IS NULL THEN 1 "
    "ELSE 0 END, c.patron_id, c.place_id, c.reported_at, c.reported_by, c.why, "
    "c.settled_as, c.settled_at, c.settled_by, c.settled_why, c.amount_fen, "
    "c.replacement_id, COALESCE(r.barcode, ''), c.ended_as, c.ended_at, c.ended_by, "
    "c.ended_why, i.owner_id FROM circulation_lostcase c JOIN stock_item i ON i.id = c.item_id "
    "JOIN catalog_title t ON t.id = c.title_id LEFT JOIN circulation_loan l ON l.id = c.loan_id "
    "LEFT JOIN stock_item r ON r.id = c.replacement_id "
)


_LINKS = ("loan", "patron", "replacement")


def _case(row: tuple[Any, ...]) -> LostCase:
    values = dict(zip(LostCase.__dataclass_fields__, row, strict=True))
    values |= {name: values[name] or "" for name in _LINKS}
    return LostCase(**values | {"loan_open": bool(values["loan_open"])})


def lost_case(case: str) -> LostCase | None:
    """The case, or None."""
    row = sql.one(_CASE + "WHERE c.id = ?", case)
    return _case(row) if row else None


def lost_case_of(item: str) -> LostCase | None:
    """The case of an item that has not ended."""
    row = sql.one(_CASE + "WHERE c.item_id = ? AND c.ended_at IS NULL", item)
    return _case(row) if row else None


def lost_cases_of(patron: str) -> tuple[LostCase, ...]:
    """Cases that a reader answers for and that are not settled yet."""
    rows = sql.all(_CASE + "WHERE c.patron_id = ? AND c.ended_at IS NULL ORDER BY c.id", patron)
    return tuple(map(_case, rows))


_STATES = {
    "open": "c.ended_at IS NULL AND c.settled_as = '' AND i.status IN ('lost', 'damaged')",
    "back": "c.ended_at IS NULL AND i.status NOT IN ('lost', 'damaged')",
    "settled": "c.ended_at IS NULL AND c.settled_as <> '' AND i.status IN ('lost', 'damaged')",
    "ended": "c.ended_at IS NOT NULL",
}


def lost_cases(
    places: Sequence[str], *, state: str = "", offset: int = 0, limit: int = 50
) -> tuple[tuple[LostCase, ...], int]:
    """Cases reported at places or of items they own, newest first, and how many there are.
    ``state``: as `LostCase.state`, '' every one."""
    if not places:
        return (), 0
    marks = sql.marks(len(places))
    where = f"WHERE (c.place_id IN ({marks}) OR i.owner_id IN ({marks}))"
    if state in _STATES:
        where += f" AND {_STATES[state]}"
    values = [*places, *places]
    counted = sql.one(
        "SELECT COUNT(*) FROM circulation_lostcase c JOIN stock_item i ON i.id = c.item_id "
        + where,
        *values,
    )
    rows = sql.all(
        f"{_CASE}{where} ORDER BY c.reported_at DESC, c.id DESC LIMIT ? OFFSET ?",
        *values,
        limit,
        offset,
    )
    return tuple(map(_case, rows)), int(counted[0]) if counted else 0
