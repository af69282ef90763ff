"""The money of an order line follows its copies."""

from __future__ import annotations

from shuxiang.apps.acquisitions import models, rules
from shuxiang.apps.acquisitions.commands._shared import enter, facts_of
from shuxiang.kernel.context import Context


def line_changed(
    order: models.Order, line: models.OrderLine, before: rules.LineFacts, ctx: Context
) -> None:
    """Set aside what the line needs now instead of what it needed before. The line is read again; the
    fund's sum stays the sum of its lines."""
    models.Fund.objects.select_for_update().get(id=order.fund_id)
    after = facts_of(line)
    enter(order.fund_id, "encumbered", after.encumbered - before.encumbered, ctx, subject=line.id)
