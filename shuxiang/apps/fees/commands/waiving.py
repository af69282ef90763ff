"""减免: a reader is let off a charge, by somebody who may, with a why."""

from __future__ import annotations

from shuxiang.apps.fees.commands import charging, common
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused, stop
from shuxiang.kernel.values import yuan
from shuxiang.runtime.commands import command


@command("fees.waive", permission="fees.waive")
def waive(*, charge: str, amount_fen: int | None = None, why: str, ctx: Context) -> int:
    """Let a reader off what is open of a charge, or ``amount_fen`` of it; returns the amount.

    Raises Refused: charge-unknown, charge-settled, amount-missing, waive-too-much, reason-missing.
    """
    row = charging.lock(charge, "fees.waive", ctx)
    left = charging.open_of(row)
    amount = left if amount_fen is None else amount_fen
    reasons = common.against_why(why)
    if not left:
        reasons.append(stop("charge-settled"))
    else:
        reasons += common.against_amount(amount)
        if amount > left:
            reasons.append(stop("waive-too-much", open=yuan(left)))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    return charging.write_off(row, "waived", amount, why=why, ctx=ctx)
