"""调拨 of many items by a list of scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries
from shuxiang.apps.stock.commands.items import move_item
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, Refused, refuse, stop
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command

MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What became of each scan: barcodes moved, those that stood there already, and those refused
    with every reason."""

    moved: tuple[str, ...]
    there: tuple[str, ...]
    refused: tuple[tuple[str, tuple[Reason, ...]], ...]


def meant(code: str) -> queries.ItemView:
    """The item a line of a list means: a barcode, or ``barcode@library`` with the code of the owning
    library where several have it. Refuses with item-unknown or barcode-of-several, never guesses
    (row B4)."""
    barcode, at, named = code.partition("@")
    found = queries.items_by_barcode(barcode)
    if at:
        owner = next((p.id for p in places.all_places() if p.code.upper() == named.upper()), "")
        found = tuple(i for i in found if i.library == owner)
    if len(found) == 1:
        return found[0]
    if not found:
        raise refuse(stop("item-unknown", barcode=code))
    choices = "、".join(sorted(f"{i.barcode}@{places.place(i.library).code}" for i in found))
    raise refuse(stop("barcode-of-several", barcode=barcode, choices=choices))


@command("stock.move_items", permission="stock.move")
def move_items(
    *,
    barcodes: Sequence[str],
    holder: str,
    location: str | None = None,
    with_owner: bool = False,
    ctx: Context,
) -> Moved:
    """Give every scanned item another holder and location, with ``with_owner`` another owner too.
    What can't be moved stays and is listed; the others are moved.

    Raises Refused: scan-empty, scans-too-many, place-unknown.
    """
    codes = tuple(dict.fromkeys(filter(None, map(scanned, barcodes))))
    if not codes:
        raise refuse(stop("scan-empty"))
    if len(codes) > MOST:
        raise refuse(stop("scans-too-many", most=MOST))
    try:
        places.place(holder)
    except places.UnknownPlace:
        raise refuse(stop("place-unknown", code=holder)) from None
    moved, there = list[str](), list[str]()
    refused = list[tuple[str, tuple[Reason, ...]]]()
    for code in codes:
        try:
            item = meant(code)
        except Refused as refusal:
            refused.append((code, refusal.decision.refusing))
            continue
        same_owner = not with_owner or item.owner == holder
        if item.holder == holder and location in (None, item.location) and same_owner:
            there.append(code)
            continue
        try:
            move_item(
                item=item.id,
                holder=holder,
                location=location,
                owner=holder if with_owner else None,
                ctx=ctx,
            )
        except Refused as refusal:
            refused.append((code, refusal.decision.refusing))
        else:
            moved.append(code)
    return Moved(moved=tuple(moved), there=tuple(there), refused=tuple(refused))
