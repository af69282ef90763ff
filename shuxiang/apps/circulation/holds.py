"""What others may ask about holds (`queries` hands it on)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shuxiang.apps.catalog.queries.listing import is_id
from shuxiang.apps.places import queries as places
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class HoldView:
    """One hold as lists show it. ``position`` counts the holds that wait for a copy, from 1; 0 for
    one that has its copy or is over. ``item`` is the copy set aside for it."""

    id: str
    title: str
    title_text: str
    patron: str
    pickup: str
    kind: str
    state: str
    rank: int
    seq: int
    placed_at: datetime
    expires_on: date | None
    suspended_until: date | None
    wanted: str
    item: str
    barcode: str
    call_number: str
    ready_at: datetime | None
    ready_until: date | None
    shelved: bool
    ended_at: datetime | None
    position: int

    @property
    def active(self) -> bool:
        return self.ended_at is None

    def suspended(self, on: date) -> bool:
        """Whether it lets others pass that day."""
        return (
            self.state == "waiting"
            and self.suspended_until is not None
            and on < self.suspended_until
        )


_VIEW = (
    "SELECT h.id, h.title_id, t.title, h.patron_id, h.pickup_id, "
    "h.kind, h.state, h.rank, h.seq, h.placed_at, h.expires_on, h.suspended_until, "
    "h.wanted_id, h.item_id, "
    "COALESCE(i.barcode, ''), COALESCE(i.call_number, ''), h.ready_at, h.ready_until, h.shelved, "
    "h.ended_at, CASE WHEN h.state = 'waiting' THEN 1 + (SELECT COUNT(*) FROM circulation_hold q "
    "WHERE q.title_id = h.title_id AND q.state = 'waiting' AND (q.rank < h.rank "
    "OR (q.rank = h.rank AND q.seq < h.seq))) ELSE 0 END "
    "FROM circulation_hold h JOIN catalog_title t ON t.id = h.title_id "
    "LEFT JOIN stock_item i ON i.id = COALESCE(h.item_id, h.wanted_id) "
)
_PATRON, _WANTED, _ITEM, _SHELVED = 3, 12, 13, 18


def _hold(row: tuple[Any, ...]) -> HoldView:
    values = list(row)
    for column in (_PATRON, _WANTED, _ITEM):
        values[column] = values[column] or ""
    values[_SHELVED] = bool(values[_SHELVED])
    return HoldView(*values)


def hold(hold_id: str) -> HoldView | None:
    if not is_id(hold_id):
        return None
    row = sql.one(_VIEW + "WHERE h.id = ?", hold_id)
    return _hold(row) if row else None


def holds_of(patron: str) -> tuple[HoldView, ...]:
    """The reader's holds that are not over, those to be picked up first."""
    rows = sql.all(_VIEW + "WHERE h.patron_id = ? AND h.ended_at IS NULL", patron)
    order = {"ready": 0, "coming": 1, "waiting": 2}
    return tuple(sorted(map(_hold, rows), key=lambda h: (order[h.state], h.placed_at)))


def past_holds(patron: str, limit: int = 20) -> tuple[HoldView, ...]:
    """Holds that are over, newest first, as long as the library keeps the link."""
    rows = sql.all(
        _VIEW + "WHERE h.patron_id = ? AND h.ended_at IS NOT NULL ORDER BY h.ended_at DESC LIMIT ?",
        patron,
        limit,
    )
    return tuple(map(_hold, rows))


def holders(places: Sequence[str]) -> tuple[str, ...]:
    """The readers with a hold that is to be picked up at one of the places."""
    if not places:
        return ()
    rows = sql.all(
        "SELECT DISTINCT patron_id FROM circulation_hold WHERE ended_at IS NULL "
        f"AND patron_id IS NOT NULL AND pickup_id IN ({sql.marks(len(places))}) ORDER BY patron_id",
        *places,
    )
    return tuple(row[0] for row in rows)


def hold_count(patron: str) -> int:
    """How many holds of the reader are not over."""
    row = sql.one(
        "SELECT COUNT(*) FROM circulation_hold WHERE patron_id = ? AND ended_at IS NULL", patron
    )
    return int(row[0]) if row else 0


def queue(title: str) -> tuple[HoldView, ...]:
    """The holds of a title that are not over, in the order of their queue."""
    rows = sql.all(
        _VIEW + "WHERE h.title_id = ? AND h.ended_at IS NULL ORDER BY h.rank, h.seq", title
    )
    return tuple(map(_hold, rows))


def waiting_by_title(titles: Iterable[str]) -> dict[str, int]:
    """How many holds of each title wait for a copy; titles with none are absent."""
    wanted = list(titles)
    if not wanted:
        return {}
    return dict(
        sql.all(
            "SELECT title_id, COUNT(*) FROM circulation_hold WHERE state = 'waiting' "
            f"AND title_id IN ({sql.marks(len(wanted))}) GROUP BY title_id",
            *wanted,
        )
    )


def wanted_items(items: Iterable[str]) -> tuple[str, ...]:
    """Those of the items that an open hold names or has."""
    wanted = list(items)
    if not wanted:
        return ()
    marks = sql.marks(len(wanted))
    rows = sql.all(
        "SELECT item_id FROM circulation_hold WHERE ended_at IS NULL AND item_id IN "
        f"({marks}) UNION SELECT wanted_id FROM circulation_hold WHERE ended_at IS NULL "
        f"AND wanted_id IN ({marks}) ORDER BY 1",
        *wanted,
        *wanted,
    )
    return tuple(row[0] for row in rows)


