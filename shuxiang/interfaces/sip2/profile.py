"""A terminal account as its door needs it: who it is, where it stands, how its machine speaks."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from shuxiang.apps.places import queries as places
from shuxiang.formats.sip2 import Terminator

CHARSETS: Final[Mapping[str, str]] = {"gb18030": "gb18030", "gbk": "gbk", "utf-8": "utf-8"}
TERMINATORS: Final[Mapping[str, Terminator]] = {"CR": "\r", "CRLF": "\r\n", "LF": "\n"}
GRANTS: Final = ("masked", "name", "full")
"""What a terminal learns of a reader: masked name and counts, the whole name, all particulars."""
DATES: Final = ("standard", "date", "compact")
"""How due dates are written: 18 characters, ``2026-10-31``, ``20261031``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A terminal. ``terminator`` None: as asked. ``messages`` empty: every message."""

    device: str
    login: str
    name: str
    place: str
    library: str
    charset: str
    terminator: Terminator | None
    detect: bool
    institution: str
    strict_institution: bool
    patron_data: str
    language: str
    dates: str
    cards: str
    items: str
    currency: str
    messages: frozenset[str]
    addresses: tuple[str, ...]
    blocks: bool
    registers: bool
    particulars: bool

    def card_number(self, number: str) -> str:
        """A card number as this machine's cards are printed."""
        return number.lower() if self.cards == "lower" else number

    def barcode(self, barcode: str) -> str:
        """A barcode as this machine's books carry it."""
        return barcode.lower() if self.items == "lower" else barcode

    def may_come_from(self, address: str) -> bool:
        """Whether the account may be used from an address; from any where it names none."""
        return not self.addresses or within(address, self.addresses)


def of(device: places.Device) -> Profile:
    """The profile that a device's settings say; what they leave out is the usual of Chinese machines."""
    said: Mapping[str, Any] = device.settings

    def one_of(name: str, known: Any, usual: str) -> str:
        value = str(said.get(name) or usual)
        return value if value in known else usual

    return Profile(
        device=device.id,
        login=device.login,
        name=device.name,
        place=device.place,
        library=device.library,
        charset=CHARSETS[one_of("encoding", CHARSETS, "gb18030")],
        terminator=TERMINATORS.get(str(said.get("terminator") or "")),
        detect=bool(said.get("error_detection")),
        institution=str(said.get("institution") or ""),
        strict_institution=bool(said.get("strict_institution")),
        patron_data=one_of("patron_data", GRANTS, "masked"),
        language=one_of("language", ("zh-hans", "en"), "zh-hans"),
        dates=one_of("dates", DATES, "standard"),
        cards=one_of("cards", ("upper", "lower"), "upper"),
        items=one_of("items", ("upper", "lower"), "upper"),
        currency=str(said.get("currency") or "CNY")[:3].upper().ljust(3),
        messages=frozenset(str(said.get("messages") or "").replace(",", " ").split()),
        addresses=tuple(str(said.get("addresses") or "").replace(",", " ").split()),
        blocks=bool(said.get("blocks")),
        registers=bool(said.get("registers")),
        particulars=bool(said.get("particulars")),
    )


def within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address lies in one of the networks (``198.51.100.0/24``, ``2001:db8::5``)."""
    return any(_contains(network, address) for network in networks)


@lru_cache(maxsize=256)
def _contains(network: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
