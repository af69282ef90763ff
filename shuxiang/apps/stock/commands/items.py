"""Adding, changing, moving and withdrawing single items."""

from __future__ import annotations

from datetime import date
from typing import Any

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import models, queries, rules
from shuxiang.apps.stock.commands import labels
from shuxiang.apps.stock.commands.typed import call_number_typed
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime import guards
from shuxiang.runtime.commands import Dimensions, command, record, require


@command("stock.add_item", permission="stock.edit")
def add_item(
    *,
    title: str,
    barcode: str,
    owner: str,
    category: str,
    location: str | None = None,
    call_number: str = "",
    accession_number: str = "",
    volume: str = "",
    price_fen: int | None = None,
    source: str = "purchase",
    accessioned_on: date | None = None,
    status: str = "available",
    holder: str | None = None,
    ctx: Context,
) -> str:
    """Add an item to a title; returns its id. ``accessioned_on`` is today unless told, except for
    source ``legacy``, whose date stays unknown and which never counts as new. ``holder``: where it
    is until it is brought to its owner; a location is its owner's and then left for later.

    Raises Refused: not-permitted (at the owner too), title-unknown, barcode-missing,
    barcode-too-long, barcode-taken, place-unknown, location-unknown, category-unknown,
    source-unknown, status-unknown, accession-date-future.
    """
    require(ctx, "stock.edit", owner)
    return accession(
        title=title,
        barcode=barcode,
        owner=owner,
        category=category,
        location=location,
        call_number=call_number,
        accession_number=accession_number,
        volume=volume,
        price_fen=price_fen,
        source=source,
        accessioned_on=accessioned_on,
        status=status,
        holder=holder,
        ctx=ctx,
    )


def accession(
    *,
    title: str,
    barcode: str,
    owner: str,
    category: str,
    location: str | None,
    call_number: str,
    accession_number: str,
    volume: str,
    price_fen: int | None,
    source: str,
    accessioned_on: date | None,
    status: str,
    holder: str | None = None,
    ctx: Context,
) -> str:
    """What `add_item` does, inside a command that has checked who may. A copy of a title that was
    merged is one of the title it was merged into."""
    code = scanned(barcode)
    today = clock.business_date(ctx.occurred_at)
    place = _place(owner)
    title = catalog.live_title(title)
    found = catalog.title(title)
    reasons = [
        *([] if found else [stop("title-unknown")]),
        *([] if place else [stop("place-unknown", code=owner)]),
        *([stop("place-unknown", code=holder)] if holder and _place(holder) is None else []),
        *rules.barcode_reasons(code),
        *_unknown(location, owner, category, status),
        *([] if source in rules.SOURCES else [stop("source-unknown", source=source)]),
    ]
    if accessioned_on and accessioned_on > today:
        reasons.append(stop("accession-date-future", day=accessioned_on.isoformat()))
    if place and code and _taken(place.library, code):
        reasons.append(stop("barcode-taken", barcode=code))
    if reasons or found is None or place is None:
        raise refuse(*reasons)
    day = accessioned_on or (None if source == "legacy" else today)
    row = models.Item(
        id=new_id(),
        library=place.library,
        barcode=code,
        accession_number=accession_number.strip()[:40],
        title_id=title,
        owner_id=owner,
        holder_id=holder or owner,
        location_id=location if holder in (None, owner) else None,
        category_id=category,
        status=status,
        call_number=call_number.strip()[:80],
        call_sort=rules.shelf_sort(call_number.strip()[:80]),
        volume=volume.strip()[:60],
        price_fen=price_fen,
        source=source,
        accessioned_on=day,
        event_seq=1,
        created_at=ctx.occurred_at,
    )
    row.save(force_insert=True)
    record(
        "item.accessioned",
        ctx=ctx,
        library=row.library,
        item=row.id,
        item_seq=1,
        title=title,
        amount=price_fen,
        dimensions=Dimensions(item_category=category, clc=found.main_class, owner_place=owner),
        source=source,
        on=day,
    )
    return str(row.id)


