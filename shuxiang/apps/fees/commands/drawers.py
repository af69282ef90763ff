"""钱箱: money put into a drawer and handed over from it."""

from __future__ import annotations

from shuxiang.apps.fees.commands import common
from shuxiang.apps.fees.commands.common import Side
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused, stop
from shuxiang.runtime.commands import command

WAYS = ("in", "out")


@command("fees.move_cash", permission="fees.pay")
def move_cash(*, way: str, amount_fen: int, note: str = "", ctx: Context) -> str:
    """Put cash into the actor's own drawer (``in``: 备用金) or hand it over (``out``: 交款); returns
    the transaction.

    Raises Refused: amount-missing, amount-too-large, cash-way-unknown, drawer-short.
    """
    reasons = common.against_amount(amount_fen)
    if way not in WAYS:
        reasons.append(stop("cash-way-unknown"))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    amount = amount_fen if way == "in" else -amount_fen
    entry = common.post(
        f"cash-{way}",
        [Side("till", amount, "cash"), Side("outside", -amount)],
        amount_fen=amount_fen,
        method="cash",
        note=note,
        ctx=ctx,
    )
    common.told("cash.moved", ctx=ctx, amount=amount_fen, subject=entry.id, source=f"cash-{way}")
    return str(entry.id)
