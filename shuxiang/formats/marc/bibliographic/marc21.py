"""MARC 21 → :class:`Bibliographic`, in the codes of CNMARC."""

from __future__ import annotations

import re
from typing import Final, Literal

from shuxiang.formats.identifiers import normalise_issn, parse_isbn, parse_year, price_fen
from shuxiang.formats.marc.bibliographic import marc21_codes as codes
from shuxiang.formats.marc.bibliographic.model import (
    Bibliographic,
    Body,
    BookNumber,
    Kind,
    Person,
    Series,
    normalise_title,
)
from shuxiang.formats.marc.model import ControlField, DataField, Record
from shuxiang.formats.notes import Note, note

Groups = dict[str, list[DataField]]

_PERSONS: Final = (("100", True), ("700", False))
_BODIES: Final = (("110", True), ("111", True), ("710", False), ("711", False))
_SUBJECTS: Final = ("600", "610", "611", "630", "650", "651")
_NOTES: Final = ("500", "501", "502", "504", "508", "511", "515", "518", "521", "538", "546")
_end_marks: Final = re.compile(r"[\s/:;=,]+$")
_final_stop: Final = re.compile(r"(?<!\b[A-Z])(?<!\.)\.$")
_han: Final = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_clc: Final = re.compile(r"^[A-KN-VXZ][A-Z]?[0-9.()\"=<>:+\-\[\]A-Z]*$")


def from_marc21(record: Record) -> Bibliographic:
    """Read a MARC 21 record; a linked 880 in Chinese script goes before its romanised field."""
    groups, readings, control = _grouped(record)
    warnings: list[Note] = []
    coded = f"{control.get('008', ''):40}"
    kind = _kind(record.leader)
    is_book = kind in ("book", "manuscript")
    title_field = next(iter(groups.get("245", ())), DataField("245", "  ", ()))
    title = _clean(title_field.first("a"))
    parallel, others = _other_titles(title_field)
    place, publisher, date_text = _imprint(groups)
    year = parse_year(date_text)
    if year is None and coded[7:11].isdigit():
        year = parse_year(coded[7:11])
    if year is None and date_text:
        warnings.append(note("no_year", text=date_text))
    if not title:
        warnings.append(note("no_title"))
    isbns = _isbns(groups, warnings)
    clc = _classes(groups)
    if not clc and kind == "book":
        warnings.append(note("no_class"))
    part_number = _clean(", ".join(title_field.all("n")))
    part_name = _clean(", ".join(title_field.all("p")))
    set_title, set_volume, style = _set(groups, title, part_number or part_name)
    country = coded[15:18].strip()
    return Bibliographic(
        format="marc21",
        kind=kind,
        title=title,
        title_pinyin=_clean(readings.get("245", "")),
        medium=_clean(title_field.first("h")).strip("[] "),
        other_titles=others,
        parallel_titles=parallel,
        part_number=part_number,
        part_name=part_name,
        title_variants=_variants(groups, title),
        responsibility=tuple(
            [p for p in (_clean(x) for x in title_field.first("c").split(" ; ")) if p]
        ),
        persons=_persons(groups),
        bodies=_bodies(groups),
        edition=_clean(_first(groups, "250", "a")),
        place=place,
        publisher=publisher,
        date_text=date_text,
        year=year,
        extent=_clean(_first(groups, "300", "a")).rstrip("+ "),
        illustrations=_clean(_first(groups, "300", "b")),
        dimensions=_clean(_first(groups, "300", "c")).rstrip("+ "),
        accompanying=_clean(_first(groups, "300", "e")),
        series=_series(groups),
        isbns=isbns,
        issn=_issn(groups, warnings),
        unified_number=_unified(groups),
        price_fen=next((n.price_fen for n in isbns if n.price_fen is not None), None),
        language=(_first(groups, "041", "a")[:3] or coded[35:38].strip()).lower(),
        original_language=_first(groups, "041", "h")[:3].lower(),
        country=codes.COUNTRIES.get(country) or codes.REGIONS.get(country[2:3], ""),
        audience=codes.AUDIENCE.get(coded[22], ""),
        genre=codes.GENRE.get(coded[33], "") if is_book else "",
        forms=tuple([codes.FORMS[c] for c in coded[24:28] if c in codes.FORMS]) if is_book else (),
        carrier={"d": "d", "f": "f", "r": "r", " ": "r"}.get(coded[23], "") if is_book else "",
        subjects=_subjects(groups),
        keywords=_texts(groups, ("653",), "a"),
        clc=clc,
        abstract="\n".join(_texts(groups, ("520",), "a")),
        contents=_texts(groups, ("505",), "a"),
        notes=_texts(groups, _NOTES, "a"),
        frequency=_first(groups, "310", "a"),
        set_title=set_title,
        set_volume=set_volume,
        set_style=style,
        source_id=control.get("001", "").strip(),
        source_agency=control.get("003", "").strip() or _first(groups, "040", "a"),
        links=_texts(groups, ("856",), "u"),
        warnings=tuple(warnings),
    )


