"""Authority records of CNMARC (UNIMARC/Authorities: headings 2xx) and of MARC 21 (headings 1xx); in
both 4xx is a form not used and 5xx another authority.

The names a record of the catalogue uses are read here too, so that both sides agree on what is the
same heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from shuxiang.formats.marc.bibliographic.model import Format, normalise_title
from shuxiang.formats.marc.model import DataField, Record

AuthorityKind = Literal["person", "body", "subject"]
KINDS: Final[tuple[AuthorityKind, ...]] = ("person", "body", "subject")

_HEADINGS: Final[dict[str, AuthorityKind]] = {
    "200": "person",
    "210": "body",
    "215": "subject",
    "220": "person",
    "250": "subject",
    "280": "subject",
}
_HEADINGS21: Final[dict[str, AuthorityKind]] = {
    "100": "person",
    "110": "body",
    "111": "body",
    "150": "subject",
    "151": "subject",
}
_years: Final = re.compile(r"\d{3,4}")
_brackets: Final = " \t()（）[]［］〔〕,，"


class AuthorityName(msgspec.Struct, frozen=True, gc=False):
    """One name. ``relation``: heading, see (a form not used) or also (another authority);
    ``number`` of the other one in $3."""

    text: str
    relation: str = "heading"
    number: str = ""

    @property
    def key(self) -> str:
        return heading_key(self.text)


class AuthorityRecord(msgspec.Struct, frozen=True):
    """An authority as its record has it: ``dates`` of a person, ``note`` for cataloguers (300, 330,
    830)."""

    kind: AuthorityKind
    number: str
    names: tuple[AuthorityName, ...]
    dates: str = ""
    note: str = ""

    @property
    def heading(self) -> str:
        return self.names[0].text


class NotAuthority(ValueError):
    """A record that is none, or holds no heading of a kind kept here; the code says which."""


def heading_key(text: str) -> str:
    """What headings are compared by: without blanks, marks and case."""
    return normalise_title(text)


def read_authority(record: Record) -> AuthorityRecord:
    """An authority of a decoded record, CNMARC where it has a heading of that.

    Raises NotAuthority: ``bibliographic`` (it describes a publication), ``heading-missing``.
    """
    if record.leader[6:7] not in ("x", "y", "z") and record.get("215") and record.get("210"):
        raise NotAuthority("bibliographic")
    formats: tuple[tuple[Format, dict[str, AuthorityKind]], ...] = (
        ("cnmarc", _HEADINGS),
        # 100 of CNMARC is its coded data.
        *((("marc21", _HEADINGS21),) if record.leader[6:7] == "z" else ()),
    )
    for format_, headings in formats:
        for field in record.fields:
            if field.tag in headings and isinstance(field, DataField):
                text = _text(field, format_)
                if text:
                    return _read(record, field, text, format_)
    raise NotAuthority("heading-missing")


_NOTES: Final[dict[Format, tuple[tuple[str, str], ...]]] = {
    "cnmarc": (("300", "a"), ("330", "a"), ("830", "a")),
    "marc21": (("667", "a"), ("678", "a"), ("680", "i")),
}


def _read(record: Record, heading: DataField, text: str, format_: Format) -> AuthorityRecord:
    cnmarc = format_ == "cnmarc"
    names = [AuthorityName(text)]
    for field in record.fields:
        if (
            field.tag[:1] in "45"
            and isinstance(field, DataField)
            and (other := _text(field, format_))
        ):
            relation = "see" if field.tag[:1] == "4" else "also"
            number = field.first("3" if cnmarc else "0").strip()
            names.append(AuthorityName(other, relation, number))
    notes = [record.first(tag, code).strip() for tag, code in _NOTES[format_]]
    kind = (_HEADINGS if cnmarc else _HEADINGS21)[heading.tag]
    # $d of a body of MARC 21 is that of its meeting.
    dates = heading.first("f") if cnmarc else heading.first("d") if kind == "person" else ""
    return AuthorityRecord(
        kind=kind,
        number=record.control("001").strip(),
        names=tuple(dict.fromkeys(names)),
        dates=dates.strip(_brackets + "."),
        note=" ".join(filter(None, notes)),
    )


def _text(field: DataField, format_: Format) -> str:
    """A heading as lists show it: ``鲁迅``, ``中国作家协会. 创研部``, ``长篇小说-中国-当代``."""
    parts = [value.strip() for code, value in field.subfields if code in "ab" and value.strip()]
    if format_ == "marc21":
        # Its headings end in the marks that lead on to years and parts.
        parts = [part.strip(" ,.") for part in parts]
    if field.tag[1:] in ("10", "11"):
        return ". ".join(filter(None, parts))
    codes = _DIVISIONS[format_]
    divisions = [value.strip(" .") for code, value in field.subfields if code in codes]
    return "-".join(["".join(parts), *filter(None, divisions)]) if any(parts) else ""


class Named(msgspec.Struct, frozen=True):
    """A name a record of the catalogue uses: ``keys`` to look it up by, the fullest first; ``number``
    of the authority where the record says it ($3; $0 in MARC 21)."""

    kind: AuthorityKind
    keys: tuple[str, ...]
    dates: str = ""
    number: str = ""


_NAMED: Final[dict[Format, dict[str, AuthorityKind]]] = {
    "cnmarc": {
        **dict.fromkeys(("700", "701", "702", "600"), "person"),
        **dict.fromkeys(("710", "711", "712", "601"), "body"),
        **dict.fromkeys(("606", "607"), "subject"),
    },
    "marc21": {
        **dict.fromkeys(("100", "700", "600"), "person"),
        **dict.fromkeys(("110", "710", "610"), "body"),
        **dict.fromkeys(("650", "651"), "subject"),
    },
}
_DIVISIONS: Final[dict[Format, str]] = {"cnmarc": "xyzj", "marc21": "xyzv"}
_mark: Final = re.compile(r"^\s*[(（\[［〔【][^)）\]］〕】]{1,12}[)）\]］〕】]\s*")


def names_used(record: Record, format_: Format) -> Iterator[Named]:
    """Every person, body and subject a record names, each with how it may be looked up."""
    tags = _NAMED[format_]
    for field in record.fields:
        kind = tags.get(field.tag)
        if kind is None or not isinstance(field, DataField) or field.indicators[:1] == "A":
            continue
        main = _mark.sub("", field.first("a")).strip(" ,.")
        rest = "".join(field.all("b")) if kind == "person" else ". ".join(("", *field.all("b")))
        whole = "-".join(
            [main + rest, *[v.strip() for c, v in field.subfields if c in _DIVISIONS[format_]]]
            if kind == "subject"
            else [main + rest]
        )
        number = field.first("3" if format_ == "cnmarc" else "0").strip()
        keys = tuple(dict.fromkeys(k for k in (heading_key(whole), heading_key(main)) if k))
        dates = field.first("f" if format_ == "cnmarc" else "d").strip(_brackets)
        if keys or number:
            yield Named(kind, keys, dates, number)


def same_dates(one: str, other: str) -> bool:
    """Whether the years of two persons can be of one: those both say agree.

    >>> same_dates("1881-1936", "1881-"), same_dates("1881-1936", ""), same_dates("1881-", "1900-")
    (True, True, False)
    """
    left, right = _years.findall(one), _years.findall(other)
    return all(a == b for a, b in zip(left, right, strict=False))
