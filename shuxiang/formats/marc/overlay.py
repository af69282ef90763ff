"""Putting another library's record over ours: what of ours stays, and what would change."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shuxiang.formats.marc.model import ControlField, Field, Record

USUAL_PROTECTED: Final = "690 9XX"
"""Local fields of CNMARC: our class number, and the block 9XX with holdings and the like."""
_IDENTITY: Final = ("001", "005")


@dataclass(frozen=True, slots=True)
class Change:
    """A line of a comparison: ``sign`` is ``-`` (goes), ``+`` (comes) or blank (stays)."""

    sign: str
    tag: str
    text: str


def protected_tags(text: str) -> tuple[str, ...]:
    """The tags of a setting such as ``690 9XX``; what is no tag is left out."""
    words = text.replace(",", " ").replace("，", " ").upper().split()
    return tuple(w for w in words if len(w) == 3 and all(c.isdigit() or c == "X" for c in w))


def covers(tags: Sequence[str], tag: str) -> bool:
    """Whether one of the tags, X standing for any digit, is this tag."""
    return any(all(p in ("X", c) for p, c in zip(each, tag, strict=False)) for each in tags)


def overlaid(ours: Record, theirs: Record, protected: Sequence[str]) -> Record:
    """Their record over ours. Ours keeps its number (001) and every protected field it has; of theirs
    come all others, and protected ones we have none of. Their 9XX never come: they tell of their
    shelves. The date of change (005) is left to whoever stores the record."""
    held = {f.tag for f in ours.fields if f.tag in _IDENTITY[:1] or covers(protected, f.tag)}
    kept = [f for f in ours.fields if f.tag in held]
    come = [
        f
        for f in theirs.fields
        if f.tag not in held and f.tag not in _IDENTITY and not f.tag.startswith("9")
    ]
    fields = sorted([*kept, *come], key=lambda f: f.tag)
    leader = f"{theirs.leader:24}"
    return Record(f"{ours.leader[:5]:5}c{leader[6:]}", fields)


def changes(before: Record, after: Record) -> tuple[Change, ...]:
    """Field by field, in the order of the tags, what would go, come and stay."""
    old = [(f.tag, shown(f)) for f in before.fields if f.tag != "005"]
    new = [(f.tag, shown(f)) for f in after.fields if f.tag != "005"]
    found: list[Change] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for act, a1, a2, b1, b2 in matcher.get_opcodes():
        if act == "equal":
            found += [Change(" ", tag, text) for tag, text in old[a1:a2]]
        else:
            gone = [Change("-", tag, text) for tag, text in old[a1:a2]]
            come = [Change("+", tag, text) for tag, text in new[b1:b2]]
            # What replaces a field stands below it.
            found += sorted([*gone, *come], key=lambda c: c.tag)
    return tuple(found)


def shown(field: Field) -> str:
    """A field as a line: indicators (# for blank) and subfields behind ``$``."""
    if isinstance(field, ControlField):
        return field.data
    return (
        field.indicators.replace(" ", "#")
        + " "
        + " ".join(f"${code} {value}" for code, value in field.subfields)
    )
