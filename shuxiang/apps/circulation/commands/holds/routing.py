"""Where an item in hand goes: to a reader who waits for it, or home (I5, I7). Used by everything
that frees a copy; the ledger rows of one item are numbered on from the number given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from shuxiang.apps.circulation import floating, matching, models, queries
from shuxiang.apps.circulation.commands import common
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import advance
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import record

_HOLDS = (
    "SELECT id, patron_id, pickup_id, state, item_id, wanted_id, ready_at, ready_until, shelved "
    "FROM circulation_hold WHERE title_id = ? AND (ended_at IS NULL OR shelved)"
)
_OPEN_TRANSIT = (
    "SELECT id, origin_id, destination_id, hold_id, sent_at FROM circulation_transit "
    "WHERE item_id = ? AND ended_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold of the item's title that is not over, or whose copy stands on a hold shelf still."""

    id: str
    patron: str
    pickup: str
    state: str
    item: str | None
    wanted: str | None
    ready_at: datetime | None
    ready_until: date | None
    shelved: bool

    @property
    def active(self) -> bool:
        return self.state in models.ACTIVE


def before(hold: HoldRow) -> dict[str, str | None]:
    """What an event of a hold keeps so that it can be taken back."""
    return {
        "was": hold.state,
        "was_at": hold.ready_at.isoformat() if hold.ready_at else None,
        "was_until": hold.ready_until.isoformat() if hold.ready_until else None,
    }


@dataclass(frozen=True, slots=True)
class TransitRow:
    id: str
    origin: str
    destination: str
    hold: str | None
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What is so of an item besides loans, and who wants its title."""

    holds: tuple[HoldRow, ...]
    transit: TransitRow | None

    def aside(self, item: str) -> HoldRow | None:
        """The hold the item is set aside for."""
        return next((h for h in self.holds if h.item == item and h.active), None)

    def of(self, patron: str) -> HoldRow | None:
        """The reader's own hold on the title."""
        return next((h for h in self.holds if h.patron == patron and h.active), None)


