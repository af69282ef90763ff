"""Calls and answers of the bridge, without HTTP: version 1 of `docs/device-bridge.md`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from shuxiang.bridge.devices import Devices, Fault
from shuxiang.formats import rfid

VERSION = 1
SECURED, LENT = 0x07, 0xC2
LONGEST_WAIT = 15.0
"""Seconds a card is offered in one call; the page calls again."""
logger = logging.getLogger(__name__)

Answer = tuple[int, dict[str, Any]]


class BadCall(Exception):
    """The call is not one of the protocol; the text says why."""


class Bridge:
    """Answers calls with the devices of a machine, each device one call at a time."""

    def __init__(self, devices: Devices, *, kind: str = "devices") -> None:
        self.devices = devices
        self.kind = kind
        self._locks = {name: threading.Lock() for name in ("rfid", "id", "card", "print")}

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """(status, JSON): 200, 400 for what is no call, 404 for no such call, 409 with a device's
        fault, 501 for a device this machine has not."""
        found = _CALLS.get((method, path))
        if found is None:
            return 404, {"fault": "no-such-call"}
        device, act = found
        if device and getattr(self.devices, _ATTRIBUTES[device]) is None:
            return 501, {"fault": "not-fitted"}
        try:
            if not device:
                return 200, act(self, body or {})
            with self._locks[device]:
                return 200, act(self, body or {})
        except BadCall as fault:
            return 400, {"fault": "bad-call", "why": str(fault)}
        except Fault as fault:
            return 409, {"fault": fault.code}
        except Exception:
            # A make's library may raise anything; what it was is for the log of the machine.
            logger.exception("%s %s failed", method, path)
            return 409, {"fault": "broken"}

    def status(self, body: Mapping[str, Any]) -> dict[str, Any]:
        fitted = self.devices
        found: dict[str, Any] = {}
        if fitted.pad is not None:
            found["rfid"] = {"fault": self._hindered(fitted.pad.inventory)}
        if fitted.id_reader is not None:
            found["id"] = {"fault": self._hindered(fitted.id_reader.read)}
        if fitted.cards is not None:
            found["card"] = {"fault": self._hindered(fitted.cards.state)}
            if not found["card"]["fault"]:
                held = fitted.cards.state()
                found["card"] |= {"blanks": held.blanks, "low": held.low}
        if fitted.printer is not None:
            found["print"] = {"fault": fitted.printer.ready()}
        return {"version": VERSION, "kind": self.kind, "devices": found}

    @staticmethod
    def _hindered(ask: Callable[[], object]) -> str:
        try:
            ask()
        except Fault as fault:
            return fault.code if fault.code in ("offline", "jam") else ""
        return ""

    def tags(self, body: Mapping[str, Any]) -> dict[str, Any]:
        assert self.devices.pad is not None
        found = self.devices.pad.inventory()
        pad = rfid.stack(rfid.Tag(tag.uid, tag.afi, tag.data, tag.dsfid) for tag in found)
        return {
            # For a page that has no library to read the labels.
            "books": [
                {"barcode": b.barcode, "owner": b.owner, "uids": b.uids, "fault": b.fault}
                for b in pad.books
            ],
            "unread": len(pad.unread),
            "tags": [
                {
                    "uid": tag.uid,
                    "afi": f"{tag.afi:02X}",
                    "dsfid": f"{tag.dsfid:02X}",
                    "data": None if tag.data is None else tag.data.hex().upper(),
                }
                for tag in found
            ],
        }

    def security(self, body: Mapping[str, Any]) -> dict[str, Any]:
        assert self.devices.pad is not None
        uid, secured = _text(body, "uid"), body.get("secured")
        if not isinstance(secured, bool):
            raise BadCall("secured is true or false")
        wanted = SECURED if secured else LENT
        found = self.devices.pad.write_afi(uid, wanted)
        if found != wanted:
            raise Fault("write")
        return {"uid": uid, "afi": f"{found:02X}"}

    def id_card(self, body: Mapping[str, Any]) -> dict[str, Any]:
        assert self.devices.id_reader is not None
        card = self.devices.id_reader.read()
        if card is None:
            return {"state": "none"}
        return {"state": "read", "name": card.name, "number": card.number}

    def card(self, body: Mapping[str, Any]) -> dict[str, Any]:
        assert self.devices.cards is not None
        held = self.devices.cards.state()
        issue, number, outcome = held.last
        return {
            "state": held.state,
            "issue": held.issue,
            "number": held.number,
            "last": {"issue": issue, "number": number, "outcome": outcome},
            "blanks": held.blanks,
            "low": held.low,
        }

    def dispense(self, body: Mapping[str, Any]) -> dict[str, Any]:
        assert self.devices.cards is not None
        self.devices.cards.dispense(_text(body, "issue"), _text(body, "number", empty=True))
        return {"state": "held"}

    def read_card(self, body: Mapping[str, Any]) -> dict[str, Any]:
        assert self.devices.cards is not None
        return {"number": self.devices.cards.read()}

    def offer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        assert self.devices.cards is not None
        seconds = body.get("seconds", LONGEST_WAIT)
        if not isinstance(seconds, (int, float)) or not 0 <= seconds <= LONGEST_WAIT:
            raise BadCall(f"seconds is a number up to {LONGEST_WAIT:.0f}")
        taken = self.devices.cards.offer(_text(body, "issue"), float(seconds))
        return {"state": "taken" if taken else "offered"}

    def retract(self, body: Mapping[str, Any]) -> dict[str, Any]:
        assert self.devices.cards is not None
        return {"retracted": self.devices.cards.retract(_text(body, "issue"))}

    def print(self, body: Mapping[str, Any]) -> dict[str, Any]:
        assert self.devices.printer is not None
        lines = body.get("lines")
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise BadCall("lines is a list of texts")
        self.devices.printer.print(
            [line[:80] for line in lines[:200]], _text(body, "qr", empty=True)
        )
        return {"printed": True}


def _text(body: Mapping[str, Any], name: str, *, empty: bool = False) -> str:
    value = body.get(name, "" if empty else None)
    if not isinstance(value, str) or len(value) > 2000 or not (value or empty):
        raise BadCall(f"{name} is missing or no text")
    return value


_ATTRIBUTES = {"rfid": "pad", "id": "id_reader", "card": "cards", "print": "printer"}
_CALLS: dict[tuple[str, str], tuple[str, Callable[[Bridge, Mapping[str, Any]], dict[str, Any]]]] = {
    ("GET", "status"): ("", Bridge.status),
    ("GET", "rfid/tags"): ("rfid", Bridge.tags),
    ("POST", "rfid/security"): ("rfid", Bridge.security),
    ("GET", "id"): ("id", Bridge.id_card),
    ("GET", "card"): ("card", Bridge.card),
    ("POST", "card/dispense"): ("card", Bridge.dispense),
    ("POST", "card/read"): ("card", Bridge.read_card),
    ("POST", "card/offer"): ("card", Bridge.offer),
    ("POST", "card/retract"): ("card", Bridge.retract),
    ("POST", "print"): ("print", Bridge.print),
}
