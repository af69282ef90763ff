"""One change made to a record, as a batch makes it to many. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from shuxiang.formats.marc import ControlField, DataField, Field, Record
from shuxiang.formats.marc.bibliographic.model import Format, normalise_title
from shuxiang.formats.marc.editing import Fault, faults, from_lines, to_lines
from shuxiang.kernel.decision import Reason, stop

KINDS = ("replace", "set", "add", "remove", "heading")
LONGEST = 2000
_tag = re.compile(r"\d{3}")
_code = re.compile(r"[0-9a-zA-Z]")
PROTECTED = frozenset({"001", "005"})

PERSON_TAGS = ("700", "701", "702")
BODY_TAGS = ("710", "711", "712")
SUBJECT_TAGS = ("600", "601", "606", "607")
HEADING_TAGS: dict[str, tuple[str, ...]] = {
    "person": (*PERSON_TAGS, "600"),
    "body": (*BODY_TAGS, "601"),
    "subject": ("606", "607"),
}


class RecordEdit(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is changed.

    ``kind``: ``replace`` (the text ``find`` by ``value`` in subfield ``code`` of field ``tag``; with
    ``whole`` only where it is the whole value), ``set`` (subfield ``code`` of every field ``tag`` gets
    ``value``), ``add`` (a field ``tag`` with ``indicators`` and subfields written ``$a…$b…`` in
    ``value``, where the record has none just like it), ``remove`` (fields ``tag``, or only their
    subfields ``code``, where they contain ``find``; '' for all), ``heading`` (the heading ``find`` of
    the sort ``tag`` or with the number ``code`` becomes ``value``).
    """

    kind: str
    tag: str
    code: str = ""
    find: str = ""
    value: str = ""
    indicators: str = "  "
    whole: bool = False


def edit_of(spec: dict[str, Any]) -> RecordEdit:
    """The edit of a stored batch."""
    return msgspec.convert(spec, RecordEdit)


def reasons(edit: RecordEdit) -> list[Reason]:
    """What is wrong with an edit before any record is looked at."""
    found: list[Reason] = []
    if edit.kind not in KINDS:
        return [stop("edit-kind-unknown", kind=edit.kind)]
    if edit.kind == "heading":
        return [] if edit.value.strip() else [stop("edit-value-missing")]
    if not _tag.fullmatch(edit.tag) or edit.tag in PROTECTED:
        found.append(stop("edit-tag-invalid", tag=edit.tag))
    needs_code = edit.kind in ("replace", "set")
    if (needs_code or edit.code) and not _code.fullmatch(edit.code):
        found.append(stop("edit-code-invalid", code=edit.code))
    if edit.kind == "replace" and not edit.find:
        found.append(stop("edit-find-missing"))
    if edit.kind in ("set", "add") and not edit.value.strip():
        found.append(stop("edit-value-missing"))
    if edit.kind == "add" and not subfields_of(edit.value):
        found.append(stop("edit-subfields-unreadable", text=edit.value[:60]))
    if len(edit.indicators) != 2:
        found.append(stop("edit-indicators-invalid"))
    if max(len(edit.value), len(edit.find)) > LONGEST:
        found.append(stop("text-too-long", field="value", most=LONGEST))
    return found


def subfields_of(text: str) -> tuple[tuple[str, str], ...]:
    """``$a活着$v3`` (or ``▼a``, ``|a``) as subfields; () where it can't be read."""
    plain = text.strip().replace("▼", "$").replace("ǂ", "$")
    if not plain.startswith("$"):
        return ()
    pairs = [(p[:1], p[1:].strip()) for p in plain[1:].split("$")]
    if not all(_code.fullmatch(code) and value for code, value in pairs):
        return ()
    return tuple(pairs)


def edited(record: Record, edit: RecordEdit) -> Record:
    """The record after an edit: the very same object where there is nothing to change."""
    fields = tuple(_fields(record, edit))
    if fields == tuple(record.fields):
        return record
    leader = record.leader
    return Record(f"{leader[:5]}c{leader[6:]}", fields)


