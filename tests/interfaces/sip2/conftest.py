"""A library with two terminals, and the server they speak to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.places import commands as places
from shuxiang.runtime import sql
from tests.interfaces.sip2.terminal import Terminal, serving
from tests.support import stocked
from tests.support.library import Contexts, Library

PASSWORD = "machine-1"
PIN = "719204"


@dataclass(frozen=True, slots=True)
class Machines:
    """`stocked` with a terminal of the main library (``lobby``, everything granted, UTF-8) and one of
    the east branch (``east``, as shipped); PIN for the adult reader."""

    stocked: stocked.Stocked
    lobby: str
    east: str

    @property
    def card(self) -> str:
        return self.stocked.cards["adult"]


def build(library: Library) -> Machines:
    ctx = Contexts(library)
    made = stocked.build(library)
    settings = {"encoding": "utf-8", "institution": "YC", "patron_data": "full"}
    ids = [
        places.add_device(
            place=place,
            kind="sip2",
            login=login,
            name=login,
            settings=said,
            secret=PASSWORD,
            ctx=ctx(),
        ).id
        for login, place, said in (("lobby", library.main, settings), ("east", library.east, {}))
    ]
    patrons.set_pin(patron=made.patrons["adult"], pin_hash=make_password(PIN), ctx=ctx())
    circulation.add_rule(
        place=library.network,
        valid_from=ctx().occurred_at.date(),
        loan_limit=5,
        loan_days=30,
        ctx=ctx(),
    )
    # The server's clock is today's; the library's readers registered in 2020.
    sql.run("UPDATE patrons_card SET expires_on = ?", date(2099, 12, 31))
    return Machines(made, *ids)


@pytest.fixture
def machines(library: Library, scene: Callable[..., Any]) -> Machines:
    found: Machines = scene("machines", lambda: build(library))
    return found


@pytest.fixture
def port(machines: Machines) -> Iterator[int]:
    with serving() as found:
        yield found


@pytest.fixture
def lobby(port: int) -> Iterator[Terminal]:
    """The main library's terminal, logged in."""
    terminal = Terminal(port, charset="utf-8")
    assert terminal.login("lobby", PASSWORD)
    yield terminal
    terminal.close()


@pytest.fixture
def east(port: int) -> Iterator[Terminal]:
    """The east branch's terminal, logged in."""
    terminal = Terminal(port)
    assert terminal.login("east", PASSWORD)
    yield terminal
    terminal.close()
