"""验收: copies that came become items, each of the place it was ordered for."""

from __future__ import annotations

from dataclasses import dataclass

from shuxiang.apps.acquisitions import models, rules
from shuxiang.apps.acquisitions.commands._shared import (
    RECEIVE,
    facts_of,
    lifted,
    order_of_line,
    whys,
)
from shuxiang.apps.acquisitions.commands.orders import matching_title
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.books import NONE, REUSE, Copies, Shelving, add_book
from shuxiang.apps.stock.commands.mistakes import take_back_item
from shuxiang.formats.identifiers import parse_isbn
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command, record, require


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What came: (item, barcode, place it is for), and what is still waited for of the line."""

    items: tuple[tuple[str, str, str], ...]
    title: str
    waiting: int


@command("acquisitions.receive", permission=RECEIVE)
def receive(
    *,
    line: str,
    copies: int,
    damaged: int = 0,
    barcodes: tuple[str, ...] = (),
    category: str = "book",
    ctx: Context,
) -> Received:
    """Take in copies of an ordered title: items with the ordered price and source ``purchase``, shared
    out over the places (AQ-3), here until they are delivered; ``damaged`` ones go back to the
    supplier. ``barcodes`` as scanned, the missing from the library's series.

    Raises Refused: order-unknown, AQ-6, and what `add_book` says. More than ordered asks.
    """
    order = order_of_line(line)
    require(ctx, RECEIVE, order.place_id)
    row = models.OrderLine.objects.get(id=line)
    decision = rules.may_receive(
        state=order.state, line=facts_of(row), copies=copies, damaged=damaged
    )
    codes = tuple(filter(None, map(scanned, barcodes)))
    extra = (
        [stop("barcodes-more", copies=copies, barcodes=len(codes))] if len(codes) > copies else []
    )
    if extra:
        raise refuse(*decision.refusing, *extra)
    decision = lifted(decision, ctx, order.place_id)
    title = row.title_id or matching_title(row.isbn, row.title_text)
    known = catalog.title(title) if title else None
    if known is not None and known.alias_of:
        title = known.alias_of
    shares = list(row.shares.order_by("id"))
    parts = rules.allot([max(s.copies - s.received, 0) for s in shares], copies)
    made: list[tuple[str, str, str]] = []
    for share, count in zip(shares, parts, strict=True):
        if not count:
            continue
        added = add_book(
            title=title,
            record=None if title else _record_of(row),
            copies=Copies(
                place=share.place_id,
                holder=order.place_id,
                category=category,
                source="purchase",
                price_fen=row.price_fen,
                count=count,
                barcodes=codes[len(made) : len(made) + count],
                status="in_processing",
                shelving=_shelving(title, share.place_id, category),
            ),
            ctx=ctx,
        )
        title = added.title
        models.LineItem.objects.bulk_create(
            models.LineItem(
                id=new_id(), line=row, place_id=share.place_id, item_id=item,
                received_at=ctx.occurred_at,
            )
            for item, _code in added.items
        )  # fmt: skip
        made += [(item, code, share.place_id) for item, code in added.items]
        models.LineShare.objects.filter(id=share.id).update(received=share.received + count)
    models.OrderLine.objects.filter(id=line).update(
        damaged=row.damaged + damaged, title_id=title or None
    )
    used = whys(ctx, decision)
    record(
        "order.received", ctx=ctx, library=order.library, place=order.place_id, subject=row.id,
        title=title or None, quantity=copies, amount=row.price_fen * copies,
        data=({"damaged": damaged} if damaged else {}) | ({"answers": used} if used else {}) or None,
    )  # fmt: skip
    if copies:
        _tell_who_asked(row, title, ctx)
    row.refresh_from_db()
    return Received(items=tuple(made), title=title, waiting=facts_of(row).waiting)


def _shelving(title: str, place: str, category: str) -> Shelving:
    """Where the title has a call number already another copy gets the same; else it is catalogued
    later."""
    if title and stock.number_of_title(title, stock.series_at(place, category)) is not None:
        return Shelving(how=REUSE, reuse_of=title)
    return Shelving(how=NONE)


def _record_of(line: models.OrderLine) -> ShortRecord:
    """The record of an ordered title, as far as the order tells; the cataloguer completes it."""
    right = parse_isbn(line.isbn).valid
    return ShortRecord(
        title=line.title_text,
        responsibility=line.author,
        publisher=line.publisher,
        date=line.year,
        isbn=line.isbn if right else "",
        price_fen=line.price_fen,
    )


def _tell_who_asked(line: models.OrderLine, title: str, ctx: Context) -> None:
    for row in models.Suggestion.objects.select_for_update().filter(line=line, state="ordered"):
        models.Suggestion.objects.filter(id=row.id).update(
            state="arrived", title_id=title, ended_at=ctx.occurred_at
        )
        record("suggestion.arrived", ctx=ctx, library=row.library, subject=row.id, title=title)


@command("acquisitions.take_back", permission=RECEIVE)
def take_back(*, item: str, ctx: Context) -> None:
    """A copy was received by mistake: its item is taken back and it is waited for again. Raises Refused:
    order-unknown, order-state, and what `take_back_item` says."""
    found = models.LineItem.objects.filter(item_id=item).first()
    if found is None:
        raise refuse(stop("order-unknown"))
    order = order_of_line(found.line_id)
    require(ctx, RECEIVE, order.place_id)
    if order.state != "placed":
        raise refuse(stop("order-state"))
    line = models.OrderLine.objects.get(id=found.line_id)
    share = models.LineShare.objects.get(line=line, place_id=found.place_id)
    models.LineItem.objects.filter(id=found.id).delete()
    take_back_item(item=item, ctx=ctx)
    models.LineShare.objects.filter(id=share.id).update(received=share.received - 1)
    record(
        "order.received", ctx=ctx, library=order.library, place=order.place_id, subject=line.id,
        title=line.title_id, quantity=-1, amount=-line.price_fen, data={"mistake": True},
    )  # fmt: skip
