"""Two desks, one item (F6, E2): on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

from shuxiang.apps.circulation import commands
from shuxiang.apps.circulation.models import Loan
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def test_e2_sixteen_desks_take_one_item_in_the_same_instant(
    stocked: Stocked, ctx: Contexts, together: Any
) -> None:
    places = (stocked.library.main, stocked.library.east)

    def take(number: int) -> Any:
        who = ("adult", "other")[number % 2]
        return commands.check_out(
            item_barcode="B001",
            card=stocked.cards[who],
            ctx=ctx(place=places[number // 2 % 2], key=f"desk-{number}"),
        )

    outcomes = together(16, take)
    made = [o for o in outcomes if isinstance(o, commands.CheckedOut) and not o.repeated]
    others = [o for o in outcomes if o not in made]
    assert len(made) == 1
    for other in others:
        if isinstance(other, commands.CheckedOut):
            # The same reader at the same place within five seconds: the first answer again.
            assert (other.loan, other.repeated) == (made[0].loan, True)
        else:
            assert isinstance(other, Refused)
            assert other.decision.codes == ("item-on-loan",)
    assert Loan.objects.filter(returned_at=None).count() == 1
    assert Event.objects.filter(type="loan.opened").count() == 1


def test_i3_lending_and_returning_at_once_keeps_one_line_of_history(
    stocked: Stocked, ctx: Contexts, together: Any
) -> None:
    def act(number: int) -> Any:
        barcode = f"B00{number % 3 + 1}"
        outcomes: list[Any] = []
        for turn in range(6):
            try:
                if (number + turn) % 2:
                    outcomes.append(
                        commands.check_out(
                            item_barcode=barcode,
                            card=stocked.cards[("adult", "other", "child")[number % 3]],
                            ctx=ctx(),
                        )
                    )
                else:
                    outcomes.append(commands.check_in(item_barcode=barcode, ctx=ctx()))
            except Refused as refused:
                outcomes.append(refused)
        return outcomes

    for outcome in together(8, act):
        assert isinstance(outcome, list), outcome
    for barcode in ("B001", "B002", "B003"):
        item = stock.scanned_item(stocked.items[barcode])
        assert item is not None
        line = list(
            Event.objects.filter(item=item.id)
            .order_by("item_seq")
            .values_list("item_seq", flat=True)
        )
        assert line == list(range(1, item.event_seq + 1))
        opened = Event.objects.filter(item=item.id, type="loan.opened").count()
        closed = Event.objects.filter(item=item.id, type="loan.closed").count()
        open_now = Loan.objects.filter(item=item.id, returned_at=None).count()
        assert opened - closed == open_now
        assert open_now in (0, 1)


def test_the_same_request_from_many_threads_acts_once(
    stocked: Stocked, ctx: Contexts, together: Any
) -> None:
    once = ctx(key="one-key")

    def take(_: int) -> Any:
        return commands.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=once)

    outcomes = together(8, take)
    assert len(set(outcomes)) == 1
    assert isinstance(outcomes[0], commands.CheckedOut)
    assert Event.objects.filter(type="loan.opened").count() == 1
