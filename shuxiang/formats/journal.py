"""The journal of an offline desk: one line an act, each sealed over the one before it.

A document is JSON lines: a head, then one object an act with the exact text that was sealed
(``body``) and its seal (``mac``, HMAC-SHA256 with the device's own key). ``prev`` inside the body is
the seal of the line before, so that no line can be altered, left out or put in without it showing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

FORMAT: Final = "shuxiang-journal"
VERSION: Final = 1
ACTS: Final = ("check_out", "check_in", "renew", "in_house", "undo")
GENESIS: Final = "0" * 64
MOST_LINES: Final = 20_000
MOST_COUNTER: Final = 2**53
_SEAL: Final = re.compile(r"[0-9a-f]{64}")
_DEVICE: Final = re.compile(r"[0-9a-f]{32}")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


class NotAJournal(ValueError):
    """The document can't be read; ``line`` is the first one that can't, 1 the head."""

    def __init__(self, line: int, fault: str) -> None:
        super().__init__(f"line {line}: {fault}")
        self.line, self.fault = line, fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An act as the device wrote it down.

    Attributes:
        at: by the device's clock; ``offset_ms`` is what its last sync found the library's clock to be
            ahead of it, ``synced`` when that was, by the library's clock.
        mono, run: milliseconds since the page was opened, and which opening it was.
        due: the day the reader was told, '' for none.
        unsure: the device could not decide it.
        undoes: the seal of the device's own line that an ``undo`` takes back, '' for other acts.
        clerk: who worked, as the device was told; '' where it was not.
        mac, body: the seal, and the text it seals.
    """

    device: str
    counter: int
    prev: str
    act: str
    at: datetime
    mono: int
    run: str
    synced: datetime
    offset_ms: int
    barcode: str
    card: str
    due: str
    unsure: bool
    mac: str
    body: str
    undoes: str = ""
    clerk: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A journal as sent or as carried: whose, the device's clock when it was put together, its lines."""

    device: str
    now: datetime
    mono: int
    run: str
    lines: tuple[Line, ...]


def seal(key: bytes, body: str) -> str:
    """The seal of a line's text."""
    return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()


def genuine(key: bytes, line: Line) -> bool:
    """Whether the line was sealed with the device's key and not altered since."""
    return hmac.compare_digest(seal(key, line.body), line.mac)


def read(data: bytes) -> Document:
    """Raises NotAJournal naming the first line that can't be read: nothing of it is taken then."""
    try:
        rows = data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise NotAJournal(1, "not UTF-8") from None
    if not rows:
        raise NotAJournal(1, "empty")
    head = _object(1, rows[0])
    if head.get("format") != FORMAT or head.get("version") != VERSION:
        raise NotAJournal(1, f"not a journal of version {VERSION}")
    device = _text(1, head, "device", _DEVICE)
    count = _whole(1, head, "lines", least=0)
    written = [row for row in rows[1:] if row.strip()]
    if len(written) > MOST_LINES:
        raise NotAJournal(MOST_LINES + 2, f"more than {MOST_LINES} lines")
    if len(written) != count:
        raise NotAJournal(len(written) + 2, f"{count} lines are told, {len(written)} are there")
    return Document(
        device=device,
        now=_moment(1, head, "now"),
        mono=_whole(1, head, "mono", least=0),
        run=_text(1, head, "run"),
        lines=tuple(_line(n, row, device) for n, row in enumerate(written, start=2)),
    )


def write(document: Document) -> bytes:
    """The document as it is sent."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "device": document.device,
        "now": _stamp(document.now),
        "mono": document.mono,
        "run": document.run,
        "lines": len(document.lines),
    }
    rows: Iterable[dict[str, Any]] = (
        head,
        *({"body": line.body, "mac": line.mac} for line in document.lines),
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def body(
    *,
    device: str,
    counter: int,
    prev: str,
    act: str,
    at: datetime,
    synced: datetime,
    barcode: str,
    card: str = "",
    due: str = "",
    unsure: bool = False,
    offset_ms: int = 0,
    mono: int = 0,
    run: str = "",
    undoes: str = "",
    clerk: str = "",
) -> str:
    """The text of a line, as the offline desk writes it."""
    return json.dumps(
        {
            "device": device,
            "counter": counter,
            "prev": prev,
            "act": act,
            "at": _stamp(at),
            "mono": mono,
            "run": run,
            "synced": _stamp(synced),
            "offset": offset_ms,
            "barcode": barcode,
            "card": card,
            "due": due,
            "unsure": unsure,
            "undoes": undoes,
            "clerk": clerk,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def line(text: str, mac: str) -> Line:
    """The line with that text and seal. Raises NotAJournal."""
    return _said(1, text, mac)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _line(number: int, row: str, device: str) -> Line:
    values = _object(number, row)
    text = _text(number, values, "body", most=4000)
    found = _said(number, text, _text(number, values, "mac", _SEAL))
    if found.device != device:
        raise NotAJournal(number, "of another device")
    return found


def _said(number: int, text: str, mac: str) -> Line:
    said = _object(number, text)
    act = _text(number, said, "act")
    if act not in ACTS:
        raise NotAJournal(number, f"unknown act {act[:20]!r}")
    due = _text(number, said, "due", most=10)
    if due and not _DAY.fullmatch(due):
        raise NotAJournal(number, "due is no day")
    # Lines written before there were these two have neither.
    said = {"undoes": "", "clerk": "", **said}
    undoes = _text(number, said, "undoes", _SEAL if act == "undo" else None)
    if act != "undo" and undoes:
        raise NotAJournal(number, "undoes belongs to an undo")
    unsure = said.get("unsure")
    if not isinstance(unsure, bool):
        raise NotAJournal(number, "unsure is not true or false")
    return Line(
        device=_text(number, said, "device", _DEVICE),
        counter=_whole(number, said, "counter", least=1),
        prev=_text(number, said, "prev", _SEAL),
        act=act,
        at=_moment(number, said, "at"),
        mono=_whole(number, said, "mono", least=0),
        run=_text(number, said, "run"),
        synced=_moment(number, said, "synced"),
        offset_ms=_whole(number, said, "offset", least=-MOST_COUNTER),
        barcode=_text(number, said, "barcode", most=100),
        card=_text(number, said, "card", most=100),
        due=due,
        unsure=unsure,
        mac=mac,
        body=text,
        undoes=undoes,
        clerk=_text(number, said, "clerk"),
    )


def _object(number: int, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise NotAJournal(number, "not JSON") from None
    if not isinstance(found, dict):
        raise NotAJournal(number, "not an object")
    return found


def _text(
    number: int,
    values: dict[str, Any],
    name: str,
    form: re.Pattern[str] | None = None,
    *,
    most: int = 64,
) -> str:
    found = values.get(name)
    if not isinstance(found, str) or len(found) > most:
        raise NotAJournal(number, f"{name} is missing or too long")
    if form is not None and not form.fullmatch(found):
        raise NotAJournal(number, f"{name} has another form")
    if any("\ud800" <= c <= "\udfff" or c == "\0" for c in found):
        raise NotAJournal(number, f"{name} holds what is no character")
    return found


def _whole(number: int, values: dict[str, Any], name: str, *, least: int) -> int:
    found = values.get(name)
    if type(found) is not int or not least <= found <= MOST_COUNTER:
        raise NotAJournal(number, f"{name} is no number")
    return found


def _moment(number: int, values: dict[str, Any], name: str) -> datetime:
    text = _text(number, values, name)
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotAJournal(number, f"{name} is no moment") from None
    if found.year < 1970 or found.year > 9000:
        raise NotAJournal(number, f"{name} is no moment")
    return found
