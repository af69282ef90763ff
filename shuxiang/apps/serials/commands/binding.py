"""合订: issues become one volume on the shelf, and back."""

from __future__ import annotations

from shuxiang.apps.serials import models, rules
from shuxiang.apps.serials.commands._shared import BIND, locked
from shuxiang.apps.stock.commands.binding import retire_issue, revive_issue
from shuxiang.apps.stock.commands.items import add_item
from shuxiang.apps.stock.commands.mistakes import take_back_item
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, record, reverse


@command("serials.bind", permission=BIND)
def bind(
    *,
    copies: tuple[str, ...],
    barcode: str,
    call_number: str = "",
    price_fen: int | None = None,
    ctx: Context,
) -> str:
    """Bind copies of issues of one subscription, place and year into a volume with a barcode; the
    issues can't be lent any more. Returns the volume's id. Raises Refused: subscription-unknown,
    serial-issue-unknown, SE-5, and what `add_item` and the guards of ``stock.withdraw`` say."""
    found = list(
        models.Copy.objects.filter(id__in=copies).select_related("issue").order_by(
            "issue__expected_on", "issue__position"
        )
    )  # fmt: skip
    reasons = rules.bind_reasons(
        copies=len(found),
        places=[c.place_id for c in found],
        bound=[c.volume_id or "" for c in found],
        years=[c.issue.year for c in found],
    )
    of = {c.issue.subscription_id for c in found}
    if len(of) > 1:
        reasons = (*reasons, stop("bind-mixed"))
    if reasons:
        raise refuse(*reasons)
    row = locked(of.pop(), BIND, ctx)
    numbers = rules.runs(c.issue.number for c in found)
    label = f"{found[0].issue.year}年第{numbers}期合订本"[:60]
    item = add_item(
        title=row.title_id,
        barcode=barcode,
        owner=found[0].place_id,
        category="periodical",
        call_number=call_number,
        volume=label,
        price_fen=row.price_fen * len(found) // max(row.issues.count(), 1)
        if price_fen is None
        else price_fen,
        source="purchase",
        ctx=ctx,
    )
    volume = models.Volume.objects.create(
        id=new_id(), subscription=row, place_id=found[0].place_id, item_id=item, label=label,
        bound_at=ctx.occurred_at, bound_by=ctx.actor.id,
    )  # fmt: skip
    for copy in found:
        if copy.item_id:
            retire_issue(item=copy.item_id, why=label, ctx=ctx)
    models.Copy.objects.filter(id__in=[c.id for c in found]).update(volume=volume)
    record("serial.bound", ctx=ctx, library=row.library, place=found[0].place_id,
           title=row.title_id, subject=volume.id, source=row.kind)  # fmt: skip
    return str(volume.id)


@command("serials.unbind", permission=BIND)
def unbind(*, volume: str, ctx: Context) -> int:
    """Bound by mistake: the volume never was, its issues are issues again. Returns how many. Raises
    Refused: volume-unknown, and what `take_back_item` says."""
    row = models.Volume.objects.filter(id=volume).first()
    if row is None:
        raise refuse(stop("volume-unknown"))
    locked(row.subscription_id, BIND, ctx)
    copies = list(models.Copy.objects.filter(volume=row).order_by("id"))
    models.Copy.objects.filter(volume=row).update(volume=None)
    models.Volume.objects.filter(id=row.id).delete()
    take_back_item(item=row.item_id, ctx=ctx)
    for copy in copies:
        if copy.item_id:
            revive_issue(item=copy.item_id, ctx=ctx)
    reverse("serial.bound", ctx=ctx, item_seq=None, subject=row.id)
    return len(copies)
