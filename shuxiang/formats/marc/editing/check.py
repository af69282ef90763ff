"""Every fault of a record under edit, each with its line: what refuses it, what only warns.

A fault that stood in the record before and was left alone only warns: records come from elsewhere,
and a cataloguer who corrects one field need not mend the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shuxiang.formats.clc import main_class
from shuxiang.formats.identifiers import normalise_issn, parse_isbn, parse_year
from shuxiang.formats.marc.bibliographic import Format
from shuxiang.formats.marc.editing.lines import LEADER, Line
from shuxiang.formats.marc.editing.tables import (
    ANY,
    Codes,
    FieldHelp,
    coded_length,
    field_help,
    positions,
)
from shuxiang.formats.marc.model import ControlField, DataField, Field, Record, text_from_field
from shuxiang.formats.marc.writer import FIELD_BYTES, RECORD_BYTES
from shuxiang.formats.notes import Note, note

MANDATORY: Final[dict[str, tuple[str, ...]]] = {
    "cnmarc": ("100", "101", "102", "200", "210", "215", "690", "801"),
    "marc21": ("008", "245", "300"),
}
"""Minimum for a new record (GB/T 33286; MARC 21 minimal level)."""
_BOOK: Final = ("105", "106")
_MUST: Final = {"cnmarc": ("100", "200"), "marc21": ("008", "245")}
"""Of these: a new record without them is refused, the others only warn."""
_TITLE: Final = {"cnmarc": "200", "marc21": "245"}
_ISBN: Final = {"cnmarc": "010", "marc21": "020"}
_ISSN: Final = {"cnmarc": "011", "marc21": "022"}
_LINKS: Final = ("604",)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: its words, the tag, the line it stands in (0: the record as a whole), and whether
    it refuses the record."""

    note: Note
    tag: str
    line: int = 0
    refuses: bool = True


def faults(
    record: Record, lines: Sequence[Line], format_: Format, before: Record | None = None
) -> tuple[Fault, ...]:
    """Every fault of a record, in the order of its lines, those of the whole record last.

    Args:
        record, lines: as `from_lines` returned them.
        before: the record as it is stored; None for a new one.
    """
    stood = set(before.fields) if before else set()
    found: list[Fault] = []
    if before is None or record.leader != before.leader:
        found += _leader(record, lines, format_)
    for line in lines:
        if line.field is None:
            continue
        left = line.field in stood
        for each in _field(line, format_):
            found.append(replace(each, refuses=each.refuses and not left))
    found.sort(key=lambda fault: fault.line)
    return (*found, *_whole(record, lines, format_, before))


def _fault(line: Line, code: str, *, refuses: bool = True, **data: object) -> Fault:
    return Fault(note(code, tag=line.tag, **data), line.tag, line.number, refuses)


# --- one field ------------------------------------------------------------------------------


def _field(line: Line, format_: Format) -> Iterator[Fault]:
    field = line.field
    assert field is not None, "the leader is checked apart"
    tag = field.tag
    if not (len(tag) == 3 and tag.isascii() and tag.isalnum()):
        yield Fault(note("bad_field", tag=tag), tag, line.number)
        return
    if tag == "000":
        yield Fault(note("bad_field", tag=tag), tag, line.number)
    if line.fault:
        yield _fault(line, line.fault)
    text = text_from_field(field)
    if any(sign in text for sign in "\x1d\x1e") or any(
        "\x1f" in value for _, value in getattr(field, "subfields", ())
    ):
        yield _fault(line, "separator_in_text")
    elif any(sign < " " and sign != "\x1f" for sign in text):
        yield _fault(line, "edit_control_character")
    if "\ufffd" in text:
        yield _fault(line, "edit_unreadable_character", refuses=False)
    length = len(text.encode("utf-8", "replace")) + 1
    if length > FIELD_BYTES:
        yield _fault(line, "field_too_long", length=length, limit=FIELD_BYTES)
    known = field_help(format_).get(tag)
    if known is None and tag[0] != "9" and "9" not in tag:
        yield _fault(line, "edit_tag_unknown", refuses=False)
    if isinstance(field, ControlField):
        if tag < "010" and not field.data.strip():
            yield _fault(line, "edit_empty", refuses=False)
        yield from _coded(line, format_, field.data)
        return
    if tag < "010":
        yield _fault(line, "edit_control_field")
        return
    yield from _subfields(line, field, known, format_)
    if known:
        yield from _indicators(line, field, known)
    yield from _values(line, field, format_)


def _indicators(line: Line, field: DataField, known: FieldHelp) -> Iterator[Fault]:
    for place, (sign, codes) in enumerate(
        zip(field.indicators, known.indicators, strict=True), start=1
    ):
        allowed = [code for code, _ in codes]
        if not codes or ANY in allowed or sign.replace(" ", "#") in allowed:
            continue
        yield _fault(
            line,
            "edit_indicator",
            place=place,
            sign=sign.replace(" ", "#"),
            allowed=_said(codes),
        )


def _said(codes: Codes) -> str:
    return "、".join([f"{code} {name}".strip() for code, name in codes])


def _subfields(
    line: Line, field: DataField, known: FieldHelp | None, format_: Format
) -> Iterator[Fault]:
    names = {code for code, _ in known.subfields} if known and not known.open else None
    linking = format_ == "cnmarc" and _links(field.tag)
    for code, value in field.subfields:
        if not (len(code) == 1 and code.isascii() and code.isalnum()):
            yield _fault(line, "edit_subfield_code", sub=code or " ")
        elif names is not None and code not in names and not linking:
            yield _fault(line, "edit_subfield_unknown", refuses=False, sub=code)
        if not value.strip():
            yield _fault(line, "edit_subfield_empty", refuses=False, sub=code)
        elif value != value.strip() and not (code == "1" and linking) and not _is_coded(field.tag):
            yield _fault(line, "edit_blanks", refuses=False, sub=code)
    if linking and field.subfields and known and known.subfields:
        yield from _embedded(line, field)