def hold_shelf(place: str) -> tuple[HoldView, ...]:
    """What stands on the hold shelf of a place: ready holds, and copies to be taken away because
    theirs is over."""
    rows = sql.all(
        _VIEW + "WHERE h.pickup_id = ? AND h.shelved ORDER BY h.ready_until, h.id", place
    )
    return tuple(map(_hold, rows))


def set_aside(items: Iterable[str]) -> dict[str, HoldView]:
    """The hold each item is set aside for (on its shelf or on the way); others are absent."""
    wanted = list(items)
    if not wanted:
        return {}
    rows = sql.all(
        _VIEW + f"WHERE h.state IN ('coming', 'ready') AND h.item_id IN ({sql.marks(len(wanted))})",
        *wanted,
    )
    return {view.item: view for view in map(_hold, rows)}


@dataclass(frozen=True, slots=True)
class TransitView:
    """An item on its way. ``hold`` is the hold it goes to, '' when it goes home."""

    id: str
    item: str
    barcode: str
    title: str
    title_text: str
    call_number: str
    origin: str
    destination: str
    hold: str
    sent_at: datetime

    def days(self, at: datetime) -> int:
        """Whole days it has been on its way."""
        return max((at - self.sent_at).days, 0)


_TRANSIT = (
    "SELECT r.id, r.item_id, i.barcode, r.title_id, t.title, i.call_number, r.origin_id, "
    "r.destination_id, r.hold_id, r.sent_at "
    "FROM circulation_transit r JOIN stock_item i ON i.id = r.item_id "
    "JOIN catalog_title t ON t.id = r.title_id WHERE r.ended_at IS NULL "
)


_HOLD_OF = 8


def _transit(row: tuple[Any, ...]) -> TransitView:
    values = list(row)
    values[_HOLD_OF] = values[_HOLD_OF] or ""
    return TransitView(*values)


def transit_of(item: str) -> TransitView | None:
    """The item's open transit."""
    row = sql.one(_TRANSIT + "AND r.item_id = ?", item)
    return _transit(row) if row else None


def transits_of(items: Iterable[str]) -> dict[str, TransitView]:
    """The open transit of each item; items not on their way are absent."""
    wanted = list(items)
    if not wanted:
        return {}
    rows = sql.all(_TRANSIT + f"AND r.item_id IN ({sql.marks(len(wanted))})", *wanted)
    return {view.item: view for view in map(_transit, rows)}


def open_transits(
    place_ids: Iterable[str], *, limit: int = 200, offset: int = 0
) -> tuple[TransitView, ...]:
    """Items on their way to or from any of the places, the longest under way first."""
    here = list(place_ids)
    marks = sql.marks(len(here))
    rows = sql.all(
        _TRANSIT + f"AND (r.origin_id IN ({marks}) OR r.destination_id IN ({marks})) "
        "ORDER BY r.sent_at, r.id LIMIT ? OFFSET ?",
        *here,
        *here,
        limit,
        offset,
    )
    return tuple(map(_transit, rows))


def distance(one: str, other: str) -> int:
    """How far two places are from each other for delivery: 0 the same, 1 of one site (a branch or the
    main library, with its service points), 2 the same library, 3 others."""
    if one == other:
        return 0
    if site(one) == site(other):
        return 1
    return 2 if places.place(one).library == places.place(other).library else 3


def site(place_id: str) -> str:
    """The branch or main library whose staff fetch what stands at a place: of a service point the one it
    is below, of any other itself."""
    found = places.place(place_id)
    while found.kind == "service_point" and found.parent:
        found = places.place(found.parent)
    return found.id


def is_pickup_place(place_id: str, on: date) -> bool:
    """Whether readers can pick up holds there that day."""
    place = next((p for p in places.all_places() if p.id == place_id), None)
    if place is None:
        return False
    open_then = (place.opened_on is None or place.opened_on <= on) and (
        place.closed_on is None or on <= place.closed_on
    )
    return (
        place.kind != "network"
        and open_then
        and bool(places.setting(place_id, "holds.pickup").value)
    )


def pickup_places(on: date) -> tuple[places.Place, ...]:
    """Where readers can pick up holds, in the library's order."""
    return tuple(p for p in places.all_places() if is_pickup_place(p.id, on))


def held_once(*, title: str = "", item: str = "", patron: str = "") -> bool:
    """Whether a hold or transit of a title, item or reader is on record, over or not."""
    asked = (
        ("circulation_hold", "title_id", title),
        ("circulation_hold", "patron_id", patron),
        ("circulation_hold", "item_id", item),
        ("circulation_hold", "wanted_id", item),
        ("circulation_transit", "item_id", item),
    )
    return any(
        sql.one(f"SELECT 1 FROM {table} WHERE {column} = ? LIMIT 1", value)
        for table, column, value in asked
        if value
    )


def leading_to(place: str) -> int:
    """How many holds are to be picked up at a place, and items on their way there."""
    row = sql.one(
        "SELECT (SELECT COUNT(*) FROM circulation_hold WHERE pickup_id = ? AND ended_at IS NULL) "
        "+ (SELECT COUNT(*) FROM circulation_transit WHERE destination_id = ? "
        "AND ended_at IS NULL)",
        place,
        place,
    )
    return int(row[0]) if row else 0
