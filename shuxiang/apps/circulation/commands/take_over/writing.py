"""Writing a chunk of a list of open loans: loans and ledger rows, or the row for reconciling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.catalog.commands.sheets import Chunk, Tally
from shuxiang.apps.circulation import queries
from shuxiang.apps.circulation.commands.take_over.reading import OldLoan, aside_row, masked
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import advance
from shuxiang.formats.notes import Note, note
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql
from shuxiang.runtime.commands import age_band, command, next_number, running_request

TAKEN_OVER = "loan.taken_over"
"""The event of a loan that began in another system: an open loan as from now, but no loan of this
library's figures (ADR 0006)."""

_LOAN = (
    "INSERT INTO circulation_loan (id, library, item_id, title_id, patron_id, card_id, place_id, "
    "rule_id, lent_at, lent_on, due_on, renewals, ended_as, batch_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, '', ?)"
)


@dataclass(frozen=True, slots=True)
class Matched:
    """A row with the book and the reader it means."""

    row: OldLoan
    item: stock.ScannedItem
    reader: patrons.LoanReader
    due_on: date


@command("circulation.take_over_chunk")
def take_over_chunk(*, chunk: Chunk, ctx: Context) -> int:
    """Write one chunk of a list of open loans; returns how many loans were taken over. A row whose
    book or reader is not here is set aside for reconciling. Nothing of the loan rules applies: the
    books are out already.

    Raises Refused: import-elsewhere, not-permitted.
    """
    batch = sheets.opened(chunk, ctx)
    tally = Tally(dict(batch.control))
    made: list[Matched] = []
    lent: set[str] = set()
    for row in chunk.rows:
        found = _match(row, lent)
        if isinstance(found, Note):
            tally.aside.append(aside_row(row.sheet_row, found, row.cells, row.barcode))
        else:
            lent.add(found.item.id)
            made.append(found)
    _write(made, batch, ctx)
    tally.add("loans_by_place", Counter(m.row.place for m in made))
    tally.plus("loans", len(made))
    day = clock.business_date(ctx.occurred_at)
    tally.plus("overdue", sum(m.due_on < day for m in made))
    rows = [m.row for m in made]
    sheets.close_chunk(chunk, batch, tally, rows, items=len(rows), seal=sheets.sealed)
    return len(made)


def _match(row: OldLoan, lent: set[str]) -> Matched | Note:
    items = stock.scanned_items(row.barcode)
    if row.library:
        items = tuple(i for i in items if i.library == row.library)
    if not items:
        return note("loan_item_missing", text=row.barcode)
    if len(items) > 1:
        return note("loan_item_ambiguous", text=row.barcode)
    readers = patrons.card_for_loan(row.card)
    if not readers:
        return note("loan_reader_missing", text=masked(row.card))
    if len(readers) > 1:
        return note("loan_reader_ambiguous", text=masked(row.card))
    item, reader = items[0], readers[0]
    if reader.closed:
        return note("loan_reader_closed", text=masked(row.card))
    if item.status == "withdrawn":
        return note("loan_item_gone", text=row.barcode)
    if not sql.is_sqlite():
        patrons.lock_patron(reader.patron)
        item = stock.lock_item(item.id) or item
    if item.id in lent or queries.open_loan_of(item.id) is not None:
        return note("loan_item_lent", text=row.barcode)
    due = row.due_on or _due(row, item, reader)
    if due is None:
        return note("loan_due_unread", text="")
    return Matched(row, item, reader, due)


def _due(row: OldLoan, item: stock.ScannedItem, reader: patrons.LoanReader) -> date | None:
    rule = queries.explain(row.place, reader.category, item.category, row.lent_on).rule
    return queries.due_date(row.place, row.lent_on, rule.loan_days) if rule else None


def _write(made: Sequence[Matched], batch: catalog.BatchView, ctx: Context) -> None:
    number = next_number(len(made))
    moment = sql.value(ctx.occurred_at)
    today = clock.business_date(ctx.occurred_at)
    events: list[list[Any]] = []
    readers: list[tuple[str, str, str | None]] = []
    for m in made:
        loan, event, seq = new_id(), new_id(), m.item.event_seq + 1
        sql.run(
            _LOAN,
            loan,
            m.item.library,
            m.item.id,
            m.item.title,
            m.reader.patron,
            m.reader.card,
            m.row.place,
            lent_at(m.row.lent_on, ctx.occurred_at),
            m.row.lent_on,
            m.due_on,
            m.row.renewals,
            batch.id,
        )
        advance(m.item.id, seq=seq)
        values: dict[str, Any] = dict.fromkeys(ledger.COLUMNS, "") | {
            "id": event,
            "library": m.item.library,
            "request": running_request(),
            "number": number,
            "type": TAKEN_OVER,
            "occurred_at": moment,
            "recorded_at": moment,
            "business_date": sql.value(today),
            "place": m.row.place,
            "channel": ctx.channel,
            "actor_kind": ctx.actor.kind,
            "actor": ctx.actor.id,
            "session": ctx.session_id,
            "item": m.item.id,
            "title": m.item.title,
            "loan": loan,
            "subject": None,
            "item_seq": seq,
            "quantity": 1,
            "amount": None,
            "reverses": None,
            "reader_category": m.reader.category,
            "age_band": age_band(m.reader.born_on, today),
            "item_category": m.item.category,
            "clc": m.item.clc,
            "owner_place": m.item.owner,
            "lending_place": m.row.place,
            "source": "legacy",
        }
        events.append([values[name] for name in ledger.COLUMNS])
        readers.append((event, m.reader.patron, m.reader.card))
        number += 1
    ledger.append_many(sql, events, readers=readers)


def lent_at(day: date, now: datetime) -> datetime:
    """Noon of the day, as lists seldom tell the hour; never later than now."""
    return min(clock.at_local(day, time(12)), now)
