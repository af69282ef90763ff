"""What became of the copies of an order at each place they were ordered for."""

from __future__ import annotations

from dataclasses import dataclass

from shuxiang.apps.acquisitions import queries as acquisitions
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class Distributed:
    """Copies of an order for a place: ordered, received from the supplier, and of those packed,
    shipped (still on their way), arrived, missing.."""

    place: str
    ordered: int
    received: int
    packed: int
    shipped: int
    arrived: int
    missing: int

    @property
    def to_send(self) -> int:
        """Received and on no delivery yet."""
        return self.received - self.packed - self.shipped - self.arrived - self.missing


_STATES = (
    "SELECT x.place_id, CASE WHEN d.state = 'shipped' AND r.ended_as = 'received' THEN 'received' "
    "ELSE d.state END, COUNT(*) FROM acquisitions_lineitem x "
    "JOIN acquisitions_orderline l ON l.id = x.line_id "
    "JOIN exchange_deliveryline d ON d.item_id = x.item_id AND d.state <> 'extra' "
    "JOIN exchange_delivery v ON v.id = d.delivery_id AND v.destination_id = x.place_id "
    "LEFT JOIN circulation_transit r ON r.id = d.transit_id "
    "WHERE l.order_id = ? GROUP BY 1, 2"
)


def distribution(order: str) -> tuple[Distributed, ...]:
    """Every place an order is for, as the shares were written."""
    counts: dict[str, dict[str, int]] = {}
    for place, state, n in sql.all(_STATES, order):
        counts.setdefault(place, {})[state] = int(n)
    return tuple(
        Distributed(
            place,
            ordered,
            received,
            *(
                counts.get(place, {}).get(s, 0)
                for s in ("packed", "shipped", "received", "missing")
            ),
        )
        for place, (ordered, received) in acquisitions.shares(order).items()
    )
