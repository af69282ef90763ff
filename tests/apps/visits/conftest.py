"""A library with two gates at the main library and one at the east branch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from shuxiang.apps.places import commands as places
from shuxiang.apps.visits import commands
from shuxiang.kernel.context import Actor, Context
from tests.support.library import Contexts, Library, moment


@dataclass(frozen=True, slots=True)
class Gates:
    """Ids of the gates, their site, and ways to let people pass."""

    library: Library
    north: str
    south: str
    east: str
    secret: str

    def ctx(self, gate: str = "", *, at: datetime | None = None) -> Context:
        gate = gate or self.north
        place = self.library.east if gate == self.east else self.library.main
        return Contexts(self.library)(
            Actor("terminal", gate), place=place, channel="gate", at=at or moment("2020-06-10")
        )

    def send(
        self,
        *events: commands.GatePass,
        gate: str = "",
        at: datetime | None = None,
        clock: datetime | None = None,
    ) -> commands.Recorded:
        return commands.record_passes(events=events, device_clock=clock, ctx=self.ctx(gate, at=at))


def passed(
    seq: int, direction: str = "in", at: str = "09:30", day: str = "2020-06-10", **more: Any
) -> commands.GatePass:
    return commands.GatePass(seq=seq, at=moment(day, at), direction=direction, **more)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def build(library: Library) -> Gates:
    ctx = Contexts(library)
    made = [
        places.add_device(
            place=place, kind="gate", login=login, name=name, ctx=ctx(at=moment("2020-06-01"))
        )
        for place, login, name in (
            (library.main, "north", "北门"),
            (library.main, "south", "南门"),
            (library.east, "east", "东区门"),
        )
    ]
    return Gates(library, made[0].id, made[1].id, made[2].id, made[0].secret)


@pytest.fixture
def gates(scene: Callable[..., Any], library: Library) -> Gates:
    found: Gates = scene("visits.gates", lambda: build(library))
    return found
