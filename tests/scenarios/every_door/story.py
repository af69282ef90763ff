"""The numbered story, told to whichever door a `Teller` has, and what it leaves in the ledger."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol

from django.contrib.auth.hashers import make_password

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock.commands import items
from shuxiang.formats.marc import Bibliographic
from shuxiang.kernel.context import Actor, Context
from shuxiang.ledger.models import Event, Reader
from tests.apps.patrons import people
from tests.support import stocked
from tests.support.library import Contexts, Library, moment

SLIP_PIN, PIN = "862053", "402817"
OTHER_PIN = "719204"
SECRET = "machine-1"
ITEM = "S001"
AMOUNT, PAYMENT = "0.50", "77"
"""What is paid (for the days from 10 to 15 August at 10 分, the Monday left out: the library was
shut) and under which number."""


@dataclass(frozen=True, slots=True)
class World:
    """`stocked` with one title of one copy, two readers with PINs, a charge for overdue days, and a
    machine of each kind at the main library and at the east branch."""

    stocked: stocked.Stocked
    title: str
    item: str
    card: str
    other: str
    other_card: str
    devices: dict[str, tuple[str, str]]

    @property
    def library(self) -> Library:
        return self.stocked.library


class Teller(Protocol):
    """A door. Each act happens at the library's present time."""

    def lend(self) -> None: ...
    def renew(self) -> None: ...
    def hold(self) -> None: ...
    def give_back(self, place: str) -> None: ...
    def pick_up(self) -> None: ...
    def pay(self) -> None: ...


def build(library: Library) -> World:
    ctx = Contexts(library)
    made = stocked.build(library)

    def start() -> Context:
        return ctx(at=moment("2020-01-03", "09:00"))

    title = catalog.add_title(
        bibliographic=Bibliographic(format="cnmarc", title="城南旧事", clc=("I246",), year=1983),
        ctx=start(),
    )
    item = items.add_item(
        title=title, barcode=ITEM, owner=library.main, category="book", ctx=start()
    )
    other = people.adult(
        start(), number=people.id_number(date(1985, 5, 5), 1), name="王五", home=library.main
    )
    for patron, pin in ((made.patrons["adult"], PIN), (other.patron, OTHER_PIN)):
        patrons.set_pin(patron=patron, pin_hash=make_password(SLIP_PIN), ctx=start())
        own = replace(start(), actor=Actor("patron", patron), channel="portal")
        patrons.change_pin(old=SLIP_PIN, new=pin, session="", ctx=own)
    fees.add_rule(
        kind="overdue",
        place=library.network,
        valid_from=date(2020, 1, 3),
        amount_fen=10,
        ctx=start(),
    )
    places.set_setting(place=library.network, key="fees.at_desk", value=True, ctx=start())
    devices = {}
    settings = {
        "sip2": {"encoding": "utf-8", "institution": "YC", "patron_data": "full"},
        "kiosk": {},
        "offline": {},
    }
    for kind, said in settings.items():
        for code, place in (("main", library.main), ("east", library.east)):
            device = places.add_device(
                place=place,
                kind=kind,
                login=f"{kind}-{code}",
                name=code,
                settings=said,
                secret=SECRET,
                ctx=start(),
            )
            devices[f"{kind}-{code}"] = (device.id, device.secret)
    return World(made, title, item, made.cards["adult"], other.patron, other.number, devices)


STEPS: tuple[tuple[str, datetime, Callable[[Teller, World], None]], ...] = (
    ("2 loan", moment("2020-06-10"), lambda door, world: door.lend()),
    ("3 renewal", moment("2020-06-20"), lambda door, world: door.renew()),
    ("4 hold by another", moment("2020-06-21"), lambda door, world: door.hold()),
    (
        "5 return at another branch, late, and transit",
        moment("2020-08-15"),
        lambda door, world: door.give_back("east"),
    ),
    (
        "6 arrival, ready for pickup",
        moment("2020-08-16"),
        lambda door, world: door.give_back("main"),
    ),
    ("7 pickup", moment("2020-08-18"), lambda door, world: door.pick_up()),
    ("8 payment", moment("2020-08-18", "10:30"), lambda door, world: door.pay()),
)

_ID = re.compile(r"\b[0-9a-f]{32}\b")
_ASIDE = ("id", "request", "number", "recorded_at", "channel", "actor_kind", "actor", "session")


def rows(since: int) -> list[dict[str, Any]]:
    """The ledger's rows after the first ``since``, with their readers, as every door must leave
    them: ids, keys, recorded time, channel, actor and session aside. Ids made on the way are told by
    the order they come in."""
    seen: dict[str, str] = {}
    known = {f.attname for f in Event._meta.fields} - set(_ASIDE)
    events = list(Event.objects.order_by("occurred_at", "id"))[since:]
    readers = {link.event: link for link in Reader.objects.all()}

    def named(match: re.Match[str]) -> str:
        return seen.setdefault(match[0], f"#{len(seen)}")

    found = []
    for event in events:
        row = {name: getattr(event, name) for name in sorted(known)}
        link = readers.get(event.id)
        row["patron"] = link.patron if link else None
        told = json.dumps(row, default=str, ensure_ascii=False, sort_keys=True)
        found.append(json.loads(_ID.sub(named, told)))
    return found
