"""Readers with loans, and gateways that do what a test tells them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.notices.channels import CHANNELS, Outcome, Outgoing
from shuxiang.apps.patrons.queries import phone_hash
from shuxiang.apps.places import commands as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.project import notices as worker
from shuxiang.runtime import sql
from shuxiang.runtime.secrets import encrypt
from tests.support import stocked
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked

PHONE = "13900139000"


@dataclass
class Gateway:
    """A channel: ``answers`` are given in order, the last one for good."""

    code: str
    repeatable: bool = True
    answers: list[Outcome] = field(default_factory=lambda: [Outcome("sent")])
    sent: list[Outgoing] = field(default_factory=list)
    raises: Exception | None = None

    def configured(self) -> bool:
        return True

    def send(self, message: Outgoing) -> Outcome:
        self.sent.append(message)
        if self.raises is not None:
            raise self.raises
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class Told:
    """The stocked library with three loans: the adult's B001 and B002 lent on 2 June (due on 2 July),
    the child's B003; and the worker's clock."""

    stocked: Stocked
    loans: dict[str, str]
    monkeypatch: Any

    @property
    def library(self) -> Library:
        return self.stocked.library

    @property
    def adult(self) -> str:
        return self.stocked.patrons["adult"]

    def at(self, day: str, hour: str = "09:00") -> datetime:
        """Set the clock and return the moment."""
        now = moment(day, hour)
        self.monkeypatch.setattr(clock, "now", lambda: now)
        return now

    def turn(self, day: str, hour: str = "09:00") -> int:
        """What the worker does at a moment; returns how many messages were tried."""
        self.at(day, hour)
        worker.scan()
        worker.assemble()
        return worker.deliver()

    def set(self, key: str, value: Any, place: str = "") -> None:
        places.set_setting(
            place=place or self.library.main, key=key, value=value, ctx=Contexts(self.library)()
        )

    def reader(self, name: str = "adult", *, at: datetime | None = None) -> Context:
        return Contexts(self.library)(
            Actor("patron", self.stocked.patrons[name]), channel="portal", at=at or clock.now()
        )


def phone(patron: str, number: str = PHONE) -> None:
    sql.run(
        "UPDATE patrons_patron SET phone = ?, phone_hash = ? WHERE id = ?",
        encrypt(number),
        phone_hash(number),
        patron,
    )


def build(library: Library) -> tuple[Stocked, dict[str, str]]:
    made = stocked.build(library)
    loans = {}
    for barcode, name in (("B001", "adult"), ("B002", "adult"), ("B003", "child")):
        loans[barcode] = circulation.check_out(
            item_barcode=barcode,
            card=made.cards[name],
            ctx=Contexts(library)("desk", at=moment("2020-06-02", "10:00")),
        ).loan
    phone(made.patrons["adult"])
    return made, loans


@pytest.fixture
def told(scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch) -> Told:
    made, loans = scene("notices.told", lambda: build(library))
    return Told(made, loans, monkeypatch)


@pytest.fixture
def sms(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    gateway = Gateway("sms")
    monkeypatch.setitem(CHANNELS, "sms", gateway)
    return gateway


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    gateway = Gateway("email", repeatable=False)
    monkeypatch.setitem(CHANNELS, "email", gateway)
    return gateway
