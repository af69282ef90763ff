"""Fields one record takes from another. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from shuxiang.formats.marc import ControlField, DataField, Record

ONE_ONLY = frozenset({"100", "101", "102", "105", "106", "200", "205", "210", "215", "005", "801"})
"""Fields a record has once: what is taken replaces them. Others are added where they differ."""

NEVER = frozenset({"001", "005"})
"""What names the record itself is not taken."""


def _text(field: ControlField | DataField) -> str:
    if isinstance(field, ControlField):
        return field.data
    return field.indicators + "".join(f"${code}{value.strip()}" for code, value in field.subfields)


def offered(survivor: Record, lost: Record) -> tuple[str, ...]:
    """Tags under which the lost record says something the survivor does not."""
    tags = sorted({f.tag for f in lost.fields} - NEVER)
    return tuple(
        tag
        for tag in tags
        if {_text(f) for f in lost.get(tag)} - {_text(f) for f in survivor.get(tag)}
    )


def taken(survivor: Record, lost: Record, tags: Iterable[str]) -> Record:
    """The survivor with the fields of those tags taken from the other: in place of its own where a
    record has only one, else beside its own where they differ. The leader says it was revised."""
    fields = list(survivor.fields)
    for tag in dict.fromkeys(tags):
        theirs = [f for f in lost.fields if f.tag == tag]
        if tag in NEVER or not theirs:
            continue
        if tag in ONE_ONLY:
            fields = [f for f in fields if f.tag != tag]
            new = theirs
        else:
            known = {_text(f) for f in fields if f.tag == tag}
            new = [f for f in theirs if _text(f) not in known]
        at = next((n for n, f in enumerate(fields) if f.tag > tag), len(fields))
        fields[at:at] = new
    return Record(f"{survivor.leader[:5]}c{survivor.leader[6:]}", fields)
