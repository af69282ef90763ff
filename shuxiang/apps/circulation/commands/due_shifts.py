"""Moving due dates in bulk, each with its row and its ledger row. Called inside a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql
from shuxiang.runtime.commands import age_band, next_number, running_request

SHIFTED, RESTORED = "loan.due_shifted", "loan.due_restored"


@dataclass(frozen=True, slots=True)
class Move:
    """A loan's due date from ``before`` to ``after``; ``base`` is what it was before the cause."""

    loan: str
    base: date
    before: date
    after: date


_LOANS = (
    "SELECT l.id, l.library, l.item_id, l.title_id, l.patron_id, l.card_id, l.place_id, l.due_on, "
    "i.event_seq, i.category_id, i.owner_id, t.main_class, p.category_id, p.born_on "
    "FROM circulation_loan l JOIN stock_item i ON i.id = l.item_id "
    "JOIN catalog_title t ON t.id = l.title_id LEFT JOIN patrons_patron p ON p.id = l.patron_id "
    "WHERE l.returned_at IS NULL AND l.id IN ({})"
)
_SHIFT = (
    "INSERT INTO circulation_dueshift (id, library, loan_id, cause, round, base, before, after, "
    "shifted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def move_due_dates(moves: Sequence[Move], *, cause: str, round_: int, ctx: Context) -> int:
    """Move what may still be moved; returns how many. A loan that was given back, whose due date has
    changed meanwhile or that this round has moved already is passed over: the next look at the loans
    decides about it anew."""
    wanted = {m.loan: m for m in moves}
    marks = sql.marks(len(wanted))
    if not sql.is_sqlite():
        sql.all(
            "SELECT i.id FROM stock_item i JOIN circulation_loan l ON l.item_id = i.id "
            f"WHERE l.id IN ({marks}) ORDER BY i.id FOR UPDATE OF i",
            *wanted,
        )
    done = {
        row[0]
        for row in sql.all(
            f"SELECT loan_id FROM circulation_dueshift WHERE cause = ? AND round = ? "
            f"AND loan_id IN ({marks})",
            cause,
            round_,
            *wanted,
        )
    }
    rows = [
        row
        for row in sql.all(_LOANS.format(marks), *wanted)
        if row[0] not in done and row[7] == wanted[row[0]].before
    ]
    moment, today = sql.value(ctx.occurred_at), clock.business_date(ctx.occurred_at)
    number = next_number(len(rows))
    due: list[tuple[Any, ...]] = []
    shifts: list[tuple[Any, ...]] = []
    items: list[tuple[Any, ...]] = []
    events: list[list[Any]] = []
    readers: list[tuple[str, str, str | None]] = []
    for row in rows:
        loan, library, item, title, patron, card, place, _, seq, category, owner, clc = row[:12]
        move, event = wanted[loan], new_id()
        due.append((sql.value(move.after), loan))
        items.append((seq + 1, item))
        shifts.append(
            (
                new_id(),
                library,
                loan,
                cause,
                round_,
                sql.value(move.base),
                sql.value(move.before),
                sql.value(move.after),
                moment,
            )
        )
        values: dict[str, Any] = dict.fromkeys(ledger.COLUMNS, "") | {
            "id": event,
            "library": library,
            "request": running_request(),
            "number": number,
            "type": SHIFTED if move.after >= move.before else RESTORED,
            "occurred_at": moment,
            "recorded_at": moment,
            "business_date": sql.value(today),
            "place": place,
            "channel": ctx.channel,
            "actor_kind": ctx.actor.kind,
            "actor": ctx.actor.id,
            "session": ctx.session_id,
            "item": item,
            "title": title,
            "loan": loan,
            "subject": cause,
            "item_seq": seq + 1,
            "quantity": 1,
            "amount": None,
            "reverses": None,
            "reader_category": row[12] or "",
            "age_band": age_band(row[13], today),
            "item_category": category,
            "clc": clc,
            "owner_place": owner,
            "lending_place": place,
            "data": f'{{"from": "{move.before}", "to": "{move.after}"}}',
        }
        events.append([values[name] for name in ledger.COLUMNS])
        if patron:
            readers.append((event, patron, card))
        number += 1
    sql.many("UPDATE circulation_loan SET due_on = ? WHERE id = ?", due, converted=True)
    sql.many(_SHIFT, shifts, converted=True)
    sql.many("UPDATE stock_item SET event_seq = ? WHERE id = ?", items, converted=True)
    ledger.append_many(sql, events, readers=readers)
    return len(rows)
