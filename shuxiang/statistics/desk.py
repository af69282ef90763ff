"""What a desk asks of the ledger while it works: today's counts, and what happened to an item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from shuxiang.runtime import sql

COUNTED = ("loan.opened", "loan.closed", "loan.renewed", "card.issued", "item.used")
"""借, 还, 续, 办证, 阅览, in the order a desk reads them."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """How often something was done at a place in a day, undone acts taken off: by one account, and in
    all."""

    type: str
    mine: int
    all: int


def day_counts(place: str, day: date, account: str) -> tuple[DayCount, ...]:
    """One count for each of `COUNTED`. ``day`` is the business date; of cards only first ones count."""
    rows = sql.all(
        "SELECT type, SUM(CASE WHEN actor_kind = 'staff' AND actor = ? THEN quantity ELSE 0 END), "
        f"SUM(quantity) FROM ledger_event WHERE type IN ({sql.marks(len(COUNTED))}) "
        "AND business_date = ? AND place = ? AND (type <> 'card.issued' OR source = 'first') "
        "GROUP BY type",
        account,
        *COUNTED,
        day,
        place,
    )
    found = {r[0]: (int(r[1]), int(r[2])) for r in rows}
    return tuple(DayCount(t, *found.get(t, (0, 0))) for t in COUNTED)


@dataclass(frozen=True, slots=True)
class ItemAct:
    """One event of an item as a desk shows it: no reader, whoever it was. ``taken_back``: undone
    since, or itself the undoing (``undoing``)."""

    type: str
    at: datetime
    place: str
    actor: str
    channel: str
    undoing: bool
    taken_back: bool


def item_acts(item: str, limit: int = 8) -> tuple[ItemAct, ...]:
    """The last events of an item, newest first. ``actor`` is the clerk's name, '' where a reader or
    the system acted."""
    rows = sql.all(
        "SELECT e.type, e.occurred_at, COALESCE(p.name, ''), "
        "CASE WHEN e.actor_kind = 'staff' THEN e.actor ELSE '' END, e.channel, "
        "e.reverses IS NOT NULL, "
        "EXISTS (SELECT 1 FROM ledger_event r WHERE r.reverses = e.id) "
        "FROM ledger_event e LEFT JOIN places_place p ON p.id = e.place "
        "WHERE e.item = ? AND e.item_seq > 0 ORDER BY e.item_seq DESC LIMIT ?",
        item,
        limit,
    )
    names = _clerks({r[3] for r in rows if r[3]})
    return tuple(
        ItemAct(r[0], r[1], r[2], names.get(r[3], ""), r[4], bool(r[5]), bool(r[6])) for r in rows
    )


def _clerks(accounts: set[str]) -> dict[str, str]:
    if not accounts:
        return {}
    marks = sql.marks(len(accounts))
    found = sql.all(f"SELECT id, name FROM staff_account WHERE id IN ({marks})", *accounts)
    return {str(id_): str(name) for id_, name in found}
