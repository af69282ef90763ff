"""A MARC record as data: leader, control fields, data fields, subfields.

The reader hands over the decoded text of each field; subfields are cut only when asked for,
because most of a record's fields are never looked at on the way through an import.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Self

import msgspec

SUBFIELD_MARK: Final = "\x1f"
FIELD_END: Final = "\x1e"
RECORD_END: Final = "\x1d"


class ControlField(msgspec.Struct, frozen=True, gc=False):
    """A field without indicators and subfields: 00X, or a local field written that way."""

    tag: str
    data: str


class DataField(msgspec.Struct, frozen=True, gc=False):
    """A field with two indicators and ``(code, value)`` subfields in their order."""

    tag: str
    indicators: str
    subfields: tuple[tuple[str, str], ...]

    def first(self, code: str, default: str = "") -> str:
        """Value of the first subfield ``code``, or ``default``."""
        for found, value in self.subfields:
            if found == code:
                return value
        return default

    def all(self, code: str) -> tuple[str, ...]:
        """Values of every subfield ``code``, in order."""
        return tuple(value for found, value in self.subfields if found == code)


Field = ControlField | DataField


def field_from_text(tag: str, text: str) -> Field:
    """The field whose ISO 2709 content (without its terminator) is ``text``."""
    if tag < "010" or (SUBFIELD_MARK not in text):
        return ControlField(tag, text)
    indicators, *pieces = text.split(SUBFIELD_MARK)
    if len(indicators) != 2:
        indicators = f"{indicators[:2]:2}"
    return DataField(tag, indicators, tuple([(p[0], p[1:]) for p in pieces if p]))


def text_from_field(field: Field) -> str:
    """The ISO 2709 content of ``field``, without its terminator."""
    if isinstance(field, ControlField):
        return field.data
    return field.indicators + "".join(
        [SUBFIELD_MARK + code + value for code, value in field.subfields]
    )


class Record:
    """An immutable MARC record: a 24-character leader and fields in their order."""

    __slots__ = ("_fields", "_tags", "_texts", "leader")

    leader: str
    _fields: tuple[Field, ...] | None
    _tags: Sequence[str]
    _texts: Sequence[str]

    def __init__(self, leader: str, fields: Iterable[Field]) -> None:
        self.leader = leader
        self._fields = tuple(fields)
        self._tags = [field.tag for field in self._fields]
        self._texts = ()

    @classmethod
    def from_texts(cls, leader: str, tags: Sequence[str], texts: Sequence[str]) -> Self:
        """A record whose fields are cut on demand.

        Args:
            leader: 24 characters.
            tags, texts: one tag and one ISO 2709 field content each, in order, same length.
        """
        record = cls.__new__(cls)
        record.leader = leader
        record._fields = None
        record._tags = tags
        record._texts = texts
        return record

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields in order."""
        if self._fields is None:
            self._fields = tuple(
                [
                    field_from_text(tag, text)
                    for tag, text in zip(self._tags, self._texts, strict=True)
                ]
            )
        return self._fields

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags in order, repeated ones included."""
        return tuple(self._tags)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Tag and ISO 2709 content of every field, in order, without cutting subfields."""
        if self._fields is None:
            return zip(self._tags, self._texts, strict=True)
        return iter([(field.tag, text_from_field(field)) for field in self._fields])

    def get(self, tag: str) -> tuple[Field, ...]:
        """Every field ``tag``, in order."""
        if self._fields is not None:
            return tuple([field for field in self._fields if field.tag == tag])
        if tag not in self._tags:
            return ()
        return tuple(
            [
                field_from_text(tag, text)
                for found, text in zip(self._tags, self._texts, strict=True)
                if found == tag
            ]
        )

    def data_fields(self, tag: str) -> tuple[DataField, ...]:
        """Every field ``tag`` that has subfields, in order."""
        return tuple([field for field in self.get(tag) if isinstance(field, DataField)])

    def control(self, tag: str) -> str:
        """Data of the first control field ``tag``, or an empty string."""
        for field in self.get(tag):
            if isinstance(field, ControlField):
                return field.data
        return ""

    def first(self, tag: str, code: str, default: str = "") -> str:
        """Value of the first subfield ``code`` found in the fields ``tag``, or ``default``."""
        for field in self.data_fields(tag):
            for found, value in field.subfields:
                if found == code:
                    return value
        return default

    def all(self, tag: str, code: str) -> tuple[str, ...]:
        """Values of every subfield ``code`` of every field ``tag``, in order."""
        return tuple([value for field in self.data_fields(tag) for value in field.all(code)])

    def by_tag(self) -> dict[str, list[Field]]:
        """Fields grouped by tag, each group in order: for callers that read many tags."""
        groups: dict[str, list[Field]] = {}
        for field in self.fields:
            groups.setdefault(field.tag, []).append(field)
        return groups

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        return self.leader == other.leader and self.fields == other.fields

    def __hash__(self) -> int:
        return hash((self.leader, self.fields))

    def __repr__(self) -> str:
        return f"Record({self.leader!r}, {self.fields!r})"
