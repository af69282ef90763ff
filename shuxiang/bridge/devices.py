"""What the bridge asks of a device. An adapter implements one of these classes for one make.

Methods are called one at a time for each device. A device that can't do what it is asked raises `Fault`
with one of the codes named; anything else it raises is answered as ``broken`` and logged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Fault(Exception):
    """A device can't: ``code`` is what the page is told."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class SeenTag:
    """An ISO 15693 tag on the pad: number, application family, data format, memory. ``data`` None: it
    answered, and its memory could not be read."""

    uid: str
    afi: int
    dsfid: int
    data: bytes | None


class Pad(Protocol):
    """An RFID pad, ISO 15693."""

    def inventory(self) -> Sequence[SeenTag]:
        """Every tag in the field. Fault: offline."""

    def write_afi(self, uid: str, afi: int) -> int:
        """Set a tag's application family (0x07 secured, 0xC2 lent) and read it back; returns what is
        read. Fault: offline, gone (no such tag), write."""


@dataclass(frozen=True, slots=True)
class IdCard:
    """What a resident identity card's chip tells."""

    name: str
    number: str


class IdReader(Protocol):
    """A reader of resident identity cards."""

    def read(self) -> IdCard | None:
        """The card that lies on it, None without one. Fault: offline, unreadable."""


@dataclass(frozen=True, slots=True)
class CardState:
    """Where the dispenser's card is: ``none``, ``held`` inside before its own reader, ``offered`` at the
    slit. ``issue`` is the reference it was dispensed under; ``last`` what became of the one before:
    (issue, number, taken | retracted | spoiled). It survives a power cut."""

    state: str
    issue: str = ""
    number: str = ""
    last: tuple[str, str, str] = ("", "", "")
    blanks: int | None = None
    low: bool = False


class Cards(Protocol):
    """A card dispenser with a reader inside and a sensor at the slit."""

    def state(self) -> CardState:
        """Fault: offline."""

    def dispense(self, issue: str, number: str) -> None:
        """Move a blank before the reader; write ``number`` on it, or '' where numbers are printed on the
        blanks. The same issue again does nothing. Fault: offline, empty, jam, occupied, write."""

    def read(self) -> str:
        """The number of the card held. Fault: offline, unreadable, none."""

    def offer(self, issue: str, seconds: float) -> bool:
        """Move the card to the slit and wait until it is taken; whether it was. Fault: offline, none,
        jam."""

    def retract(self, issue: str) -> bool:
        """Draw the card of an issue back into the bin for staff; whether there was one. Fault: offline,
        jam."""


class Printer(Protocol):
    """A slip printer."""

    def ready(self) -> str:
        """'' or the code of what hinders it: offline, paper-out, cover."""

    def print(self, lines: Sequence[str], qr: str) -> None:
        """Print lines of text, and a QR code under them unless ``qr`` is ''. Fault: offline, paper-out,
        cover."""


@dataclass(slots=True)
class Devices:
    """The devices of one machine; None where it has none. A barcode scanner that types like a keyboard
    needs no adapter: the page reads it."""

    pad: Pad | None = None
    id_reader: IdReader | None = None
    cards: Cards | None = None
    printer: Printer | None = None
