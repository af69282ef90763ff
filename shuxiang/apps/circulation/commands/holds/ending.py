"""Holds that end, or let their copy go: cancelled, expired, suspended, fetched elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.circulation import models, queries
from shuxiang.apps.circulation.commands.holds import routing
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import advance
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime import sql
from shuxiang.runtime.commands import Dimensions, age_band, command, record

WHY_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEnded:
    """A hold that is over. ``next_hold``: the copy set aside for it went on to this hold;
    ``transit_to``: it is to be sent there; both '' when it goes back to its shelf, or there was no
    copy."""

    hold: str
    title_text: str
    item: str = ""
    next_hold: str = ""
    transit_to: str = ""


@command("circulation.cancel_hold", permission="circulation.hold")
def cancel_hold(*, hold: str, why: str = "", ctx: Context) -> HoldEnded:
    """Take a hold out of its queue; a copy set aside goes on to the next reader, or home. Raises
    Refused: hold-unknown, hold-over."""
    return end(locked(hold), "cancelled", ctx, why=why)


@command("circulation.cancel_own_hold")
def cancel_own_hold(*, hold: str, ctx: Context) -> HoldEnded:
    """A reader cancels a hold of their own, or of whom they act for; somebody else's answers like one
    that isn't there."""
    return end(locked(hold, own=ctx), "cancelled", ctx)


@command("circulation.expire_hold", permission="circulation.hold")
def expire_hold(*, hold: str, ctx: Context) -> HoldEnded:
    """End a hold whose last day, or whose days on the hold shelf, are over. Raises Refused:
    hold-unknown, hold-over, hold-not-due."""
    row = locked(hold)
    on = clock.business_date(ctx.occurred_at)
    last = _kept_to(row.pickup_id, row.ready_until) if row.state == "ready" else row.expires_on
    if row.state == "coming" or last is None or on <= last:
        raise refuse(stop("hold-not-due"))
    return end(row, "expired", ctx)


def locked(hold: str, *, own: Context | None = None) -> models.Hold:
    """A hold that is not over, its title's queue locked. ``own``: only where it is the actor's, or of
    whom they act for."""
    known = queries.hold(hold)
    if known is None or (own is not None and not _may_act(own, known.patron)):
        raise refuse(stop("hold-unknown"))
    lock_queue(known.title)
    row = models.Hold.objects.get(id=hold)
    if row.ended_at is not None:
        raise refuse(stop("hold-over"))
    return row


def _may_act(ctx: Context, patron: str) -> bool:
    if ctx.actor.kind != "patron" or not patron:
        return False
    on = clock.business_date(ctx.occurred_at)
    return ctx.actor.id == patron or bool(patrons.how_acts(ctx.actor.id, patron, on))


def lock_queue(title: str) -> None:
    """The first lock of everything that changes holds of a title."""
    if not sql.is_sqlite():
        sql.one(
            "SELECT last_seq FROM circulation_holdqueue WHERE title_id = ?" + sql.for_update(),
            title,
        )


def end(row: models.Hold, state: str, ctx: Context, *, why: str = "") -> HoldEnded:
    """End a locked hold, with its ledger row; its copy goes on."""
    return let_go(row, {"state": state, "ended_at": ctx.occurred_at}, f"hold.{state}", ctx, why=why)


def let_go(
    row: models.Hold,
    changes: dict[str, Any],
    event: str,
    ctx: Context,
    *,
    why: str = "",
    data: dict[str, Any] | None = None,
) -> HoldEnded:
    """Change a locked hold so that it has no copy any more; the copy goes to the next reader (from
    the shelf it stands on, or from where it arrives), or home."""
    title = catalog.title(row.title_id)
    text = title.title if title else ""
    item = stock.lock_item(row.item_id) if row.item_id else None
    told = {**(data or {}), **({"why": why.strip()[:WHY_LENGTH]} if why.strip() else {})}
    # A copy lent in the meantime is no longer the hold's: its row says so.
    if item is None:
        models.Hold.objects.filter(id=row.id).update(**changes)
        hold_told(event, row, ctx, data=told)
        return HoldEnded(hold=row.id, title_text=text)
    ends = "ended_at" in changes
    shelved = ends and row.state == "ready"
    kept = {"item": row.item_id} if ends else {"item": None, "ready_at": None, "ready_until": None}
    models.Hold.objects.filter(id=row.id).update(**{**kept, **changes, "shelved": shelved})
    seq = item.event_seq + 1
    advance(item.id, seq=seq)
    at = row.pickup_id
    routing.hold_event(
        event,
        row.id,
        ctx,
        item=item,
        seq=seq,
        reader=patrons.loan_reader(row.patron_id) if row.patron_id else None,
        pickup=row.pickup_id,
        place=ctx.service_point or at,
        data={"was": row.state, **told},
    )
    routed = routing.free(item, row.id, ctx, at=at, seq=seq)
    return HoldEnded(
        hold=row.id,
        title_text=text,
        item=item.id,
        next_hold=routed.hold.id if routed.hold else "",
        transit_to=routed.transit_to,
    )


def hold_told(
    type_: str,
    row: models.Hold,
    ctx: Context,
    *,
    reader: patrons.LoanReader | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """The ledger row of a hold that has no copy."""
    if reader is None and row.patron_id:
        reader = patrons.loan_reader(row.patron_id)
    title = catalog.title(row.title_id)
    on = clock.business_date(ctx.occurred_at)
    record(
        type_,
        ctx=ctx,
        library=row.library,
        place=ctx.service_point or row.pickup_id,
        title=row.title_id,
        subject=row.id,
        dimensions=Dimensions(
            reader_category=reader.category if reader else "",
            age_band=age_band(reader.born_on, on) if reader else "",
            clc=title.main_class if title else "",
            lending_place=row.pickup_id,
        ),
        patron=reader.patron if reader else None,
        card=reader.card if reader else None,
        data=data,
    )


def _kept_to(pickup: str, until: date | None) -> date | None:
    """The last day a copy is kept: where the place is shut on it by now, its next open day (I10)."""
    return queries.due_date(pickup, until, 0) if until is not None else None


def due_holds(at: datetime, limit: int = 500) -> list[tuple[str, str]]:
    """(hold, pickup place) of those that `expire_hold` would end."""
    on = clock.business_date(at)
    ready = models.Hold.objects.filter(state="ready", ready_until__lt=on)
    waiting = models.Hold.objects.filter(state="waiting", expires_on__lt=on)
    rows = (ready | waiting).order_by("placed_at").values_list("id", "pickup_id", "ready_until")
    kept = [(hold, pickup, _kept_to(pickup, until)) for hold, pickup, until in rows[:limit]]
    return [(str(hold), str(pickup)) for hold, pickup, until in kept if until is None or until < on]
