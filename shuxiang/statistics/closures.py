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
    "SELECT m.one, SUM(m.shifts), SUM(m.events) FROM ("
    "SELECT {one}_id AS one, COUNT(*) AS shifts, 0 AS events FROM {table} GROUP BY {one}_id "
    "UNION ALL SELECT {column}, 0, COUNT(*) FROM ledger_event WHERE type IN ({types}) "
    "GROUP BY {column}) m GROUP BY m.one HAVING SUM(m.shifts) <> SUM(m.events)"
)
_MOVED = (
    ("loan", "circulation_dueshift", "loan", "'loan.due_shifted', 'loan.due_restored'"),
    ("hold", "circulation_holdshift", "subject", "'hold.prolonged', 'hold.restored'"),
    (
        "pickup",
        "circulation_pickupshift",
        "subject",
        "'pickup.shifted', 'pickup.called_off', 'pickup.restored'",
    ),
)


def unrecorded() -> list[str]:
    """Loans, holds and booked pickup times whose moved dates and ledger rows of that are not as many."""
    return [
        f"{one} {id_}: its date was moved {shifts} times, the ledger says {events}"
        for one, table, column, types in _MOVED
        for id_, shifts, events in sql.all(
            _UNRECORDED.format(one=one, table=table, column=column, types=types)
        )
    ]
