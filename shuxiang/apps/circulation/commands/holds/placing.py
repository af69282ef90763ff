"""预约与预借: a reader is put into the queue of a title."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.circulation import matching, models, queries
from shuxiang.apps.circulation.commands import common
from shuxiang.apps.circulation.commands.holds.ending import hold_told
from shuxiang.apps.circulation.rules import Borrower, Rule
from shuxiang.apps.circulation.rules import holds as rules
from shuxiang.apps.fees import queries as owing
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command

NEVER = frozenset(
    {
        "hold-already",
        "hold-borrowed",
        "hold-no-copy",
        "pickup-not-here",
        "card-replaced",
        "card-closed",
    }
)
_NEXT = (
    "INSERT INTO circulation_holdqueue (title_id, last_seq) VALUES (?, 1) ON CONFLICT (title_id) "
    "DO UPDATE SET last_seq = circulation_holdqueue.last_seq + 1 RETURNING last_seq"
)
_OUT_OF_USE = ("lost", "missing", "damaged", "blocked", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A hold placed. ``kind``: ``shelf`` (预借, a copy is to be fetched from a shelf) or ``title``
    (预约, every copy is out). ``position`` is its place among the holds that wait, from 1;
    ``open_holds`` how many the reader has now."""

    hold: str
    kind: str
    title: str
    title_text: str
    patron: str
    pickup: str
    position: int
    open_holds: int
    expires_on: date | None
    tells: tuple[Reason, ...] = ()


@command("circulation.place_hold", permission="circulation.hold")
def place_hold(
    *,
    title: str | None = None,
    item_barcode: str | None = None,
    card: str,
    pickup: str | None = None,
    expires_on: date | None = None,
    item_library: str | None = None,
    card_library: str | None = None,
    ctx: Context,
) -> Placed:
    """Reserve a title, or the one copy with a barcode, for the holder of a card, to be picked up at
    the place ``pickup`` (the service point unless given). ``expires_on``: the last day it waits, the
    rule's unless given; never later than that.

    Raises Refused with every reason: title-unknown, what a scan can mean, pickup-not-here, and
    HD-1 … HD-8.
    """
    reader = common.find_reader(card, card_library, ctx)
    item = None
    if item_barcode is not None:
        found = common.find_item(item_barcode, item_library, ctx)
        item, title = found.id, found.title
    return _place(reader, title or "", item, pickup or ctx.service_point, expires_on, ctx)


@command("circulation.hold_own")
def place_own_hold(
    *, title: str, item: str | None = None, patron: str | None = None, pickup: str, ctx: Context
) -> Placed:
    """A reader reserves a title, or one copy of it, for themselves, or for the reader ``patron`` for
    whom they act as guardian or proxy."""
    by = ctx.actor.id if ctx.actor.kind == "patron" else ""
    on = clock.business_date(ctx.occurred_at)
    theirs = patron or by
    may_act = bool(by) and (theirs == by or bool(patrons.how_acts(by, theirs, on)))
    reader = patrons.loan_reader(theirs) if may_act else None
    if reader is None:
        raise refuse(stop("not-permitted", action="circulation.hold_own"))
    if item is not None:
        found = stock.scanned_item(item)
        if found is None or found.title != title:
            raise refuse(stop("title-unknown"))
    return _place(reader, title, item, pickup, None, ctx)


