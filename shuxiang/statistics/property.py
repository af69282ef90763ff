"""图书财产账: what came into the property, what left it, what is there, from the ledger alone.

Opening + in − out ± owners changed ± prices corrected = closing, at any date; the closing of today is
the stock, which `faults` proves. Issues of periodicals are property once they are bound.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from shuxiang.runtime import sql

SOURCE_ZH = {
    "purchase": "购入",
    "gift": "受赠",
    "deposit": "寄存",
    "replacement": "读者赔偿",
    "legacy": "原有馆藏转入",
}
_TYPES = ("item.accessioned", "item.unaccessioned", "item.withdrawn", "item.changed", "item.moved")


@dataclass(frozen=True, slots=True)
class Move:
    """One change of the property of some places. ``kind``: in, out, owner, price; ``sign`` 1 or -1,
    0 where only the price changed."""

    kind: str
    day: date
    item: str
    title: str
    clc: str
    source: str
    sign: int
    price_fen: int
    why: str = ""
    voucher: str = ""


@dataclass(slots=True)
class Sum:
    """册 and 码洋, and the titles of what came or left (种)."""

    items: int = 0
    price_fen: int = 0
    ids: set[str] = field(default_factory=set)

    def add(self, move: Move) -> None:
        self.items += move.sign
        self.price_fen += move.price_fen
        if move.sign:
            self.ids.add(move.title)

    @property
    def titles(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of 总括登记账 or 注销账: a batch of one day. ``source`` of what left is why it did, ``voucher``
    the list it was withdrawn by."""

    day: date
    source: str
    voucher: str
    titles: int
    items: int
    price_fen: int
    by_class: dict[str, tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Books:
    """The books of a period. ``opening`` and ``closing`` as (种, 册, 码洋)."""

    first: date
    last: date
    opening: tuple[int, int, int]
    entered: tuple[Entry, ...]
    withdrawn: tuple[Entry, ...]
    owner: tuple[int, int]
    prices: int
    closing: tuple[int, int, int]

    def total(self, entries: tuple[Entry, ...]) -> tuple[int, int]:
        return sum(e.items for e in entries), sum(e.price_fen for e in entries)

    @property
    def balanced(self) -> bool:
        """Whether the movements lead from the opening to the closing."""
        came, left = self.total(self.entered), self.total(self.withdrawn)
        return self.closing[1:] == (
            self.opening[1] + came[0] - left[0] + self.owner[0],
            self.opening[2] + came[1] - left[1] + self.owner[1] + self.prices,
        )


def moves(owners: Collection[str]) -> Iterator[Move]:
    """Every change of the property of places, item by item."""
    within = frozenset(owners)
    for owner, other, one in _all():
        # What goes from one of the places to another stays theirs.
        if owner in within and other not in within:
            yield one


def _all() -> Iterator[tuple[str, str, Move]]:
    """(whose property, the other owner of a transfer or '', the change)."""
    rows = sql.all(
        "SELECT item, type, quantity, business_date, amount, source, clc, owner_place, title, data "
        f"FROM ledger_event WHERE type IN ({sql.marks(len(_TYPES))}) AND item IS NOT NULL "
        "ORDER BY item, item_seq",
        *_TYPES,
    )
    item, owner, price, there, issue = "", "", 0, False, False
    for id_, type_, quantity, day, amount, source, clc, place, title, text in rows:
        if id_ != item:
            item, owner, price, there, issue = id_, place or "", 0, False, source == "issue"
        if issue:
            continue
        data: dict[str, Any] = json.loads(text) if text else {}
        change = Move("", day, id_, title or "", clc, source, 0, 0)
        if type_ == "item.accessioned":
            there, price, owner = True, amount or 0, place or ""
            yield owner, "", replace(change, kind="in", sign=1, price_fen=price)
        elif type_ == "item.unaccessioned":
            there = False
            yield owner, "", replace(change, kind="in", sign=-1, price_fen=-price)
        elif type_ == "item.withdrawn":
            there = quantity < 0
            sign = 1 if there else -1
            why = str(data.get("why", ""))
            yield owner, "", replace(
                change, kind="out", sign=sign, price_fen=sign * price, why=why[:60],
                voucher=str(data.get("list", "")),
            )  # fmt: skip
        elif type_ == "item.changed" and "price_fen" in data:
            after = data["price_fen"][1 if quantity > 0 else 0] or 0
            if there:
                yield owner, "", replace(change, kind="price", price_fen=after - price)
            price = after
        elif type_ == "item.moved":
            to = place or owner if quantity > 0 else (data.get("owner_id") or [owner])[0]
            if there and to != owner:
                yield owner, to, replace(change, kind="owner", sign=-1, price_fen=-price)
                yield to, owner, replace(change, kind="owner", sign=1, price_fen=price)
            owner = to


def books(first: date, last: date, owners: Collection[str]) -> Books:
    """The books of some places for a period."""
    standing: dict[str, int] = {}
    opening, closing = Sum(), Sum()
    batches: dict[tuple[str, date, str, str], list[Move]] = {}
    vouchers = _vouchers()
    owner, prices = [0, 0], 0
    opened = 0
    for one in sorted(moves(owners), key=lambda m: m.day):
        if one.day > last:
            break
        if one.day >= first and not opened:
            opened = 1
            opening.ids = {t for t, n in standing.items() if n > 0}
        (closing if one.day >= first else opening).items += one.sign
        (closing if one.day >= first else opening).price_fen += one.price_fen
        standing[one.title] = standing.get(one.title, 0) + one.sign
        if one.day < first:
            continue
        if one.kind in ("in", "out"):
            about = vouchers.get(one.item, "") if one.kind == "in" else one.voucher
            source = one.source if one.kind == "in" else one.why
            batches.setdefault((one.kind, one.day, source, about), []).append(one)
        elif one.kind == "owner":
            owner = [owner[0] + one.sign, owner[1] + one.price_fen]
        else:
            prices += one.price_fen
    titles = sum(n > 0 for n in standing.values())
    begun = len(opening.ids) if opened else titles
    return Books(
        first,
        last,
        (begun, opening.items, opening.price_fen),
        _entries(batches, "in", 1),
        _entries(batches, "out", -1),
        (owner[0], owner[1]),
        prices,
        (titles, opening.items + closing.items, opening.price_fen + closing.price_fen),
    )


def _entries(
    batches: dict[tuple[str, date, str, str], list[Move]], kind: str, sign: int
) -> tuple[Entry, ...]:
    found = []
    for (what, day, source, about), members in sorted(batches.items(), key=lambda b: b[0][1:]):
        if what != kind:
            continue
        # What was taken back the same way it came is not there.
        net: dict[str, int] = {}
        for m in members:
            net[m.item] = net.get(m.item, 0) + m.sign
        whole, by_class = Sum(), dict[str, Sum]()
        for m in members:
            for part in (whole, by_class.setdefault(m.clc, Sum())):
                part.items += m.sign * sign
                part.price_fen += m.price_fen * sign
                if net[m.item]:
                    part.ids.add(m.title)
        if whole.items or whole.price_fen:
            classes = {
                c: (s.titles, s.items, s.price_fen)
                for c, s in sorted(by_class.items())
                if s.items or s.price_fen
            }
            found.append(
                Entry(day, source, about, whole.titles, whole.items, whole.price_fen, classes)
            )
    return tuple(found)


def _vouchers() -> dict[str, str]:
    """What an item came with: an order, a gift, an import."""
    found: dict[str, str] = {}
    for text in (
        "SELECT i.id, b.number FROM stock_item i JOIN catalog_batch b ON b.id = i.batch_id",
        (
            "SELECT x.item_id, o.number FROM acquisitions_lineitem x "
            "JOIN acquisitions_orderline l ON l.id = x.line_id "
            "JOIN acquisitions_order o ON o.id = l.order_id"
        ),
        (
            "SELECT x.item_id, d.number FROM acquisitions_donateditem x "
            "JOIN acquisitions_donation d ON d.id = x.donation_id"
        ),
    ):
        found.update((r[0], r[1]) for r in sql.all(text))
    return found


def faults() -> list[str]:
    """Owners whose stock is not what the books of the property say of today."""
    said: dict[str, list[int]] = {}
    for owner, _other, one in _all():
        total = said.setdefault(owner, [0, 0])
        total[0] += one.sign
        total[1] += one.price_fen
    broken = []
    rows = sql.all(
        "SELECT owner_id, SUM(CASE WHEN status <> 'withdrawn' THEN 1 ELSE 0 END), "
        "SUM(CASE WHEN status <> 'withdrawn' THEN COALESCE(price_fen, 0) ELSE 0 END) "
        "FROM stock_item WHERE source NOT IN ('issue', 'interloan') GROUP BY owner_id"
    )
    for place, items, price in rows:
        have = said.get(place, [0, 0])
        if have != [int(items), int(price)]:
            broken.append(
                f"place {place}: the books say {have[0]} items worth {have[1]}, "
                f"the stock is {items} worth {price}"
            )
    return broken
