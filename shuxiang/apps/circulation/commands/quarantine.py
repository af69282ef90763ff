"""还书静置: what happens when the hours of a copy that came back are over (PH-17)."""

from __future__ import annotations

from dataclasses import replace

from shuxiang.apps.circulation import matching, models, queries
from shuxiang.apps.circulation.commands import common
from shuxiang.apps.circulation.commands.holds import routing
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import advance
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command

ENDED = "item.quarantine_ended"
AT_ONCE = 100
LISTED = 2000


def begin(item: stock.ScannedItem, ctx: Context) -> None:
    """Inside a check-in: note that the copy lies aside, so that its end is not missed."""
    sql.run("DELETE FROM circulation_quarantine WHERE item_id = ?", item.id)
    sql.run(
        "INSERT INTO circulation_quarantine (item_id, library, place_id, since) "
        "VALUES (?, ?, ?, ?)",
        item.id,
        item.library,
        ctx.service_point,
        ctx.occurred_at,
    )


@command("circulation.end_quarantine", permission="circulation.pull")
def end_quarantine(*, item: str, ctx: Context) -> str:
    """The hours of a copy are over: it is for whoever waits for it, ready at once where it lies at
    the pickup place; one to be sent elsewhere is fetched by the pull list. Returns the hold it is
    ready for, '' for none.

    Raises Refused: item-unknown, item-quarantined.
    """
    found = stock.scanned_item(item)
    if found is None:
        raise refuse(stop("item-unknown", barcode=""))
    loan = queries.open_loan_of(found.id)
    common.lock(loan.patron if loan else None, found.id, title=found.title)
    found = stock.scanned_item(item) or found
    until = queries.quarantined([found.id], ctx.occurred_at).get(found.id)
    if until is not None:
        raise refuse(stop("item-quarantined", at=until.isoformat()))
    if not models.Quarantine.objects.filter(item=found.id).delete()[0]:
        return ""
    if queries.open_loan_of(found.id) is not None:
        # Lent by an override, or its return was taken back.
        return ""
    seq = found.event_seq + 1
    advance(found.id, seq=seq)
    routing.item_event(
        ENDED, found, ctx, seq=seq, subject=found.id, place=ctx.service_point, data={}
    )
    now = routing.standing(found)
    if found.status != "available" or now.transit is not None or now.aside(found.id) is not None:
        return ""
    if not any(h.state == "waiting" for h in now.holds):
        return ""
    at = stock.item(found.id)
    holder = at.holder if at else ctx.service_point
    chosen = matching.first_reader(found.title, found.id, place=holder, at=ctx.occurred_at)
    hold = next((h for h in now.holds if h.id == chosen), None)
    if hold is None or hold.pickup != holder:
        return ""
    routing.route(found, now, ctx, at=holder, seq=seq)
    return hold.id


def end_quarantines(*, ctx: Context) -> int:
    """What the worker does by the clock: every copy whose hours are over, each by a command of its
    own; returns how many. Where none is over nothing is written."""
    rows = list(
        models.Quarantine.objects.order_by("since").values_list("item_id", "place_id")[:LISTED]
    )
    aside = queries.quarantined([item for item, _ in rows], ctx.occurred_at)
    over = [(item, place) for item, place in rows if item not in aside][:AT_ONCE]
    for item, place in over:
        end_quarantine(item=item, ctx=replace(ctx, service_point=place).with_key(item))
    return len(over)
