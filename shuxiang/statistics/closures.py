"""What operating phases must leave behind them, looked for in the tables (I2, I10)."""

from __future__ import annotations

from shuxiang.runtime import sql

_DUE_WHILE_SHUT = (
    "SELECT l.id, l.due_on, f.name FROM places_operatingphase f "
    "JOIN places_place at ON at.id = f.place_id "
    "JOIN places_place p ON p.id = at.id OR (f.include_branches "
    "AND SUBSTR(p.path, 1, LENGTH(at.path)) = at.path) "
    "JOIN circulation_loan l ON l.place_id = p.id AND l.returned_at IS NULL "
    "AND l.due_on BETWEEN f.first_day AND f.last_day "
    "WHERE f.kind = 'closed' AND f.state = 'applied' ORDER BY l.id"
)


def due_while_shut() -> list[str]:
    """Open loans that fall due on a day on which a closure has shut the place that lent them."""
    return [
        f"loan {loan} is due {due}, while {name} has shut the library"
        for loan, due, name in sql.all(_DUE_WHILE_SHUT)
    ]


_UNRECORDED = (
    "SELECT m.loan, SUM(m.shifts), SUM(m.events) FROM ("
    "SELECT loan_id AS loan, COUNT(*) AS shifts, 0 AS events FROM circulation_dueshift "
    "GROUP BY loan_id UNION ALL SELECT loan, 0, COUNT(*) FROM ledger_event "
    "WHERE type IN ('loan.due_shifted', 'loan.due_restored') GROUP BY loan) m "
    "GROUP BY m.loan HAVING SUM(m.shifts) <> SUM(m.events)"
)


def unrecorded() -> list[str]:
    """Loans whose moved due dates and ledger rows of that are not as many."""
    return [
        f"loan {loan}: its due date was moved {shifts} times, the ledger says {events}"
        for loan, shifts, events in sql.all(_UNRECORDED)
    ]
