"""还书."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from shuxiang.apps.circulation import queries, rules
from shuxiang.apps.circulation.commands import common, quarantine
from shuxiang.apps.circulation.commands.holds import routing
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import advance
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop, tell
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, record


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedIn:
    """What a return scan did.

    ``kind``: ``returned`` (a loan was closed), ``received`` (it arrived where it was sent), ``moved``
    (not on loan, but it stood elsewhere: it is here now), ``again`` (given back here a moment ago),
    ``idle`` (not on loan, nothing changed). ``patron`` is whose loan it was, '' for none.

    ``transit_to`` is the place it is to be sent to, '' when it stays; ``transit`` that open transit.
    ``hold`` is the hold it is set aside for: ready here until ``ready_until``, or on its way there
    (``transit_to``); ``hold_patron`` is whose. ``overdue_days`` are the open days of this place that
    it was late.
    """

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
    overdue_days: int = 0
    transit: str = ""
    transit_to: str = ""
    hold: str = ""
    hold_patron: str = ""
    ready_until: date | None = None
    tells: tuple[Reason, ...] = ()


@command("circulation.check_in", permission="circulation.check_in")
def check_in(*, item_barcode: str, item_library: str | None = None, ctx: Context) -> CheckedIn:
    """Take an item back at ``ctx.service_point``, whichever place lent it (通借通还). It is set aside
    for the first reader who waits for it, or goes home.

    Raises Refused for a scan that means no item of ours, or two.
    """
    on = clock.business_date(ctx.occurred_at)
    item = common.find_returned(item_barcode, item_library, ctx)
    loan = queries.open_loan_of(item.id)
    common.lock(loan.patron if loan else None, item.id, title=item.title)
    if not sql.is_sqlite():
        item = common.find_returned(item_barcode, item_library, ctx)
        loan = queries.open_loan_of(item.id)
    if item.status == "withdrawn" and loan is None:
        raise refuse(stop("item-withdrawn"))
    tells: tuple[Reason, ...] = ()
    seq = item.event_seq + 1
    if item.status in ("lost", "missing"):
        common.found_again(item, ctx, seq)
        seq += 1
        tells = (tell("was-missing", status=item.status),)
        item = replace(item, status="available")
    if loan is None:
        return _not_on_loan(item, tells, ctx, seq - 1)
    apart = queries.quarantine_hours(ctx.service_point, on)
    if apart:
        ends = ctx.occurred_at + timedelta(hours=apart)
        tells = (*tells, tell("goes-to-quarantine", at=ends.isoformat()))
        quarantine.begin(item, ctx)
    late = queries.overdue_days(ctx.service_point, loan.due_on, on)
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
        source=common.source_of(reader, item),
    )
    tells += fees.returned(
        loan=loan.id,
        due_on=loan.due_on,
        lent_at_place=loan.place,
        item=item,
        who=reader,
        ctx=ctx,
    )
    now = routing.standing(item)
    if apart and any(h.state == "waiting" for h in now.holds):
        tells = (*tells, tell("quarantine-held"))
    routed = routing.route(item, now, ctx, at=ctx.service_point, seq=seq)
    here = ctx.service_point
    told = rules.check_in_tells(
        loan=loan if late else None,
        owner=_owner(item, routed, here),
        holder=here,
        place=here,
        on=on,
    )
    done = CheckedIn(
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
        overdue_days=late,
        tells=(*told, *tells),
    )
    return _routed(done, routed)


def _owner(item: stock.ScannedItem, routed: routing.Routed, here: str) -> str:
    """Whom the desk is told the item belongs to: its owner where it is to be sent there."""
    return item.owner if routed.transit_to and routed.hold is None else here


def _routed(done: CheckedIn, routed: routing.Routed) -> CheckedIn:
    """The answer with where the item goes, said by a tell as well."""
    hold = routed.hold
    tells = done.tells
    if hold is not None:
        reader = patrons.loan_reader(hold.patron)
        tail = reader.number[-4:] if reader else ""
        if routed.transit_to:
            said = tell("hold-coming", pickup=hold.pickup)
        else:
            until = routed.ready_until.isoformat() if routed.ready_until else ""
            said = tell("hold-ready", tail=tail, until=until)
        tells = (said, *tells)
    return replace(
        done,
        transit=routed.transit,
        transit_to=routed.transit_to,
        hold=hold.id if hold else "",
        hold_patron=hold.patron if hold else "",
        ready_until=routed.ready_until,
        tells=tells,
    )


def _not_on_loan(
    item: stock.ScannedItem, tells: tuple[Reason, ...], ctx: Context, seq: int
) -> CheckedIn:
    here = ctx.service_point
    last = queries.last_return(item.id)
    just_now = common.just_given_back(last, ctx)
    now = routing.standing(item)
    moved = item.holder != here
    arrives = now.transit is not None and now.transit.destination == here
    if moved and arrives:
        # Its row is that of the transit, which ends here.
        advance(item.id, seq=seq, holder=here)
    elif moved:
        seq += 1
        advance(item.id, seq=seq, holder=here)
        record(
            "item.moved",
            ctx=ctx,
            library=item.library,
            item=item.id,
            item_seq=seq,
            title=item.title,
            dimensions=common.dimensions(item, None, None, clock.business_date(ctx.occurred_at)),
            data={"from": item.holder, "to": here},
        )
    routed = routing.route(item, now, ctx, at=here, seq=seq)
    on = clock.business_date(ctx.occurred_at)
    told = rules.check_in_tells(
        loan=None,
        owner=_owner(item, routed, here),
        holder=here if routed.received else item.holder,
        place=here,
        on=on,
    )
    if routed.received is not None:
        kind = "received"
        days = (ctx.occurred_at - routed.received).days
        tells = (*tells, tell("transit-arrived", origin=routed.came_from, days=max(days, 0)))
    elif last is not None and just_now and not moved:
        kind = "again"
        tells = (*tells, tell("already-returned", at=last[0].isoformat()))
    else:
        kind = "moved" if moved else "idle"
        if routed.hold is None:
            tells = (*tells, tell("not-on-loan"))
    done = CheckedIn(
        kind=kind,
        item=item.id,
        barcode=item.barcode,
        title=item.title,
        title_text=item.title_text,
        call_number=item.call_number,
        owner=item.owner,
        tells=(*told, *tells),
    )
    return _routed(done, routed)
