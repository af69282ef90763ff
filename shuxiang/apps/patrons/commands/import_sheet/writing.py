"""Writing a chunk of a reader list: readers, cards, documents, guardians, ledger rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import msgspec

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.catalog.commands.sheets import Chunk, Tally
from shuxiang.apps.patrons import models, queries
from shuxiang.apps.patrons.commands import _shared
from shuxiang.apps.patrons.commands.import_sheet.reading import (
    FOREVER,
    NewReader,
    aside_row,
)
from shuxiang.formats.notes import note
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql
from shuxiang.runtime.commands import age_band, command, next_number, running_request
from shuxiang.runtime.secrets import encrypt

CHANNEL = "import"
SUSPENDED_WHY = "原系统停用"


@command("patrons.import_sheet_chunk")
def import_readers_chunk(*, chunk: Chunk, ctx: Context) -> int:
    """Write one chunk of a reader list; returns how many readers were made. A card number its
    library already has is set aside; a document that somebody holds leaves the reader to be
    verified. Passwords are never taken over: who wants one gets a new one at the desk.

    Raises Refused: import-elsewhere, not-permitted.
    """
    batch = sheets.opened(chunk, ctx)
    tally = Tally(dict(batch.control))
    rows = _held(_sift(chunk.rows, batch.id, tally))
    made = [(row, *_rows(row, batch.id, ctx)) for row in rows]
    models.Patron.objects.bulk_create([patron for _, patron, _ in made])
    models.Card.objects.bulk_create([card for _, _, card in made])
    models.Document.objects.bulk_create(
        models.Document(
            patron=patron,
            kind=row.document.kind,
            number=encrypt(row.document.number),
            number_hash=queries.document_hash(row.document),
        )
        for row, patron, _ in made
        if row.document is not None
    )
    models.Guardian.objects.bulk_create(
        _guardian(row, patron, ctx.occurred_at)
        for row, patron, _ in made
        if row.guardian_name or row.guardian_document
    )
    _record(made, batch, ctx)
    _count(tally, rows)
    sheets.close_chunk(chunk, batch, tally, rows, items=len(rows), seal=sheets.sealed)
    return len(rows)


def _sift(given: Sequence[NewReader], batch: str, tally: Tally) -> list[NewReader]:
    """The rows whose card number is free in its library; the others are set aside."""
    known: dict[tuple[str, str], str | None] = {}
    numbers = [row.number for row in given if row.number]
    if numbers:
        for library, number, owner in sql.all(
            "SELECT c.library, c.number, p.batch_id FROM patrons_card c "
            "JOIN patrons_patron p ON p.id = c.patron_id "
            f"WHERE c.number IN ({sql.marks(len(numbers))})",
            *numbers,
        ):
            known[library, number] = owner
    taken: list[NewReader] = []
    for row in given:
        key = (row.library, row.number)
        if row.number and key in known:
            reason = "row_repeated" if known[key] == batch else "card-number-taken"
            aside = aside_row(row.sheet_row, note("row_repeated"), row.cells, row.number)
            tally.aside.append(msgspec.structs.replace(aside, reason=reason, detail=""))
            continue
        if row.number:
            known[key] = batch
        taken.append(row)
    return taken


def _held(rows: Sequence[NewReader]) -> list[NewReader]:
    """The rows with the documents that are free; who brings one that another reader holds is to be
    verified."""
    hashes = {queries.document_hash(r.document) for r in rows if r.document is not None}
    held = set(
        models.Document.objects.filter(number_hash__in=hashes, ended_at__isnull=True).values_list(
            "number_hash", flat=True
        )
    )
    found: list[NewReader] = []
    for row in rows:
        key = queries.document_hash(row.document) if row.document is not None else ""
        if key and key in held:
            row = msgspec.structs.replace(
                row,
                document=None,
                warnings=[*row.warnings, ("document_held", "")],
                claims=[*row.claims, "document_held"],
            )
        elif key:
            held.add(key)
        found.append(row)
    return found


def _rows(row: NewReader, batch: str, ctx: Context) -> tuple[models.Patron, models.Card]:
    day = clock.business_date(ctx.occurred_at)
    patron = models.Patron(
        id=new_id(),
        library=row.library,
        home_id=row.home,
        category_id=row.category,
        name=row.name,
        born_on=row.born_on,
        sex=row.sex,
        phone=encrypt(row.phone),
        phone_hash=queries.phone_hash(row.phone),
        note=row.note,
        suspended_until=FOREVER if row.suspended else None,
        suspended_why=SUSPENDED_WHY if row.suspended else "",
        deposit_fen=row.deposit_fen,
        to_verify=_codes(row.claims),
        batch_id=batch,
        created_at=ctx.occurred_at,
    )
    issued = row.issued_on or day
    card = models.Card(
        id=new_id(),
        library=row.library,
        number=row.number or _shared.next_card_number(row.library, ctx),
        patron=patron,
        status="lost" if row.lost else "active",
        channel=CHANNEL,
        issued_at=clock.at_local(issued, time(12)) if issued < day else ctx.occurred_at,
        issued_on=issued,
        issued_place_id=row.home,
        expires_on=row.expires_on,
        lost_at=ctx.occurred_at if row.lost else None,
    )
    return patron, card


def _codes(claims: Sequence[str]) -> str:
    """Codes for the column, as many as it holds."""
    kept = ""
    for code in dict.fromkeys(claims):
        longer = f"{kept} {code}".strip()
        if len(longer) <= 120:
            kept = longer
    return kept


def _guardian(row: NewReader, patron: models.Patron, at: datetime) -> models.Guardian:
    document = row.guardian_document
    return models.Guardian(
        child=patron,
        name=row.guardian_name,
        relation=row.relation or "监护人",
        phone=encrypt(row.guardian_phone),
        phone_hash=queries.phone_hash(row.guardian_phone),
        document_kind=document.kind if document else "",
        document_number=encrypt(document.number) if document else "",
        document_hash=queries.document_hash(document) if document else "",
        since=at,
    )


def _record(
    made: Sequence[tuple[NewReader, models.Patron, models.Card]],
    batch: catalog.BatchView,
    ctx: Context,
) -> None:
    """A reader and a first card each. The card is one of its own 办证日期; without one it is legacy
    and no indicator counts it as new."""
    today = clock.business_date(ctx.occurred_at)
    number = next_number(2 * len(made))
    moment = sql.value(ctx.occurred_at)
    usual: dict[str, Any] = dict.fromkeys(ledger.COLUMNS, "") | dict.fromkeys(_NULLS)
    usual |= {
        "request": running_request(),
        "occurred_at": moment,
        "recorded_at": moment,
        "business_date": sql.value(today),
        "channel": CHANNEL,
        "actor_kind": ctx.actor.kind,
        "actor": ctx.actor.id,
        "session": ctx.session_id,
        "quantity": 1,
        "source": "legacy",
    }
    events: list[list[Any]] = []
    readers: list[tuple[str, str, str | None]] = []
    for row, patron, card in made:
        day: date = row.issued_on or today
        own = usual | {
            "library": row.library,
            "place": row.home,
            "reader_category": row.category,
            "age_band": age_band(row.born_on, day),
        }
        registered = own | {"id": new_id(), "number": number, "type": "patron.registered"}
        issued = own | {
            "id": new_id(),
            "number": number + 1,
            "type": "card.issued",
            "subject": card.id,
            "business_date": sql.value(day),
            "source": "first" if row.issued_on else "legacy",
        }
        number += 2
        events += ([values[name] for name in ledger.COLUMNS] for values in (registered, issued))
        readers += [(registered["id"], patron.id, None), (issued["id"], patron.id, card.id)]
    ledger.append_many(sql, events, readers=readers)


_NULLS = (
    "item",
    "title",
    "loan",
    "subject",
    "item_seq",
    "amount",
    "reverses",
    "owner_place",
    "lending_place",
)


def _count(tally: Tally, rows: Sequence[NewReader]) -> None:
    """Readers and deposits, in all and by home place and category."""
    tally.add("readers_by_place", Counter(row.home for row in rows))
    tally.add("readers_by_category", Counter(row.category for row in rows))
    deposits: Counter[str] = Counter()
    for row in rows:
        deposits[row.home] += row.deposit_fen
    tally.add("deposits_by_place", deposits)
    tally.plus("readers", len(rows))
    tally.plus("deposit_fen", sum(row.deposit_fen for row in rows))
    tally.plus("debt_fen", sum(row.debt_fen for row in rows))
    tally.plus("dated", sum(row.issued_on is not None for row in rows))
    tally.plus("to_verify", sum(bool(row.claims) for row in rows))
