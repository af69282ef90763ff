"""Reading OAI-PMH 2.0 requests: verbs, arguments, dates, resumption tokens.

Source: The Open Archives Initiative Protocol for Metadata Harvesting, version 2.0 (2015-01-08).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

VERBS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "Identify": (frozenset(), frozenset()),
    "ListMetadataFormats": (frozenset(), frozenset({"identifier"})),
    "ListSets": (frozenset(), frozenset({"resumptionToken"})),
    "GetRecord": (frozenset({"identifier", "metadataPrefix"}), frozenset()),
    "ListIdentifiers": (
        frozenset({"metadataPrefix"}),
        frozenset({"from", "until", "set", "resumptionToken"}),
    ),
    "ListRecords": (
        frozenset({"metadataPrefix"}),
        frozenset({"from", "until", "set", "resumptionToken"}),
    ),
}
"""Verb → arguments it needs, arguments it may have."""

_day: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_second: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_set: Final = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(?::[A-Za-z0-9\-_.!~*'()]+)*")


class OaiFault(ValueError):
    """A request that is answered with an error; ``code`` is one of the protocol's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Span:
    """What a list is asked for. ``from_`` and ``until`` are included; None for open ends."""

    prefix: str
    from_: datetime | None = None
    until: datetime | None = None
    set_: str = ""


@dataclass(frozen=True, slots=True)
class OaiRequest:
    """A request that is formally right. ``span`` of the two lists asked without a token."""

    verb: str
    arguments: Mapping[str, str]
    span: Span | None = None

    @property
    def token(self) -> str:
        return self.arguments.get("resumptionToken", "")


def read(arguments: Iterable[tuple[str, str]]) -> OaiRequest:
    """Read the arguments of a request, in GET or POST.

    Raises OaiFault: badVerb, badArgument.
    """
    given: dict[str, str] = {}
    for name, value in arguments:
        if name in given:
            code = "badVerb" if name == "verb" else "badArgument"
            raise OaiFault(code, f"{name} is given twice")
        given[name] = value
    verb = given.pop("verb", "")
    if verb not in VERBS:
        raise OaiFault("badVerb", f"no such verb: {verb}" if verb else "the verb is missing")
    needed, allowed = VERBS[verb]
    if unknown := sorted(set(given) - needed - allowed):
        raise OaiFault("badArgument", f"{verb} has no {unknown[0]}")
    if "resumptionToken" in given:
        if len(given) > 1:
            raise OaiFault("badArgument", "resumptionToken stands alone")
        return OaiRequest(verb, given)
    if missing := sorted(needed - set(given)):
        raise OaiFault("badArgument", f"{missing[0]} is missing")
    if empty := sorted(name for name, value in given.items() if not value):
        raise OaiFault("badArgument", f"{empty[0]} is empty")
    return OaiRequest(verb, given, _span(given) if "metadataPrefix" in allowed | needed else None)


def _span(given: Mapping[str, str]) -> Span:
    start, end = given.get("from", ""), given.get("until", "")
    if start and end and len(start) != len(end):
        raise OaiFault("badArgument", "from and until have different granularities")
    from_ = moment(start) if start else None
    until = moment(end, end=True) if end else None
    if from_ and until and from_ > until:
        raise OaiFault("badArgument", "from is later than until")
    set_ = given.get("set", "")
    if set_ and not _set.fullmatch(set_):
        raise OaiFault("badArgument", f"no set is written so: {set_}")
    return Span(given.get("metadataPrefix", ""), from_, until, set_)


def moment(text: str, *, end: bool = False) -> datetime:
    """A UTC datestamp of either granularity; a day is its first second, or its last with ``end``.

    Raises OaiFault: badArgument.
    """
    try:
        if _second.fullmatch(text):
            found = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        elif _day.fullmatch(text):
            found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
            found += timedelta(days=1, seconds=-1) if end else timedelta()
        else:
            raise ValueError
    except (ValueError, OverflowError):
        raise OaiFault("badArgument", f"no date is written so: {text}") from None
    return found.replace(microsecond=999999) if end else found


# --- Resumption tokens ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Position:
    """Where a list goes on: after record ``after``, of which ``delivered`` came before.

    Attributes:
        span: what was asked; size: how many there were when the list was begun.
        expires: when the token is taken no more.
    """

    span: Span
    after: str
    delivered: int
    size: int
    expires: datetime


def token(verb: str, position: Position, key: bytes) -> str:
    """A token only the holder of ``key`` can make."""
    span = position.span
    payload = json.dumps(
        [
            verb,
            span.prefix,
            span.from_.isoformat() if span.from_ else "",
            span.until.isoformat() if span.until else "",
            span.set_,
            position.after,
            position.delivered,
            position.size,
            int(position.expires.timestamp()),
        ],
        separators=(",", ":"),
    ).encode()
    return base64.urlsafe_b64encode(_mac(payload, key) + payload).decode().rstrip("=")


def _mac(payload: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"oai" + payload, hashlib.sha256).digest()[:16]


def position(verb: str, given: str, key: bytes, *, now: datetime) -> Position:
    """The position a token stands for.

    Raises OaiFault: badResumptionToken when it is forged, of another verb or expired.
    """
    try:
        data = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise OaiFault("badResumptionToken", "the token is not one of ours") from None
    payload = data[16:]
    if not hmac.compare_digest(data[:16], _mac(payload, key)):
        raise OaiFault("badResumptionToken", "the token is not one of ours")
    made_for, prefix, start, end, set_, after, delivered, size, expires = json.loads(payload)
    if made_for != verb:
        raise OaiFault("badResumptionToken", f"the token belongs to {made_for}")
    until_when = datetime.fromtimestamp(expires, UTC)
    if until_when < now:
        raise OaiFault("badResumptionToken", "the token has expired; begin the list again")
    span = Span(
        prefix,
        datetime.fromisoformat(start) if start else None,
        datetime.fromisoformat(end) if end else None,
        set_,
    )
    return Position(span, after, delivered, size, until_when)
