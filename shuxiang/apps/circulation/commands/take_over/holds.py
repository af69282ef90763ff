"""Taking over the holds of another system from a spreadsheet: readers keep their places (row X4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import batches, sheets
from shuxiang.apps.catalog.commands.sheets import Chunk, Made, SheetOptions, Tally
from shuxiang.apps.circulation import models, queries
from shuxiang.apps.circulation.commands.holds.ending import end, hold_told, locked
from shuxiang.apps.circulation.commands.holds.placing import next_in_queue
from shuxiang.apps.circulation.commands.take_over.reading import LoanListReader, aside_row, masked
from shuxiang.apps.circulation.commands.take_over.writing import lent_at
from shuxiang.apps.circulation.rules import holds as rules
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.formats.notes import Note, note
from shuxiang.formats.sheets import Record, SheetKind, SheetMap, Survey, read_date
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, require

AT_ONCE = 200
LISTED = 20


class OldHold(Made, frozen=True, kw_only=True):
    """A hold of the old system, of the title of the item with ``barcode``."""

    barcode: str
    card: str
    library: str
    pickup: str
    placed_on: date
    expires_on: date | None


class HoldListReader(LoanListReader):
    """Reads the rows of one list. It finds things as the reader of loans does, and makes of a row a hold
    instead of a loan: hence the two overrides of another type."""

    kind: SheetKind = "holds"

    def __init__(self, found: Survey, how: SheetMap, options: SheetOptions, ctx: Context) -> None:
        super().__init__(found, how, options, ctx)
        self._pickups = sheets.Places(how, "pickup", sheets.PERMISSIONS[self.kind], ctx)

    def means(self, name: str, text: str) -> str:
        if name != "pickup":
            return super().means(name, text)
        found = self._pickups.find(text)
        return found.code if found else ""

    # A row of this sheet makes a hold, one of the sheet it is read like a loan.
    def read(  # type: ignore[override]
        self, record: Record
    ) -> tuple[OldHold | None, tuple[Note, ...], tuple[Note, ...]]:
        refused: list[Note] = []
        barcode, card = (self._number(record, n, refused) for n in ("barcode", "card_no"))
        owner, _place = self._places(record, refused)
        pickup = self._usual
        if text := record.get("pickup"):
            found = self._pickups.find(text)
            if found is None:
                refused.append(note("place_unknown", text=text))
            pickup = found or pickup
        if not queries.is_pickup_place(pickup.id, self._today):
            refused.append(note("hold_no_pickup", text=pickup.name))
        placed, until = (
            read_date(record.get(n), record.kind(n)) if record.get(n) else None
            for n in ("hold_date", "until_date")
        )
        if placed is None or placed > self._today:
            refused.append(note("hold_date_unread", text=record.get("hold_date")))
        if until is not None and until < self._today:
            refused.append(note("hold_expired", text=until.isoformat()))
        if refused or placed is None:
            return None, (), tuple(refused)
        made = OldHold(
            sheet_row=sheets.where(record),
            cells=record.cells,
            barcode=barcode,
            card=card,
            library=owner.library if owner else "",
            pickup=pickup.id,
            placed_on=placed,
            expires_on=until,
        )
        return made, (), ()

    # As `read`.
    def show(self, record: Record, made: OldHold | None) -> dict[str, str]:  # type: ignore[override]
        said = {n: record.get(n) for n in ("barcode", "card_no", "hold_date", "pickup")}
        said["card_no"] = masked(said["card_no"])
        if made is not None:
            said |= {
                "barcode": made.barcode,
                "card_no": masked(made.card),
                "hold_date": made.placed_on.isoformat(),
                "pickup": self._pickups.name(made.pickup),
            }
        return said


class _Holds(HoldListReader):
    def write(self, chunk: Chunk, ctx: Context) -> None:
        take_over_holds(chunk=chunk, ctx=ctx)


def make(found: Survey, how: SheetMap, options: SheetOptions, ctx: Context) -> sheets.Reader:
    """The reader of a list of holds."""
    return _Holds(found, how, options, ctx)


@dataclass(frozen=True, slots=True)
class _Matched:
    row: OldHold
    item: stock.ScannedItem
    reader: patrons.LoanReader


@command("circulation.take_over_holds")
def take_over_holds(*, chunk: Chunk, ctx: Context) -> int:
    """Write one chunk of a list of holds; returns how many wait now. Rows come into their queues by
    the day they were placed; the hold rules, which they passed there, are not asked again. A row
    whose book or reader is not here is set aside.

    Raises Refused: import-elsewhere, not-permitted.
    """
    batch = sheets.opened(chunk, ctx)
    tally = Tally(dict(batch.control))
    made: list[OldHold] = []
    for row in sorted(chunk.rows, key=lambda each: each.placed_on):
        found = _match(row)
        if isinstance(found, Note):
            tally.aside.append(aside_row(row.sheet_row, found, row.cells, row.barcode))
        else:
            _write(found, batch, ctx)
            made.append(row)
    tally.add("holds_by_place", Counter(row.pickup for row in made))
    tally.plus("holds", len(made))
    sheets.close_chunk(chunk, batch, tally, made, items=len(made), seal=sheets.sealed)
    return len(made)


def _match(row: OldHold) -> _Matched | Note:
    items = stock.scanned_items(row.barcode)
    if row.library:
        items = tuple(i for i in items if i.library == row.library)
    if len(items) != 1:
        return note("loan_item_ambiguous" if items else "loan_item_missing", text=row.barcode)
    readers = patrons.card_for_loan(row.card)
    if len(readers) != 1:
        code = "loan_reader_ambiguous" if readers else "loan_reader_missing"
        return note(code, text=masked(row.card))
    item, reader = items[0], readers[0]
    if reader.closed:
        return note("loan_reader_closed", text=masked(row.card))
    waits = models.Hold.objects.filter(title=item.title, patron=reader.patron, ended_at=None)
    if waits.exists():
        return note("hold_twice", text=row.barcode)
    if any(view.title == item.title for view in queries.open_loans(reader.patron)):
        return note("hold_borrowed", text=row.barcode)
    return _Matched(row, item, reader)


def _write(found: _Matched, batch: catalog.BatchView, ctx: Context) -> None:
    row = models.Hold(
        id=new_id(),
        library=places.place(found.row.pickup).library,
        title_id=found.item.title,
        kind="title",
        patron_id=found.reader.patron,
        pickup_id=found.row.pickup,
        rank=rules.NORMAL,
        seq=next_in_queue(found.item.title),
        placed_at=lent_at(found.row.placed_on, ctx.occurred_at),
        expires_on=found.row.expires_on,
        batch_id=batch.id,
    )
    row.save(force_insert=True)
    data = {"kind": row.kind, "taken_over": found.row.placed_on.isoformat()}
    hold_told("hold.placed", row, ctx, reader=found.reader, data=data)


def undo_holds(
    number: str, *, ctx: Context, progress: Callable[[int, int], None] | None = None
) -> None:
    """Give up every hold of a list that still waits, in chunks.

    Raises Refused: import-unknown, import-undone, and item-used-since for holds that have a copy or
    are over.
    """
    total = begin_undo_holds(number=number, ctx=ctx)
    done = step = 0
    while ended := undo_holds_chunk(
        number=number, ctx=replace(ctx, request_key=f"{ctx.request_key}.{step}")
    ):
        step += 1
        done += ended
        if progress:
            progress(done, total)


@command("circulation.begin_undo_holds")
def begin_undo_holds(*, number: str, ctx: Context) -> int:
    """Check that a list can be undone and mark it; returns how many holds it has."""
    batch = _batch(number, ctx)
    if batch.status == batches.UNDONE:
        raise refuse(stop("import-undone", number=number))
    _refuse_used(batch.id)
    batches.set_status(batch.id, batches.UNDOING, at=ctx.occurred_at)
    return int(models.Hold.objects.filter(batch=batch.id).count())


@command("circulation.undo_holds_chunk")
def undo_holds_chunk(*, number: str, ctx: Context) -> int:
    """Give up the first holds of a list; returns how many, 0 when it is done."""
    batch = _batch(number, ctx)
    if batch.status == batches.UNDONE:
        return 0
    if batch.status != batches.UNDOING:
        raise refuse(stop("import-elsewhere", number=number))
    _refuse_used(batch.id)
    rows = models.Hold.objects.filter(batch=batch.id).order_by("title_id", "seq")
    ids = list(rows.values_list("id", flat=True)[:AT_ONCE])
    for hold in ids:
        end(locked(hold), "cancelled", ctx, why=number)
    models.Hold.objects.filter(id__in=ids).update(batch=None)
    if not ids:
        batches.set_status(batch.id, batches.UNDONE, at=ctx.occurred_at)
    return len(ids)


def _batch(number: str, ctx: Context) -> catalog.BatchView:
    known = catalog.batch(number)
    batch = catalog.lock_batch(known.id) if known else None
    if batch is None or batch.kind != "holds":
        raise refuse(stop("import-unknown", number=number))
    require(ctx, sheets.PERMISSIONS["holds"], batch.place)
    return batch


def _refuse_used(batch: str) -> None:
    used = models.Hold.objects.filter(batch=batch).exclude(state="waiting").select_related("title")
    reasons = [
        stop("item-used-since", barcode="", status=row.state, title=row.title.title)
        for row in used.order_by("id")[:LISTED]
    ]
    if reasons:
        raise refuse(*reasons)