@command("stock.change_item", permission="stock.edit")
def change_item(
    *,
    item: str,
    barcode: str | None = None,
    accession_number: str | None = None,
    call_number: str | None = None,
    volume: str | None = None,
    category: str | None = None,
    location: str | None = None,
    price_fen: int | None = None,
    least_age: int | None = None,
    ctx: Context,
) -> tuple[str, ...]:
    """Change what is written of an item; what is None stays (``location`` '' takes it out of its
    location, ``least_age`` 0 takes its age mark off). Returns the names of the fields that changed; with none nothing is recorded. A call
    number typed here is what the title's next copy is offered (row A4), and the item's label waits
    to be printed again.

    Raises Refused: not-permitted (at the item's owner too), item-unknown, item-withdrawn,
    barcode-missing, barcode-too-long, barcode-taken, category-unknown, location-unknown,
    age-mark-range.
    """
    row = _locked(item)
    require(ctx, "stock.edit", row.owner_id)
    reasons = list(rules.may_change(rules.ItemFacts(row.status, row.library)))
    wanted: dict[str, Any] = {}
    if barcode is not None and (code := scanned(barcode)) != row.barcode:
        wanted["barcode"] = code
        reasons += rules.barcode_reasons(code)
        if code and _taken(row.library, code):
            reasons.append(stop("barcode-taken", barcode=code))
    for name, text, length in (
        ("accession_number", accession_number, 40),
        ("call_number", call_number, 80),
        ("volume", volume, 60),
    ):
        if text is not None:
            wanted[name] = text.strip()[:length]
    if category is not None:
        wanted["category_id"] = category
        reasons += _unknown(None, row.owner_id, category, row.status)
    if location is not None:
        wanted["location_id"] = location or None
        reasons += _unknown(location, row.holder_id, row.category_id, row.status)
    if price_fen is not None:
        wanted["price_fen"] = price_fen
    if least_age is not None:
        wanted["least_age"] = least_age or None
        reasons += catalog.age_mark_reasons(least_age)
    if reasons:
        raise refuse(*reasons)
    before = {name: getattr(row, name) for name in wanted}
    changed = {name: value for name, value in wanted.items() if before[name] != value}
    if not changed:
        return ()
    names = tuple(sorted(name.removesuffix("_id") for name in changed))
    if "call_number" in changed:
        changed["call_sort"] = rules.shelf_sort(changed["call_number"])
    write_item(
        row,
        "item.changed",
        changed,
        ctx,
        {n: [before[n], changed[n]] for n in sorted(before) if n in changed},
    )
    if "call_number" in changed:
        call_number_typed(row.id, ctx)
    if {"call_number", "barcode", "volume"} & set(changed):
        labels.queue(row.id, ctx)
    return names


@command("stock.move_item", permission="stock.move")
def move_item(
    *,
    item: str,
    holder: str | None = None,
    location: str | None = None,
    owner: str | None = None,
    ctx: Context,
) -> None:
    """调拨: give an item another holder, location (of the holder) or owner; what is None stays, but
    a location does not follow its item to another place. A new owner with a barcode space of its
    own must not have the barcode yet.

    Raises Refused: not-permitted (where it is and where it goes too), item-unknown, item-withdrawn,
    place-unknown, location-unknown, barcode-taken, and what the guards of ``stock.move`` say.
    """
    row = _locked(item)
    for place in dict.fromkeys((row.holder_id, holder, *((row.owner_id, owner) if owner else ()))):
        if place and _place(place):
            require(ctx, "stock.move", place)
    reasons: list[Reason] = list(rules.may_change(rules.ItemFacts(row.status, row.library)))
    to = holder or row.holder_id
    changed: dict[str, Any] = {}
    for name, place in (("holder_id", holder), ("owner_id", owner)):
        if place is None:
            continue
        known = _place(place)
        if known is None:
            reasons.append(stop("place-unknown", code=place))
            continue
        changed[name] = place
        if name == "owner_id" and known.library != row.library:
            changed["library"] = known.library
            if _taken(known.library, row.barcode):
                reasons.append(stop("barcode-taken", barcode=row.barcode))
    if location is not None or to != row.holder_id:
        changed["location_id"] = location
        reasons += _unknown(location, to, row.category_id, row.status)
    reasons += guards.ask("stock.move", ctx, item=item)
    if reasons:
        raise refuse(*reasons)
    changed = {name: value for name, value in changed.items() if getattr(row, name) != value}
    if changed:
        data = {name: [getattr(row, name), value] for name, value in sorted(changed.items())}
        write_item(row, "item.moved", changed, ctx, data)


