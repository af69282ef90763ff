"""Whether what an import says of itself is what the ledger says, and what is left to reconcile."""

from __future__ import annotations

from dataclasses import dataclass

from shuxiang.apps.catalog import queries as catalog
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class Agreement:
    """What an import counted (册, readers or loans; 码洋 in 分) and what the ledger has of it."""

    counted: int
    in_ledger: int
    price_fen: int
    ledger_price_fen: int

    @property
    def holds(self) -> bool:
        return (self.counted, self.price_fen) == (self.in_ledger, self.ledger_price_fen)


_LEDGER = {
    "marc": (
        "SELECT COUNT(*), COALESCE(SUM(e.amount), 0) FROM stock_item i JOIN ledger_event e "
        "ON e.item = i.id AND e.item_seq = 1 AND e.type = 'item.accessioned' WHERE i.batch_id = ?"
    ),
    "readers": (
        "SELECT COUNT(*), 0 FROM patrons_patron p JOIN patrons_card c ON c.patron_id = p.id "
        "JOIN ledger_event e ON e.subject = c.id AND e.type = 'card.issued' AND e.reverses IS NULL "
        "WHERE p.batch_id = ? AND c.replaces_id IS NULL"
    ),
    "loans": (
        "SELECT COUNT(*), 0 FROM circulation_loan l JOIN ledger_event e ON e.loan = l.id "
        "AND e.type = 'loan.taken_over' AND e.reverses IS NULL WHERE l.batch_id = ?"
    ),
    "holds": (
        "SELECT COUNT(*), 0 FROM circulation_hold h JOIN ledger_event e ON e.subject = h.id "
        "AND e.type = 'hold.placed' AND e.reverses IS NULL WHERE h.batch_id = ?"
    ),
    "debts": (
        "SELECT COUNT(*), COALESCE(SUM(e.amount), 0) FROM fees_charge c JOIN ledger_event e "
        "ON e.subject = c.id AND e.type = 'fee.charged' AND e.reverses IS NULL "
        "WHERE c.batch_id = ?"
    ),
}


def agreement(batch: catalog.BatchView) -> Agreement:
    """The control sheet of an import against the ledger. An import taken back has nothing left."""
    found = sql.one(_LEDGER.get(batch.kind, _LEDGER["marc"]), batch.id)
    count, price = (int(found[0]), int(found[1])) if found else (0, 0)
    if batch.status == "undone":
        return Agreement(0, count, 0, price)
    money = "debt_fen" if batch.kind == "debts" else "price_fen"
    return Agreement(batch.items, count, int(batch.control.get(money, 0)), price)


@dataclass(frozen=True, slots=True)
class Unreconciled:
    """An item that the old system had on loan and that no list of open loans told of."""

    barcode: str
    title: str
    batch: str


_LEFT = (
    "FROM catalog_quarantined q JOIN catalog_batch b ON b.id = q.batch_id "
    "JOIN stock_item i ON i.batch_id = b.id AND i.barcode = q.barcode "
    "JOIN catalog_title t ON t.id = i.title_id "
    "LEFT JOIN circulation_loan l ON l.item_id = i.id "
    "WHERE q.kind = 'claim' AND q.reason = 'on_loan_before' AND l.id IS NULL"
)


def unreconciled(limit: int = 100) -> tuple[Unreconciled, ...]:
    """Items said to be on loan, by barcode, that were never lent here and of which no open loan was
    taken over: to be looked for on the shelf, or their loans entered."""
    rows = sql.all(
        f'SELECT q.barcode, t.title, b."number" {_LEFT} ORDER BY q.barcode LIMIT ?', limit
    )
    return tuple(Unreconciled(*row) for row in rows)


def unreconciled_count() -> int:
    """How many they are."""
    found = sql.one(f"SELECT COUNT(*) {_LEFT}")
    return int(found[0]) if found else 0