def _grouped(record: Record) -> tuple[Groups, dict[str, str], dict[str, str]]:
    """Fields by tag, the romanised $a that an 880 in Chinese replaced, and control fields."""
    groups: Groups = {}
    control: dict[str, str] = {}
    vernacular: dict[str, DataField] = {}
    for each in record.fields:
        if isinstance(each, ControlField):
            control.setdefault(each.tag, each.data)
        elif each.tag == "880":
            link = each.first("6")
            if _han.search("".join([value for _, value in each.subfields])):
                vernacular[link[:6]] = each
        else:
            groups.setdefault(each.tag, []).append(each)
    readings: dict[str, str] = {}
    for key, original in vernacular.items():
        tag, occurrence = key[:3], key[4:6]
        replaced = False
        for place, each in enumerate(groups.get(tag, ())):
            if occurrence != "00" and each.first("6")[4:6] == occurrence:
                readings.setdefault(tag, each.first("a"))
                reading = ("\x00", _clean(each.first("a")))
                subfields = (*original.subfields, reading)
                groups[tag][place] = DataField(tag, original.indicators, subfields)
                replaced = True
        if not replaced and tag:
            groups.setdefault(tag, []).append(
                DataField(tag, original.indicators, original.subfields)
            )
    return groups, readings, control


def _clean(text: str) -> str:
    """``text`` without the ISBD punctuation MARC 21 puts at the end of subfields."""
    return _final_stop.sub("", _end_marks.sub("", text.strip())).strip()


def _first(groups: Groups, tag: str, code: str) -> str:
    for each in groups.get(tag, ()):
        if text := each.first(code).strip():
            return text
    return ""


