"""The self-check screen and another maker's terminal run on the same rules: each step of a visit,
told to either, is done or refused for the same reasons (row G2, "runs against our SIP2")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

import msgspec
import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock.commands import items
from shuxiang.kernel import clock
from shuxiang.runtime import sql
from tests.interfaces.kiosk.pages import Screen, screen
from tests.interfaces.sip2.terminal import BLANK, Terminal, serving
from tests.support import stocked
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

NOW = moment("2020-06-10")
PIN, SECRET = "402817", "machine-1"
STAMP = "20200610    100000"


def loan_of(barcode: str) -> str:
    row = sql.one(
        "SELECT l.id FROM circulation_loan l JOIN stock_item i ON i.id = l.item_id "
        "WHERE i.barcode = ? AND l.returned_at IS NULL",
        barcode,
    )
    assert row is not None
    return str(row[0])


class Machine(Protocol):
    """What somebody can do at a machine; each is told in the machine's own form."""

    def borrow(self, barcode: str) -> bool: ...
    def give_back(self, barcode: str) -> bool: ...
    def renew(self, barcode: str) -> bool: ...
    def inquiry(self) -> int: ...


class OurScreen:
    """自助借还机: our pages."""

    def __init__(self, card: str) -> None:
        self.card = card
        self.http = Client()
        self.http.post("/kiosk/enrol/", {"login": "kiosk", "secret": SECRET})

    def _screen(self, path: str) -> Screen:
        """As the next reader finds it."""
        self.http.post("/kiosk/end/")
        return screen(self.http, path)

    def _signed_in(self, then: str) -> Screen:
        asked = self._screen(f"/kiosk/card/?then={then}").scan(self.card)
        return asked.press("下一步", pin=PIN)

    def borrow(self, barcode: str) -> bool:
        return "已借出" in self._signed_in("borrow").scan(barcode).text

    def give_back(self, barcode: str) -> bool:
        page = self._screen("/kiosk/return/").scan(barcode)
        return "已还" in page.text

    def renew(self, barcode: str) -> bool:
        page = self._signed_in("renew")
        return "已续借 1 册" in page.press("续借", loan=loan_of(barcode)).text

    def inquiry(self) -> int:
        said = re.search(r"您现借 (\d+) 册", self._signed_in("inquiry").text)
        assert said
        return int(said[1])


class TheirTerminal:
    """SIP2: the same steps as another maker's machine sends them."""

    def __init__(self, card: str, port: int) -> None:
        self.who = f"AA{card}|AD{PIN}|"
        self.terminal = Terminal(port, charset="utf-8")
        assert self.terminal.login("sip2", SECRET)

    def _ok(self, text: str) -> bool:
        return self.terminal.ask(text).fixed["ok"] == "1"

    def borrow(self, barcode: str) -> bool:
        return self._ok(f"11NN{STAMP}{BLANK}AO|{self.who}AB{barcode}|AC|")

    def give_back(self, barcode: str) -> bool:
        return self._ok(f"09N{STAMP}{STAMP}AP|AO|AB{barcode}|AC|")

    def renew(self, barcode: str) -> bool:
        return self._ok(f"29NN{STAMP}{BLANK}AO|{self.who}AB{barcode}|")

    def inquiry(self) -> int:
        answer = self.terminal.ask(f"63019{STAMP}  Y       AO|{self.who}")
        assert len(answer.values["AU"]) == int(answer.fixed["charged"])
        return int(answer.fixed["charged"])


VISIT: tuple[tuple[str, str, bool, tuple[str, ...]], ...] = (
    ("borrow", "B001", True, ()),
    ("borrow", "R001", False, ("item-not-lendable",)),
    ("borrow", "W001", False, ("item-withdrawn",)),
    ("borrow", "NONE", False, ("item-unknown",)),
    ("renew", "B001", True, ()),
    ("renew", "B001", False, ("renewal-limit",)),
    ("borrow", "B002", True, ()),
    ("borrow", "B003", True, ()),
    ("borrow", "B004", True, ()),
    ("borrow", "B005", True, ()),
    ("borrow", "B006", False, ("loan-limit",)),
    ("give_back", "B001", True, ()),
    ("give_back", "NONE", False, ("item-unknown",)),
    ("give_back", "W001", False, ("item-withdrawn",)),
    ("borrow", "B006", True, ()),
)
"""Step, book, whether it is done, and for what reasons not."""


@pytest.fixture
def world(library: Library, ctx: Contexts, monkeypatch: pytest.MonkeyPatch) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made = stocked.build(library)
    for kind in ("kiosk", "sip2"):
        settings = {"encoding": "utf-8"} if kind == "sip2" else {}
        places.add_device(
            place=library.main, kind=kind, login=kind, name=kind, settings=settings,
            secret=SECRET, ctx=ctx(),
        )  # fmt: skip
    patrons.set_pin(patron=made.patrons["adult"], pin_hash=make_password(PIN), ctx=ctx())
    withdrawn = items.add_item(
        title=made.titles[0], barcode="W001", owner=library.main, category="book", ctx=ctx()
    )
    items.withdraw_item(item=withdrawn, why="破损", ctx=ctx())
    return made


@pytest.fixture(params=["our screen", "their terminal"])
def machine(request: pytest.FixtureRequest, world: Stocked) -> Iterator[Machine]:
    card = world.cards["adult"]
    if request.param == "our screen":
        yield OurScreen(card)
        return
    with serving() as port:
        made = TheirTerminal(card, port)
        yield made
        made.terminal.close()


def last_answer() -> tuple[str, ...]:
    """The reasons of the last circulation command, as they were stored; () where it was done."""
    row = sql.one(
        "SELECT refused, outcome FROM runtime_request WHERE command LIKE 'circulation.%' "
        "ORDER BY created_at DESC, id DESC LIMIT 1"
    )
    assert row is not None
    if not row[0]:
        return ()
    decision = msgspec.json.decode(row[1])
    return tuple(r["code"] for r in decision["reasons"] if r["severity"] != "tell")


def test_g2_the_same_steps_the_same_answers(machine: Machine) -> None:
    for step, barcode, done, reasons in VISIT:
        sql.run("DELETE FROM runtime_request")
        assert getattr(machine, step)(barcode) is done, (step, barcode)
        assert last_answer() == reasons, (step, barcode)
    assert machine.inquiry() == 5
