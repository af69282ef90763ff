"""馆内阅览: a volume picked up from a table or trolley counts once."""

from __future__ import annotations

from dataclasses import dataclass

from shuxiang.apps.circulation import queries, rules
from shuxiang.apps.circulation.commands import common
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import advance
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, record


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """One in-house use counted."""

    item: str
    barcode: str
    title: str
    title_text: str
    call_number: str


@command("circulation.use_in_house", permission="circulation.in_house_use")
def use_in_house(*, item_barcode: str, item_library: str | None = None, ctx: Context) -> Used:
    """Count one in-house use of the item at ``ctx.service_point`` (reshelving scan, row E3)."""
    item = common.find_item(item_barcode, item_library, ctx)
    common.lock(None, item.id)
    if not sql.is_sqlite():
        item = stock.scanned_item(item.id) or item
    decision = rules.may_use_in_house(
        status=item.status,
        loan=queries.open_loan_of(item.id),
        used_at=item.used_at,
        at=ctx.occurred_at,
        minutes=places.setting(ctx.service_point, "in_house.repeat_minutes").value,
    )
    if not decision.allowed:
        raise Refused(decision)
    seq = item.event_seq + 1
    advance(item.id, seq=seq, holder=ctx.service_point, used_at=ctx.occurred_at)
    record(
        "item.used",
        ctx=ctx,
        library=item.library,
        item=item.id,
        item_seq=seq,
        title=item.title,
        dimensions=common.dimensions(item, None, None, clock.business_date(ctx.occurred_at)),
        source="scan",
    )
    return Used(
        item=item.id,
        barcode=item.barcode,
        title=item.title,
        title_text=item.title_text,
        call_number=item.call_number,
    )
