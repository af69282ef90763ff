"""无接触取书: slots of a place, readers' bookings, and what becomes of them (row F3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shuxiang.apps.circulation import models, queries
from shuxiang.apps.circulation.commands.check_out import check_out
from shuxiang.apps.circulation.rules import pickups as rules
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.ledger.append import forget_subjects
from shuxiang.runtime import sql
from shuxiang.runtime.commands import Dimensions, age_band, command, record, require

LONGEST = timedelta(days=62)
MOST = 500


@command("circulation.open_slots")
def open_slots(
    *,
    place: str,
    first: date,
    last: date,
    opens: time,
    closes: time,
    minutes: int,
    capacity: int,
    ctx: Context,
) -> int:
    """Open slots of ``minutes`` from ``opens`` to ``closes`` on the open days of a place; returns how
    many are new. One that begins at the same time gets the capacity, never less than is booked, and
    takes bookings again.

    Raises Refused: not-permitted, slot-days, slot-times.
    """
    require(ctx, "circulation.slots", place)
    reasons = []
    if not first <= last <= first + LONGEST or first < clock.business_date(ctx.occurred_at):
        reasons.append(stop("slot-days", most=LONGEST.days))
    periods = rules.times(opens, closes, minutes) if 5 <= minutes <= 480 else []
    if not periods or not 1 <= capacity <= MOST:
        reasons.append(stop("slot-times"))
    if reasons:
        raise refuse(*reasons)
    made = 0
    calendar = places.calendar(place, first, last)
    library = places.place(place).library
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        for starts, ends in periods if calendar.is_open(day) else ():
            rows = models.PickupSlot.objects.filter(place=place, day=day, starts=starts)
            known = rows.select_for_update().first()
            if known is not None:
                rows.update(capacity=max(capacity, known.booked), ends=ends, closed=False)
                continue
            models.PickupSlot.objects.create(
                id=new_id(), library=library, place_id=place, day=day, starts=starts, ends=ends,
                capacity=capacity,
            )  # fmt: skip
            made += 1
    return made


@command("circulation.close_slot")
def close_slot(*, slot: str, ctx: Context) -> None:
    """Take no more bookings of a slot; those there are stand. Raises Refused: slot-unknown,
    not-permitted."""
    row = _slot(slot)
    require(ctx, "circulation.slots", row.place_id)
    models.PickupSlot.objects.filter(id=row.id).update(closed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A slot booked. ``tells``: what stands against lending to the reader now, said early."""

    pickup: str
    place: str
    day: date
    starts: time
    tells: tuple[Reason, ...] = ()


@command("circulation.book_pickup", permission="circulation.hold")
def book_pickup(*, slot: str, patron: str, ctx: Context) -> Booked:
    """Book a slot for a reader who has books ready at its place. Raises Refused: slot-unknown,
    patron-unknown, and PU-1 … PU-4 with every reason."""
    return _book(slot, patron, ctx)


@command("circulation.book_own_pickup")
def book_own_pickup(*, slot: str, patron: str | None = None, ctx: Context) -> Booked:
    """A reader books a slot for themselves, or for whom they act."""
    theirs = patron or ctx.actor.id
    if not _acts_for(ctx, theirs):
        raise refuse(stop("not-permitted", action="circulation.book_own_pickup"))
    return _book(slot, theirs, ctx)


def _acts_for(ctx: Context, patron: str | None) -> bool:
    if ctx.actor.kind != "patron" or not ctx.actor.id or not patron:
        return False
    on = clock.business_date(ctx.occurred_at)
    return ctx.actor.id == patron or bool(patrons.how_acts(ctx.actor.id, patron, on))


def _book(slot: str, patron: str, ctx: Context) -> Booked:
    row = _slot(slot)
    on = clock.business_date(ctx.occurred_at)
    if not sql.is_sqlite():
        patrons.lock_patron(patron)
    reader = patrons.loan_reader(patron)
    if reader is None:
        raise refuse(stop("patron-unknown"))
    ready = [h for h in queries.holds_of(patron) if h.state == "ready" and h.pickup == row.place_id]
    taken = models.Pickup.objects.filter(patron=patron, place=row.place_id, ended_at=None)
    decision = rules.may_book(
        card=(),
        ready=len(ready),
        already=taken.exists(),
        begins=clock.at_local(row.day, row.starts),
        at=ctx.occurred_at,
        free=0 if row.closed else row.capacity - row.booked,
        shut=_shut(row),
    )
    if not decision.allowed:
        raise Refused(decision)
    if not take_place(row.id):
        raise refuse(stop("slot-full"))
    made = models.Pickup(
        id=new_id(),
        library=row.library,
        slot=row,
        place_id=row.place_id,
        patron_id=patron,
        booked_at=ctx.occurred_at,
    )
    made.save(force_insert=True)
    pickup_told("pickup.booked", made, ctx)
    return Booked(
        pickup=made.id,
        place=row.place_id,
        day=row.day,
        starts=row.starts,
        tells=queries.against_pickup(patron, row.place_id, max(on, row.day)),
    )


