"""Devices that are not there, with every fault that real ones have: for tests, training and trying out.

What stands in a power cut (blanks in the hopper, where the card is, what lies on the pad) is `Hardware`;
everything else is gone with the process, as with real devices.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shuxiang.bridge.devices import CardState, Devices, Fault, IdCard, SeenTag
from shuxiang.formats import rfid

LOW = 10

FAULTS = (
    "pad-offline",
    "security",
    "id-offline",
    "id-unreadable",
    "jam",
    "wrong-number",
    "card-unreadable",
    "not-taken",
    "paper-out",
    "printer-offline",
)
"""Faults that stay until they are taken back. A tag that can't be read, a neighbour's book and an empty
hopper are things lying there (`Hardware`), not faults."""


class PowerCut(BaseException):
    """The machine is dead from here on: nothing is answered, nobody can catch it as a fault."""


@dataclass(slots=True)
class Hardware:
    """What outlives a power cut. ``cut`` is where the power goes next: ``before`` or ``after`` and a
    step, as in ``after dispense``."""

    tags: dict[str, SeenTag] = field(default_factory=dict)
    id_card: IdCard | None = None
    blanks: int = 50
    printed: list[str] = field(default_factory=list)
    held: str = ""
    issue: str = ""
    number: str = ""
    last: tuple[str, str, str] = ("", "", "")
    faults: set[str] = field(default_factory=set)
    cut: str = ""
    taken: list[tuple[str, str]] = field(default_factory=list)
    """(issue, number) of every card that somebody took: who may be a holder."""
    slips: list[tuple[tuple[str, ...], str]] = field(default_factory=list)

    def require(self, fault: str, code: str) -> None:
        if fault in self.faults:
            raise Fault(code)

    def step(self, when: str, name: str) -> None:
        if self.cut == f"{when} {name}":
            self.cut = ""
            raise PowerCut(name)


def book_tag(
    uid: str,
    barcode: str,
    *,
    owner: str = "",
    part: str = "",
    usage: str = "10",
    lent: bool = False,
) -> SeenTag:
    """A book's tag as a library writes it; ``part`` is SI, as 21 for part 1 of 2."""
    elements = [rfid.Element(rfid.PII, barcode)]
    if owner:
        elements.append(rfid.Element(rfid.OI, owner))
    if part:
        elements.append(rfid.Element(rfid.SI, part))
    elements.append(rfid.Element(rfid.TU, usage))
    afi = rfid.AFI_LENT if lent else rfid.AFI_IN_LIBRARY
    return SeenTag(uid, afi, rfid.DSFID, rfid.encode(elements))


@dataclass(slots=True)
class SimulatedPad:
    hardware: Hardware

    def inventory(self) -> Sequence[SeenTag]:
        self.hardware.require("pad-offline", "offline")
        return tuple(self.hardware.tags.values())

    def write_afi(self, uid: str, afi: int) -> int:
        self.hardware.require("pad-offline", "offline")
        self.hardware.step("before", "security")
        tag = self.hardware.tags.get(uid)
        if tag is None:
            raise Fault("gone")
        self.hardware.require("security", "write")
        self.hardware.tags[uid] = replace(tag, afi=afi)
        self.hardware.step("after", "security")
        return afi


@dataclass(slots=True)
class SimulatedIdReader:
    hardware: Hardware

    def read(self) -> IdCard | None:
        self.hardware.require("id-offline", "offline")
        if self.hardware.id_card is not None:
            self.hardware.require("id-unreadable", "unreadable")
        return self.hardware.id_card


@dataclass(slots=True)
class SimulatedCards:
    hardware: Hardware
    sleep: float = 0.2

    def state(self) -> CardState:
        own = self.hardware
        return CardState(
            own.held or "none", own.issue, own.number, own.last, own.blanks, own.blanks <= LOW
        )

    def dispense(self, issue: str, number: str) -> None:
        own = self.hardware
        own.step("before", "dispense")
        if own.held and own.issue == issue:
            return
        if own.held:
            raise Fault("occupied")
        if own.blanks < 1:
            raise Fault("empty")
        own.blanks -= 1
        if "jam" in own.faults:
            own.last = (issue, number, "spoiled")
            raise Fault("jam")
        # Blanks that come with a number on them lie in the order of ``printed``.
        written = number or (own.printed.pop(0) if own.printed else "")
        if "wrong-number" in own.faults:
            written = f"{written}9"
        own.held, own.issue, own.number = "held", issue, written
        own.step("after", "dispense")

    def read(self) -> str:
        own = self.hardware
        own.step("before", "read")
        if own.held != "held":
            raise Fault("none")
        own.require("card-unreadable", "unreadable")
        own.step("after", "read")
        return own.number

    def offer(self, issue: str, seconds: float) -> bool:
        own = self.hardware
        own.step("before", "offer")
        if not own.held:
            # Taken already, and the answer was lost on the way.
            return own.last == (issue, own.last[1], "taken")
        own.held = "offered"
        own.step("after", "offer")
        if "not-taken" in own.faults:
            time.sleep(min(seconds, self.sleep))
            return False
        own.taken.append((own.issue, own.number))
        own.last = (own.issue, own.number, "taken")
        own.held = own.issue = own.number = ""
        own.step("after", "taken")
        return True

    def retract(self, issue: str) -> bool:
        own = self.hardware
        own.step("before", "retract")
        if not own.held or own.issue != issue:
            return False
        own.last = (own.issue, own.number, "retracted")
        own.held = own.issue = own.number = ""
        own.step("after", "retract")
        return True


@dataclass(slots=True)
class SimulatedPrinter:
    hardware: Hardware

    def ready(self) -> str:
        if "printer-offline" in self.hardware.faults:
            return "offline"
        return "paper-out" if "paper-out" in self.hardware.faults else ""

    def print(self, lines: Sequence[str], qr: str) -> None:
        if hindered := self.ready():
            raise Fault(hindered)
        self.hardware.slips.append((tuple(lines), qr))


def devices(hardware: Hardware) -> Devices:
    """All devices of a machine over one hardware."""
    return Devices(
        SimulatedPad(hardware),
        SimulatedIdReader(hardware),
        SimulatedCards(hardware),
        SimulatedPrinter(hardware),
    )
