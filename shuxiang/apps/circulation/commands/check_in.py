"""还书."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from shuxiang.apps.circulation import queries, rules
from shuxiang.apps.circulation.commands import common
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import advance
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop, tell
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, record

AGAIN_MINUTES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedIn:
    """What a return scan did. ``kind``: ``returned`` (a loan was closed), ``moved`` (not on loan, but
    it stood elsewhere: it is here now), ``again`` (given back here a moment ago), ``idle`` (not on
    loan, nothing changed). ``patron`` is whose loan it was, '' for none."""

    kind: str
    item: str
    barcode: str
    title: str
    title_text: str
    call_number: str
    owner: str
    loan: str = ""
    patron: str = ""
    due_on: date | None = None
    tells: tuple[Reason, ...] = ()


@command("circulation.check_in", permission="circulation.check_in")
def check_in(*, item_barcode: str, item_library: str | None = None, ctx: Context) -> CheckedIn:
    """Take an item back at ``ctx.service_point``, whichever place lent it (通借通还).

    Raises Refused for a scan that means no item of ours, or two.
    """
    on = clock.business_date(ctx.occurred_at)
    item = common.find_item(item_barcode, item_library, ctx)
    loan = queries.open_loan_of(item.id)
    common.lock(loan.patron if loan else None, item.id)
    if not sql.is_sqlite():
        item = common.find_item(item_barcode, item_library, ctx)
        loan = queries.open_loan_of(item.id)
    if item.status == "withdrawn" and loan is None:
        raise refuse(stop("item-withdrawn"))
    tells = rules.check_in_tells(
        loan=loan, owner=item.owner, holder=item.holder, place=ctx.service_point, on=on
    )
    if loan is None:
        return _not_on_loan(item, tells, ctx)
    aside = queries.quarantine_hours(ctx.service_point, on)
    if aside:
        until = ctx.occurred_at + timedelta(hours=aside)
        tells = (*tells, tell("goes-to-quarantine", at=until.isoformat()))
    seq = item.event_seq + 1
    if item.status in ("lost", "missing"):
        common.found_again(item, ctx, seq)
        seq += 1
        tells = (*tells, tell("was-missing", status=item.status))
    sql.run(
        "UPDATE circulation_loan SET returned_at = ?, returned_on = ?, returned_place_id = ?, "
        "ended_as = 'returned' WHERE id = ?",
        ctx.occurred_at,
        on,
        ctx.service_point,
        loan.id,
    )
    advance(item.id, seq=seq, holder=ctx.service_point)
    reader = patrons.loan_reader(loan.patron)
    record(
        "loan.closed",
        ctx=ctx,
        library=item.library,
        item=item.id,
        item_seq=seq,
        title=item.title,
        loan=loan.id,
        dimensions=common.dimensions(item, reader, loan.place, on),
        patron=loan.patron,
        card=reader.card if reader else None,
        source=common.source_of(reader),
    )
    tells += fees.returned(
        loan=loan.id,
        due_on=loan.due_on,
        lent_at_place=loan.place,
        item=item,
        who=reader,
        ctx=ctx,
    )
    return CheckedIn(
        kind="returned",
        item=item.id,
        barcode=item.barcode,
        title=item.title,
        title_text=item.title_text,
        call_number=item.call_number,
        owner=item.owner,
        loan=loan.id,
        patron=loan.patron,
        due_on=loan.due_on,
        tells=tells,
    )


def _not_on_loan(item: stock.ScannedItem, tells: tuple[Reason, ...], ctx: Context) -> CheckedIn:
    last = queries.last_return(item.id)
    just_now = (
        last is not None
        and last[1] == ctx.service_point
        and timedelta(0) <= ctx.occurred_at - last[0] < timedelta(minutes=AGAIN_MINUTES)
    )
    found = item.status in ("lost", "missing")
    seq = item.event_seq
    if found:
        seq += 1
        common.found_again(item, ctx, seq)
        tells = (*tells, tell("was-missing", status=item.status))
    moved = item.holder != ctx.service_point
    if moved:
        seq += 1
        advance(item.id, seq=seq, holder=ctx.service_point)
        record(
            "item.moved",
            ctx=ctx,
            library=item.library,
            item=item.id,
            item_seq=seq,
            title=item.title,
            dimensions=common.dimensions(item, None, None, clock.business_date(ctx.occurred_at)),
            data={"from": item.holder, "to": ctx.service_point},
        )
    if last is not None and just_now and not moved:
        kind = "again"
        tells = (*tells, tell("already-returned", at=last[0].isoformat()))
    else:
        kind = "moved" if moved else "idle"
        tells = (*tells, tell("not-on-loan"))
    return CheckedIn(
        kind=kind,
        item=item.id,
        barcode=item.barcode,
        title=item.title,
        title_text=item.title_text,
        call_number=item.call_number,
        owner=item.owner,
        tells=tells,
    )