def _texts(groups: Groups, tags: tuple[str, ...], code: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for tag in tags:
        for each in groups.get(tag, ()):
            for value in each.all(code):
                if text := value.strip():
                    found[text] = None
    return tuple(found)


def _kind(leader: str) -> Kind:
    if leader[7:8] in ("s", "i"):
        return "serial"
    if leader[7:8] in ("a", "b"):
        return "article"
    return codes.KINDS.get(leader[6:7], "book")


def _other_titles(field: DataField) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Parallel and other titles of 245: $b is the one or the other by the mark before it."""
    parallel: list[str] = []
    others: list[str] = []
    before = ""
    for code, value in field.subfields:
        if code == "b":
            for place, part in enumerate(re.split(r"\s+([=:])\s+", before + " " + value)):
                if place and place % 2 == 0 and (text := _clean(part)):
                    others.append(text)
            if before.rstrip().endswith("=") and others:
                parallel, others = others[:1], others[1:]
            elif not others and (text := _clean(value)):
                others.append(text)
        before = value
    return tuple(parallel), tuple(others)


def _variants(groups: Groups, title: str) -> tuple[str, ...]:
    found = {normalise_title(title): ""}
    for tag in ("130", "210", "222", "240", "242", "246", "247", "730", "740"):
        for each in groups.get(tag, ()):
            text = _clean(each.first("a"))
            found.setdefault(normalise_title(text), text)
    return tuple([text for text in found.values() if text])


def _imprint(groups: Groups) -> tuple[str, str, str]:
    fields = [each for each in groups.get("264", ()) if each.indicators[1] == "1"]
    for each in [*groups.get("260", ()), *fields]:
        place, publisher = _clean(each.first("a")), _clean(each.first("b"))
        return place, publisher, _clean(each.first("c"))
    return "", "", ""


def _persons(groups: Groups) -> tuple[Person, ...]:
    found: list[Person] = []
    for tag, equal in _PERSONS:
        for each in groups.get(tag, ()):
            name = _clean(each.first("a"))
            if name and not each.first("t"):
                found.append(
                    Person(
                        name=name,
                        role=_role(each),
                        equal=equal,
                        pinyin=each.first("\x00"),
                        country=_clean(each.first("c")).strip("()（）"),
                        dates=_clean(each.first("d")),
                        original=_clean(each.first("q")).strip("()"),
                    )
                )
    return tuple(found)


def _bodies(groups: Groups) -> tuple[Body, ...]:
    found: list[Body] = []
    for tag, equal in _BODIES:
        for each in groups.get(tag, ()):
            if name := _clean(". ".join([_clean(v) for c, v in each.subfields if c in "ab"])):
                meeting = tag.endswith("11")
                found.append(Body(name, _role(each), equal, each.first("\x00"), meeting))
    return tuple(found)


def _role(each: DataField) -> str:
    roles = [_clean(value) for value in each.all("e")]
    return ", ".join(roles) or codes.RELATORS.get(each.first("4"), each.first("4"))


def _isbns(groups: Groups, warnings: list[Note]) -> tuple[BookNumber, ...]:
    found: list[BookNumber] = []
    for each in groups.get("020", ()):
        price = each.first("c").strip()
        for code, value in each.subfields:
            if code not in "az" or not value.strip():
                continue
            isbn = parse_isbn(value)
            words = [isbn.qualifier, *[q.strip("() :") for q in each.all("q")]]
            found.append(
                BookNumber(
                    typed=isbn.typed,
                    isbn13=isbn.isbn13,
                    qualifier=", ".join([word for word in words if word]),
                    price_fen=price_fen(price),
                    price_text=price,
                    cancelled=code == "z",
                )
            )
            if not isbn.valid and code == "a":
                warnings.append(note("bad_isbn", isbn=isbn.typed))
    return tuple(found)


def _issn(groups: Groups, warnings: list[Note]) -> str:
    typed = _first(groups, "022", "a")
    number = normalise_issn(typed)
    if typed and not number:
        warnings.append(note("bad_issn", issn=typed))
    return number or typed


def _unified(groups: Groups) -> str:
    """统一书号 stands in 024 as an unspecified number; only its form tells it apart."""
    for value in _texts(groups, ("024",), "a"):
        if re.fullmatch(r"\d{3,6}·\d{1,6}", value):
            return value
    return ""


def _classes(groups: Groups) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for each in groups.get("084", ()):
        scheme = each.first("2").lower()
        for value in each.all("a"):
            if scheme.startswith("clc") or (not scheme and _clc.match(value.strip())):
                found[value.strip()] = None
    for value in _texts(groups, ("690",), "a"):
        if _clc.match(value):
            found[value] = None
    return tuple(found)


def _series(groups: Groups) -> tuple[Series, ...]:
    found: dict[str, Series] = {}
    for tag in ("490", "440", "830"):
        for each in groups.get(tag, ()):
            if title := _clean(each.first("a")):
                number = normalise_issn(each.first("x"))
                series = Series(title, _clean(each.first("v")), number)
                found.setdefault(normalise_title(title), series)
    return tuple(found.values())


def _subjects(groups: Groups) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for tag in _SUBJECTS:
        for each in groups.get(tag, ()):
            head = _clean("".join(each.all("a")))
            parts = [_clean(v) for c, v in each.subfields if c in "xyzv" and v.strip()]
            if head:
                found["-".join([head, *parts])] = None
    return tuple(found)


def _set(groups: Groups, title: str, part: str) -> tuple[str, str, Literal["", "a", "b", "c"]]:
    for each in groups.get("773", ()):
        set_title = _clean(each.first("t"))
        if set_title and normalise_title(set_title) != normalise_title(title):
            return set_title, _clean(each.first("g")), "c"
    if part:
        return title, part, "b"
    if re.match(r"^\s*([2-9]|\d\d+)\s*([册卷冊]|v\.|volumes)", _first(groups, "300", "a")):
        return title, "", "a"
    return "", "", ""
