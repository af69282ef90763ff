"""A CNMARC record laid out for reading: every value by tag and code, fields cut on demand.

An import reads dozens of single values of each record; looking each of them up field by field
would cost more than everything else together.
"""

from __future__ import annotations

from shuxiang.formats.marc.model import SUBFIELD_MARK, DataField, Record, field_from_text


class Source:
    """The values of one record. Keys are tag and subfield code together: ``"200a"``."""

    __slots__ = ("_texts", "_values", "leader", "source_id")

    def __init__(self, record: Record) -> None:
        self.leader = record.leader
        self.source_id = ""
        self._texts: dict[str, list[str]] = {}
        self._values: dict[str, list[str]] = {}
        texts, values = self._texts, self._values
        for tag, text in record.texts():
            pieces = text.split(SUBFIELD_MARK)
            if len(pieces) == 1:
                if tag == "001" and not self.source_id:
                    self.source_id = text.strip(" ?")
                continue
            if tag in texts:
                texts[tag].append(text)
            else:
                texts[tag] = [text]
            for piece in pieces[1:]:
                if value := piece[1:].strip():
                    key = tag + piece[0]
                    if key in values:
                        values[key].append(value)
                    else:
                        values[key] = [value]

    def __contains__(self, tag: str) -> bool:
        return tag in self._texts

    def fields(self, tag: str) -> list[DataField]:
        """Every field ``tag`` that has subfields, in order."""
        if tag not in self._texts:
            return []
        fields = [field_from_text(tag, text) for text in self._texts[tag]]
        return [each for each in fields if isinstance(each, DataField)]

    def exact(self, tag: str, code: str) -> str:
        """The first value as it stands, blanks included: for fixed-length coded data."""
        for text in self._texts.get(tag, ()):
            for piece in text.split(SUBFIELD_MARK)[1:]:
                if piece[:1] == code:
                    return piece[1:]
        return ""

    def first(self, key: str) -> str:
        """The first value under ``key`` that is not blank, stripped, or an empty string."""
        values = self._values.get(key)
        return values[0] if values else ""

    def all(self, *keys: str) -> tuple[str, ...]:
        """The values under ``keys`` that are not blank, stripped, without repeats."""
        values = self._values
        found = [value for key in keys if key in values for value in values[key]]
        return tuple(dict.fromkeys(found)) if found else ()