@command("stock.set_item_status", permission="stock.edit")
def set_item_status(*, item: str, status: str, why: str = "", ctx: Context) -> None:
    """Say what is so of the item itself: available, in_processing, lost, missing, damaged, blocked.
    Withdrawing is `withdraw_item`.

    Raises Refused: not-permitted (where the item is too), item-unknown, item-withdrawn,
    status-unknown.
    """
    row = _locked(item)
    require(ctx, "stock.edit", row.holder_id)
    reasons = list(rules.may_change(rules.ItemFacts(row.status, row.library)))
    if status not in rules.STATUSES or status == "withdrawn":
        reasons.append(stop("status-unknown", status=status))
    if reasons:
        raise refuse(*reasons)
    if status == row.status:
        return
    data = {"from": row.status, "to": status, **({"why": why} if why else {})}
    write_item(row, "item.status", {"status": status}, ctx, data)
    if status != "available":
        guards.tell("stock.item_gone", ctx, item=item)


def put_on_shelf(item: str, ctx: Context) -> None:
    """Inside a command that has checked who may: an item that was being processed may be lent; any
    other stays as it is."""
    row = _locked(item)
    if row.status == "in_processing":
        data = {"from": row.status, "to": "available"}
        write_item(row, "item.status", {"status": "available"}, ctx, data)


@command("stock.withdraw_item", permission="stock.withdraw")
def withdraw_item(*, item: str, why: str, ctx: Context) -> None:
    """剔除、注销: the item leaves the stock; its row and barcode stay taken for ever.

    Raises Refused: not-permitted (at the item's owner too), item-unknown, item-withdrawn,
    reason-missing, and what the guards of ``stock.withdraw`` and ``stock.withdraw_alone`` say.
    """
    row = _locked(item)
    require(ctx, "stock.withdraw", row.owner_id)
    reasons: list[Reason] = list(rules.may_change(rules.ItemFacts(row.status, row.library)))
    if not why.strip():
        reasons.append(stop("reason-missing"))
    reasons += guards.ask("stock.withdraw", ctx, item=item)
    reasons += guards.ask("stock.withdraw_alone", ctx, item=item)
    if reasons:
        raise refuse(*reasons)
    write_item(row, "item.withdrawn", {"status": "withdrawn"}, ctx, {"why": why.strip()})
    guards.tell("stock.item_gone", ctx, item=item)


def _locked(item: str) -> models.Item:
    row = models.Item.objects.select_for_update().filter(id=item).first()
    if row is None:
        raise refuse(stop("item-unknown", barcode=""))
    return row


def write_item(
    row: models.Item, type_: str, changed: dict[str, Any], ctx: Context, data: dict[str, Any]
) -> None:
    """Inside a command, of a locked row: the change and its ledger row, with the dimensions as they are
    after it."""
    seq = row.event_seq + 1
    models.Item.objects.filter(id=row.id).update(event_seq=seq, **changed)
    after = queries.item(row.id)
    title = catalog.title(row.title_id)
    assert after is not None, "the row is locked"
    assert title is not None, "items hold their title"
    record(
        type_,
        ctx=ctx,
        library=after.library,
        item=after.id,
        item_seq=seq,
        title=after.title,
        amount=after.price_fen if type_ == "item.withdrawn" else None,
        dimensions=Dimensions(
            item_category=after.category, clc=title.main_class, owner_place=after.owner
        ),
        data=data,
    )


def _place(place_id: str) -> places.Place | None:
    try:
        return places.place(place_id)
    except places.UnknownPlace:
        return None


def _taken(library: str, barcode: str) -> bool:
    return models.Item.objects.filter(library=library, barcode=barcode).exists()


def _unknown(location: str | None, place: str, category: str, status: str) -> list[Reason]:
    reasons = []
    if location and not any(row.id == location for row in places.locations([place])):
        reasons.append(stop("location-unknown", location=location))
    if not models.Category.objects.filter(code=category).exists():
        reasons.append(stop("category-unknown", category=category))
    if status not in rules.STATUSES:
        reasons.append(stop("status-unknown", status=status))
    return reasons
