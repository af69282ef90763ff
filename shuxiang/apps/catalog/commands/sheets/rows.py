"""Rows of a list between reading and writing: what they made, what was set aside, the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import batches
from shuxiang.apps.catalog.commands.sheets.batch import PERMISSIONS
from shuxiang.apps.catalog.rules import SetAside
from shuxiang.formats.notes import Note, note
from shuxiang.formats.sheets import Record
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.commands import require
from shuxiang.runtime.secrets import decrypt, encrypt

SEALED = ("readers", "loans", "holds", "debts")
"""Kinds whose rows are kept encrypted in the quarantine."""
DETAIL = 300

Seal = Callable[[list[str]], bytes]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a row was read as. ``sheet_row`` as `where`; ``warnings`` are codes of findings with their
    text, ``claims`` codes of what is to be reconciled later."""

    sheet_row: str
    cells: list[str]
    warnings: list[tuple[str, str]] = []
    claims: list[str] = []


class Chunk(msgspec.Struct, frozen=True):
    """Consecutive rows of a list: ``offset`` rows come before it, ``until`` are done with it.
    ``skipped`` counts headings that are repeated."""

    batch: str
    offset: int
    until: int
    rows: list[Any]
    aside: list[SetAside]
    skipped: int


def said(found: Note) -> str:
    """A finding as stored with a reason: its code and facts, worded where it is shown."""
    return msgspec.json.encode([found.code, found.values]).decode()


def unsaid(stored: str) -> Note | None:
    """What `said` was given; None for any other text."""
    try:
        code, values = msgspec.json.decode(stored, type=tuple[str, dict[str, str]])
    except msgspec.DecodeError:
        return None
    return note(code, **values)


def opened(chunk: Chunk, ctx: Context) -> catalog.BatchView:
    """The batch of a chunk, locked, where the chunk is its next one. Raises Refused:
    import-elsewhere, not-permitted."""
    batch = catalog.lock_batch(chunk.batch)
    if batch is None or batch.status != batches.RUNNING or batch.offset != chunk.offset:
        raise refuse(stop("import-elsewhere", number=batch.number if batch else ""))
    require(ctx, PERMISSIONS[batch.kind], batch.place)
    return batch


@dataclass(slots=True)
class Tally:
    """The running counts of a control sheet, as JSON keeps them."""

    control: dict[str, Any]
    aside: list[SetAside] = field(default_factory=list)

    def add(self, name: str, counts: Mapping[str, int]) -> None:
        """Add to a group of counts."""
        total = Counter(self.control.get(name, {}))
        total.update(counts)
        self.control[name] = dict(total)

    def plus(self, name: str, amount: int) -> None:
        """Add to one number."""
        self.control[name] = self.control.get(name, 0) + amount


def close_chunk(
    chunk: Chunk,
    batch: catalog.BatchView,
    tally: Tally,
    made: Sequence[Made],
    *,
    titles: int = 0,
    items: int = 0,
    seal: Seal = msgspec.json.encode,
) -> None:
    """Write what a chunk set aside, its counts, and how far the batch has come. ``seal`` makes what
    is kept of the cells of a row with a claim."""
    warnings = Counter(code for row in made for code, _ in row.warnings)
    claims = [
        SetAside(
            "claim", row_number(row.sheet_row), 0, code, row.sheet_row,
            seal(row.cells), claim_key(row),
        )
        for row in made
        for code in row.claims
    ]  # fmt: skip
    aside = [*chunk.aside, *tally.aside]
    tally.add("warnings", warnings)
    tally.add("quarantined", Counter(row.reason for row in aside))
    tally.plus("skipped", chunk.skipped)
    tally.plus("taken", len(made))
    batches.insert_set_aside([*aside, *claims], batch=batch.id)
    batches.move_on(
        batch.id,
        offset=chunk.until,
        records=chunk.until - chunk.offset - chunk.skipped,
        titles=titles,
        items=items,
        quarantined=len(aside),
        warnings=sum(warnings.values()),
        control=tally.control,
    )


def claim_key(row: Any) -> str:
    """The barcode or card number a claim is about."""
    return str(getattr(row, "barcode", "") or getattr(row, "number", ""))


def where(record: Record) -> str:
    """Where a row stands, as a person looks it up: ``Sheet1!23`` or ``23``."""
    return f"{record.sheet}!{record.row}" if record.sheet else str(record.row)


def row_number(place: str) -> int:
    """The row of what `where` made."""
    return int(place.rpartition("!")[2])


def set_aside(
    place: str, reason: Note, cells: Sequence[str], code: str, *, seal: Seal | None = None
) -> SetAside:
    """A row for the quarantine; ``seal`` where its cells tell of readers."""
    data = (seal or msgspec.json.encode)(list(cells))
    text = said(reason)
    if len(text) > DETAIL:
        text = said(note(reason.code, text="…"))
    return SetAside("row", row_number(place), 0, reason.code, text, data, code[:40])


def sealed(cells: list[str]) -> bytes:
    """Cells of a row that tells of a reader, encrypted."""
    return encrypt(msgspec.json.encode(cells).decode()).encode()


def cells_of(batch: catalog.BatchView, row: catalog.QuarantinedView) -> list[str]:
    """The cells of a row set aside or claimed. Those of readers and loans are decrypted: for whoever
    may import them."""
    data = row.data
    if batch.kind in SEALED:
        data = decrypt(data.decode()).encode()
    return msgspec.json.decode(data, type=list[str])
