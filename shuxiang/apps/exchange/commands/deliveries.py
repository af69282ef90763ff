"""配送单: items sent to a branch or service point, received by scan, differences told."""

from __future__ import annotations

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.circulation.commands.holds import routing
from shuxiang.apps.circulation.commands.holds.keeping import item_gone
from shuxiang.apps.exchange import models, rules
from shuxiang.apps.exchange.commands._shared import known_place, next_number
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import rebase, set_status
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import Dimensions, command, record, require

SEND, RECEIVE = "stock.move", "circulation.check_in"


@command("exchange.open_delivery", permission=SEND)
def open_delivery(*, destination: str, note: str = "", ctx: Context) -> str:
    """Begin a delivery from the service point; returns its id. Raises Refused: place-unknown,
    delivery-same-place."""
    known_place(destination)
    if destination == ctx.service_point:
        raise refuse(stop("delivery-same-place"))
    row = models.Delivery.objects.create(
        id=new_id(),
        library=places.place(ctx.service_point).library,
        number=next_number("exchange_delivery", "PS", ctx),
        origin_id=ctx.service_point,
        destination_id=destination,
        note=note.strip()[:200],
        opened_at=ctx.occurred_at,
        opened_by=ctx.actor.id,
    )
    return str(row.id)


@command("exchange.pack", permission=SEND)
def pack(*, delivery: str, item: str, ctx: Context) -> None:
    """Put an item on the list. Raises Refused: delivery-unknown, delivery-state, and every reason that
    it can't go (DL-1 … DL-4)."""
    row = _locked(delivery)
    require(ctx, SEND, row.origin_id)
    found = stock.lock_item(item)
    if found is None:
        raise refuse(stop("item-unknown", barcode=""))
    _arrived(item)
    loan = loans.open_loan_of(item)
    held = loans.set_aside([item]).get(item)
    decision = rules.may_pack(
        state=row.state,
        status=found.status,
        on_loan=loan.due_on if loan else None,
        under_way=loans.transit_of(item) is not None,
        kept=held is not None,
        here=found.holder == row.origin_id,
        holder=found.holder,
        partner=places.is_partner(found.library),
        listed=models.DeliveryLine.objects.filter(
            item=item, state__in=("packed", "shipped")
        ).exists(),
    )
    if not decision.allowed:
        raise Refused(decision)
    models.DeliveryLine.objects.create(
        id=new_id(), delivery=row, item_id=item, state="packed", added_at=ctx.occurred_at
    )


@command("exchange.unpack", permission=SEND)
def unpack(*, line: str, ctx: Context) -> None:
    """Take an item off a list that has not left. Raises Refused: delivery-state."""
    found = models.DeliveryLine.objects.filter(id=line, state="packed").first()
    if found is None:
        raise refuse(stop("delivery-state"))
    require(ctx, SEND, _locked(found.delivery_id).origin_id)
    models.DeliveryLine.objects.filter(id=line, state="packed").delete()


@command("exchange.ship", permission=SEND)
def ship(*, delivery: str, ctx: Context) -> int:
    """The boxes leave: every item is on its way, and based where it goes until another delivery brings it
    back (DL-5). Returns how many. Raises Refused: delivery-unknown, delivery-state, delivery-empty."""
    row = _locked(delivery)
    require(ctx, SEND, row.origin_id)
    if row.state != "packed":
        raise refuse(stop("delivery-state"))
    lines = list(models.DeliveryLine.objects.filter(delivery=row, state="packed").order_by("item"))
    if not lines:
        raise refuse(stop("delivery-empty"))
    for line in lines:
        item = stock.lock_item(line.item_id)
        assert item is not None
        if loans.open_loan_of(item.id) is not None or loans.transit_of(item.id) is not None:
            raise refuse(stop("delivery-left", barcode=item.barcode))
        transit = routing.dispatch(item, ctx, origin=row.origin_id, destination=row.destination_id)
        rebase(item.id, None if row.destination_id == item.owner else row.destination_id)
        models.DeliveryLine.objects.filter(id=line.id).update(state="shipped", transit=transit)
    models.Delivery.objects.filter(id=row.id).update(state="shipped", shipped_at=ctx.occurred_at)
    record("delivery.shipped", ctx=ctx, library=row.library, place=row.origin_id, subject=row.id,
           quantity=len(lines))  # fmt: skip
    return len(lines)


