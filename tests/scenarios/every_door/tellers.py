"""The doors of the story. Where a door does not offer an act it is done at the desk, as `AtDesk` does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.test import Client
from django.urls import reverse

from shuxiang.apps.circulation import queries as loans
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from tests.interfaces.desk.conftest import Desk
from tests.interfaces.kiosk.pages import Screen, screen
from tests.interfaces.sip2.terminal import BLANK, Terminal
from tests.scenarios.every_door.story import AMOUNT, ITEM, OTHER_PIN, PAYMENT, PIN, SECRET, World
from tests.support.journals import Desk as Journal


class AtDesk:
    """The lending desk of the main library, and that of the east branch for what comes back there."""

    def __init__(self, world: World) -> None:
        self.world = world

    def _desk(self, place: str = "main") -> Desk:
        return Desk(self.world.stocked, "desk" if place == "main" else "branch")

    def _check_out(self, card: str) -> None:
        desk = self._desk()
        assert desk.scan(card)["kind"] == "reader"
        said = desk.scan(ITEM)
        assert said["kind"] in ("ok", "notice"), said

    def lend(self) -> None:
        self._check_out(self.world.card)

    def renew(self) -> None:
        said = self._desk().scan(ITEM, mode="renew")
        assert said["kind"] in ("ok", "notice"), said

    def hold(self) -> None:
        answer = self._desk().post(
            f"/desk/readers/{self.world.other}/holds/",
            title=self.world.title,
            pickup=self.world.library.main,
        )
        assert answer.status_code == 302, answer.content.decode()

    def give_back(self, place: str) -> None:
        said = self._desk(place).scan(ITEM, mode="checkin")
        assert "城南旧事" in said["say"], said

    def pick_up(self) -> None:
        self._check_out(self.world.other_card)

    def pay(self) -> None:
        reader = self.world.stocked.patrons["adult"]
        answer = self._desk().post(
            f"/desk/readers/{reader}/money/pay/", amount=AMOUNT, method="cash", reference=PAYMENT
        )
        assert answer.status_code == 302, answer.content.decode()


class OnPortal(AtDesk):
    """The readers themselves, on the portal; books go over the desk."""

    def _reader(self, number: str, pin: str) -> Client:
        http = Client()
        answer = http.post("/account/sign-in/", {"number": number, "pin": pin})
        assert answer.status_code == 302, answer.content.decode()
        return http

    def renew(self) -> None:
        loan = loans.open_loan_of(self.world.item)
        assert loan is not None
        http = self._reader(self.world.card, PIN)
        answer = http.post("/account/renew/", {"loan": loan.id, "request_key": new_id()})
        assert "已续借 1 册。" in answer.content.decode()

    def hold(self) -> None:
        http = self._reader(self.world.other_card, OTHER_PIN)
        answer = http.post(
            reverse("portal:reserve", args=[self.world.title]),
            {"pickup": self.world.library.main, "request_key": new_id()},
        )
        assert answer.status_code == 302, answer.content.decode()


class AtTerminal(AtDesk):
    """SIP2: a self-service terminal of other makers in either library."""

    def __init__(self, world: World, port: int) -> None:
        super().__init__(world)
        self.port = port

    def _ask(self, text: str, place: str = "main") -> Any:
        terminal = Terminal(self.port, charset="utf-8")
        try:
            assert terminal.login(f"sip2-{place}", SECRET)
            return terminal.ask(text.replace("{now}", f"{self._now():%Y%m%d    %H%M%S}"))
        finally:
            terminal.close()

    def _now(self) -> datetime:
        return clock.now().astimezone(clock.ZONE)

    def _take(self, card: str, pin: str) -> None:
        said = self._ask(f"11NN{{now}}{BLANK}AOYC|AA{card}|AB{ITEM}|AC|AD{pin}|")
        assert said.fixed["ok"] == "1", said

    def lend(self) -> None:
        self._take(self.world.card, PIN)

    def renew(self) -> None:
        said = self._ask(f"29NN{{now}}{BLANK}AOYC|AA{self.world.card}|AD{PIN}|AB{ITEM}|")
        assert said.fixed["ok"] == "1", said

    def hold(self) -> None:
        said = self._ask(
            f"15+{{now}}BSmain|BY2|AOYC|AA{self.world.other_card}|AD{OTHER_PIN}|AB{ITEM}|"
        )
        assert said.fixed["ok"] == "1", said

    def give_back(self, place: str) -> None:
        said = self._ask(f"09N{{now}}{{now}}APhere|AOYC|AB{ITEM}|AC|", place)
        assert said.fixed["ok"] == "1", said
        assert said.fixed["alert"] == "Y", said

    def pick_up(self) -> None:
        self._take(self.world.other_card, OTHER_PIN)

    def pay(self) -> None:
        said = self._ask(
            f"37{{now}}0100CNYBV{AMOUNT}|AOYC|AA{self.world.card}|AD{PIN}|BK{PAYMENT}|"
        )
        assert said.fixed["ok"] == "Y", said


class AtMachine(AtDesk):
    """自助借还机: our own pages on a machine in either library."""

    def _machine(self, place: str) -> Screen:
        http = Client()
        answer = http.post("/kiosk/enrol/", {"login": f"kiosk-{place}", "secret": SECRET})
        assert answer["Location"] == "/kiosk/"
        return screen(http, "/kiosk/")

    def _signed_in(self, card: str, pin: str, then: str) -> Screen:
        asked = self._machine("main").open(f"/kiosk/card/?then={then}").scan(card)
        return asked.press("下一步", pin=pin)

    def lend(self) -> None:
        assert "已借出" in self._signed_in(self.world.card, PIN, "borrow").scan(ITEM).text

    def renew(self) -> None:
        page = self._signed_in(self.world.card, PIN, "renew")
        assert "已续借" in page.press("续借").text

    def give_back(self, place: str) -> None:
        page = self._machine(place).open("/kiosk/return/").scan(ITEM)
        assert "城南旧事" in page.text

    def pick_up(self) -> None:
        page = self._signed_in(self.world.other_card, OTHER_PIN, "borrow").scan(ITEM)
        assert "已借出" in page.text


class Offline(AtDesk):
    """A desk without network: what it wrote down is sent and replayed."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.desks = {
            place: Journal(*world.devices[f"offline-{place}"], getattr(world.library, place))
            for place in ("main", "east")
        }

    def _write(self, act: str, card: str = "", place: str = "main") -> None:
        now = clock.now()
        desk = self.desks[place]
        desk.synced = now
        desk.write(act, now, ITEM, card)
        got = desk.send(now, desk.lines[-1:])
        assert (got.new, got.waiting) == (1, 0), got

    def lend(self) -> None:
        self._write("check_out", self.world.card)

    def renew(self) -> None:
        self._write("renew")

    def give_back(self, place: str) -> None:
        self._write("check_in", place=place)

    def pick_up(self) -> None:
        self._write("check_out", self.world.other_card)
