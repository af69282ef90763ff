"""Persons and bodies of a CNMARC record: 70X and 71X."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from shuxiang.formats.marc.bibliographic.cnmarc_source import Source
from shuxiang.formats.marc.bibliographic.model import Body, Person
from shuxiang.formats.marc.model import DataField

_PERSONS: Final = (("700", True), ("701", True), ("702", False))
_BODIES: Final = (("710", True), ("711", True), ("712", False))
_BODY_TAGS: Final = ("710", "711", "712")
# Brackets around a country or dynasty before a name: (美) [清] （日） 〔宋〕.
LEADING_MARK: Final = re.compile(r"^\s*[(（\[［〔【]\s*([^)）\]］〕】]{1,12})\s*[)）\]］〕】]\s*")
OPENING_BRACKETS: Final = frozenset("(（[［〔【 ")
_brackets: Final = " \t()（）[]［］〔〕,，"
_latin: Final = re.compile(r"[A-Za-zÀ-ɏ]{2}")


def persons(source: Source) -> tuple[Person, ...]:
    found: list[Person] = []
    romanised: list[str] = []
    for tag, equal in _PERSONS:
        for each in source.fields(tag):
            if each.indicators[0] == "A":
                romanised.append(each.first("a").strip())
            elif (person := _person(each, equal)).name:
                found.append(person)
    if len(romanised) == len(found):
        found = [
            person if person.pinyin else replace(person, pinyin=reading)
            for person, reading in zip(found, romanised, strict=True)
        ]
    return tuple(found)


def _person(each: DataField, equal: bool) -> Person:
    name, rest, country, original, dates = "", "", "", "", ""
    roles: list[str] = []
    for code, value in each.subfields:
        text = value.strip()
        if code == "a" and not name:
            if text[:1] in OPENING_BRACKETS and (leading := LEADING_MARK.match(text)):
                country, text = country or leading[1], text[leading.end() :]
            name = text.strip()
        elif code == "b":
            rest = text
        elif code in "cg":
            plain = text.strip(_brackets)
            if _latin.search(plain):
                original = original or plain
            elif code == "c":
                country = country or plain
        elif code == "f":
            dates = text.strip(_brackets)
        elif code == "4" and text:
            roles.append(text)
    if rest:
        name = f"{name}, {rest}" if each.indicators[1] == "1" else name + rest
    return Person(name, ", ".join(roles), equal, _reading(each), country, dates, original)


def bodies(source: Source) -> tuple[Body, ...]:
    found: list[Body] = []
    if not source.has_any(_BODY_TAGS):
        return ()
    for tag, equal in _BODIES:
        for each in source.fields(tag):
            parts = [v.strip() for c, v in each.subfields if c in "ab" and v.strip()]
            if parts and each.indicators[0] != "A":
                roles = ", ".join([v.strip() for v in each.all("4") if v.strip()])
                meeting = each.indicators[0] == "1"
                found.append(Body(". ".join(parts), roles, equal, _reading(each), meeting))
    return tuple(found)


def _reading(each: DataField) -> str:
    """The pinyin a field carries, in $9 (National Library) or $A (older data)."""
    return (each.first("9") or each.first("A")).strip()
