"""A record as lines a cataloguer types: ``200 1#ǂa活着ǂf余华著``; nothing is lost on the way.

A line that is left as it was stands for the very field it was made of, whatever that field holds;
only lines that were typed are read. Blank indicators are shown as ``#``, an embedded field of the
4XX as ``ǂ12001#ǂa…``, a line end or another control character inside a field as its sign (␊, ␍), so
that a field is one line whatever it holds. Where ``ǂ`` is hard to type, ``$``, ``@``, ``|`` and ``▼`` do: the first mark
behind the indicators is that of its line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shuxiang.formats.marc.model import ControlField, DataField, Field, Record

MARK: Final = "ǂ"
LEADER: Final = "LDR"
_MARKS: Final = "ǂ‡▼|@$"
_head: Final = re.compile(rf"^(?P<ind>.{{0,3}}?)(?P<mark>[{re.escape(_MARKS)}])")
_SIGNS: Final = {n: 0x2400 + n for n in range(32) if n != 9}
_OF_SIGNS: Final = {sign: n for n, sign in _SIGNS.items()}
_line_ends: Final = re.compile(r"\r\n|\r|\n")
_embedded: Final = re.compile(r"[0-9]{3}[0-9A-Za-z #]{2}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number from 1, tag, and the field read from it; None for the leader and for a
    field nothing was written in."""

    number: int
    tag: str
    field: Field | None
    fault: str = ""


def line_of(field: Field) -> str:
    """The line of a field."""
    if isinstance(field, ControlField):
        return f"{field.tag} {field.data}".translate(_SIGNS)
    shown = [
        MARK + code + (_shown(value) if code == "1" and field.tag[:1] in "46" else value)
        for code, value in field.subfields
    ]
    line = f"{field.tag} {field.indicators.replace(' ', '#')}{''.join(shown)}"
    return line.translate(_SIGNS)


def _shown(value: str) -> str:
    """An embedded field's head with its blanks visible; 00X have no indicators."""
    if value[:2] == "00" or not _embedded.fullmatch(value[:5]):
        return value
    return value[:3] + value[3:5].replace(" ", "#") + value[5:]


def to_lines(record: Record) -> str:
    """The whole record, the leader first."""
    lines = [f"{LEADER} {_leader(record)}", *map(line_of, record.fields)]
    return "\n".join(lines) + "\n"


def _leader(record: Record) -> str:
    return record.leader.replace(" ", "#")


def from_lines(text: str, before: Record | None = None) -> tuple[Record, tuple[Line, ...]]:
    """The record the lines say, and each line as it was understood.

    Args:
        text: what stands in the editor; empty lines are passed over.
        before: the record the lines were made of: lines left alone keep its fields as they are.
    """
    kept: dict[str, list[Field]] = defaultdict(list)
    for field in before.fields if before else ():
        kept[line_of(field)].append(field)
    leader = before.leader if before else ""
    found: list[Line] = []
    for number, line in enumerate(_line_ends.split(text), 1):
        if not line.strip():
            continue
        if line[:3].upper() == LEADER:
            typed = line[4:].strip()
            if before is None or typed != _leader(before).strip():
                leader = typed.replace("#", " ")
            found.append(Line(number, LEADER, None))
        elif same := kept.get(line):
            field = same.pop(0) if len(same) > 1 else same[0]
            found.append(Line(number, field.tag, field))
        else:
            found.append(_read(number, line))
    return Record(leader, [each.field for each in found if each.field]), tuple(found)


def _read(number: int, line: str) -> Line:
    line = line.lstrip().translate(_OF_SIGNS)
    tag, rest = line[:3], line[3:]
    if rest[:1] == " ":
        rest = rest[1:]
    opened = _head.match(rest) if tag >= "010" else None
    if opened is None:
        if not rest.strip():
            return Line(number, tag, None)
        fault = "edit_no_subfields" if tag >= "010" else ""
        return Line(number, tag, ControlField(tag, rest), fault)
    indicators = opened["ind"]
    if len(indicators) == 3 and indicators.endswith(" "):
        indicators = indicators[:2]
    fault = "edit_indicators_long" if len(indicators) > 2 else ""
    indicators = indicators.replace("#", " ").replace("\\", " ")
    pieces = rest[opened.end() :].split(opened["mark"])
    # Those of a template that nothing was written in are left out.
    subfields = tuple(
        [(piece[:1], _value(tag, piece)) for piece in pieces if piece[1:].strip() or not piece]
    )
    if not any(code for code, _ in subfields):
        return Line(number, tag, None)
    return Line(number, tag, DataField(tag, f"{indicators[:2]:2}", subfields), fault)


def _value(tag: str, piece: str) -> str:
    code, value = piece[:1], piece[1:]
    if code == "1" and tag[:1] in "46" and _embedded.fullmatch(value[:5]) and value[:2] != "00":
        return value[:3] + value[3:5].replace("#", " ") + value[5:]
    return value


def changed_lines(before: str, after: str) -> Sequence[tuple[str, list[str], list[str]]]:
    """(``equal`` or ``differ``, lines before, lines after) in order: for showing two versions."""
    from difflib import SequenceMatcher

    # Only line ends part lines: a field may hold what Python takes for one, such as U+2028.
    old, new = (_line_ends.split(text.removesuffix("\n")) for text in (before, after))
    old, new = old if before else [], new if after else []
    found = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        found.append(("equal" if what == "equal" else "differ", old[a:b], new[c:d]))
    return found
