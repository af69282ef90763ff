"""What must hold of the money and the points (reliability I8, I9): lines of `shuxiang check`."""

from __future__ import annotations

from typing import Any

from shuxiang.apps.fees import queries as fees
from shuxiang.runtime import sql

_OPEN = "SUM(amount_fen - paid_fen - waived_fen - voided_fen)"


def _number(text: str, *values: Any) -> int:
    row = sql.one(text, *values)
    return int(row[0] or 0) if row else 0


def _ledger(plus: str, *minus: str) -> int:
    """The sum of a type of event in the ledger, those taken back left out, less that of others."""
    text = "SELECT SUM(amount * quantity) FROM ledger_event WHERE type = ?"
    return _number(text, plus) - sum(_number(text, type_) for type_ in minus)


def _uneven() -> list[str]:
    return [
        f"transaction {entry}: its postings sum to {total}"
        for entry, total in sql.all(
            "SELECT e.id, COALESCE(SUM(p.amount_fen), -1) FROM fees_entry e LEFT JOIN fees_posting p "
            "ON p.entry_id = e.id GROUP BY e.id HAVING COALESCE(SUM(p.amount_fen), -1) <> 0"
        )
    ]


def _charges() -> list[str]:
    broken = [
        f"charge {charge}: {what} is {said}, its transactions say {summed}"
        for what in ("paid", "waived", "voided")
        for charge, said, summed in sql.all(
            f"SELECT c.id, c.{what}_fen, COALESCE(SUM(a.amount_fen), 0) FROM fees_charge c "
            "LEFT JOIN fees_allocation a ON a.charge_id = c.id AND a.what = ? "
            f"GROUP BY c.id, c.{what}_fen HAVING c.{what}_fen <> COALESCE(SUM(a.amount_fen), 0)",
            what,
        )
    ]
    broken += [
        f"charge {row[0]} counts as settled and is not, or the other way round"
        for row in sql.all(
            "SELECT id FROM fees_charge WHERE (settled_at IS NULL) <> "
            "(amount_fen > paid_fen + waived_fen + voided_fen)"
        )
    ]
    owed = _number(f"SELECT {_OPEN} FROM fees_charge")
    for what, other in (
        ("books", _account("receivable")),
        ("ledger", _ledger("fee.charged", "fee.paid", "fee.waived", "fee.voided")),
    ):
        if owed != other:
            broken.append(f"readers owe {owed} by their charges, {other} by the {what}")
    return broken


def _account(kind: str) -> int:
    return _number(
        "SELECT SUM(p.amount_fen) FROM fees_posting p JOIN fees_account a ON a.id = p.account_id "
        "WHERE a.kind = ?",
        kind,
    )


_DEPOSIT = (
    "CASE WHEN kind IN ('deposit-taken', 'deposit-brought') THEN amount_fen "
    "WHEN kind IN ('deposit-refunded', 'deposit-kept') THEN -amount_fen ELSE 0 END"
)


def _deposits() -> list[str]:
    broken = [
        f"reader {patron}: a deposit of {said} is held, taken less returned is {summed}"
        for patron, said, summed in sql.all(
            "SELECT d.patron_id, d.held_fen, COALESCE(e.summed, 0) FROM fees_deposit d LEFT JOIN "
            f"(SELECT patron_id, SUM({_DEPOSIT}) AS summed FROM fees_entry GROUP BY patron_id) e "
            "ON e.patron_id = d.patron_id "
            "WHERE d.held_fen < 0 OR d.held_fen <> COALESCE(e.summed, 0)"
        )
    ]
    held = _number("SELECT SUM(held_fen) FROM fees_deposit")
    given = ("deposit.refunded", "deposit.kept")
    ledger = _ledger("deposit.taken", *given) + _ledger("deposit.brought")
    for what, other in (("books", -_account("deposits")), ("ledger", ledger)):
        if held != other:
            broken.append(f"deposits held are {held}, {other} by the {what}")
    return broken


def _drawers() -> list[str]:
    return [
        f"drawer {account} ({what}) holds {said}, its postings sum to {summed}"
        for account, what, said, summed in sql.all(
            "SELECT a.id, a.what, a.held_fen, COALESCE(SUM(p.amount_fen), 0) FROM fees_account a "
            "LEFT JOIN fees_posting p ON p.account_id = a.id WHERE a.kind = 'till' "
            "GROUP BY a.id, a.what, a.held_fen "
            "HAVING a.held_fen <> COALESCE(SUM(p.amount_fen), 0) "
            "OR (a.what = 'cash' AND a.held_fen < 0)"
        )
    ]


def _points() -> list[str]:
    lost = _number("SELECT -SUM(points) FROM fees_pointsrow")
    ledger = _number("SELECT SUM(quantity) FROM ledger_event WHERE type = 'points.lost'")
    if lost != ledger:
        return [f"points lost and not given back are {lost}, {ledger} by the ledger"]
    return []


def _floats() -> list[str]:
    if sql.is_sqlite():
        rows = sql.all(
            "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c "
            "WHERE m.type = 'table' AND lower(c.type) IN ('real', 'float', 'double', 'decimal')"
        )
    else:
        rows = sql.all(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = current_schema() "
            "AND data_type IN ('real', 'double precision', 'numeric')"
        )
    return [f"{table}.{column} is no integer" for table, column in rows]


def books_balance() -> list[str]:
    """I8: every transaction sums to 0; charges, deposits, drawers and points are what their
    transactions and the ledger say; no float column anywhere."""
    return [
        *_uneven(),
        *_charges(),
        *_deposits(),
        *_drawers(),
        *_points(),
        *_floats(),
    ]


def fines_stand() -> list[str]:
    """I9: an overdue charge is within its cap and what its frozen days come to; no return of a loan
    is charged twice."""
    broken = []
    for charge, amount, days, working, cap, day, due_on in sql.all(
        "SELECT id, amount_fen, days, working, cap_fen, day, due_on FROM fees_charge "
        "WHERE kind = 'overdue'"
    ):
        late = (day - due_on).days if due_on else 0
        if cap is not None and amount > cap:
            broken.append(f"charge {charge}: {amount} is above its cap {cap}")
        if not working or fees.worked_out(working, cap) != amount:
            broken.append(f"charge {charge}: {working} does not come to {amount}")
        if not 0 < (days or 0) <= late:
            broken.append(f"charge {charge}: {days} days of {late} after the due date count")
    broken += [
        f"loan {loan} due {due_on} is charged {count} times"
        for loan, due_on, count in sql.all(
            "SELECT loan, due_on, COUNT(*) FROM fees_charge WHERE kind = 'overdue' "
            "AND voided_fen < amount_fen GROUP BY loan, due_on HAVING COUNT(*) > 1"
        )
    ]
    return broken
