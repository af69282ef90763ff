"""What happened to one item, from the ledger. No reader is named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class ItemEvent:
    """A ledger row of an item. ``quantity`` -1 takes another row back; ``data`` is what the row says
    beside, ``amount`` is in 分."""

    number: int
    type: str
    at: datetime
    place: str
    channel: str
    actor_kind: str
    actor: str
    quantity: int
    amount: int | None
    source: str
    data: dict[str, Any]


def item_history(item: str, *, limit: int = 100, before: int = 0) -> tuple[ItemEvent, ...]:
    """The rows of an item, newest first; ``before``: only those with a lower number."""
    rows = sql.all(
        "SELECT item_seq, type, occurred_at, place, channel, actor_kind, actor, quantity, amount, "
        "source, data FROM ledger_event WHERE item = ? AND item_seq IS NOT NULL "
        f"{'AND item_seq < ? ' if before else ''}ORDER BY item_seq DESC LIMIT ?",
        item,
        *((before,) if before else ()),
        limit,
    )
    return tuple(ItemEvent(*(*row[:-1], json.loads(row[-1]) if row[-1] else {})) for row in rows)
