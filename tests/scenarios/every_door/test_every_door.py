"""One story through every door leaves the same ledger (design §4: one action, every door).

1 card (the setting of the story) · 2 loan · 3 renewal · 4 hold by another · 5 return at another
branch, late · 6 transit and arrival · 7 pickup · 8 payment of the overdue charge. A step that a door
does not offer is done at the desk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from shuxiang.kernel import clock
from shuxiang.ledger.models import Event
from shuxiang.statistics.invariants import check
from tests.interfaces.sip2.terminal import serving
from tests.scenarios.every_door import story, tellers
from tests.scenarios.every_door.story import STEPS, Teller, World
from tests.support.library import Library

pytestmark = pytest.mark.db

TOLD = [
    "loan.opened",
    "loan.renewed",
    "hold.placed",
    "loan.closed",
    "fee.charged",
    "hold.set_aside",
    "transit.sent",
    "transit.received",
    "hold.ready",
    "loan.opened",
    "hold.filled",
    "fee.paid",
]


DOORS: dict[str, Callable[[World, ExitStack], Teller]] = {
    "desk": lambda world, stack: tellers.AtDesk(world),
    "portal": lambda world, stack: tellers.OnPortal(world),
    "kiosk": lambda world, stack: tellers.AtMachine(world),
    "sip2": lambda world, stack: tellers.AtTerminal(world, stack.enter_context(serving())),
    "offline": lambda world, stack: tellers.Offline(world),
}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def _tell(door: Teller, world: World, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    before = Event.objects.count()
    for name, at, act in STEPS:
        with monkeypatch.context() as time:
            time.setattr(clock, "now", lambda at=at: at)
            try:
                act(door, world)
            except Exception as error:
                error.add_note(f"step {name} at {type(door).__name__}")
                raise
    assert [c for c in check() if not c.ok and c.id != "9"] == []
    return story.rows(before)


def test_the_ledger_is_the_same_whichever_door_it_was(
    library: Library,
    scene: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    stack: ExitStack,
) -> None:
    told: dict[str, list[dict[str, Any]]] = {}

    def world() -> World:
        made: World = scene("every_door", lambda: story.build(library))
        return made

    for name, make in DOORS.items():
        made = world()
        told[name] = _tell(make(made, stack), made, monkeypatch)
    assert [row["type"] for row in told["desk"]] == TOLD
    for door, rows in told.items():
        assert rows == told["desk"], door