def _shut(row: models.PickupSlot) -> bool:
    calendar = places.calendar(row.place_id, row.day, row.day)
    return queries.slot_shut(calendar, row.day, row.starts, row.ends)


def take_place(slot: str) -> bool:
    """Inside another command: a place of a slot, taken and counted in one statement, whoever else asks
    for it (never oversold)."""
    return bool(
        sql.run(
            "UPDATE circulation_pickupslot SET booked = booked + 1 "
            "WHERE id = ? AND booked < capacity AND closed = ?",
            slot,
            False,
        )
    )


def free_place(slot: str) -> None:
    """Inside another command: a booking has left the slot."""
    sql.run("UPDATE circulation_pickupslot SET booked = booked - 1 WHERE id = ?", slot)


@command("circulation.move_pickup", permission="circulation.hold")
def move_pickup(*, pickup: str, slot: str, ctx: Context) -> Booked:
    """Move a booking to another slot of its place; what is packed stays packed. Raises Refused:
    pickup-unknown, pickup-state, slot-unknown, slot-elsewhere, and PU-3, PU-4, PU-8."""
    row, goal = _pickup(pickup), _slot(slot)
    decision = rules.may_become(row.state, "moved")
    if not decision.allowed:
        raise Refused(decision)
    if goal.place_id != row.place_id:
        raise refuse(stop("slot-elsewhere"))
    if goal.id != row.slot_id:
        decision = rules.may_book(
            card=(),
            ready=1,
            already=False,
            begins=clock.at_local(goal.day, goal.starts),
            at=ctx.occurred_at,
            free=0 if goal.closed else goal.capacity - goal.booked,
            shut=_shut(goal),
        )
        if not decision.allowed:
            raise Refused(decision)
        if not take_place(goal.id):
            raise refuse(stop("slot-full"))
        before = row.slot
        free_place(before.id)
        models.Pickup.objects.filter(id=row.id).update(slot=goal)
        row.slot = goal
        was = {"from_day": before.day.isoformat(), "from_starts": f"{before.starts:%H:%M}"}
        pickup_told("pickup.moved", row, ctx, data=was)
    return Booked(pickup=row.id, place=row.place_id, day=goal.day, starts=goal.starts)


@command("circulation.cancel_pickup", permission="circulation.hold")
def cancel_pickup(*, pickup: str, ctx: Context) -> None:
    """Give a booking up; its place is free again. Raises Refused: pickup-unknown, pickup-state."""
    _end(_pickup(pickup), "cancelled", ctx)


@command("circulation.cancel_own_pickup")
def cancel_own_pickup(*, pickup: str, ctx: Context) -> None:
    """A reader gives a booking of their own up."""
    row = _pickup(pickup)
    if not _acts_for(ctx, row.patron_id):
        raise refuse(stop("pickup-unknown"))
    _end(row, "cancelled", ctx)


@command("circulation.stage_pickup", permission="circulation.pull")
def stage_pickup(*, pickup: str, ctx: Context) -> None:
    """The books are packed and lie ready."""
    _step(_pickup(pickup), "staged", "staged_at", ctx)


@command("circulation.arrive_pickup", permission="circulation.pull")
def arrive_pickup(*, pickup: str, ctx: Context) -> None:
    """The reader has come; said by the staff."""
    _step(_pickup(pickup), "arrived", "arrived_at", ctx)


