"""A MARC 21 record from the model, for those who read nothing else.

Source: MARC 21 Format for Bibliographic Data; the table of the CNMARC to MARC 21 conversion in
general use. Lossy: the record as it came stays the library's own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from shuxiang.formats.marc.bibliographic.marc21_codes import (
    AUDIENCE,
    COUNTRIES,
    FORMS,
    GENRE,
    KINDS,
    REGIONS,
)
from shuxiang.formats.marc.bibliographic.model import Bibliographic, Body, Person
from shuxiang.formats.marc.model import ControlField, DataField, Field, Record

Pairs = list[tuple[str, str]]

_TYPES: Final = {kind: code for code, kind in reversed(KINDS.items())} | {
    "serial": "a",
    "article": "a",
    "rubbing": "k",
    "rare_book": "a",
}
_LEVELS: Final = {"serial": "s", "article": "a"}
_AUDIENCE: Final = {cnmarc: code for code, cnmarc in reversed(AUDIENCE.items())}
_GENRE: Final = {cnmarc: code for code, cnmarc in reversed(GENRE.items())}
_FORMS: Final = {form: code for code, form in reversed(FORMS.items())}
_COUNTRIES: Final = {iso: code for code, iso in COUNTRIES.items()} | {
    iso: f"xx{letter}" for letter, iso in REGIONS.items()
}


def to_marc21(b: Bibliographic, *, control: str, agency: str, entered: datetime) -> Record:
    """Build a record: leader, 001–008, 020, 022, 024, 040, 041, 084, 1XX, 245–264, 300, 490, 5XX,
    6XX, 700, 710, 773, 856.

    Args:
        control: our number of the record (001); agency: whose it is (003, 040).
        entered: when it was added (008/0-5) and, as a whole, 005.
    """
    fields: list[Field] = [
        ControlField("001", control),
        ControlField("003", agency),
        ControlField("005", f"{entered:%Y%m%d%H%M%S}.0"),
        ControlField("008", _fixed(b, entered)),
    ]

    def add(tag: str, indicators: str, pairs: Pairs) -> None:
        written = tuple([(code, value) for code, value in pairs if value])
        if written:
            fields.append(DataField(tag, indicators, written))

    for number in b.isbns:
        code = "z" if number.cancelled else "a"
        pairs = [(code, number.typed), ("q", number.qualifier), ("c", number.price_text)]
        add("020", "  ", pairs)
    add("022", "  ", [("a", b.issn)])
    add("024", "8 ", [("a", b.unified_number)])
    if b.source_id:
        add("035", "  ", [("a", f"({b.source_agency}){b.source_id}")])
    add("040", "  ", [("a", b.source_agency or agency), ("b", "chi"), ("c", agency)])
    if b.original_language:
        add("041", "1 ", [("a", b.language or "chi"), ("h", b.original_language)])
    for number_in_scheme in b.clc:
        add("084", "  ", [("a", number_in_scheme), ("2", "clc")])
    _names(b, add)
    named = any(f.tag[:1] == "1" for f in fields)
    add("245", f"{int(named)}0", _title(b))
    variants = [t for t in b.title_variants if t not in b.other_titles]
    for text in variants:
        add("246", "3 ", [("a", text)])
    add("250", "  ", [("a", b.edition)])
    date_text = b.date_text or (str(b.year) if b.year else "")
    add("264", " 1", [("a", b.place), ("b", b.publisher), ("c", date_text)])
    physical = [("a", b.extent), ("b", b.illustrations), ("c", b.dimensions)]
    add("300", "  ", [*physical, ("e", b.accompanying)])
    for series in b.series:
        add("490", "0 ", [("a", series.title), ("v", series.volume), ("x", series.issn)])
    for text in b.notes:
        add("500", "  ", [("a", text)])
    add("505", "0 ", [("a", " -- ".join(b.contents))])
    for text in filter(None, b.abstract.split("\n")):
        add("520", "  ", [("a", text)])
    for subject in b.subjects:
        head, *parts = subject.split("-")
        add("650", " 4", [("a", head), *[("x", part) for part in parts]])
    for word in b.keywords:
        add("653", "  ", [("a", word)])
    if b.set_style == "c":
        add("773", "08", [("t", b.set_title), ("g", b.set_volume)])
    for link in b.links:
        add("856", "4 ", [("u", link)])
    fields.sort(key=lambda each: each.tag)
    kind, level = _TYPES.get(b.kind, "a"), _LEVELS.get(b.kind, "m")
    return Record(f"00000n{kind}{level} a2200000   4500", tuple(fields))


def _fixed(b: Bibliographic, entered: datetime) -> str:
    year = f"{b.year:04d}" if b.year else "||||"
    if b.kind == "serial":
        head = f"{entered:%y%m%d}c{year}9999"
    else:
        head = f"{entered:%y%m%d}{'s' if b.year else 'n'}{year}    "
    head += f"{_COUNTRIES.get(b.country or 'CN', 'xx'):3}"
    if b.kind != "book":
        return f"{head}{'':17}{b.language or 'chi':3.3} d"
    illustrated = "a" if b.illustrations else " "
    audience = _AUDIENCE.get(b.audience[:1], " ")
    forms = "".join([_FORMS[form] for form in b.forms if form in _FORMS])[:4]
    genre = _GENRE.get(b.genre, "0")
    carrier = b.carrier if b.carrier in ("d", "f") else " "
    return (
        f"{head}{illustrated:4}{audience}{carrier}{forms:4} 000 {genre} {b.language or 'chi':3.3} d"
    )


def _title(b: Bibliographic) -> Pairs:
    pairs: Pairs = [("a", b.title), ("h", f"[{b.medium}]" if b.medium else "")]
    others = [*[f"= {text}" for text in b.parallel_titles], *[f": {t}" for t in b.other_titles]]
    pairs.append(("b", " ".join(others)[2:] if others else ""))
    pairs += [("n", b.part_number or b.volume_mark), ("p", b.part_name)]
    return [*pairs, ("c", " ; ".join(b.responsibility))]


def _names(b: Bibliographic, add: Callable[[str, str, Pairs], None]) -> None:
    main = True
    for person in b.persons:
        head = main and person.equal
        add("100" if head else "700", "0 ", _person(person))
        main = main and not head
    for body in b.bodies:
        head = main and body.equal
        tags = ("111", "711") if body.meeting else ("110", "710")
        add(tags[0] if head else tags[1], "2 ", _body(body))
        main = main and not head


def _person(person: Person) -> Pairs:
    country = f"({person.country})" if person.country else ""
    pairs = [("a", person.name), ("c", country), ("q", person.original)]
    return [*pairs, ("d", person.dates), ("e", person.role)]


def _body(body: Body) -> Pairs:
    return [("a", body.name), ("e", body.role)]
