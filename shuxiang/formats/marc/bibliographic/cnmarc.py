"""CNMARC (GB/T 33286-2016, and records after WH/T 0503-1996) → :class:`Bibliographic`."""

from __future__ import annotations

import re
from typing import Final, Literal

from shuxiang.formats.identifiers import (
    normalise_issn,
    normalise_unified_number,
    parse_isbn,
    parse_year,
    price_fen,
)
from shuxiang.formats.marc.bibliographic.cnmarc_names import (
    LEADING_MARK,
    OPENING_BRACKETS,
    bodies,
    persons,
)
from shuxiang.formats.marc.bibliographic.cnmarc_source import Source
from shuxiang.formats.marc.bibliographic.cnmarc_titles import Titles, linked_title
from shuxiang.formats.marc.bibliographic.model import (
    Bibliographic,
    BookNumber,
    Kind,
    Series,
    normalise_title,
)
from shuxiang.formats.marc.model import Record
from shuxiang.formats.notes import Note, note

_KINDS: Final[dict[str, Kind]] = {
    "a": "book",
    "b": "manuscript",
    "c": "score",
    "d": "score",
    "e": "map",
    "f": "map",
    "g": "video",
    "i": "spoken",
    "j": "music",
    "k": "graphic",
    "l": "electronic",
    "m": "multimedia",
    "r": "object",
    "u": "rubbing",
    "v": "rare_book",
}
FORMS: Final = {
    "a": "bibliography",
    "b": "catalogue",
    "c": "index",
    "d": "abstracts",
    "e": "dictionary",
    "f": "encyclopedia",
    "g": "directory",
    "h": "project_description",
    "i": "statistics",
    "j": "textbook",
    "k": "patent",
    "l": "standard",
    "m": "thesis",
    "n": "laws",
    "o": "tables",
    "p": "technical_report",
    "q": "examination_paper",
    "r": "literature_survey",
    "s": "treaty",
    "t": "comics",
}
"""Code of CNMARC 105/4-7 → word."""

_GENRES: Final = tuple("abcdefghyz")
_NOTE_TAGS: Final = (
    *("300", "304", "305", "306", "307", "308", "310", "311", "312", "314", "315"),
    *("320", "321", "324", "325", "328", "333", "336", "337"),
)
_NOTES: Final = tuple([f"{tag}a" for tag in _NOTE_TAGS])
_SUBJECTS: Final = ("600", "601", "602", "605", "606", "607")
_SERIES: Final = ("225", "410", "411")
_several_volumes: Final = re.compile(r"(?<!\d)(?:[2-9]|[1-9]\d+)\s*[册卷冊]")


def from_cnmarc(record: Record) -> Bibliographic:
    """Read a CNMARC record. Never fails: what is missing or odd becomes a warning."""
    source = Source(record)
    warnings: list[Note] = []
    coded = _coded_100(source, warnings)
    kind = _kind(source)
    titles = Titles(source)
    isbns, price = _isbns(source, warnings)
    place, publisher, date_text = _imprint(source)
    year = _year(date_text, coded, warnings)
    clc = source.all("690a")
    if not titles.title:
        warnings.append(note("no_title"))
    if not clc and kind == "book":
        warnings.append(note("no_class"))
    specifics = source.first("105a").replace("#", " ").replace("|", " ")
    extent = ", ".join(source.all("215a"))
    part_number = ", ".join(source.all("200h"))
    part_name = ", ".join(source.all("200i"))
    set_title, set_volume, set_style = _set(source, titles.title, part_number, part_name, extent)
    return Bibliographic(
        format="cnmarc",
        kind=kind,
        title=titles.title,
        title_pinyin=titles.pinyin,
        medium=source.first("200b"),
        other_titles=source.all("200e"),
        parallel_titles=tuple(titles.parallel),
        part_number=part_number,
        part_name=part_name,
        volume_mark=source.first("200v"),
        title_variants=tuple(titles.variants),
        title_variants_pinyin=tuple(titles.variants_pinyin),
        responsibility=source.all_of(("200f", "200g")),
        persons=persons(source),
        bodies=bodies(source),
        edition=", ".join(source.all("205a")),
        place=place,
        publisher=publisher,
        date_text=date_text,
        year=year,
        extent=extent,
        illustrations=source.first("215c"),
        dimensions=source.first("215d"),
        accompanying=" + ".join(source.all("215e")),
        series=_series(source),
        isbns=isbns,
        issn=_issn(source, warnings),
        unified_number=normalise_unified_number(unified)
        if (unified := source.first("091a"))
        else "",
        price_fen=price,
        language=source.first("101a").lower(),
        original_language=source.first("101c").lower(),
        country=source.first("102a").upper(),
        region=source.first("102b"),
        audience=coded[17:20].replace(" ", ""),
        genre=genre if (genre := specifics[11:12]) in _GENRES else "",
        forms=tuple([FORMS[code] for code in specifics[4:8] if code in FORMS]),
        carrier=source.first("106a")[:1],
        subjects=_subjects(source),
        keywords=_keywords(source),
        clc=clc,
        abstract="\n".join(source.all("330a")),
        contents=source.all("327a"),
        notes=source.all_of(_NOTES) if source.has_any(_NOTE_TAGS) else (),
        frequency=source.first("326a"),
        set_title=set_title,
        set_volume=set_volume,
        set_style=set_style,
        source_id=source.source_id,
        source_agency=source.first("801b"),
        links=source.all("856u"),
        warnings=tuple(warnings),
    )