@command("exchange.receive", permission=RECEIVE)
def receive(*, delivery: str, item: str, ctx: Context) -> bool:
    """An item out of the boxes, scanned where they went; False where it was not on the list, which is
    kept as a difference (DL-6, DL-7). Raises Refused: delivery-unknown, delivery-state."""
    row = _locked(delivery)
    if row.state != "shipped" or ctx.service_point != row.destination_id:
        raise refuse(stop("delivery-state"))
    found = stock.scanned_item(item)
    if found is None:
        raise refuse(stop("item-unknown", barcode=""))
    line = models.DeliveryLine.objects.filter(delivery=row, item=item).first()
    circulation.check_in(item_barcode=found.barcode, item_library=found.library, ctx=ctx)
    if line is None:
        models.DeliveryLine.objects.create(
            id=new_id(), delivery=row, item_id=item, state="extra", added_at=ctx.occurred_at
        )
        return False
    models.DeliveryLine.objects.filter(id=line.id).exclude(state="extra").update(state="received")
    return line.state != "extra"


@command("exchange.close_delivery", permission=RECEIVE)
def close_delivery(*, delivery: str, why: str = "", ctx: Context) -> tuple[int, int, int]:
    """Nothing more is in the boxes: (received, missing, extra). With a difference it needs a why; what is
    missing counts as missing until it is scanned anywhere (DL-8).

    Raises Refused: delivery-unknown, delivery-state, delivery-difference.
    """
    row = _locked(delivery)
    if row.state != "shipped" or ctx.service_point != row.destination_id:
        raise refuse(stop("delivery-state"))
    models.DeliveryLine.objects.filter(
        delivery=row, state="shipped", transit__ended_as="received"
    ).update(state="received")
    left = list(models.DeliveryLine.objects.filter(delivery=row, state="shipped").order_by("item"))
    states = list(models.DeliveryLine.objects.filter(delivery=row).values_list("state", flat=True))
    received, extra = states.count("received"), states.count("extra")
    if (left or extra) and not why.strip():
        raise refuse(stop("delivery-difference", missing=len(left), extra=extra))
    for line in left:
        _missing(line.item_id, ctx)
    models.DeliveryLine.objects.filter(id__in=[x.id for x in left]).update(state="missing")
    models.Delivery.objects.filter(id=row.id).update(
        state="closed", closed_at=ctx.occurred_at, why=why.strip()[:200]
    )
    data = {"missing": len(left), "extra": extra} | ({"why": why.strip()} if why.strip() else {})
    record("delivery.received", ctx=ctx, library=row.library, subject=row.id, quantity=received,
           data=data)  # fmt: skip
    return received, len(left), extra


def _arrived(item: str) -> None:
    """A line whose item was scanned elsewhere than on the page of its delivery: its transit says what
    became of it."""
    lines = models.DeliveryLine.objects.filter(item=item, state="shipped")
    lines.filter(transit__ended_as="received").update(state="received")
    lines.filter(transit__ended_as="cancelled").update(state="missing")


def _missing(item: str, ctx: Context) -> None:
    found = stock.lock_item(item)
    assert found is not None
    if found.status != "available" or loans.open_loan_of(item) is not None:
        return
    seq = item_gone(item=item, ctx=ctx) + 1
    set_status(item, status="missing", seq=seq)
    record(
        "item.status", ctx=ctx, library=found.library, item=item, item_seq=seq, title=found.title,
        dimensions=Dimensions(
            item_category=found.category, clc=found.clc, owner_place=found.owner
        ),
        data={"before": found.status, "after": "missing"},
    )  # fmt: skip


def _locked(delivery: str) -> models.Delivery:
    row = models.Delivery.objects.select_for_update().filter(id=delivery).first()
    if row is None:
        raise refuse(stop("delivery-unknown"))
    return row