def standing(item: stock.ScannedItem) -> Standing:
    """In two statements: every check-out and check-in asks it."""
    rows = tuple(HoldRow(*row) for row in sql.all(_HOLDS, item.title))
    found = sql.one(_OPEN_TRANSIT, item.id)
    return Standing(rows, TransitRow(*found) if found else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Where an item went. ``transit_to`` is the place it is sent to, '' when it stays. ``hold`` is
    the hold it is set aside for: ready here, or on its way there. ``received``: an open transit of it
    ended here, begun at that moment at ``came_from``. ``seq`` is the item's last ledger number."""

    seq: int
    transit: str = ""
    transit_to: str = ""
    hold: HoldRow | None = None
    ready_until: date | None = None
    received: datetime | None = None
    came_from: str = ""


def home(item: stock.ScannedItem, at: str, on: date) -> str:
    """Where an item that nobody waits for belongs."""
    return floating.home(item, at, on)


def dispatch(item: stock.ScannedItem, ctx: Context, *, origin: str, destination: str) -> str:
    """Inside another command: an item that stands free is sent somewhere; returns the transit."""
    done = Routed(seq=item.event_seq)
    return _send(item, done, ctx, origin=origin, destination=destination).transit


def route(
    item: stock.ScannedItem,
    now: Standing,
    ctx: Context,
    *,
    at: str,
    seq: int,
    in_hand: bool = True,
) -> Routed:
    """Send an item that is not on loan where it is needed, from the place it is at. ``in_hand``: it
    has just been scanned there; else it still stands on the hold shelf it is freed from."""
    hold = now.aside(item.id)
    if hold is None and item.status == "available":
        waits = any(h.state == "waiting" for h in now.holds)
        moment = ctx.occurred_at
        chosen = matching.first_reader(item.title, item.id, place=at, at=moment) if waits else None
        hold = next((h for h in now.holds if h.id == chosen), None)
    goal = hold.pickup if hold else home(item, at, clock.business_date(ctx.occurred_at))
    done = _end_transit(item, now.transit, ctx, at=at, seq=seq, goal=goal, hold=hold)
    kept = now.transit if now.transit and done.transit else None
    if in_hand or (hold is not None and goal == at):
        _off_shelf(now, item.id, keep=hold.id if hold and goal == at else "")
    if hold is not None:
        done = _set_aside(item, hold, done, ctx, at=at, ready=goal == at)
    if goal != at and kept is None:
        done = _send(item, done, ctx, origin=at, destination=goal)
    return done


def _off_shelf(now: Standing, item: str, *, keep: str) -> None:
    for row in now.holds:
        if row.shelved and row.item == item and row.id != keep and not row.active:
            models.Hold.objects.filter(id=row.id).update(shelved=False)


def _end_transit(
    item: stock.ScannedItem,
    transit: TransitRow | None,
    ctx: Context,
    *,
    at: str,
    seq: int,
    goal: str,
    hold: HoldRow | None,
) -> Routed:
    """Close the open transit where it arrived or where the item now goes elsewhere."""
    if transit is None:
        return Routed(seq=seq)
    arrived = transit.destination == at
    if not arrived and transit.destination == goal and transit.hold == (hold.id if hold else None):
        return Routed(seq=seq, transit=transit.id, transit_to=goal)
    seq += 1
    end_transit(item, transit, "received" if arrived else "cancelled", ctx, at=at, seq=seq)
    if not arrived:
        return Routed(seq=seq)
    return Routed(seq=seq, received=transit.sent_at, came_from=transit.origin)


def end_transit(
    item: stock.ScannedItem, transit: TransitRow, how: str, ctx: Context, *, at: str, seq: int
) -> None:
    """Close an open transit: ``received`` or ``cancelled``."""
    sql.run(
        "UPDATE circulation_transit SET ended_at = ?, ended_as = ? WHERE id = ?",
        ctx.occurred_at,
        how,
        transit.id,
    )
    advance(item.id, seq=seq)
    item_event(
        f"transit.{how}",
        item,
        ctx,
        seq=seq,
        subject=transit.id,
        place=at,
        data={"from": transit.origin, "to": transit.destination},
    )


def _send(
    item: stock.ScannedItem, done: Routed, ctx: Context, *, origin: str, destination: str
) -> Routed:
    transit, seq = new_id(), done.seq + 1
    sql.run(
        "INSERT INTO circulation_transit (id, library, item_id, title_id, origin_id, "
        "destination_id, hold_id, sent_at, ended_as) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')",
        transit,
        item.library,
        item.id,
        item.title,
        origin,
        destination,
        done.hold.id if done.hold else None,
        ctx.occurred_at,
    )
    advance(item.id, seq=seq)
    data = {"from": origin, "to": destination}
    item_event("transit.sent", item, ctx, seq=seq, subject=transit, place=origin, data=data)
    return replace(done, seq=seq, transit=transit, transit_to=destination)


def _set_aside(
    item: stock.ScannedItem, hold: HoldRow, done: Routed, ctx: Context, *, at: str, ready: bool
) -> Routed:
    state = "ready" if ready else "coming"
    if hold.state == state:
        return replace(done, hold=hold, ready_until=hold.ready_until)
    reader = patrons.loan_reader(hold.patron)
    until = _ready_until(item, reader, hold.pickup, ctx) if ready else None
    models.Hold.objects.filter(id=hold.id).update(
        state=state,
        item=item.id,
        ready_at=ctx.occurred_at if ready else None,
        ready_until=until,
        shelved=ready,
    )
    seq = done.seq + 1
    advance(item.id, seq=seq)
    hold_event(
        "hold.ready" if ready else "hold.set_aside",
        hold.id,
        ctx,
        item=item,
        seq=seq,
        reader=reader,
        pickup=hold.pickup,
        place=at,
        data={**before(hold), **({"until": until.isoformat()} if until else {})},
    )
    made = replace(hold, state=state, item=item.id, ready_until=until, shelved=ready)
    return replace(done, seq=seq, hold=made, ready_until=until)


def _ready_until(
    item: stock.ScannedItem, reader: patrons.LoanReader | None, pickup: str, ctx: Context
) -> date:
    """The last day the copy is kept: the rule's days on, on an open day of the pickup place."""
    on = clock.business_date(ctx.occurred_at)
    category = reader.category if reader else ""
    rule = queries.explain(pickup, category, item.category, on).rule
    return queries.due_date(pickup, on, rule.pickup_days if rule else 0)


def free(
    item: stock.ScannedItem, hold: str, ctx: Context, *, at: str, seq: int, lent: bool = False
) -> Routed:
    """A hold that had this copy set aside has let it go: the next reader's, or home (HX-). A copy
    on its way goes on and is seen to where it arrives; one ``lent`` instead goes nowhere."""
    now = standing(item)
    if lent or now.transit is not None:
        sql.run("UPDATE circulation_transit SET hold_id = NULL WHERE hold_id = ?", hold)
        return Routed(seq=seq)
    return route(item, now, ctx, at=at, seq=seq, in_hand=False)


def item_event(
    type_: str,
    item: stock.ScannedItem,
    ctx: Context,
    *,
    seq: int,
    subject: str,
    place: str,
    data: dict[str, Any],
) -> None:
    record(
        type_,
        ctx=ctx,
        library=item.library,
        place=place or None,
        item=item.id,
        item_seq=seq,
        title=item.title,
        subject=subject,
        dimensions=common.dimensions(item, None, None, clock.business_date(ctx.occurred_at)),
        data=data,
    )


def hold_event(
    type_: str,
    hold: str,
    ctx: Context,
    *,
    item: stock.ScannedItem,
    seq: int,
    reader: patrons.LoanReader | None,
    pickup: str,
    place: str,
    loan: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """The ledger row of a hold whose copy is set aside, freed or lent."""
    record(
        type_,
        ctx=ctx,
        library=item.library,
        place=place or None,
        item=item.id,
        item_seq=seq,
        title=item.title,
        loan=loan,
        subject=hold,
        dimensions=common.dimensions(item, reader, pickup, clock.business_date(ctx.occurred_at)),
        patron=reader.patron if reader else None,
        card=reader.card if reader else None,
        data=data,
    )


def library_of(pickup: str) -> str:
    """The library a hold belongs to: the one it is picked up in."""
    return places.place(pickup).library