def _links(tag: str) -> bool:
    """Whether a CNMARC field holds other fields behind ``$1``."""
    return tag[:1] == "4" or tag in _LINKS


def _is_coded(tag: str) -> bool:
    return tag in ("100", "105", "106", "110", "115", "121", "126", "130")


def _embedded(line: Line, field: DataField) -> Iterator[Fault]:
    """The heads of embedded fields: ``$1`` + tag + two indicators, or + data for a 00X."""
    if all(code != "1" for code, _ in field.subfields):
        if line.tag[0] == "4":
            yield _fault(line, "edit_not_embedded", refuses=False)
        return
    if field.subfields[0][0] != "1":
        yield _fault(line, "edit_embedded_first")
    for code, value in field.subfields:
        if code != "1":
            continue
        tag = value[:3]
        head_ok = len(tag) == 3 and tag.isdigit() and (tag < "010" or len(value) == 5)
        if not head_ok:
            yield _fault(line, "edit_embedded_head", text=value[:20])


def _values(line: Line, field: DataField, format_: Format) -> Iterator[Fault]:
    tag = field.tag
    if tag == _TITLE[format_] and not field.first("a").strip():
        yield _fault(line, "no_title")
    if tag == _ISBN[format_]:
        for text in field.all("a"):
            if text.strip() and not parse_isbn(text).valid:
                yield _fault(line, "edit_isbn", refuses=False, isbn=text)
    if tag == _ISSN[format_]:
        for text in field.all("a"):
            if text.strip() and not normalise_issn(text):
                yield _fault(line, "edit_issn", refuses=False, issn=text)
    is_clc = tag == "690" if format_ == "cnmarc" else tag == "084" and field.first("2") == "clc"
    if is_clc:
        for text in field.all("a"):
            if not main_class(text):
                yield _fault(line, "edit_class", text=text)
    if format_ == "cnmarc":
        if tag == "210":
            for text in field.all("d"):
                if text.strip() and parse_year(text) is None:
                    yield _fault(line, "no_year", refuses=False, text=text)
        if tag in positions(format_):
            for text in field.all("a"):
                yield from _coded(line, format_, text)


def _coded(line: Line, format_: Format, text: str) -> Iterator[Fault]:
    rows = positions(format_).get(line.tag)
    if rows is None:
        return
    wanted = coded_length(format_, line.tag)
    # 106 and 110 came in longer forms in older data.
    if len(text) != wanted and not (line.tag in ("106", "110") and len(text) > wanted):
        yield _fault(line, "edit_length", length=len(text), wanted=wanted)
        return
    if line.tag == "100" and not text[:8].isdigit():
        yield _fault(line, "edit_code", refuses=False, name=rows[0].name, sign=text[:8], at="0")
    if line.tag == "008":
        # 18-34 mean other things for other materials.
        rows = tuple(row for row in rows if not 18 <= row.start <= 34)
    for row in rows:
        sign = text[row.start : row.start + row.length].replace(" ", "#").replace("|", "#")
        if row.codes and sign not in {code for code, _ in row.codes} and sign.strip("#"):
            yield _fault(line, "edit_code", refuses=False, name=row.name, sign=sign, at=row.start)


# --- the whole ------------------------------------------------------------------------------


def _leader(record: Record, lines: Sequence[Line], format_: Format) -> Iterator[Fault]:
    number = next((line.number for line in lines if line.tag == LEADER), 0)
    line = Line(number, LEADER, None)
    leader = record.leader
    # Outer blanks may be lost on the way; lengths are counted anew anyhow.
    if not 20 <= len(leader) <= 24 or not leader.isascii():
        yield _fault(line, "edit_length", length=len(leader), wanted=24)
        return
    for row in positions(format_)[LEADER]:
        sign = leader.ljust(24)[row.start].replace(" ", "#")
        if sign not in {code for code, _ in row.codes}:
            refuses = row.start in (5, 6, 7)
            yield _fault(line, "edit_code", refuses=refuses, name=row.name, sign=sign, at=row.start)


def _whole(
    record: Record, lines: Sequence[Line], format_: Format, before: Record | None
) -> Iterator[Fault]:
    tags = Counter(field.tag for field in record.fields)
    earlier = Counter(field.tag for field in before.fields) if before else Counter[str]()
    last = {line.tag: line.number for line in lines}
    for tag, count in tags.items():
        known = field_help(format_).get(tag)
        if count > 1 and known and not known.repeatable:
            yield Fault(
                note("edit_repeated", tag=tag, count=count),
                tag,
                last[tag],
                count > max(earlier[tag], 1),
            )
    wanted = MANDATORY[format_]
    if format_ == "cnmarc" and record.leader[6:8] == "am":
        wanted = tuple(sorted((*wanted, *_BOOK)))
    for tag in wanted:
        if not tags[tag]:
            refuses = tag in _MUST[format_] and (before is None or earlier[tag] > 0)
            # Nothing can be found or shown without its title.
            refuses = refuses or tag == _TITLE[format_]
            name = field_help(format_)[tag].name
            yield Fault(note("edit_missing", tag=tag, name=name), tag, 0, refuses)
    if length := _too_long(record.fields):
        yield Fault(note("record_too_long", length=length, limit=RECORD_BYTES), "")


def _too_long(fields: Sequence[Field]) -> int:
    length = 26 + sum(
        [13 + len(text_from_field(field).encode("utf-8", "replace")) for field in fields]
    )
    return length if length > RECORD_BYTES else 0
