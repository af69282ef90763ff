"""Batches begun, books entered into them one by one."""

from __future__ import annotations

from dataclasses import dataclass, field

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.catalog import queries as titles
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.exchange import commands as exchange
from shuxiang.apps.places import queries as places
from shuxiang.apps.processing import models, queries, rules
from shuxiang.apps.processing.commands.tally import count
from shuxiang.apps.stock.commands.books import NONE, Copies, Shelving, add_book
from shuxiang.apps.stock.queries import NEW_SOURCES
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, require

ENTER = "stock.enter_batch"


@command("processing.open_batch", permission=ENTER)
def open_batch(
    *,
    place: str,
    category: str,
    source: str,
    location: str | None = None,
    barcodes: str | None = None,
    project: str | None = None,
    numbered: bool = True,
    note: str = "",
    ctx: Context,
) -> str:
    """Begin a batch of books that will stand at a place; returns its id.

    Args:
        barcodes: id of a range that gives the barcodes; None where they are scanned.
        numbered: whether books get call numbers as they are entered.

    Raises Refused: not-permitted (at the place too), place-unknown, source-unknown, range-unknown,
    project-unknown.
    """
    try:
        where = places.place(place)
    except places.UnknownPlace:
        raise refuse(stop("place-unknown", code=place)) from None
    require(ctx, ENTER, where.id)
    reasons = []
    if source not in NEW_SOURCES:
        reasons.append(stop("source-unknown", source=source))
    ranges = models.BarcodeRange.objects.filter(
        id=queries.asked_for(barcodes or ""), library=where.library
    )
    if barcodes and not ranges.exists():
        reasons.append(stop("range-unknown"))
    running = models.Project.objects.filter(
        id=queries.asked_for(project or ""), library=where.library, ended_on__isnull=True
    )
    if project and not running.exists():
        reasons.append(stop("project-unknown"))
    if reasons:
        raise refuse(*reasons)
    row = models.Batch.objects.create(
        id=new_id(),
        library=where.library,
        number=_number(where, ctx),
        project_id=project or None,
        place_id=where.id,
        location_id=location or None,
        category=category,
        source=source,
        barcodes_id=barcodes or None,
        numbered=numbered,
        note=note.strip()[:120],
        opened_at=ctx.occurred_at,
        opened_by=ctx.actor.id,
    )
    return str(row.id)


def _number(where: places.Place, ctx: Context) -> str:
    """A number people can say; two at once are settled by the unique constraint."""
    start = f"BM-{where.code[:8]}-{clock.business_date(ctx.occurred_at):%y%m%d}-"
    rows = sql.all('SELECT "number" FROM processing_batch WHERE "number" LIKE ?', f"{start}%")
    return f"{start}{max((int(r[0].rpartition('-')[2]) for r in rows), default=0) + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A book as it is entered. One of ``title`` (the library has it), ``found`` (a record that another
    library answered with, `exchange.keep_found`) and ``stub`` says what it is; ``barcode`` '' takes
    the next of the batch's range."""

    title: str = ""
    found: str = ""
    stub: ShortRecord | None = None
    barcode: str = ""
    price_fen: int | None = None
    volume: str = ""
    shelving: Shelving = field(default_factory=Shelving)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A book entered: its place in the batch, title, barcode and call number ('' for later)."""

    position: int
    title: str
    barcode: str
    call_number: str
    how: str


@command("processing.enter_book", permission=ENTER)
def enter_book(*, batch: str, entry: Entry, ctx: Context) -> Entered:
    """Enter a book into a batch (row A6): title, copy, barcode, call number and label in one act.

    A stub is flagged as to be catalogued (待编), and gets its call number later where it has no
    class.

    Raises Refused: batch-unknown, batch-full, barcode-missing (no range, none scanned),
    barcode-is-isbn, barcode-range-used-up, and what `exchange.take_found` and `stock.add_book` say.
    """
    row = models.Batch.objects.select_for_update().filter(id=queries.asked_for(batch)).first()
    if row is None:
        raise refuse(stop("batch-unknown"))
    require(ctx, ENTER, row.place_id)
    last = models.Line.objects.filter(batch=row).order_by("-position").first()
    position = (last.position if last else 0) + 1
    barcode: str = scanned(entry.barcode)
    reasons = rules.may_enter(
        lines=position - 1, barcode=barcode, has_range=row.barcodes_id is not None
    )
    if reasons:
        raise refuse(*reasons)
    if not barcode:
        barcode = _next_barcode(str(row.barcodes_id))
    title, how, shelving = entry.title, "own", entry.shelving
    if entry.found:
        title, how = exchange.take_found(found=entry.found, ctx=ctx), "shared"
    elif entry.stub is not None and not title:
        how = "stub"
    described = titles.title(title) if title else None
    has_class = shelving.class_number or (described and described.clc)
    if entry.stub is not None and not title:
        has_class = has_class or entry.stub.clc
    if not row.numbered or not has_class:
        shelving = Shelving(how=NONE)
    added = add_book(
        title=title,
        record=entry.stub if how == "stub" else None,
        copies=Copies(
            place=row.place_id,
            category=row.category,
            source=row.source,
            price_fen=entry.price_fen,
            location=row.location_id,
            barcodes=(barcode,),
            volume=entry.volume,
            status="in_processing",
            shelving=shelving,
        ),
        ctx=ctx,
    )
    if how == "stub":
        catalog.flag_pending(added.title, "stub", ctx)
    elif how == "shared":
        catalog.flag_pending(added.title, "unchecked", ctx)
    models.Line.objects.create(
        id=new_id(),
        batch=row,
        position=position,
        item_id=added.items[0][0],
        how=how,
        entered_at=ctx.occurred_at,
        entered_by=ctx.actor.id,
    )
    count(row, "entered", 1, ctx)
    return Entered(
        position=position,
        title=added.title,
        barcode=added.items[0][1],
        call_number=added.call_number,
        how=how,
    )


def _next_barcode(range_id: str) -> str:
    """The next free barcode of a range, given out in this transaction. Its row is the lock."""
    row = models.BarcodeRange.objects.select_for_update().get(id=range_id)
    span = rules.Range(row.prefix, row.digits, row.first, row.last)
    number = queries.free_number(span, row.next, row.library)
    if number is None:
        raise refuse(
            stop("barcode-range-used-up", first=span.text(span.first), last=span.text(span.last))
        )
    models.BarcodeRange.objects.filter(id=range_id).update(next=number + 1)
    return span.text(number)
