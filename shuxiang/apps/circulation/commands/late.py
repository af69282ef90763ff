"""What entering from paper and merging an offline desk's journal share: an act of the past, done now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shuxiang.apps.circulation import models, queries, rules
from shuxiang.apps.circulation.commands.check_out import CheckedOut
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason
from shuxiang.ledger.append import standing_since
from shuxiang.runtime import sql

LATER = (
    "loan.opened",
    "loan.renewed",
    "loan.closed",
    "loan.written_off",
    "item.used",
    "item.moved",
    "item.status",
    "item.withdrawn",
)
"""Events of an item that a line written before them may contradict."""
MOST_TOLD = timedelta(days=31)
"""By how much a reader may have been told a later due date than the rules give now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLine:
    """A line of the paper, or of an offline desk's journal. ``at`` is when it happened; ``card`` is ''
    for all but a loan. ``item_library`` and ``card_library`` say which is meant where a code could
    mean two."""

    act: str
    at: datetime
    barcode: str
    card: str = ""
    item_library: str | None = None
    card_library: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a line: ``state`` as in `models.PaperEntry`; whose account it touched."""

    state: str
    item: stock.ScannedItem | None = None
    due_on: date | None = None
    loan: str | None = None
    patron: str | None = None
    reasons: tuple[Reason, ...] = ()


def later_acts(item: stock.ScannedItem, then: Context) -> tuple[Reason, ...]:
    """What is on record of the item after the line's time, unless it was lifted with a why."""
    if any(o.code == "paper-later-act" and o.why.strip() for o in then.overrides):
        return ()
    found = standing_since(sql, item.id, then.occurred_at, LATER)
    if found is None:
        brought = queries.brought_since(item.id, then.occurred_at)
        found = ("item.brought", brought, item.holder) if brought else None
    return rules.later_act(found)


def same_day(one: datetime, other: datetime) -> bool:
    return clock.business_date(one) == clock.business_date(other)


def never_overdue_by_lateness(
    done: CheckedOut, then: Context, *, entered: datetime, told: date | None = None
) -> date:
    """The due date of a loan entered late: a short one would be overdue at once or tomorrow morning,
    so it is the next open day after the day of entry at least (F14), and no sooner than the reader
    was ``told``."""
    least = queries.due_date(then.service_point, clock.business_date(entered), 1)
    due_on = max(done.due_on, least, told or least)
    if due_on != done.due_on:
        models.Loan.objects.filter(id=done.loan).update(due_on=due_on)
    return due_on
