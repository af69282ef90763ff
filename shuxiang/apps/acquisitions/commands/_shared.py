"""What the commands of this app share: numbers, rows locked, money moved."""

from __future__ import annotations

from shuxiang.apps.acquisitions import models, rules
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused, Severity, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import permitted

VIEW, ORDER = "acquisitions.view", "acquisitions.order"
RECEIVE, MONEY = "acquisitions.receive", "acquisitions.money"
SUGGEST, GIFTS = "acquisitions.decide", "acquisitions.donations"


def next_number(table: str, prefix: str, ctx: Context) -> str:
    """A number people can say: kind, place, day and a count within them. Two at once are settled by the
    unique constraint, and the later one is run again."""
    day = clock.business_date(ctx.occurred_at)
    start = f"{prefix}-{places.place(ctx.service_point).code}-{day:%Y%m%d}-"
    rows = sql.all(f"SELECT number FROM {table} WHERE number LIKE ?", f"{start}%")
    return f"{start}{max((int(r[0].rpartition('-')[2]) for r in rows), default=0) + 1}"


def locked_fund(fund: str) -> models.Fund:
    row = models.Fund.objects.select_for_update().filter(id=fund).first()
    if row is None:
        raise refuse(stop("fund-unknown"))
    return row


def locked_order(order: str) -> models.Order:
    """Refuses with ``order-unknown``."""
    row = models.Order.objects.select_for_update().filter(id=order).first()
    if row is None:
        raise refuse(stop("order-unknown"))
    return row


def order_of_line(line: str) -> models.Order:
    """The order of a line, locked. Refuses with ``order-unknown``."""
    found = models.OrderLine.objects.filter(id=line).values_list("order_id", flat=True).first()
    return locked_order(str(found))


def facts_of(line: models.OrderLine) -> rules.LineFacts:
    shares = list(line.shares.values_list("copies", "received"))
    return rules.LineFacts(
        ordered=sum(copies for copies, _received in shares),
        received=sum(received for _copies, received in shares),
        price_fen=line.price_fen,
        rate=line.rate,
        cancelled=line.cancelled,
        invoiced=line.invoiced,
    )


def enter(
    fund: str, kind: str, amount: int, ctx: Context, *, subject: str | None = None, note: str = ""
) -> None:
    """Move money of a fund; nothing for nothing."""
    if amount:
        models.FundEntry.objects.create(
            id=new_id(),
            fund_id=fund,
            kind=kind,
            amount_fen=amount,
            subject=subject,
            note=note.strip()[:120],
            at=ctx.occurred_at,
            by=ctx.actor.id,
        )


def available(fund: str) -> int:
    """What a fund has left: its budget without what is set aside and spent."""
    row = sql.one(
        "SELECT COALESCE(SUM(CASE WHEN kind = 'budget' THEN amount_fen ELSE -amount_fen END), 0) "
        "FROM acquisitions_fundentry WHERE fund_id = ?",
        fund,
    )
    assert row is not None, "an aggregate always has a row"
    return int(row[0])


def lifted(decision: Decision, ctx: Context, place: str) -> Decision:
    """The decision after what the actor answered, and lifted with the permission
    ``circulation.override.<code>`` and a why. Raises Refused with what is left."""
    extra, gone = [], []
    asks = {r.code for r in decision.reasons if r.severity is Severity.ASK}
    for override in ctx.overrides:
        if override.code not in decision.codes:
            continue
        if not override.why.strip():
            extra.append(stop("override-without-why", code=override.code))
        elif override.code in asks or (
            override.code == "fund-exceeded"
            and permitted(ctx, "circulation.override.fund-exceeded", place)
        ):
            gone.append(override.code)
        else:
            extra.append(stop("override-not-permitted", code=override.code))
    left = decision.lifted(gone)
    if extra or not left.allowed:
        raise Refused(Decision((*left.reasons, *extra)))
    return left


def whys(ctx: Context, decision: Decision) -> dict[str, str]:
    """What the ledger keeps of what was lifted, code → why."""
    used = {r.code for r in decision.reasons if r.data.get("overridden")}
    return {o.code: o.why.strip() for o in ctx.overrides if o.code in used}