def _place(
    reader: patrons.LoanReader,
    title_id: str,
    item: str | None,
    pickup: str,
    expires_on: date | None,
    ctx: Context,
) -> Placed:
    on = clock.business_date(ctx.occurred_at)
    title = catalog.title(title_id) if title_id else None
    if title is not None and title.alias_of:
        title = catalog.title(title.alias_of)
    if title is None:
        raise refuse(stop("title-unknown"))
    seq = next_in_queue(title.id)
    if not sql.is_sqlite():
        if catalog.live_title(title.id) != title.id:
            # It was merged while this waited for its queue.
            return _place(reader, title.id, item, pickup, expires_on, ctx)
        patrons.lock_patron(reader.patron)
        reader = patrons.loan_reader(reader.patron) or reader
    found = matching.copies([title.id], ctx.occurred_at)
    copies = found.get(title.id) or matching.Copies((), ())
    offers = _offers(copies, item, reader, pickup, on)
    decision = common.settled(
        rules.may_place_hold(
            borrower=_borrower(reader, copies, item, pickup, on),
            offers=tuple(offer for _, offer in offers),
            already=models.Hold.objects.filter(
                title=title.id, patron=reader.patron, ended_at=None
            ).exists(),
            borrowed=any(
                view.item == item if item else view.title == title.id
                for view in queries.open_loans(reader.patron)
            ),
            open_holds=queries.hold_count(reader.patron),
            pickup_open=queries.is_pickup_place(pickup, on),
        ),
        ctx,
        place=ctx.service_point,
        never=NEVER,
    )
    free = sum(offer.possible and offer.on_shelf for _, offer in offers)
    waiting = queries.waiting_by_title([title.id]).get(title.id, 0)
    row = models.Hold(
        id=new_id(),
        library=places.place(pickup).library,
        title_id=title.id,
        kind="shelf" if free > waiting else "title",
        wanted_id=item,
        patron_id=reader.patron,
        pickup_id=pickup,
        rank=rules.NORMAL,
        seq=seq,
        placed_at=ctx.occurred_at,
        expires_on=_expires(expires_on, (o.rule for _, o in offers if o.possible), on),
    )
    row.save(force_insert=True)
    data = {"kind": row.kind, **({"copy": True} if item else {})}
    hold_told(
        "hold.placed", row, ctx, reader=reader,
        data={**data, **(common.override_data(decision, ctx) or {})},
    )  # fmt: skip
    view = queries.hold(row.id)
    assert view is not None
    return Placed(
        hold=row.id,
        kind=row.kind,
        title=title.id,
        title_text=view.title_text,
        patron=reader.patron,
        pickup=pickup,
        position=view.position,
        open_holds=queries.hold_count(reader.patron),
        expires_on=row.expires_on,
        tells=decision.reasons,
    )


def next_in_queue(title: str) -> int:
    """The next number of a title's queue, which is locked from then on."""
    row = sql.one(_NEXT, title)
    assert row is not None
    return int(row[0])


def _borrower(
    reader: patrons.LoanReader, copies: matching.Copies, item: str | None, pickup: str, on: date
) -> Borrower:
    """The reader's side; an age mark is the title's, so that any copy tells of it."""
    copy = next((i.id for i in copies.every if item in (None, i.id)), None)
    found = stock.scanned_item(copy) if copy else None
    marked = common.age_reasons(reader, found, pickup, on) if found else ()
    known = queries.is_pickup_place(pickup, on)
    money = owing.against_more("holds", reader.patron, reader.category, pickup, on) if known else ()
    return Borrower(
        patron=reader.patron,
        reasons=(
            *reader.opens(on).reasons,
            *marked,
            *money,
        ),
        overdue_loans=queries.counts(reader.patron, "", on).overdue,
    )


def _offers(
    copies: matching.Copies, item: str | None, reader: patrons.LoanReader, pickup: str, on: date
) -> list[tuple[stock.ItemView, rules.Offer]]:
    free = {i.id for i in copies.free}
    wanted = [i for i in copies.every if item in (None, i.id)]
    here = queries.is_pickup_place(pickup, on)
    return [
        (
            i,
            rules.Offer(
                rule=queries.explain(pickup, reader.category, i.category, on).rule
                if here
                else None,
                lendable=i.lendable and i.status not in _OUT_OF_USE,
                on_shelf=i.id in free,
                at_pickup=i.holder == pickup,
            ),
        )
        for i in wanted
    ]


def _expires(asked: date | None, among: Iterable[Rule | None], on: date) -> date | None:
    """The last day the hold waits: as asked, at most as long as the most generous rule says."""
    days = [r.hold_days for r in among if r is not None]
    latest = (
        None
        if not days or None in days
        else on + timedelta(days=max(d for d in days if d is not None))
    )
    given = [d for d in (asked, latest) if d is not None]
    return max(min(given), on) if given else None
