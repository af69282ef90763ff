"""代理: a reader agrees that another borrows and renews for them, and takes it back."""

from __future__ import annotations

from datetime import date

from shuxiang.apps.patrons import identity, models, queries, rules
from shuxiang.apps.patrons.commands import _shared
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command


@command("patrons.give_proxy", permission="patrons.change")
def give_proxy(
    *,
    patron: str,
    card: str,
    card_library: str | None = None,
    valid_to: date | None = None,
    ctx: Context,
) -> str:
    """Record at the desk that the reader (or who answers for them) agrees: the holder of ``card`` may
    borrow and renew for them from today through ``valid_to``. Returns the consent's id.

    Raises Refused: patron-unknown, patron-closed, card-unknown, card-ambiguous, proxy-is-reader,
    proxy-known, proxy-unfit, proxy-dates.
    """
    row = _shared.open_patron(patron, "patrons.change", ctx)
    return _give(row, _holder(card, card_library), valid_to, ctx)


@command("patrons.give_own_proxy")
def give_own_proxy(
    *, patron: str, card: str, name: str, valid_to: date | None = None, ctx: Context
) -> str:
    """A reader agrees for themselves, or a guardian for their child. Card and name of the other must
    belong together: a number alone tells nothing (``proxy-not-found``)."""
    row = _own(patron, ctx)
    found = tuple(
        r
        for r in queries.card_for_loan(scanned(card))
        if r.name == name.strip() and r.status == "active"
    )
    if len(found) != 1:
        raise refuse(stop("proxy-not-found"))
    return _give(row, found[0], valid_to, ctx)


@command("patrons.end_proxy", permission="patrons.change")
def end_proxy(*, proxy: str, ctx: Context) -> None:
    """Take a consent back at the desk. Raises Refused: proxy-unknown, proxy-ended."""
    row = _row(proxy)
    _shared.in_reach(row.patron, "patrons.change", ctx)
    _end(row, ctx)


@command("patrons.end_own_proxy")
def end_own_proxy(*, proxy: str, ctx: Context) -> None:
    """Either side takes a consent back; somebody else's answers like one that isn't there."""
    row = _row(proxy)
    on = clock.business_date(ctx.occurred_at)
    mine = ctx.actor.id in (row.patron_id, row.proxy_id)
    if ctx.actor.kind != "patron" or not (mine or _guards(ctx.actor.id, row.patron_id, on)):
        raise refuse(stop("proxy-unknown"))
    _end(row, ctx)


@command("patrons.act_for")
def act_for(*, session: str, patron: str, ctx: Context) -> None:
    """Show the loans of a child or of whom the signed-in reader is a proxy for; '' is themselves
    again. Somebody else answers like one that isn't there (``patron-unknown``)."""
    on = clock.business_date(ctx.occurred_at)
    if patron and not queries.how_acts(ctx.actor.id, patron, on):
        raise refuse(stop("patron-unknown"))
    models.ReaderSession.objects.filter(id=session, patron=ctx.actor.id, ended_at=None).update(
        acting_for=patron or None
    )


def _own(patron: str, ctx: Context) -> models.Patron:
    on = clock.business_date(ctx.occurred_at)
    allowed = ctx.actor.kind == "patron" and (
        ctx.actor.id == patron or _guards(ctx.actor.id, patron, on)
    )
    if not allowed:
        raise refuse(stop("patron-unknown"))
    row = _shared.patron_row(patron)
    if row.closed_at is not None:
        raise refuse(stop("patron-closed"))
    # A child decides together with who answers for it, never alone.
    if ctx.actor.id == patron and _is_minor(row, on):
        raise refuse(stop("proxy-by-guardian"))
    return row


def _is_minor(row: models.Patron, on: date) -> bool:
    return row.born_on is not None and identity.age_on(row.born_on, on) < rules.ADULT


def _guards(actor: str, patron: str, on: date) -> bool:
    return queries.how_acts(actor, patron, on) == queries.GUARDIAN


def _holder(card: str, library: str | None) -> queries.LoanReader:
    code = scanned(card)
    found = queries.card_for_loan(code)
    if library is not None:
        found = tuple(r for r in found if r.library == library)
    if not found:
        raise refuse(stop("card-unknown", number=code))
    if len(found) > 1:
        choices = ",".join(sorted(r.library for r in found))
        raise refuse(stop("card-ambiguous", number=code, libraries=choices))
    return found[0]


def _give(
    row: models.Patron, other: queries.LoanReader, valid_to: date | None, ctx: Context
) -> str:
    on = clock.business_date(ctx.occurred_at)
    kind = queries.category(other.category)
    standing = models.Proxy.objects.filter(patron=row, proxy=other.patron, ended_at=None)
    # What has run out makes room for a new consent.
    standing.filter(valid_to__lt=on).update(ended_at=ctx.occurred_at)
    decision = rules.may_give_proxy(
        same=other.patron == row.id,
        known=standing.exists(),
        proxy_closed=other.closed or other.status in ("replaced", "closed"),
        group=row.category.for_groups or bool(kind and kind.for_groups),
        valid_to=valid_to,
        on=on,
    )
    _shared.settle(decision, ctx)
    made = models.Proxy.objects.create(
        id=new_id(),
        patron=row,
        proxy_id=other.patron,
        valid_from=on,
        valid_to=valid_to,
        given_by="guardian" if _is_minor(row, on) else "reader",
        channel=ctx.channel,
        given_at=ctx.occurred_at,
    )
    _shared.record_patron("patron.changed", row, ctx, data={"fields": ["proxies"], "act": "given"})
    return str(made.id)


def _row(proxy: str) -> models.Proxy:
    row = models.Proxy.objects.select_related("patron").filter(id=proxy).first()
    if row is None:
        raise refuse(stop("proxy-unknown"))
    _shared.patron_row(row.patron_id)
    return row


def _end(row: models.Proxy, ctx: Context) -> None:
    if not models.Proxy.objects.filter(id=row.id, ended_at=None).update(ended_at=ctx.occurred_at):
        raise refuse(stop("proxy-ended"))
    told = {"fields": ["proxies"], "act": "ended"}
    _shared.record_patron("patron.changed", row.patron, ctx, data=told)
