"""What the MARC workbench's page is drawn from: faults in words, tables for the script, versions
side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from shuxiang.formats.marc import Record, from_cnmarc, from_marc21, isbd
from shuxiang.formats.marc.bibliographic import Format
from shuxiang.formats.marc.editing import (
    Fault,
    coded_length,
    faults,
    field_help,
    from_lines,
    positions,
)
from shuxiang.formats.marc.editing.lines import changed_lines
from shuxiang.formats.notes import MESSAGES

FORMATS: tuple[Format, ...] = ("cnmarc", "marc21")
FORMAT_NAMES = {"cnmarc": "CNMARC", "marc21": "MARC 21"}


def format_of(text: str) -> Format:
    """The format a form names; CNMARC where it names none."""
    return "marc21" if text == "marc21" else "cnmarc"


@dataclass(frozen=True, slots=True)
class Looked:
    """Lines as they were understood: the record, every fault, and its ISBD."""

    record: Record
    found: tuple[Fault, ...]
    isbd: str

    @property
    def refuses(self) -> bool:
        return any(fault.refuses for fault in self.found)

    def told(self) -> dict[str, Any]:
        """For `office/record_told.html`."""
        lines = [
            {
                "text": _(MESSAGES[fault.note.code]) % fault.note.values,
                "line": fault.line,
                "refuses": fault.refuses,
            }
            for fault in self.found
        ]
        return {
            "isbd": self.isbd,
            "errors": [each for each in lines if each["refuses"]],
            "warnings": [each for each in lines if not each["refuses"]],
        }


def look(lines: str, format_: Format, before: Record | None) -> Looked:
    """Read the lines and say everything there is to say of them."""
    record, read = from_lines(lines, before)
    described = from_marc21(record) if format_ == "marc21" else from_cnmarc(record)
    return Looked(record, faults(record, read, format_, before), isbd(described))


def tables(format_: Format) -> dict[str, Any]:
    """The help tables of a format, for the script."""
    return {
        "fields": {
            tag: {
                "name": each.name,
                "repeatable": each.repeatable,
                "indicators": each.indicators,
                "subfields": each.subfields,
                "open": each.open,
                "note": each.note,
            }
            for tag, each in field_help(format_).items()
        },
        "positions": {
            tag: {
                "length": coded_length(format_, tag),
                "rows": [[p.start, p.length, p.name, p.codes] for p in rows],
            }
            for tag, rows in positions(format_).items()
        },
    }


def words() -> dict[str, str]:
    """What the script says."""
    return {
        "tag": _("Tag"),
        "indicators": _("Indicators"),
        "content": _("Content"),
        "embedded": _("Embedded field"),
        "leader": _("Leader"),
        "repeatable": _("repeatable"),
        "once": _("once only"),
        "blank": _("blank"),
        "unknown": _("The table knows no such field."),
        "any": _("anything"),
        "noCodes": _("This field has no coded positions."),
        "notInTable": _("not in the table"),
        "noPinyin": _("Pinyin is made for titles (200, 5XX) and names (7XX) with a subfield a."),
        "pinyinMade": _("Pinyin written into subfield %(sub)s."),
        "pinyinDoubt": _("Several readings, please check:"),
        "failed": _("The server can't be reached. Nothing is lost: try again."),
        "noTag": _("The record has no field %(tag)s."),
        "draftAt": _("There is an unsaved draft of %(at)s."),
        "draftOther": _("The record was changed by somebody after it was begun."),
        "new": _("New record"),
        "undone": _("Undone."),
        "redone": _("Done again."),
        "nothing": _("There is nothing left to undo."),
    }


@dataclass(frozen=True, slots=True)
class Hunk:
    """A stretch of two versions: the same, or different (``number`` counts those from 0)."""

    number: int
    same: bool
    old: Sequence[str]
    new: Sequence[str]


def hunks(old: str, new: str) -> list[Hunk]:
    """Two versions side by side."""
    found: list[Hunk] = []
    count = 0
    for what, before, after in changed_lines(old, new):
        same = what == "equal"
        found.append(Hunk(-1 if same else count, same, before, after))
        count += not same
    return found


def merged(found: Sequence[Hunk], theirs: set[int]) -> str:
    """The lines of the newer version, but the older one's in the hunks of ``theirs``."""
    lines: list[str] = []
    for hunk in found:
        lines += hunk.old if hunk.same or hunk.number in theirs else hunk.new
    return "\n".join(lines) + "\n"
