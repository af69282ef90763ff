"""The books themselves: transactions, receipts, drawers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from shuxiang.apps.fees.rules import METHODS
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class EntryView:
    """A transaction as lists show it. ``receipt`` is its number as printed, '' without one;
    ``reversed``: it was taken back."""

    id: str
    kind: str
    place: str
    at: datetime
    day: date
    operator_kind: str
    operator: str
    patron: str
    amount_fen: int
    method: str
    reference: str
    note: str
    receipt: str
    reversed: bool


_ENTRY = (
    "SELECT e.id, e.kind, e.place_id, e.at, e.day, e.operator_kind, e.operator, e.patron_id, "
    "e.amount_fen, e.method, e.reference, e.note, e.receipt, p.code, "
    "EXISTS (SELECT 1 FROM fees_entry r WHERE r.reverses_id = e.id) "
    "FROM fees_entry e JOIN places_place p ON p.id = e.place_id "
)


def _entry(row: tuple[Any, ...]) -> EntryView:
    number = "" if row[12] is None else f"{row[13]}-{row[4]:%Y%m%d}-{row[12]:03d}"
    values = dict(
        zip(EntryView.__dataclass_fields__, (*row[:12], number, bool(row[14])), strict=True)
    )
    return EntryView(**values | {"patron": row[7] or ""})


def entry(entry_id: str) -> EntryView | None:
    """One transaction, or None."""
    row = sql.one(_ENTRY + "WHERE e.id = ?", entry_id)
    return _entry(row) if row else None


def statement(patron: str, *, limit: int = 200) -> tuple[EntryView, ...]:
    """Everything that was booked for a reader and still names them, the newest first."""
    rows = sql.all(
        _ENTRY + "WHERE e.patron_id = ? ORDER BY e.at DESC, e.id DESC LIMIT ?", patron, limit
    )
    return tuple(map(_entry, rows))


def payment_about(subject: str) -> EntryView | None:
    """The last payment for a charge that settles a case and that was not taken back."""
    row = sql.one(
        _ENTRY + "JOIN fees_allocation a ON a.entry_id = e.id JOIN fees_charge c "
        "ON c.id = a.charge_id WHERE c.subject = ? AND e.kind = 'payment' AND NOT EXISTS "
        "(SELECT 1 FROM fees_entry r WHERE r.reverses_id = e.id) ORDER BY e.at DESC, e.id LIMIT 1",
        subject,
    )
    return _entry(row) if row else None


@dataclass(frozen=True, slots=True)
class EntryLine:
    """What of a transaction went to one charge."""

    charge: str
    kind: str
    what: str
    amount_fen: int
    title_text: str
    note: str


def lines(entry_id: str) -> tuple[EntryLine, ...]:
    """What a transaction paid, waived or voided, charge by charge."""
    rows = sql.all(
        "SELECT c.id, c.kind, a.what, a.amount_fen, COALESCE(t.title, ''), c.note "
        "FROM fees_allocation a JOIN fees_charge c ON c.id = a.charge_id "
        "LEFT JOIN stock_item i ON i.id = c.item_id LEFT JOIN catalog_title t ON t.id = i.title_id "
        "WHERE a.entry_id = ? ORDER BY a.id",
        entry_id,
    )
    return tuple(EntryLine(*r) for r in rows)


@dataclass(frozen=True, slots=True)
class Drawer:
    """A drawer on one day: what it held in cash before and after, what came in and went out by
    method of payment, and its transactions."""

    place: str
    operator_kind: str
    operator: str
    before_fen: int
    after_fen: int
    taken: dict[str, int] = field(default_factory=dict)
    given: dict[str, int] = field(default_factory=dict)
    entries: tuple[EntryView, ...] = ()


def drawers(place_ids: Sequence[str], day: date) -> tuple[Drawer, ...]:
    """The drawers of places that held cash or saw money that day, by place and operator."""
    if not place_ids:
        return ()
    marks = sql.marks(len(place_ids))
    rows = sql.all(
        "SELECT a.place_id, a.operator_kind, a.operator, a.what, "
        "SUM(CASE WHEN e.day < ? THEN p.amount_fen ELSE 0 END), "
        "SUM(CASE WHEN e.day = ? AND p.amount_fen > 0 THEN p.amount_fen ELSE 0 END), "
        "SUM(CASE WHEN e.day = ? AND p.amount_fen < 0 THEN -p.amount_fen ELSE 0 END), "
        "SUM(CASE WHEN e.day = ? THEN 1 ELSE 0 END) "
        "FROM fees_posting p JOIN fees_account a ON a.id = p.account_id "
        "JOIN fees_entry e ON e.id = p.entry_id "
        f"WHERE a.kind = 'till' AND e.day <= ? AND a.place_id IN ({marks}) "
        "GROUP BY a.place_id, a.operator_kind, a.operator, a.what",
        *[day] * 5,
        *place_ids,
    )
    found: dict[tuple[str, str, str], dict[str, tuple[int, ...]]] = defaultdict(dict)
    for place, kind, operator, method, *sums in rows:
        found[place, kind, operator][method] = tuple(map(int, sums))
    listed: dict[tuple[str, str, str], list[EntryView]] = defaultdict(list)
    for row in sql.all(
        f"{_ENTRY}WHERE e.day = ? AND e.place_id IN ({marks}) AND EXISTS (SELECT 1 "
        "FROM fees_posting q JOIN fees_account b ON b.id = q.account_id "
        "WHERE q.entry_id = e.id AND b.kind = 'till') ORDER BY e.at, e.id",
        day,
        *place_ids,
    ):
        view = _entry(row)
        listed[view.place, view.operator_kind, view.operator].append(view)
    order = {place: n for n, place in enumerate(place_ids)}
    drawers_ = []
    for (place, kind, operator), by_method in sorted(
        found.items(), key=lambda kv: (order[kv[0][0]], kv[0][1:])
    ):
        before, came, went, _ = by_method.get("cash", (0, 0, 0, 0))
        moved = {m: by_method[m] for m in METHODS if m in by_method and by_method[m][3]}
        if not moved and not before:
            continue
        drawers_.append(
            Drawer(
                place,
                kind,
                operator,
                before,
                before + came - went,
                {m: n[1] for m, n in moved.items() if n[1]},
                {m: n[2] for m, n in moved.items() if n[2]},
                tuple(listed[place, kind, operator]),
            )
        )
    return tuple(drawers_)


def cash_in_drawer(place: str, operator_kind: str, operator: str) -> int:
    """What an operator's drawer at a place holds now."""
    row = sql.one(
        "SELECT COALESCE(SUM(held_fen), 0) FROM fees_account WHERE kind = 'till' AND what = 'cash' "
        "AND place_id = ? AND operator_kind = ? AND operator = ?",
        place,
        operator_kind,
        operator,
    )
    return int(row[0]) if row else 0