def _kind(source: Source) -> Kind:
    if source.leader[7:8] == "s":
        return "serial"
    if source.leader[7:8] == "a":
        return "article"
    kind = _KINDS.get(source.leader[6:7], "book")
    # Online books are often coded as text; only field 135 or the title page tells.
    if kind == "book" and ("135" in source or "电子" in source.first("200b")):
        return "electronic"
    return kind


def _coded_100(source: Source, warnings: list[Note]) -> str:
    coded = source.exact("100", "a")
    if coded and len(coded) != 36:
        warnings.append(note("field_100_length", length=len(coded)))
    return f"{coded.replace('#', ' ').replace('|', ' '):36}"


def _isbns(source: Source, warnings: list[Note]) -> tuple[tuple[BookNumber, ...], int | None]:
    found: list[BookNumber] = []
    first_price: int | None = None
    for each in source.fields("010"):
        price_text = each.first("d").strip()
        fen = price_fen(price_text)
        first_price = fen if first_price is None else first_price
        for code, value in each.subfields:
            if code not in "az" or not value.strip():
                continue
            isbn = parse_isbn(value)
            words = [w for w in (isbn.qualifier, each.first("b").strip("() （）")) if w]
            found.append(
                BookNumber(
                    typed=isbn.typed,
                    isbn13=isbn.isbn13,
                    qualifier=", ".join(words),
                    price_fen=fen,
                    price_text=price_text,
                    cancelled=code == "z",
                )
            )
            if not isbn.valid and code == "a":
                warnings.append(note("bad_isbn", isbn=isbn.typed))
    for tag in ("091", "011"):
        if first_price is None:
            first_price = price_fen(source.first(tag + "d"))
    return tuple(found), first_price


def _issn(source: Source, warnings: list[Note]) -> str:
    typed = source.first("011a")
    if not typed:
        return ""
    number = normalise_issn(typed)
    if not number:
        warnings.append(note("bad_issn", issn=typed))
    return number or typed


def _imprint(source: Source) -> tuple[str, str, str]:
    date = source.first("210d") or source.first("210h") or source.first("211a")
    return source.first("210a"), source.first("210c"), date


def _year(date_text: str, coded: str, warnings: list[Note]) -> int | None:
    year = parse_year(date_text)
    if year is None and coded[9:13].isdigit():
        year = parse_year(coded[9:13])
    if year is None and date_text:
        warnings.append(note("no_year", text=date_text))
    return year


def _series(source: Source) -> tuple[Series, ...]:
    found: dict[str, Series] = {}
    if not source.has_any(_SERIES):
        return ()
    for each in source.fields("225"):
        parts = [v.strip() for c, v in each.subfields if c in "ahi" and v.strip()]
        title = ". ".join(parts)
        if title:
            number = normalise_issn(each.first("x"))
            found.setdefault(normalise_title(title), Series(title, each.first("v").strip(), number))
    for tag in ("410", "411"):
        for each in source.fields(tag):
            title, volume, number = linked_title(each)
            if title:
                found.setdefault(normalise_title(title), Series(title, volume, number))
    return tuple(found.values())


def _subjects(source: Source) -> tuple[str, ...]:
    """Subject headings as they are displayed: parts joined by ``-``."""
    found: dict[str, None] = {}
    for tag in _SUBJECTS:
        for each in source.fields(tag):
            head = "".join([v.strip() for c, v in each.subfields if c in "ab"])
            parts = [v.strip() for c, v in each.subfields if c in "xyzj" and v.strip()]
            if head[:1] in OPENING_BRACKETS:
                head = LEADING_MARK.sub("", head)
            if head:
                found["-".join([head, *parts])] = None
    return tuple(found)


def _keywords(source: Source) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for value in source.all("610a"):
        for word in value.replace("；", ";").split(";"):
            if word := word.strip():
                found[word] = None
    return tuple(found)


def _set(
    source: Source, title: str, part_number: str, part_name: str, extent: str
) -> tuple[str, str, Literal["", "a", "b", "c"]]:
    for tag in ("461", "462"):
        for each in source.fields(tag):
            set_title, volume, _ = linked_title(each)
            if set_title and normalise_title(set_title) != normalise_title(title):
                return set_title, volume or part_number, "c"
    if part_number or part_name:
        return title, part_number or part_name, "b"
    if extent and _several_volumes.search(extent):
        return title, "", "a"
    return "", "", ""
