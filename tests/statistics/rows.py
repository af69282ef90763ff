"""Ledger rows made by hand, and what they add up to when counted naively in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from django.db import transaction

from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql

Row = dict[str, Any]


@dataclass(slots=True)
class Rows:
    """Writes events straight into the ledger and keeps them for counting."""

    library: str
    written: list[Row] = field(default_factory=list)
    request: str = field(default_factory=new_id)

    def add(self, type: str, day: str | date, place: str, **values: Any) -> Row:  # noqa: A002
        """One event. ``patron`` gives it keys and a reader link; ``clc``, ``source``, ``quantity``,
        ``owner_place`` and every other column by name."""
        on = date.fromisoformat(day) if isinstance(day, str) else day
        at = clock.at_local(on, time(10))
        patron = values.pop("patron", None)
        row: Row = dict.fromkeys(ledger.COLUMNS)
        row |= {
            "id": new_id(),
            "library": self.library,
            "request": self.request,
            "number": len(self.written) % 30000,
            "type": type,
            "occurred_at": at,
            "recorded_at": at,
            "business_date": on,
            "place": place,
            "channel": "desk",
            "actor_kind": "system",
            "actor": "system",
            "session": "",
            "quantity": 1,
            "reader_category": "",
            "age_band": "",
            "item_category": "",
            "clc": "",
            "visit_key": "",
            "year_key": "",
            "source": "",
            "data": "",
        }
        if row["number"] == 0:
            self.request = row["request"] = new_id()
        row |= values
        with transaction.atomic():
            if patron:
                secret = ledger.year_secret(sql, on.year)
                row["visit_key"] = ledger.visit_key(secret, patron, place, on)
                row["year_key"] = ledger.year_key(secret, patron, on.year)
            ledger.append(sql, row, patron=patron, card=None)
        self.written.append(row | {"patron": patron})
        return row

    def reverse(self, row: Row) -> Row:
        """Take a row back as the runtime does: same day and dimensions, negative quantity."""
        original = next(r for r in self.written if r["id"] == row["id"])
        kept = {
            k: original[k]
            for k in original
            if k not in ("id", "request", "number", "type", "business_date", "place")
        }
        return self.add(
            original["type"],
            original["business_date"],
            original["place"],
            **(kept | {"quantity": -original["quantity"], "reverses": original["id"]}),
        )

    def sum(self, type: str, of: Callable[[Row], bool]) -> int:  # noqa: A002
        return sum(r["quantity"] for r in self.written if r["type"] == type and of(r))

    def visits(self, of: Callable[[Row], bool]) -> int:
        """Distinct (reader, place, day) with a net loan."""
        return self._distinct(of, lambda r: (r["patron"], r["place"], r["business_date"]))

    def readers(self, of: Callable[[Row], bool]) -> int:
        """Distinct readers with a net loan on some day at some place."""
        net: dict[Any, int] = {}
        for r in self.written:
            if r["type"] == "loan.opened" and r["patron"] and of(r):
                key = (r["patron"], r["place"], r["business_date"])
                net[key] = net.get(key, 0) + r["quantity"]
        return len({key[0] for key, quantity in net.items() if quantity > 0})

    def _distinct(self, of: Callable[[Row], bool], key: Callable[[Row], Any]) -> int:
        net: dict[Any, int] = {}
        for r in self.written:
            if r["type"] == "loan.opened" and r["patron"] and of(r):
                net[key(r)] = net.get(key(r), 0) + r["quantity"]
        return sum(quantity > 0 for quantity in net.values())
