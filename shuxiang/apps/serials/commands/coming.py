"""记到: copies of an issue came."""

from __future__ import annotations

from dataclasses import dataclass

from shuxiang.apps.serials import models
from shuxiang.apps.serials.commands._shared import CHECK_IN, issue_of, label
from shuxiang.apps.stock.commands.barcodes import next_barcodes
from shuxiang.apps.stock.commands.items import add_item
from shuxiang.apps.stock.commands.mistakes import take_back_item
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command, record


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What came: how many copies, the barcodes of those that can be lent, and how many are missing."""

    copies: int
    barcodes: tuple[str, ...]
    missing: int


@command("serials.arrive", permission=CHECK_IN)
def arrive(
    *,
    issue: str,
    copies: dict[str, int] | None = None,
    barcodes: tuple[str, ...] = (),
    ctx: Context,
) -> Arrived:
    """Check in copies of an issue, ``copies`` by place; None: all that are waited for. Issues of a
    lendable subscription become items of their place, with the barcodes scanned or the next free ones.

    Raises Refused: serial-issue-unknown, issue-skipped, issue-complete, issue-too-many, and what `add_item`
    says.
    """
    row = issue_of(issue, CHECK_IN, ctx)
    of = row.subscription
    waiting = waited_for(row)
    wanted = {p: n for p, n in (waiting if copies is None else copies).items() if n}
    reasons = []
    if row.skipped_at is not None:
        reasons.append(stop("issue-skipped"))
    elif not any(waiting.values()):
        reasons.append(stop("issue-complete"))
    elif not wanted or any(n < 0 or n > waiting.get(p, 0) for p, n in wanted.items()):
        reasons.append(stop("issue-too-many", waiting=sum(waiting.values())))
    if reasons:
        raise refuse(*reasons)
    codes = [c for c in map(scanned, barcodes) if c]
    used: list[str] = []
    regular = max(of.issues.exclude(kind="supplement").count(), 1)
    for place, count in wanted.items():
        for _ in range(count):
            item = None
            if of.lendable:
                code = codes.pop(0) if codes else next_barcodes(place, 1)[0]
                item = add_item(
                    title=of.title_id,
                    barcode=code,
                    owner=place,
                    holder=of.place_id,
                    category=of.category,
                    volume=label(row),
                    price_fen=of.price_fen // regular,
                    source="issue",
                    ctx=ctx,
                )
                used.append(code)
            models.Copy.objects.create(
                id=new_id(), issue=row, place_id=place, item_id=item,
                arrived_at=ctx.occurred_at, arrived_by=ctx.actor.id,
            )  # fmt: skip
    came = sum(wanted.values())
    record("issue.arrived", ctx=ctx, library=of.library, place=of.place_id, title=of.title_id,
           subject=row.id, quantity=came, source=of.kind)  # fmt: skip
    return Arrived(copies=came, barcodes=tuple(used), missing=sum(waiting.values()) - came)


def waited_for(issue: models.Issue) -> dict[str, int]:
    """Copies of an issue that have not come, by place."""
    came: dict[str, int] = {}
    for place in issue.copies.values_list("place_id", flat=True):
        came[place] = came.get(place, 0) + 1
    shares = issue.subscription.shares.order_by("id").values_list("place_id", "copies")
    return {p: max(n - came.get(p, 0), 0) for p, n in shares}


@command("serials.take_back", permission=CHECK_IN)
def take_back(*, issue: str, ctx: Context) -> int:
    """Checked in by mistake: every copy of the issue, as long as nothing happened to any. Returns how
    many. Raises Refused: serial-issue-unknown, nothing-to-undo, bind-bound, and what `take_back_item` says."""
    row = issue_of(issue, CHECK_IN, ctx)
    copies = list(row.copies.order_by("id"))
    if not copies:
        raise refuse(stop("nothing-to-undo"))
    if any(c.volume_id for c in copies):
        raise refuse(stop("bind-bound"))
    row.copies.all().delete()
    for copy in copies:
        if copy.item_id:
            take_back_item(item=copy.item_id, ctx=ctx)
    of = row.subscription
    record("issue.arrived", ctx=ctx, library=of.library, place=of.place_id, title=of.title_id,
           subject=row.id, quantity=-len(copies), source=of.kind, data={"mistake": True})  # fmt: skip
    return len(copies)
