"""What the catalogue keeps of a bibliographic record beside its bytes."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from shuxiang.formats.clc import class_key, main_class
from shuxiang.formats.identifiers import normalise_issn, normalise_unified_number, parse_isbn
from shuxiang.formats.marc import Bibliographic
from shuxiang.kernel.decision import Reason, stop

# In square brackets, as cataloguers put what the title page does not say.
UNTITLED = "[无题名]"
BETWEEN_STATEMENTS = " ; "

TEXT_COLUMNS = (
    "kind",
    "title",
    "subtitle",
    "volume",
    "responsibility",
    "edition",
    "publication_place",
    "publisher",
    "year",
    "extent",
    "isbn",
    "price_fen",
    "language",
    "audience",
    "genre",
    "clc",
    "clc_sort",
    "main_class",
    "abstract",
    "extra",
)
"""Columns of a title that `title_values` fills, in its order."""

TextValues = tuple[str | int | None, ...]


class NewTitle(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A title read from a file: ``values`` as `title_values`, ``numbers`` as
    `identifiers`, ``data`` its bytes in ``charset``."""

    id: str
    position: int
    values: TextValues
    numbers: list[tuple[str, str]]
    format: str
    charset: str
    data: bytes

    @property
    def main_class(self) -> str:
        return str(self.values[_MAIN_CLASS])


_MAIN_CLASS = TEXT_COLUMNS.index("main_class")


class Series(msgspec.Struct, frozen=True):
    """Where numbers run on their own: the numbering place, and a collection that stands apart in it
    ('' where all stand together). ``library`` is the numbering place's."""

    library: str
    scope: str
    collection: str = ""


class SetAside(msgspec.Struct, array_like=True, frozen=True):
    """A record or item that goes to the quarantine."""

    kind: str
    position: int
    offset: int
    reason: str
    detail: str
    data: bytes
    barcode: str = ""


class Extra(msgspec.Struct, array_like=True, frozen=True):
    """What search and the title page want beside the columns. Stored as a JSON array: add fields at
    the end only, with a default."""

    other_titles: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    contents: str = ""
    isbns: tuple[str, ...] = ()
    issn: str = ""
    unified_number: str = ""
    clc_classes: tuple[str, ...] = ()
    pinyin_title: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Extra).decode


def extra_of(stored: str) -> Extra:
    """The `Extra` of a title's column; an empty one for ''."""
    return _decode(stored) if stored else Extra()


def _extra(b: Bibliographic, isbns: tuple[str, ...]) -> str:
    others = (*b.other_titles, *b.parallel_titles, *b.title_variants)
    if b.set_style == "c":
        others = (*others, b.set_title)
    return _encode(
        Extra(
            tuple(dict.fromkeys(others)) if others else (),
            (*[p.name for p in b.persons], *[body.name for body in b.bodies]),
            tuple([f"{s.title} {s.volume}".rstrip() for s in b.series]),
            b.subjects,
            b.keywords,
            "\n".join(b.contents),
            isbns,
            b.issn,
            b.unified_number,
            b.clc,
            b.title_pinyin,
        )
    ).decode()


_isbn_noise = re.compile(r"[^0-9A-Za-z]")


def _isbns(b: Bibliographic) -> tuple[str, ...]:
    """13 digits where the number is right, else what was typed without its signs."""
    found = [n.isbn13 or _isbn_noise.sub("", n.typed).upper() for n in b.isbns]
    return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)


@lru_cache(maxsize=8192)
def _class_columns(clc: str) -> tuple[str, str, str]:
    return clc[:60], class_key(clc)[:120], main_class(clc)


def title_values(b: Bibliographic) -> TextValues:
    """The values of `TEXT_COLUMNS`. Texts longer than their column are cut: the whole text is in
    the record itself."""
    clc, clc_sort, letter = _class_columns(b.shelving_class)
    isbns = _isbns(b)
    statements = b.responsibility
    return (
        b.kind,
        b.title[:500] or UNTITLED,
        " : ".join(b.other_titles)[:500],
        f"{b.part_number} {b.part_name}".strip()[:120],
        (BETWEEN_STATEMENTS.join(statements) if statements else b.author)[:500],
        b.edition[:120],
        b.place[:120],
        b.publisher[:200],
        b.year,
        b.extent[:200],
        isbns[0][:24] if isbns else "",
        b.price_fen,
        b.language[:3],
        b.audience[:3],
        b.genre[:1],
        clc,
        clc_sort,
        letter,
        b.abstract,
        _extra(b, isbns),
    )


MOST_AGE_MARK = 18
"""公共图书馆法 37 is about minors: nothing is kept from adults."""


def age_mark_reasons(least_age: int) -> list[Reason]:
    """Reasons against an age mark; 0 takes it off."""
    if 0 <= least_age <= MOST_AGE_MARK:
        return []
    return [stop("age-mark-range", most=MOST_AGE_MARK)]


def identifiers(b: Bibliographic) -> list[tuple[str, str]]:
    """(kind, value) of every number a record is found by: isbn (13 digits where it can be), issn,
    unified (统一书号), source (number of the agency it came from)."""
    found = [("isbn", value[:40]) for value in _isbns(b) if value]
    if b.issn:
        found.append(("issn", b.issn[:40]))
    if b.unified_number:
        found.append(("unified", b.unified_number[:40]))
    if b.source_id:
        found.append(("source", b.source_id[:40]))
    return found


def identifier_forms(typed: str) -> tuple[str, ...]:
    """The stored values a typed number may stand for."""
    return tuple(
        dict.fromkeys(
            form
            for form in (
                parse_isbn(typed).key,
                normalise_issn(typed),
                normalise_unified_number(typed),
                typed.strip(),
            )
            if form
        )
    )
