"""Deliveries and what became of each item."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from shuxiang.apps.exchange import models
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery with its counts by state: what was put on the list is packed, then shipped, then
    received or missing; extra came without being on it."""

    id: str
    number: str
    origin: str
    destination: str
    state: str
    note: str
    why: str
    opened_at: datetime
    shipped_at: datetime | None
    closed_at: datetime | None
    counts: dict[str, int]

    @property
    def listed(self) -> int:
        return sum(n for state, n in self.counts.items() if state != "extra")


@dataclass(frozen=True, slots=True)
class DeliveryLineView:
    id: str
    item: str
    barcode: str
    title_text: str
    call_number: str
    state: str


_LINES = (
    "SELECT d.delivery_id, d.id, d.item_id, i.barcode, t.title, i.call_number, "
    "CASE WHEN d.state = 'shipped' AND r.ended_as = 'received' THEN 'received' ELSE d.state END "
    "FROM exchange_deliveryline d JOIN stock_item i ON i.id = d.item_id "
    "JOIN catalog_title t ON t.id = i.title_id "
    "LEFT JOIN circulation_transit r ON r.id = d.transit_id WHERE "
)


def delivery_lines(delivery: str) -> tuple[DeliveryLineView, ...]:
    """The items in the order they were put on the list."""
    rows = sql.all(_LINES + "d.delivery_id = ? ORDER BY d.added_at, d.id", delivery)
    return tuple(DeliveryLineView(*r[1:]) for r in rows)


def delivery(delivery_id: str) -> DeliveryView | None:
    row = models.Delivery.objects.filter(id=delivery_id).first()
    return _views([row])[0] if row else None


def deliveries(places: Collection[str], limit: int = 50) -> tuple[DeliveryView, ...]:
    """Deliveries from or to the places: what is not closed first, then the newest."""
    there = list(places)
    rows = models.Delivery.objects.filter(Q(origin__in=there) | Q(destination__in=there))
    found = sorted(rows.order_by("-opened_at")[:limit], key=lambda r: r.state == "closed")
    return _views(found)


def _views(rows: list[models.Delivery]) -> tuple[DeliveryView, ...]:
    if not rows:
        return ()
    counts: dict[str, dict[str, int]] = {r.id: {} for r in rows}
    for line in sql.all(
        _LINES + f"d.delivery_id IN ({sql.marks(len(rows))})", *(r.id for r in rows)
    ):
        of = counts[line[0]]
        of[line[6]] = of.get(line[6], 0) + 1
    return tuple(
        DeliveryView(
            r.id,
            r.number,
            r.origin_id,
            r.destination_id,
            r.state,
            r.note,
            r.why,
            r.opened_at,
            r.shipped_at,
            r.closed_at,
            counts[r.id],
        )
        for r in rows
    )
