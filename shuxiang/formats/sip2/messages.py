"""The messages of SIP2 2.00 as tables, and reading and writing them.

A message is two digits, fields of fixed length, then fields of an identifier of two characters and
a value ended by ``|``, in any order. Amounts are in yuan with two decimals, moments
``YYYYMMDDZZZZHHMMSS`` in local time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Final

from shuxiang.kernel.clock import ZONE

Layout = tuple[tuple[str, int], ...]

_DATE: Final = ("date", 18)
_field_began: Final = re.compile(r"[A-Z]{2}[^|]*\|")
"""What stands in the place of a date that was left out."""
REQUESTS: Final[Mapping[str, tuple[str, Layout]]] = {
    "01": ("block_patron", (("card_retained", 1), _DATE)),
    "09": ("checkin", (("no_block", 1), _DATE, ("return_date", 18))),
    "11": ("checkout", (("renewal_policy", 1), ("no_block", 1), _DATE, ("nb_due_date", 18))),
    "15": ("hold", (("mode", 1), _DATE)),
    "17": ("item_information", (_DATE,)),
    "19": ("item_status_update", (_DATE,)),
    "23": ("patron_status", (("language", 3), _DATE)),
    "25": ("patron_enable", (_DATE,)),
    "29": ("renew", (("third_party", 1), ("no_block", 1), _DATE, ("nb_due_date", 18))),
    "35": ("end_session", (_DATE,)),
    "37": ("fee_paid", (_DATE, ("fee_type", 2), ("payment_type", 2), ("currency", 3))),
    "63": ("patron_information", (("language", 3), _DATE, ("summary", 10))),
    "65": ("renew_all", (_DATE,)),
    "93": ("login", (("uid_algorithm", 1), ("pwd_algorithm", 1))),
    "97": ("resend", ()),
    "99": ("status", (("status", 1), ("print_width", 3), ("version", 4))),
    # Practice of machines in China, behind a profile: registration, a reader's particulars, looking
    # for doubles.
    "81": ("register", (_DATE,)),
    "85": ("particulars", (_DATE,)),
    "91": ("find_double", (_DATE,)),
}
"""Code of a request → its name and its fixed fields."""

RESPONSES: Final[Mapping[str, Layout]] = {
    "10": (("ok", 1), ("resensitize", 1), ("magnetic", 1), ("alert", 1), _DATE),
    "12": (("ok", 1), ("renewal_ok", 1), ("magnetic", 1), ("desensitize", 1), _DATE),
    "16": (("ok", 1), ("available", 1), _DATE),
    "18": (("circulation_status", 2), ("security_marker", 2), ("fee_type", 2), _DATE),
    "20": (("ok", 1), _DATE),
    "24": (("patron_status", 14), ("language", 3), _DATE),
    "26": (("patron_status", 14), ("language", 3), _DATE),
    "30": (("ok", 1), ("renewal_ok", 1), ("magnetic", 1), ("desensitize", 1), _DATE),
    "36": (("ok", 1), _DATE),
    "38": (("ok", 1), _DATE),
    "64": (
        *(("patron_status", 14), ("language", 3), _DATE, ("holds", 4), ("overdue", 4)),
        *(("charged", 4), ("fines", 4), ("recalls", 4), ("unavailable_holds", 4)),
    ),
    "66": (("ok", 1), ("renewed", 4), ("unrenewed", 4), _DATE),
    "82": (("ok", 1), _DATE),
    "86": (("ok", 1), _DATE),
    "92": (("double", 1), _DATE),
    "94": (("ok", 1),),
    "96": (),
    "98": (
        *(("online", 1), ("checkin_ok", 1), ("checkout_ok", 1), ("renewal_policy", 1)),
        *(("status_update_ok", 1), ("offline_ok", 1), ("timeout", 3), ("retries", 3)),
        *(_DATE, ("version", 4)),
    ),
}
"""Code of a response → its fixed fields; 82, 86 and 92 as Chinese machines read them."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as read.

    Attributes:
        code: two digits; name: of the request, '' when it is none we know.
        fixed: the fields of fixed length; values: the others, each with all that was given.
        fault: why it can't be used ('' when it can): unknown, short.
    """

    code: str
    name: str = ""
    fixed: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fault: str = ""

    def get(self, identifier: str, default: str = "") -> str:
        """The first value given for a field, stripped of blanks."""
        found = self.values.get(identifier)
        return found[0].strip() if found else default

    def has(self, identifier: str) -> bool:
        """Whether the field was given at all, be it empty."""
        return identifier in self.values


def read_request(text: str) -> Message:
    """Read a request that was decoded and has lost its AY and AZ."""
    text = text.lstrip("\0 ")
    code = text[:2]
    if code not in REQUESTS:
        return Message(code, fault="unknown")
    name, layout = REQUESTS[code]
    return _read(text, Message(code, name), layout)


def read_response(text: str) -> Message:
    """Read a response, as a terminal would."""
    code = text[:2]
    if code not in RESPONSES:
        return Message(code, fault="unknown")
    return _read(text, Message(code), RESPONSES[code])


def _read(text: str, message: Message, layout: Layout) -> Message:
    fixed: dict[str, str] = {}
    at = 2
    for name, length in layout:
        piece = text[at : at + length]
        if (name, length) == layout[-1] == _DATE and _field_began.match(piece):
            # Some clients leave out the date of 65; it says nothing that the clock does not.
            fixed[name] = " " * length
            continue
        if len(piece) < length:
            return Message(message.code, message.name, fixed, fault="short")
        fixed[name] = piece
        at += length
    values: dict[str, tuple[str, ...]] = {}
    for piece in text[at:].split("|"):
        if len(piece) >= 2:
            values[piece[:2]] = (*values.get(piece[:2], ()), piece[2:])
    return Message(message.code, message.name, fixed, values)


_CLEAN: Final = {**dict.fromkeys(range(32), " "), 0x7F: " ", ord("|"): "｜"}


def write(code: str, fixed: Mapping[str, str], fields: Iterable[tuple[str, str | None]]) -> str:
    """A message as text. A field that is None is left out, one that is '' stays, empty.

    ``|`` and control characters in values, which would cut the message, become harmless ones.

    Raises ValueError when a fixed field is missing or has another length than its layout.
    """
    layout = RESPONSES.get(code) or REQUESTS.get(code, ("", ()))[1]
    parts = [code]
    for name, length in layout:
        value = fixed.get(name, "")
        if len(value) != length:
            raise ValueError(f"{code}: {name} must have {length} characters, not {value!r}")
        parts.append(value)
    parts += [f"{name}{value.translate(_CLEAN)}|" for name, value in fields if value is not None]
    return "".join(parts)


def stamp(moment: datetime) -> str:
    """``YYYYMMDD    HHMMSS``: local time, the zone field blank as the standard has it for local."""
    return moment.astimezone(ZONE).strftime("%Y%m%d    %H%M%S")


def moment(text: str, zone: tzinfo = ZONE) -> datetime | None:
    """The moment of an 18-character stamp; ``Z`` (or ``UTC``) in it means UTC. None when it is
    blank or no moment."""
    marks = text[8:12].strip().upper()
    try:
        found = datetime.strptime(text[:8] + text[12:18], "%Y%m%d%H%M%S")  # noqa: DTZ007
    except ValueError:
        return None
    if marks in ("Z", "UTC"):
        return found.replace(tzinfo=UTC)
    return found.replace(tzinfo=zone)


def amount(fen: int) -> str:
    """An amount of 分 as yuan with two decimals: ``-1`` is ``-0.01``."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