def _fields(record: Record, edit: RecordEdit) -> Iterator[Field]:
    if edit.kind == "add":
        yield from _added(record.fields, edit)
        return
    tags = HEADING_TAGS.get(edit.tag, ()) if edit.kind == "heading" else (edit.tag,)
    for field in record.fields:
        if field.tag not in tags:
            yield field
        elif isinstance(field, ControlField):
            if edit.kind != "remove" or (edit.find and edit.find not in field.data) or edit.code:
                yield field
        else:
            kept = _field(field, edit)
            if kept is not None:
                yield kept


def _added(fields: Sequence[Field], edit: RecordEdit) -> list[Field]:
    new = DataField(edit.tag, edit.indicators, subfields_of(edit.value))
    if any(f.tag == edit.tag and f == new for f in fields):
        return list(fields)
    at = next((n for n, f in enumerate(fields) if f.tag > edit.tag), len(fields))
    return [*fields[:at], new, *fields[at:]]


def _field(field: DataField, edit: RecordEdit) -> DataField | None:
    pairs = field.subfields
    if edit.kind == "replace":
        pairs = tuple((c, _replaced(v, edit) if c == edit.code else v) for c, v in pairs)
        pairs = tuple((c, v) for c, v in pairs if v or c != edit.code)
    elif edit.kind == "set":
        if any(c == edit.code for c, _ in pairs):
            pairs = tuple((c, edit.value if c == edit.code else v) for c, v in pairs)
        else:
            pairs = (*pairs, (edit.code, edit.value))
    elif edit.kind == "remove":
        if edit.code:
            pairs = tuple(p for p in pairs if p[0] != edit.code or edit.find not in p[1])
        elif not edit.find or any(edit.find in value for _, value in pairs):
            return None
    elif edit.kind == "heading" and names_heading(field, edit.find, edit.code):
        pairs = _reheaded(pairs, edit)
    return DataField(field.tag, field.indicators, pairs) if pairs else None


def _replaced(value: str, edit: RecordEdit) -> str:
    if edit.whole:
        return edit.value if value.strip() == edit.find else value
    return value.replace(edit.find, edit.value)


def names_heading(field: DataField, heading: str, number: str) -> bool:
    """Whether a field names an authority: by its number in $3, else by the heading in $a."""
    linked = field.first("3").strip()
    if linked:
        return bool(number) and linked == number
    return normalise_title(field.first("a")) == normalise_title(heading)


def _reheaded(pairs: tuple[tuple[str, str], ...], edit: RecordEdit) -> tuple[tuple[str, str], ...]:
    done, found = False, []
    for code, value in pairs:
        if code == "a" and not done:
            found.append((code, edit.value))
            done = True
        # The reading of the old heading is not that of the new one.
        elif code != "9" or edit.value == edit.find:
            found.append((code, value))
    return tuple(found)


def faults_of(after: Record, before: Record, format_: Format) -> list[Fault]:
    """What refuses the result of an edit: what stood in the record before and was left alone does
    not."""
    _read, lines = from_lines(to_lines(after), before)
    return [fault for fault in faults(after, lines, format_, before) if fault.refuses]


def stored_fault(fault: Fault) -> str:
    """A fault as a row of a batch keeps it: tag, code and values of its words."""
    return msgspec.json.encode([fault.tag, fault.note.code, fault.note.values]).decode()


@dataclass(frozen=True, slots=True)
class Difference:
    """A field before and after, each as cataloguers write it; '' where there was or is none."""

    tag: str
    before: str
    after: str


def differences(before: Record, after: Record) -> tuple[Difference, ...]:
    """What two states of a record differ in, field by field in the order of tags."""
    found: list[Difference] = []
    for tag in sorted({f.tag for f in (*before.fields, *after.fields)}):
        old = [written(f) for f in before.get(tag)]
        new = [written(f) for f in after.get(tag)]
        gone = [text for text in old if text not in new]
        come = [text for text in new if text not in old]
        for n in range(max(len(gone), len(come))):
            found.append(
                Difference(
                    tag,
                    gone[n] if n < len(gone) else "",
                    come[n] if n < len(come) else "",
                )
            )
    return tuple(found)


def written(field: Field) -> str:
    """A field as cataloguers write it: ``1 $a红楼梦$f曹雪芹著``."""
    if isinstance(field, ControlField):
        return field.data
    return field.indicators + "".join(f"${code}{value}" for code, value in field.subfields)
