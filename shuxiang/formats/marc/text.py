"""MARC as text: one field a line, with a visible subfield mark; Aleph sequential."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from shuxiang.formats.marc.iso2709 import FIELD_LIMIT, Decoded, Quarantined
from shuxiang.formats.marc.model import ControlField, DataField, Field, Record
from shuxiang.formats.notes import note

MARKS: Final = "▼ǂ‡|@$"
"""Subfield marks in use; the first of them that opens a field's text is the line's mark."""

_LEADER: Final = "     nam0 22     3  450 "
_LINE_LIMIT: Final = 1 << 20
_aleph: Final = re.compile(r"^(\d{9}) ([0-9A-Z]{3})([0-9A-Za-z ]{2}) [A-Z] (.*)$")
_line: Final = re.compile(r"^\s*=?([0-9A-Z]{3})(?:\s{2}(?=[0-9#\\ ]{2}\S)|[\s\t:]?)(.*)$")
_leader: Final = re.compile(r"^\s*(?:=?(?:LDR|000|头标区|头标)[\s:]*)?(.{5}[a-z][a-z].{12,17})$")
_opening: Final = re.compile(
    rf"^([\s#\\0-9A-Za-z]{{0,3}}?)\s*([{re.escape(MARKS)}])(?=[0-9A-Za-z])"
)
_MARC_BLANKS: Final = str.maketrans("#\\^", "   ")


def read_text(lines: Iterable[str]) -> Iterator[Decoded | Quarantined]:
    """Records of a text file given as decoded lines.

    Records are parted by blank lines, by a new leader, by ``***`` lines or, in Aleph sequential,
    by the system number. Lines that begin with no tag continue the field before them.
    """
    reader = _Reader()
    for number, line in enumerate(lines, 1):
        yield from reader.take(line.rstrip("\r\n")[:_LINE_LIMIT].lstrip("\ufeff"), number)
    yield from reader.finish()


class _Reader:
    def __init__(self) -> None:
        self._number = 0
        self._system = ""
        self._clear()

    def _clear(self) -> None:
        self._leader = ""
        self._entries: list[tuple[str, str, str]] = []
        self._started = 0
        self._unread = ""

    def take(self, line: str, number: int) -> Iterator[Decoded | Quarantined]:
        if found := _aleph.match(line):
            if found[1] != self._system:
                yield from self.finish()
                self._system = found[1]
            self._started = self._started or number
            self._aleph(found[2], found[3], found[4])
            return
        plain = line.strip()
        if not plain or not plain.strip("*-=_"):
            yield from self.finish()
            return
        if found := _leader.match(line):
            yield from self.finish()
            self._started = number
            self._leader = found[1].translate(_MARC_BLANKS)
            return
        self._started = self._started or number
        found = _line.match(line)
        if found and (found[1].isdigit() or _opening.match(found[2].lstrip())):
            self._entries.append((found[1], found[2], ""))
        elif self._entries:
            tag, text, mark = self._entries[-1]
            self._entries[-1] = (tag, text + plain, mark)
        else:
            self._unread = self._unread or line

    def _aleph(self, tag: str, indicators: str, text: str) -> None:
        if tag == "LDR":
            self._leader = text.translate(_MARC_BLANKS)
        elif tag not in ("FMT", "CAT"):
            self._entries.append((tag, indicators + text, "$$"))

    def finish(self) -> Iterator[Decoded | Quarantined]:
        """The record gathered so far, if there is one."""
        if not self._started:
            return
        self._number += 1
        source = "\n".join([tag + text for tag, text, _ in self._entries]) or self._unread
        data = source.encode("utf-8", "replace")
        if not self._entries:
            reason = note("text_no_fields", line=self._started)
            yield Quarantined(0, self._number, reason, data)
        elif len(self._entries) > FIELD_LIMIT:
            count = len(self._entries)
            reason = note("too_many_fields", count=count, limit=FIELD_LIMIT)
            yield Quarantined(0, self._number, reason, data)
        else:
            fields = [_field(*entry) for entry in self._entries]
            yield Decoded(Record(f"{self._leader or _LEADER:24}"[:24], fields))
        self._clear()


def _field(tag: str, text: str, mark: str) -> Field:
    if mark:
        indicators, body = text[:2], text[2:]
        if tag < "010" or mark not in body:
            return ControlField(tag, body)
        return DataField(tag, indicators, _cut(body, mark))
    found = _opening.match(text) if tag >= "010" else None
    if not found:
        return ControlField(tag, text.strip())
    indicators = found[1].translate(_MARC_BLANKS)
    if len(indicators) > 2:
        # A blank between tag and indicators, or between the indicators and the first mark.
        indicators = indicators[1:] if indicators[0] == " " else indicators[:2]
    return DataField(tag, f"{indicators[:2]:2}", _cut(text[found.end(1) :], found[2]))


def _cut(text: str, mark: str) -> tuple[tuple[str, str], ...]:
    """Subfields at ``mark`` + code; a mark before anything else is text."""
    pieces = re.split(rf"\s*{re.escape(mark)}(?=[0-9A-Za-z])", " " + text)
    return tuple([(piece[0], _value(piece[0], piece[1:].strip())) for piece in pieces[1:]])


def _value(code: str, value: str) -> str:
    """``value``, with the blank indicators of an embedded field that the line did not show."""
    if code == "1" and 3 <= len(value) < 5 and value.isdecimal() and value >= "010":
        return f"{value:5}"
    return value


def to_text(record: Record, mark: str = "▼") -> str:
    """A record for reading: leader first, then one field a line, blanks of indicators as ``#``."""
    lines = [f"LDR {record.leader}"]
    for field in record.fields:
        if isinstance(field, ControlField):
            lines.append(f"{field.tag} {field.data}")
        else:
            body = "".join([mark + code + value for code, value in field.subfields])
            lines.append(f"{field.tag} {field.indicators.replace(' ', '#')}{body}")
    return "\n".join(lines) + "\n"
