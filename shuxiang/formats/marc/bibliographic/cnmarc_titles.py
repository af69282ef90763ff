"""Titles of a CNMARC record: title page, title notes, linking fields 4XX."""

from __future__ import annotations

from typing import Final

from shuxiang.formats.identifiers import normalise_issn
from shuxiang.formats.marc.bibliographic.cnmarc_source import Source
from shuxiang.formats.marc.bibliographic.model import normalise_title
from shuxiang.formats.marc.model import DataField

_PINYIN: Final = ("9", "A")
_TITLE_NOTES: Final = (
    *("500", "512", "513", "514", "515", "516", "517"),
    *("520", "530", "531", "532", "540", "541"),
)
_LINKED_TITLES: Final = (
    *("421", "422", "423", "451", "452", "453", "454"),
    *("463", "464", "481", "482", "488"),
)

_OTHER_TITLES: Final = frozenset(("510", *_TITLE_NOTES, *_LINKED_TITLES))


def embedded(field: DataField) -> dict[str, DataField]:
    """The fields inside a linking field 4XX: ``$1`` + tag + indicators, then its subfields.

    ``$1200 1$a…`` gives ``{"200": …}``; subfields before any ``$1`` come under ``""``. The first
    field of a tag wins.
    """
    found: dict[str, DataField] = {}
    tag, indicators, inner = "", "  ", list[tuple[str, str]]()
    for code, value in (*field.subfields, ("1", "")):
        if code != "1":
            inner.append((code, value))
            continue
        if inner:
            found.setdefault(tag, DataField(tag, indicators, tuple(inner)))
        tag, indicators, inner = value[:3], f"{value[3:5]:2}", []
        if tag.startswith("00") and value[3:]:
            inner.append(("a", value[3:].strip()))
    return found


class Titles:
    """Title proper, parallel titles and every variant of a record, each once."""

    def __init__(self, source: Source) -> None:
        self.title = self.pinyin = ""
        self.parallel: list[str] = []
        self.variants: list[str] = []
        self.variants_pinyin: list[str] = []
        self._seen: set[str] = set()
        for each in source.fields("200")[:1]:
            self._title_page(each)
        if not source.has_any(_OTHER_TITLES):
            return
        for tag in ("510", *_TITLE_NOTES):
            for each in source.fields(tag):
                self._note(each, self.parallel if tag == "510" else self.variants)
        for tag in _LINKED_TITLES:
            for each in source.fields(tag):
                self._add(self.variants, linked_title(each)[0])

    def _title_page(self, each: DataField) -> None:
        for code, value in each.subfields:
            text = value.strip()
            if code == "a" and not self.title:
                self.title = text
                self._seen.add(normalise_title(text))
            elif code == "d":
                self._add(self.parallel, text.removeprefix("=").strip())
            elif code in "ace":
                self._add(self.variants, text)
            elif code in _PINYIN and not self.pinyin:
                self.pinyin = text
            elif code in "EHI" or code in _PINYIN:
                self.variants_pinyin.append(text)

    def _note(self, each: DataField, where: list[str]) -> None:
        for code, value in each.subfields:
            if code in "aei":
                self._add(where, value.strip())
            elif code in _PINYIN and value.strip():
                self.variants_pinyin.append(value.strip())

    def _add(self, where: list[str], text: str) -> None:
        key = normalise_title(text)
        if key and key not in self._seen:
            self._seen.add(key)
            where.append(text)


def linked_title(each: DataField) -> tuple[str, str, str]:
    """Title, volume and ISSN in a linking field, whether embedded ($1) or plain ($t, $a)."""
    inside = embedded(each)
    page = inside.get("200") or inside.get("500")
    title = page.first("a") if page else each.first("t") or each.first("a")
    volume = (page.first("v") if page else "") or each.first("v")
    number = inside["011"].first("a") if "011" in inside else each.first("x")
    return title.strip(), volume.strip(), normalise_issn(number)
