"""Orders, their lines, and who gets which copies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from shuxiang.apps.acquisitions import models, rules
from shuxiang.formats.identifiers import parse_isbn
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with its sums. ``list_fen`` 码洋 and ``net_fen`` 实洋 of what is ordered and not
    cancelled."""

    id: str
    number: str
    place: str
    supplier: str
    supplier_name: str
    fund: str
    fund_name: str
    state: str
    note: str
    opened_at: datetime
    placed_at: datetime | None
    ended_at: datetime | None
    titles: int
    copies: int
    received: int
    cancelled: int
    damaged: int
    invoiced: int
    list_fen: int
    net_fen: int

    @property
    def waiting(self) -> int:
        return max(self.copies - self.received, 0)


@dataclass(frozen=True, slots=True)
class ShareView:
    """Copies of a line for a place."""

    place: str
    copies: int
    received: int


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of an order. ``ordered`` as written, ``waiting`` still to come."""

    id: str
    order: str
    position: int
    isbn: str
    title_text: str
    author: str
    publisher: str
    year: str
    price_fen: int
    rate: int
    title: str | None
    shares: tuple[ShareView, ...]
    cancelled: int
    damaged: int
    invoiced: int

    @property
    def facts(self) -> rules.LineFacts:
        return rules.LineFacts(
            ordered=sum(s.copies for s in self.shares),
            received=sum(s.received for s in self.shares),
            price_fen=self.price_fen,
            rate=self.rate,
            cancelled=self.cancelled,
            invoiced=self.invoiced,
        )

    @property
    def ordered(self) -> int:
        return self.facts.ordered

    @property
    def received(self) -> int:
        return self.facts.received

    @property
    def waiting(self) -> int:
        return self.facts.waiting

    @property
    def payable(self) -> int:
        """Copies received and on no invoice yet."""
        return max(self.received - self.invoiced, 0)

    @property
    def list_fen(self) -> int:
        return self.price_fen * (self.ordered - self.cancelled)

    @property
    def net_fen(self) -> int:
        return rules.net(self.price_fen, self.ordered - self.cancelled, self.rate)


def lines(order_ids: Sequence[str]) -> tuple[LineView, ...]:
    """The lines of orders as they were written."""
    return _lines(models.OrderLine.objects.filter(order__in=list(order_ids)))


def line(line_id: str) -> LineView | None:
    return next(iter(_lines(models.OrderLine.objects.filter(id=line_id))), None)


def find_lines(order: str, code: str) -> tuple[LineView, ...]:
    """The lines of an order that an ISBN as scanned means."""
    key = parse_isbn(code).key
    return _lines(models.OrderLine.objects.filter(order=order, isbn=key)) if key else ()


def _lines(rows: QuerySet[models.OrderLine]) -> tuple[LineView, ...]:
    found = rows.prefetch_related("shares").order_by("order", "position")
    return tuple(
        LineView(
            r.id,
            r.order_id,
            r.position,
            r.isbn,
            r.title_text,
            r.author,
            r.publisher,
            r.year,
            r.price_fen,
            r.rate,
            r.title_id,
            tuple(
                ShareView(s.place_id, s.copies, s.received)
                for s in sorted(r.shares.all(), key=lambda s: s.id)
            ),
            r.cancelled,
            r.damaged,
            r.invoiced,
        )
        for r in found
    )


def order(order_id: str) -> OrderView | None:
    row = models.Order.objects.filter(id=order_id).select_related("supplier", "fund").first()
    return _views([row])[0] if row else None


def orders(places: Collection[str], limit: int = 100) -> tuple[OrderView, ...]:
    """The orders of places: what is not over first, then the newest."""
    rows = (
        models.Order.objects.filter(place__in=list(places))
        .select_related("supplier", "fund")
        .order_by("-opened_at")[:limit]
    )
    return _views(sorted(rows, key=lambda r: r.state in ("closed", "cancelled")))


def _views(rows: list[models.Order]) -> tuple[OrderView, ...]:
    by_order: dict[str, list[LineView]] = {r.id: [] for r in rows}
    for one in lines(list(by_order)):
        by_order[one.order].append(one)
    return tuple(
        OrderView(
            r.id,
            r.number,
            r.place_id,
            r.supplier_id,
            r.supplier.name,
            r.fund_id,
            r.fund.name,
            r.state,
            r.note,
            r.opened_at,
            r.placed_at,
            r.ended_at,
            len(by_order[r.id]),
            sum(x.ordered - x.cancelled for x in by_order[r.id]),
            sum(x.received for x in by_order[r.id]),
            sum(x.cancelled for x in by_order[r.id]),
            sum(x.damaged for x in by_order[r.id]),
            sum(x.invoiced for x in by_order[r.id]),
            sum(x.list_fen for x in by_order[r.id]),
            sum(x.net_fen for x in by_order[r.id]),
        )
        for r in rows
    )


def items_for(order: str, place: str) -> tuple[str, ...]:
    """Items that came with an order for a place, in the order they came."""
    rows = sql.all(
        "SELECT x.item_id FROM acquisitions_lineitem x JOIN acquisitions_orderline l "
        "ON l.id = x.line_id WHERE l.order_id = ? AND x.place_id = ? ORDER BY x.received_at, x.id",
        order,
        place,
    )
    return tuple(r[0] for r in rows)


def shares(order: str) -> dict[str, tuple[int, int]]:
    """Copies ordered and received by place, over the whole order."""
    rows = sql.all(
        "SELECT s.place_id, SUM(s.copies), SUM(s.received) FROM acquisitions_lineshare s "
        "JOIN acquisitions_orderline l ON l.id = s.line_id WHERE l.order_id = ? GROUP BY s.place_id "
        "ORDER BY s.place_id",
        order,
    )
    return {r[0]: (int(r[1]), int(r[2])) for r in rows}
