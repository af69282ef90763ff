"""What the tables say of a format: fields with indicators and subfields, coded positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from shuxiang.formats.marc.bibliographic import Format

Codes = tuple[tuple[str, str], ...]
ANY = "*"
_MORE = "…"


@dataclass(frozen=True, slots=True)
class FieldHelp:
    """A field: name, whether it may be repeated, what its indicators may be (``*`` alone: anything;
    a blank as ``#``) and its subfields as (code, name). ``open``: the table leaves subfields out."""

    tag: str
    name: str
    repeatable: bool
    indicators: tuple[Codes, Codes]
    subfields: Codes
    open: bool
    note: str


@dataclass(frozen=True, slots=True)
class Position:
    """Characters of a coded field: where, how many, their codes (blank as ``#``; none: free)."""

    start: int
    length: int
    name: str
    codes: Codes


def _codes(text: str) -> Codes:
    pairs = [piece.partition("=") for piece in text.split(";") if piece and piece != _MORE]
    return tuple((code, name) for code, _, name in pairs)


def _rows(name: str) -> list[list[str]]:
    text = resources.files("shuxiang.formats").joinpath(f"data/{name}.tsv").read_text("utf-8")
    lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return lines[1:]


@cache
def field_help(format_: Format) -> Mapping[str, FieldHelp]:
    """Every field the table of a format knows, by tag."""
    found = {
        tag: FieldHelp(
            tag,
            name,
            repeatable == "R",
            (_codes(first), _codes(second)),
            _codes(subfields),
            not subfields or subfields.endswith(_MORE),
            note,
        )
        for tag, name, repeatable, first, second, subfields, note in _rows(f"{format_}-fields")
    }
    return MappingProxyType(found)


@cache
def positions(format_: Format) -> Mapping[str, tuple[Position, ...]]:
    """The coded positions of a format, by field (``LDR`` is the leader)."""
    found: dict[str, list[Position]] = {}
    for field, start, length, name, codes in _rows(f"{format_}-codes"):
        found.setdefault(field, []).append(Position(int(start), int(length), name, _codes(codes)))
    return MappingProxyType({field: tuple(rows) for field, rows in found.items()})


def coded_length(format_: Format, field: str) -> int:
    """How long a coded field is; 0 for a field without coded positions."""
    if field == "LDR":
        return 24
    rows = positions(format_).get(field, ())
    if field == "008":
        return 40
    return max((row.start + row.length for row in rows), default=0)
