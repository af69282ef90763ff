"""Mail that came back: delivery status notifications (RFC 3464) as mail servers send them.

What can be forged is used for nothing but what it names: which message it was (its own Message-ID, in
the returned headers), and to which address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.utils import parseaddr
from typing import Any

_ID = re.compile(r"<\s*([0-9a-f]{32})@[^<>\s]+\s*>", re.IGNORECASE)
_STATUS = re.compile(r"\d\.\d{1,3}\.\d{1,3}")
MOST_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounce:
    """A message that did not arrive. ``key`` is what it was sent under, ``address`` where to, ``status``
    as the server says ('5.1.1'); ``final`` unless it is still being tried."""

    key: str
    address: str
    status: str
    final: bool


def read(data: bytes) -> tuple[Bounce, ...]:
    """The bounces in a mail, () for any other mail, however broken."""
    try:
        mail = message_from_bytes(data[:MOST_BYTES], policy=policy.compat32)
        parts: list[Any] = list(mail.walk())
        if not any(p.get_content_type() == "message/delivery-status" for p in parts):
            return ()
        key = _key(parts)
        return tuple(_recipients(key, parts)) if key else ()
    except (ValueError, LookupError, TypeError, RecursionError):
        # Python's parser promises to take any mail and doesn't quite keep it.
        return ()


def _key(parts: list[Any]) -> str:
    """The Message-ID of the mail that is returned: not the notification's own."""
    for part in parts:
        kind = part.get_content_type()
        held: Any = part.get_payload()
        if kind == "message/rfc822" and isinstance(held, list):
            named = [str(mail.get("Message-ID", "")) for mail in held]
        elif kind in ("text/rfc822-headers", "message/rfc822-headers"):
            data: Any = part.get_payload(decode=True) or str(held).encode()
            named = [str(message_from_bytes(data).get("Message-ID", ""))]
        else:
            continue
        for name in named:
            if found := _ID.search(name):
                return found[1].lower()
    return ""


def _recipients(key: str, parts: list[Any]) -> list[Bounce]:
    found = []
    for part in parts:
        held = part.get_payload()
        if part.get_content_type() != "message/delivery-status" or not isinstance(held, list):
            continue
        for block in held:
            action = str(block.get("Action", "")).strip().lower()
            named = block.get("Original-Recipient") or block.get("Final-Recipient")
            status = _STATUS.search(str(block.get("Status", "")))
            if action not in ("failed", "delayed") or not named:
                continue
            address = parseaddr(str(named).partition(";")[2].strip())[1]
            found.append(
                Bounce(key, address.lower(), status[0] if status else "", action == "failed")
            )
    return found
