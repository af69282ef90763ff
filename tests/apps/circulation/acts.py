"""What the tests of holds and transits share."""

from __future__ import annotations

from typing import Any

import pytest

from shuxiang.apps.circulation import commands
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from tests.support.library import Contexts
from tests.support.stocked import Stocked


def codes(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {r.code for r in refused.value.decision.refusing}


def line(barcode: str, stocked: Stocked) -> list[str]:
    """What happened to an item, in order; reversing rows with a minus."""
    rows = Event.objects.filter(item=stocked.items[barcode], item_seq__gt=1).order_by("item_seq")
    return [("-" if r.quantity < 0 else "") + r.type for r in rows]


def place(
    stocked: Stocked, ctx: Contexts, who: str, *, title: int = 1, pickup: str = "", **more: Any
) -> commands.Placed:
    return commands.place_hold(
        title=stocked.titles[title],
        card=stocked.cards[who],
        pickup=pickup or stocked.library.main,
        ctx=more.pop("by", None) or ctx("desk"),
        **more,
    )
