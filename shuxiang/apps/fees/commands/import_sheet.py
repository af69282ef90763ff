"""What readers owed in another system, from a spreadsheet, into the books (row X4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import batches, sheets
from shuxiang.apps.catalog.commands.sheets import Chunk, Made, SheetOptions, Tally
from shuxiang.apps.catalog.queries import SetAside
from shuxiang.apps.fees import models, rules
from shuxiang.apps.fees.commands import charging, common
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.formats.notes import Note, note
from shuxiang.formats.sheets import (
    Record,
    SheetKind,
    SheetMap,
    Survey,
    read_code,
    read_date,
    read_price,
)
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.values import mask_number
from shuxiang.runtime.commands import command, require

AT_ONCE = 200


class OldDebt(Made, frozen=True, kw_only=True):
    """A sum owed in the old system; ``note`` says what for, ``barcode`` the book if one is named."""

    card: str
    amount_fen: int
    day: date | None
    note: str
    barcode: str


class DebtListReader:
    """Reads the rows of one list."""

    kind: SheetKind = "debts"

    def __init__(self, found: Survey, how: SheetMap, options: SheetOptions, ctx: Context) -> None:
        self._today = clock.business_date(ctx.occurred_at)

    def means(self, name: str, text: str) -> str:
        """No column of such a list is coded."""
        return ""

    def read(self, record: Record) -> tuple[OldDebt | None, tuple[Note, ...], tuple[Note, ...]]:
        """(what the row makes, findings, what keeps it out)."""
        refused: list[Note] = []
        text = record.get("card_no")
        card = read_code(text, record.kind("card_no"))
        if not text:
            refused.append(note("code_missing"))
        elif card.fault:
            refused.append(note(card.fault, text=_masked(text)))
        said = record.get("amount")
        fen, odd = read_price(said, record.kind("amount")) if said else (0, "")
        if fen is None or odd == "price_foreign":
            refused.append(note("amount_unread", text=said))
        elif fen <= 0:
            refused.append(note("debt_nothing"))
        elif fen > rules.MOST_FEN:
            refused.append(note("debt_too_large", text=said))
        if refused or fen is None:
            return None, (), tuple(refused)
        when = record.get("debt_date")
        day = read_date(when, record.kind("debt_date")) if when else None
        barcode = read_code(record.get("barcode"), record.kind("barcode"))
        parts = (
            record.get("debt_kind"),
            record.get("title"),
            record.get("note"),
            when if day is None else "",
        )
        made = OldDebt(
            sheet_row=sheets.where(record),
            cells=record.cells,
            card=card.text,
            amount_fen=fen,
            day=min(day, self._today) if day else None,
            note=" ".join(p for p in parts if p)[: common.NOTE],
            barcode="" if barcode.fault else barcode.text,
        )
        return made, (), ()

    def show(self, record: Record, made: OldDebt | None) -> dict[str, str]:
        """Field → text for the preview."""
        names = ("card_no", "amount", "debt_date", "debt_kind", "note")
        return {n: record.get(n) for n in names} | {"card_no": _masked(record.get("card_no"))}

    def aside(self, record: Record, reasons: Sequence[Note]) -> SetAside:
        """The row as it is kept for reconciling."""
        reason = reasons[0] if reasons else note("code_missing")
        return _aside(sheets.where(record), reason, record.cells, record.get("card_no"))


def _masked(card: str) -> str:
    return mask_number(card) if len(card) >= 15 else card


def _aside(place: str, reason: Note, cells: Sequence[str], card: str) -> SetAside:
    return sheets.set_aside(place, reason, cells, _masked(card), seal=sheets.sealed)


class _Debts(DebtListReader):
    def write(self, chunk: Chunk, ctx: Context) -> None:
        import_debts(chunk=chunk, ctx=ctx)


def make(found: Survey, how: SheetMap, options: SheetOptions, ctx: Context) -> sheets.Reader:
    """The reader of a list of debts."""
    return _Debts(found, how, options, ctx)


@command("fees.import_debts")
def import_debts(*, chunk: Chunk, ctx: Context) -> int:
    """Write one chunk of a list of debts as charges brought along; returns how many. A row whose
    reader is not here is set aside.

    Raises Refused: import-elsewhere, not-permitted.
    """
    batch = sheets.opened(chunk, ctx)
    tally = Tally(dict(batch.control))
    made: list[OldDebt] = []
    here = replace(ctx, service_point=batch.place)
    for row in chunk.rows:
        found = patrons.card_for_loan(row.card)
        if len(found) != 1:
            code = "loan_reader_ambiguous" if found else "loan_reader_missing"
            reason = note(code, text=_masked(row.card))
            tally.aside.append(_aside(row.sheet_row, reason, row.cells, row.card))
            continue
        patrons.lock_patron(found[0].patron)
        items = stock.scanned_items(row.barcode) if row.barcode else ()
        charging.make(
            "brought",
            row.amount_fen,
            who=found[0],
            item=items[0] if len(items) == 1 else None,
            note=row.note,
            day=row.day,
            batch=batch.id,
            ctx=here,
        )
        made.append(row)
    tally.plus("debts", len(made))
    tally.plus("debt_fen", sum(row.amount_fen for row in made))
    sheets.close_chunk(chunk, batch, tally, made, items=len(made), seal=sheets.sealed)
    return len(made)


def undo_debts(
    number: str, *, ctx: Context, progress: Callable[[int, int], None] | None = None
) -> None:
    """Take every charge of a list back, in chunks.

    Raises Refused: import-unknown, import-undone, and charge-settled for charges of which something
    was paid, waived or taken back.
    """
    total = begin_undo_debts(number=number, ctx=ctx)
    done = step = 0
    while voided := undo_debts_chunk(
        number=number, ctx=replace(ctx, request_key=f"{ctx.request_key}.{step}")
    ):
        step += 1
        done += voided
        if progress:
            progress(done, total)


@command("fees.begin_undo_debts")
def begin_undo_debts(*, number: str, ctx: Context) -> int:
    """Check that a list can be undone and mark it; returns how many charges it has."""
    batch = _batch(number, ctx)
    if batch.status == batches.UNDONE:
        raise refuse(stop("import-undone", number=number))
    _refuse_settled(batch.id)
    batches.set_status(batch.id, batches.UNDOING, at=ctx.occurred_at)
    return int(models.Charge.objects.filter(batch=batch.id).count())


@command("fees.undo_debts_chunk")
def undo_debts_chunk(*, number: str, ctx: Context) -> int:
    """Take the first charges of a list back; returns how many, 0 when it is done."""
    batch = _batch(number, ctx)
    if batch.status == batches.UNDONE:
        return 0
    if batch.status != batches.UNDOING:
        raise refuse(stop("import-elsewhere", number=number))
    _refuse_settled(batch.id)
    rows = models.Charge.objects.filter(batch=batch.id).order_by("id")
    ids = list(rows.values_list("id", flat=True)[:AT_ONCE])
    here = replace(ctx, service_point=batch.place)
    for charge in ids:
        row = charging.lock(charge)
        charging.write_off(row, "voided", charging.open_of(row), why=number, ctx=here)
    models.Charge.objects.filter(id__in=ids).update(batch=None)
    if not ids:
        batches.set_status(batch.id, batches.UNDONE, at=ctx.occurred_at)
    return len(ids)


def _batch(number: str, ctx: Context) -> catalog.BatchView:
    known = catalog.batch(number)
    batch = catalog.lock_batch(known.id) if known else None
    if batch is None or batch.kind != "debts":
        raise refuse(stop("import-unknown", number=number))
    require(ctx, sheets.PERMISSIONS["debts"], batch.place)
    return batch


def _refuse_settled(batch: str) -> None:
    rows = models.Charge.objects.filter(batch=batch)
    if rows.exclude(paid_fen=0, waived_fen=0, voided_fen=0).exists():
        raise refuse(stop("charge-settled"))