@command("circulation.arrive_own_pickup")
def arrive_own_pickup(*, pickup: str, ctx: Context) -> None:
    """The reader says on the phone: I am here."""
    row = _pickup(pickup)
    if not _acts_for(ctx, row.patron_id):
        raise refuse(stop("pickup-unknown"))
    _step(row, "arrived", "arrived_at", ctx)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What was handed over: barcodes lent, and those that were not, each with its reasons."""

    pickup: str
    lent: tuple[str, ...]
    refused: tuple[tuple[str, tuple[Reason, ...]], ...] = ()


@command("circulation.deliver_pickup", permission="circulation.check_out")
def deliver_pickup(*, pickup: str, ctx: Context) -> Delivered:
    """Lend the reader what is ready at the place, and hand it over. Where nothing can be lent it is
    refused with every reason; the overrides of ``ctx`` count for each book.

    Raises Refused: pickup-unknown, pickup-state, pickup-nothing-ready.
    """
    row = _pickup(pickup)
    decision = rules.may_become(row.state, "delivered")
    if not decision.allowed:
        raise Refused(decision)
    reader = patrons.loan_reader(row.patron_id) if row.patron_id else None
    ready = [
        h
        for h in (queries.holds_of(row.patron_id) if row.patron_id else ())
        if h.state == "ready" and h.pickup == row.place_id
    ]
    if reader is None or not ready:
        raise refuse(stop("pickup-nothing-ready"))
    lent = list[str]()
    refused = list[tuple[str, tuple[Reason, ...]]]()
    for hold in ready:
        item = stock.scanned_item(hold.item)
        try:
            done = check_out(
                item_barcode=hold.barcode,
                item_library=item.library if item else None,
                card=reader.number,
                card_library=reader.library,
                ctx=ctx,
            )
        except Refused as refusal:
            refused.append((hold.barcode, refusal.decision.refusing))
        else:
            lent.append(done.barcode)
    if not lent:
        unique = {r.code: r for _, reasons in refused for r in reasons}
        raise Refused(Decision(tuple(unique.values())))
    _end(row, "delivered", ctx)
    return Delivered(pickup=row.id, lent=tuple(lent), refused=tuple(refused))


@command("circulation.miss_pickup", permission="circulation.pull")
def miss_pickup(*, pickup: str, ctx: Context) -> None:
    """The reader did not come; the holds stay ready as long as they are kept. Raises Refused:
    pickup-unknown, pickup-state, slot-not-over."""
    row = _pickup(pickup)
    if ctx.occurred_at < clock.at_local(row.slot.day, row.slot.ends):
        raise refuse(stop("slot-not-over"))
    _end(row, "no_show", ctx)


def miss_pickups(*, ctx: Context) -> int:
    """What the worker does by the clock: bookings of days gone by nobody came for; returns how many."""
    today = clock.business_date(ctx.occurred_at)
    rows = models.Pickup.objects.filter(state__in=("booked", "staged"), slot__day__lt=today)
    due = list(rows.values_list("id", "place_id")[:MOST])
    for pickup, place in due:
        miss_pickup(pickup=pickup, ctx=_there(ctx, place).with_key(pickup))
    return len(due)


def _there(ctx: Context, place: str) -> Context:
    return Context(
        actor=ctx.actor,
        channel=ctx.channel,
        service_point=place,
        occurred_at=ctx.occurred_at,
        request_key=ctx.request_key,
    )


def forget_pickups(limit: int, before: datetime) -> int:
    """Inside another command: as `holds.keeping.forget_holds`."""
    rows = models.Pickup.objects.filter(ended_at__lt=before, patron__isnull=False)
    old = list(rows.order_by("ended_at").values_list("id", flat=True)[:limit])
    forget_subjects(sql, old)
    models.Pickup.objects.filter(id__in=old).update(patron=None)
    return len(old)


def _slot(slot: str) -> models.PickupSlot:
    row = models.PickupSlot.objects.filter(id=slot).first() if queries.is_id(slot) else None
    if row is None:
        raise refuse(stop("slot-unknown"))
    return row


def _pickup(pickup: str) -> models.Pickup:
    rows = models.Pickup.objects.select_for_update(of=("self",)).select_related("slot")
    row = rows.filter(id=pickup).first() if queries.is_id(pickup) else None
    if row is None:
        raise refuse(stop("pickup-unknown"))
    return row


def _step(row: models.Pickup, state: str, column: str, ctx: Context) -> None:
    decision = rules.may_become(row.state, state)
    if not decision.allowed:
        raise Refused(decision)
    models.Pickup.objects.filter(id=row.id).update(**{"state": state, column: ctx.occurred_at})
    pickup_told(f"pickup.{state}", row, ctx)


def _end(row: models.Pickup, state: str, ctx: Context) -> None:
    decision = rules.may_become(row.state, state)
    if not decision.allowed:
        raise Refused(decision)
    models.Pickup.objects.filter(id=row.id).update(state=state, ended_at=ctx.occurred_at)
    if state == "cancelled":
        free_place(row.slot_id)
    pickup_told(f"pickup.{state}", row, ctx)


def pickup_told(
    type_: str, row: models.Pickup, ctx: Context, *, data: dict[str, str] | None = None
) -> None:
    """The ledger row of a booking, with the slot it has now."""
    reader = patrons.loan_reader(row.patron_id) if row.patron_id else None
    on = clock.business_date(ctx.occurred_at)
    record(
        type_,
        ctx=ctx,
        library=row.library,
        place=row.place_id,
        subject=row.id,
        dimensions=Dimensions(
            reader_category=reader.category if reader else "",
            age_band=age_band(reader.born_on, on) if reader else "",
            lending_place=row.place_id,
        ),
        patron=reader.patron if reader else None,
        card=reader.card if reader else None,
        data={
            "day": row.slot.day.isoformat(),
            "starts": f"{row.slot.starts:%H:%M}",
            **(data or {}),
        },
    )
