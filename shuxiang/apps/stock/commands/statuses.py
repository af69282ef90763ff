"""What is so of many items at once, each change with its ledger row, in a fixed number of statements."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql
from shuxiang.runtime.commands import next_number, recorded_at, running_request

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Change:
    """An item whose status changes: from what to what; ``data`` is kept with its ledger row."""

    item: str
    before: str
    after: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that was made: ``seq`` is the number of its ledger row."""

    change: Change
    seq: int


_READ = (
    "SELECT i.id, i.library, i.title_id, i.owner_id, i.category_id, t.main_class, i.event_seq, "
    "i.status, i.price_fen FROM stock_item i JOIN catalog_title t ON t.id = i.title_id "
    "WHERE i.id IN ({}) ORDER BY i.id"
)
_WRITE = "UPDATE stock_item SET status = ?, event_seq = ? WHERE id = ?"


def change_statuses(
    changes: Sequence[Change], *, type_: str, subject: str, ctx: Context
) -> tuple[Changed, ...]:
    """Inside a command: every change that still finds its item as it says, with a ledger row of the type
    about ``subject``; what has another status by now is left alone. Withdrawals carry their price."""
    done: list[Changed] = []
    for start in range(0, len(changes), CHUNK):
        wanted = {c.item: c for c in changes[start : start + CHUNK]}
        rows = sql.all(_READ.format(sql.marks(len(wanted))) + sql.for_update(), *wanted)
        found = [(row, wanted[row[0]]) for row in rows if row[7] == wanted[row[0]].before]
        sql.many(_WRITE, [(c.after, row[6] + 1, row[0]) for row, c in found])
        number = next_number(len(found))
        ledger.append_many(
            sql,
            [_event(row, c, type_, subject, number + n, ctx) for n, (row, c) in enumerate(found)],
        )
        done += [Changed(c, row[6] + 1) for row, c in found]
    return tuple(done)


def _event(
    row: tuple[Any, ...], change: Change, type_: str, subject: str, number: int, ctx: Context
) -> list[Any]:
    item, library, title, owner, category, main_class, seq, _status, price = row
    moment = sql.value(ctx.occurred_at)
    values: dict[str, Any] = dict.fromkeys(ledger.COLUMNS, "") | dict.fromkeys(ledger.NULLABLE)
    values |= {
        "id": new_id(),
        "library": library,
        "request": running_request(),
        "number": number,
        "type": type_,
        "occurred_at": moment,
        "recorded_at": sql.value(recorded_at()),
        "business_date": sql.value(clock.business_date(ctx.occurred_at)),
        "place": ctx.service_point,
        "channel": ctx.channel,
        "actor_kind": ctx.actor.kind,
        "actor": ctx.actor.id,
        "session": ctx.session_id,
        "item": item,
        "title": title,
        "subject": subject,
        "item_seq": seq + 1,
        "quantity": 1,
        "amount": price if type_ == "item.withdrawn" else None,
        "item_category": category,
        "clc": main_class,
        "owner_place": owner,
        "data": json.dumps(dict(change.data), ensure_ascii=False, sort_keys=True),
    }
    return [values[name] for name in ledger.COLUMNS]
