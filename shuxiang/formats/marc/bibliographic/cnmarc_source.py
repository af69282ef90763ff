"""A CNMARC record laid out for reading: its fields by tag, each cut once, and every value by tag and code.

An import reads dozens of single values of each record, most of them absent: asking for what is
not there has to cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from shuxiang.formats.marc.model import SUBFIELD_MARK, DataField, Record


class Source:
    """The values of one record. Keys are tag and subfield code together: ``"200a"``."""

    __slots__ = ("_fields", "_values", "leader", "source_id")

    def __init__(self, record: Record) -> None:
        self.leader = record.leader
        self.source_id = ""
        # A field is cut into its indicators and its subfields, each a code and a value in one.
        self._fields: dict[str, list[list[str]]] = {}
        self._values: dict[str, list[str]] = {}
        fields, values = self._fields, self._values
        for tag, text in record.texts():
            pieces = text.split(SUBFIELD_MARK)
            if len(pieces) == 1:
                if tag == "001" and not self.source_id:
                    self.source_id = text.strip(" ?")
                continue
            if tag in fields:
                fields[tag].append(pieces)
            else:
                fields[tag] = [pieces]
            for piece in pieces[1:]:
                if value := piece[1:].strip():
                    key = tag + piece[0]
                    if key in values:
                        values[key].append(value)
                    else:
                        values[key] = [value]

    def __contains__(self, tag: str) -> bool:
        return tag in self._fields

    def has_any(self, tags: Collection[str]) -> bool:
        """Whether the record has a field under one of ``tags``."""
        return not self._fields.keys().isdisjoint(tags)

    def fields(self, tag: str) -> list[DataField]:
        """Every field ``tag`` that has subfields, in order."""
        if tag not in self._fields:
            return []
        return [
            DataField(
                tag,
                pieces[0] if len(pieces[0]) == 2 else f"{pieces[0][:2]:2}",
                tuple([(piece[0], piece[1:]) for piece in pieces[1:] if piece]),
            )
            for pieces in self._fields[tag]
        ]

    def exact(self, tag: str, code: str) -> str:
        """The first value as it stands, blanks included: for fixed-length coded data."""
        for pieces in self._fields.get(tag, ()):
            for piece in pieces[1:]:
                if piece[:1] == code:
                    return piece[1:]
        return ""

    def first(self, key: str) -> str:
        """The first value under ``key`` that is not blank, stripped, or an empty string."""
        return self._values[key][0] if key in self._values else ""

    def all(self, key: str) -> tuple[str, ...]:
        """The values under ``key`` that are not blank, stripped, without repeats."""
        if key not in self._values:
            return ()
        found = self._values[key]
        return tuple(dict.fromkeys(found)) if len(found) > 1 else (found[0],)

    def all_of(self, keys: Iterable[str]) -> tuple[str, ...]:
        """The values under all of ``keys``, in their order, without repeats."""
        return tuple(dict.fromkeys([value for key in keys for value in self.all(key)]))
