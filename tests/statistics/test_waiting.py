"""I5 and I7 hold after real acts and name a planted breach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.circulation import commands
from shuxiang.apps.circulation.models import Hold, HoldQueue, Transit
from shuxiang.statistics import waiting
from tests.support.library import Contexts, Library
from tests.support.stocked import Stocked, build

pytestmark = pytest.mark.db


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library, ctx: Contexts) -> Stocked:
    """B002 is on its way east for the adult; the other reader waits behind."""

    def make() -> Stocked:
        made = build(library)
        for who, pickup in (("adult", library.east), ("other", library.main)):
            commands.place_hold(
                title=made.titles[1], card=made.cards[who], pickup=pickup, ctx=ctx("desk")
            )
        commands.check_in(item_barcode="B002", ctx=ctx("desk"))
        return made

    stocked: Stocked = scene("statistics.waiting", make)
    return stocked


def test_real_acts_break_nothing(stocked: Stocked) -> None:
    assert Hold.objects.count() == 2
    assert waiting.items_in_one_place() == []
    assert waiting.queues_in_order() == []


@pytest.mark.parametrize(
    ("breach", "said"),
    [
        (lambda: Transit.objects.update(hold=None), "on its way without a transit"),
        (
            lambda: Hold.objects.filter(state="waiting").update(
                state="cancelled", ended_at="2020-06-11T00:00Z"
            ),
            "the ledger says 1 open",
        ),
        (
            lambda: Hold.objects.filter(state="coming").update(
                state="ready", ready_until="2020-06-20", shelved=True
            ),
            "is in 2 places at once",
        ),
    ],
)
def test_i5_a_breach_is_named(stocked: Stocked, breach: Callable[[], object], said: str) -> None:
    breach()
    assert any(said in line for line in waiting.items_in_one_place())


def test_i7_a_number_never_given_out_is_named(stocked: Stocked) -> None:
    HoldQueue.objects.update(last_seq=1)
    (line,) = waiting.queues_in_order()
    assert "never given out" in line
