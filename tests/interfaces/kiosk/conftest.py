"""A self-service machine in the stocked test library, at 10:00 on Wednesday 2020-06-10."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.places import commands as places
from shuxiang.kernel import clock
from tests.interfaces.kiosk.pages import Screen, screen
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build

NOW = moment("2020-06-10")
PIN = "402817"
BRIDGE = "http://127.0.0.1:7071"
OWNER = "CN-441602-1-YC"


@dataclass(frozen=True, slots=True)
class Machines:
    """``main`` and ``open`` stand in the main library (``open`` asks for no PIN), ``east`` in the east
    branch, ``pad`` has a bridge, ``cards`` and ``printed`` are card
    machines that write numbers and that find them printed; (login, secret) of each in ``secrets``. The adult and the child have the PIN `PIN`."""

    stocked: Stocked
    devices: dict[str, str]
    secrets: dict[str, tuple[str, str]]


def make(library: Library) -> Machines:
    stocked = build(library)
    ctx = Contexts(library)
    places.set_setting(place=library.main, key="rfid.owners", value=OWNER, ctx=ctx())
    devices, secrets = {}, {}
    for login, place, settings in (
        ("main", library.main, {}),
        ("open", library.main, {"pin": "never"}),
        ("east", library.east, {"functions": ["return"]}),
        ("pad", library.main, {"bridge": BRIDGE}),
        ("cards", library.main, {"bridge": BRIDGE, "functions": ["card"]}),
        ("printed", library.main, {"bridge": BRIDGE, "functions": ["card"], "cards": "printed"}),
    ):
        made = places.add_device(
            place=place, kind="kiosk", login=login, name=login, settings=settings, ctx=ctx()
        )
        devices[login], secrets[login] = made.id, (login, made.secret)
    for name in ("adult", "child"):
        hashed = make_password(PIN)
        patrons.set_pin(patron=stocked.patrons[name], pin_hash=hashed, first=True, ctx=ctx())
    return Machines(stocked, devices, secrets)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """``time(moment(…))``: what the clock says from now on."""

    def set_to(at: Any) -> None:
        monkeypatch.setattr(clock, "now", lambda: at)

    set_to(NOW)
    return set_to


@pytest.fixture
def machines(scene: Callable[..., Any], library: Library, time: Callable[[Any], None]) -> Machines:
    made: Machines = scene("kiosk.machines", lambda: make(library))
    return made


@pytest.fixture
def enrolled(machines: Machines) -> Callable[[str], Client]:
    """``enrolled("main")``: the browser of a machine."""

    def make_one(login: str = "main") -> Client:
        http = Client()
        name, secret = machines.secrets[login]
        answer = http.post("/kiosk/enrol/", {"login": name, "secret": secret})
        assert answer["Location"] == "/kiosk/"
        return http

    return make_one


@pytest.fixture
def at_machine(enrolled: Callable[[str], Client]) -> Callable[..., Screen]:
    """``at_machine("main")``: the first screen of a machine."""

    def first(login: str = "main") -> Screen:
        return screen(enrolled(login), "/kiosk/")

    return first
