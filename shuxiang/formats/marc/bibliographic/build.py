"""A new CNMARC record with the minimum fields of GB/T 33286-2016, from the model."""

from __future__ import annotations

from datetime import date
from typing import Final

from shuxiang.formats.marc.bibliographic.cnmarc import FORMS
from shuxiang.formats.marc.bibliographic.model import Bibliographic, Person
from shuxiang.formats.marc.model import ControlField, DataField, Field, Record

_TYPES: Final = {
    "book": "am",
    "serial": "as",
    "article": "aa",
    "manuscript": "bm",
    "score": "cm",
    "map": "em",
    "video": "gm",
    "spoken": "im",
    "music": "jm",
    "graphic": "km",
    "electronic": "lm",
    "multimedia": "mm",
    "object": "rm",
    "rubbing": "um",
    "rare_book": "vm",
}
_FORM_CODES: Final = {word: code for code, word in FORMS.items()}
Pairs = list[tuple[str, str]]


def to_cnmarc(b: Bibliographic, *, entered: date, local: tuple[Field, ...] = ()) -> Record:
    """Build a record: leader, 001, 010, 091, 100–106, 200–225, 327–330, 461, 517, 606–702, 801.

    Args:
        b: what to write; empty elements write no field.
        entered: date entered on file (100/0-7 and 801 $c).
        local: ready fields to add at the end, such as 905.
    """
    fields: list[Field] = []
    if b.source_id:
        fields.append(ControlField("001", b.source_id))

    def add(tag: str, indicators: str, pairs: Pairs) -> None:
        written = tuple([(code, value) for code, value in pairs if value])
        if written:
            fields.append(DataField(tag, indicators, written))

    for number in b.isbns:
        code = "z" if number.cancelled else "a"
        price = number.price_text or _price(number.price_fen)
        add("010", "  ", [(code, number.typed), ("b", number.qualifier), ("d", price)])
    add("011", "  ", [("a", b.issn)])
    price = "" if b.isbns else _price(b.price_fen)
    add("091", "  ", [("a", b.unified_number), ("d", price if b.unified_number else "")])
    add("100", "  ", [("a", general_data(b, entered))])
    translated = "1 " if b.original_language else "0 "
    add("101", translated, [("a", b.language or "chi"), ("c", b.original_language)])
    add("102", "  ", [("a", b.country or "CN"), ("b", b.region)])
    if b.kind == "book":
        forms = "".join([_FORM_CODES[word] for word in b.forms if word in _FORM_CODES])[:4]
        illustrated = "a" if b.illustrations else "y"
        specifics = f"{illustrated:4}{forms or 'z':4}000{b.genre or 'y'}y"
        add("105", "  ", [("a", specifics)])
        add("106", "  ", [("a", b.carrier or "r")])
    add("200", "1 ", _title(b))
    add("205", "  ", [("a", b.edition)])
    date_text = b.date_text or (str(b.year) if b.year else "")
    add("210", "  ", [("a", b.place), ("c", b.publisher), ("d", date_text)])
    physical = [("a", b.extent), ("c", b.illustrations), ("d", b.dimensions)]
    add("215", "  ", [*physical, ("e", b.accompanying)])
    for series in b.series:
        add("225", "2 ", [("a", series.title), ("v", series.volume), ("x", series.issn)])
    for text in b.notes:
        add("300", "  ", [("a", text)])
    add("327", "1 ", [("a", text) for text in b.contents])
    for text in filter(None, b.abstract.split("\n")):
        add("330", "  ", [("a", text)])
    if b.set_style == "c":
        add("461", " 0", [("1", "2001 "), ("a", b.set_title), ("v", b.set_volume)])
    for text in b.title_variants:
        if text not in b.other_titles:
            add("517", "1 ", [("a", text)])
    for subject in b.subjects:
        head, *parts = subject.split("-")
        add("606", "0 ", [("a", head), *[("x", part) for part in parts]])
    add("610", "0 ", [("a", word) for word in b.keywords])
    for number_in_scheme in b.clc:
        add("690", "  ", [("a", number_in_scheme), ("v", "5")])
    for person in b.persons:
        add("701" if person.equal else "702", " 0", _person(person))
    for body in b.bodies:
        indicators = f"{int(body.meeting)}2"
        pairs = [("a", body.name), ("9", body.pinyin), ("4", body.role)]
        add("711" if body.equal else "712", indicators, pairs)
    add("801", " 0", [("a", "CN"), ("b", b.source_agency), ("c", f"{entered:%Y%m%d}")])
    for link in b.links:
        add("856", "4 ", [("u", link)])
    fields.sort(key=lambda each: each.tag)
    leader = f"00000n{_TYPES[b.kind]}0 2200000   450 "
    return Record(leader, (*fields, *local))


def general_data(b: Bibliographic, entered: date) -> str:
    """The 36 characters of field 100 $a, declaring ISO 10646 (50) as character set."""
    year = f"{b.year:04d}" if b.year else "    "
    date_type, second = ("a", "9999") if b.kind == "serial" else ("d" if b.year else "f", "    ")
    audience = f"{(b.audience or 'em')[:3]:3}"
    return f"{entered:%Y%m%d}{date_type}{year}{second}{audience}y0chiy50      ea"


def _price(fen: int | None) -> str:
    return "" if fen is None else f"CNY{fen // 100}.{fen % 100:02d}"


def _title(b: Bibliographic) -> Pairs:
    pairs: Pairs = [("a", b.title), ("9", b.title_pinyin), ("b", b.medium)]
    pairs += [("d", text) for text in b.parallel_titles]
    pairs += [("h", b.part_number), ("i", b.part_name)]
    pairs += [("e", text) for text in b.other_titles]
    pairs += [("fg"[min(place, 1)], text) for place, text in enumerate(b.responsibility)]
    return [*pairs, ("v", b.volume_mark)]


def _person(person: Person) -> Pairs:
    country = f"({person.country})" if person.country else ""
    original = f"({person.original})" if person.original else ""
    head = [("c", country), ("a", person.name), ("9", person.pinyin), ("g", original)]
    return [*head, ("f", person.dates), ("4", person.role)]
