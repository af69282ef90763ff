"""What a MARC record says about a publication, in one form for CNMARC and MARC 21."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

import msgspec

from shuxiang.formats.notes import Note

Format = Literal["cnmarc", "marc21"]
Kind = Literal[
    "book",
    "serial",
    "article",
    "manuscript",
    "score",
    "map",
    "video",
    "spoken",
    "music",
    "graphic",
    "electronic",
    "multimedia",
    "rubbing",
    "rare_book",
    "object",
]


class Person(msgspec.Struct, frozen=True, gc=False):
    """A person named in 7XX.

    Attributes:
        name: without country, dynasty and dates.
        role: the Chinese word of $4 (著, 主编, 译 …) or a MARC 21 relator.
        equal: of equal (701, 700) rather than secondary (702) responsibility.
        pinyin: reading given by the record, else ``""``.
        country: 美, 清 … from ``(美)``; dates: ``1881-1936``; original: the foreign form.
    """

    name: str
    role: str = ""
    equal: bool = True
    pinyin: str = ""
    country: str = ""
    dates: str = ""
    original: str = ""


class Body(msgspec.Struct, frozen=True, gc=False):
    """A corporate body or meeting named in 71X; see :class:`Person`."""

    name: str
    role: str = ""
    equal: bool = True
    pinyin: str = ""
    meeting: bool = False


class Series(msgspec.Struct, frozen=True, gc=False):
    """A series with the number of this volume in it."""

    title: str
    volume: str = ""
    issn: str = ""


class BookNumber(msgspec.Struct, frozen=True, gc=False):
    """One ISBN of the record.

    Attributes:
        typed: as the record has it.
        isbn13: 13 plain digits, ``""`` when the number is wrong.
        qualifier: 精装, 第1卷, 套 …
        price_fen: price in 分, None when there is none or it is not in yuan.
        price_text: the price as printed.
        cancelled: it stood in $z.
    """

    typed: str
    isbn13: str
    qualifier: str = ""
    price_fen: int | None = None
    price_text: str = ""
    cancelled: bool = False


class Bibliographic(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One publication. Texts are stripped; absent ones are ``""`` or ``()``.

    Attributes:
        title: title proper (正题名); title_pinyin: its reading as the record gives it.
        other_titles: 其他题名信息; parallel_titles: 并列题名 with those of notes (510).
        part_number, part_name: 分辑号, 分辑名; volume_mark: 卷标识 ($v).
        title_variants: every further title to search by, pinyin excluded, without repeats.
        responsibility: statements as printed, the first one first.
        year: of publication, None when unreadable; date_text: as printed.
        extent, illustrations, dimensions, accompanying: 页数, 图, 尺寸, 附件.
        price_fen: the first price of the record in 分, wherever it stood.
        language, original_language: ISO 639-2/B codes; country: ISO 3166 (CN).
        audience: codes of CNMARC 100/17-19, ``em`` for most books (a youth in general, b to 5,
            c 5–10, d 9–14, e 14–20 years, k scholarly, m general adult, u unknown).
        genre: CNMARC 105/11 (a fiction, c essays, f stories, g poetry, y none …).
        forms: kinds of contents from 105/4-7 as words: comics, dictionary, encyclopedia …
        carrier: CNMARC 106 (r ordinary print, d large print, f braille …).
        clc: class numbers, the first one is the shelving class.
        set_title, set_volume: of the multi-volume work this belongs to.
        set_style: ``a`` one record for all volumes, ``b`` set title in 200 $a and part in $h $i,
            ``c`` volume title with a link (461) to the set, ``""`` no multi-volume work.
        source_id, source_agency: 001 and the agency of 801 $b.
    """

    format: Format
    kind: Kind = "book"
    title: str = ""
    title_pinyin: str = ""
    medium: str = ""
    other_titles: tuple[str, ...] = ()
    parallel_titles: tuple[str, ...] = ()
    part_number: str = ""
    part_name: str = ""
    volume_mark: str = ""
    title_variants: tuple[str, ...] = ()
    title_variants_pinyin: tuple[str, ...] = ()
    responsibility: tuple[str, ...] = ()
    persons: tuple[Person, ...] = ()
    bodies: tuple[Body, ...] = ()
    edition: str = ""
    place: str = ""
    publisher: str = ""
    date_text: str = ""
    year: int | None = None
    extent: str = ""
    illustrations: str = ""
    dimensions: str = ""
    accompanying: str = ""
    series: tuple[Series, ...] = ()
    isbns: tuple[BookNumber, ...] = ()
    issn: str = ""
    unified_number: str = ""
    price_fen: int | None = None
    language: str = ""
    original_language: str = ""
    country: str = ""
    region: str = ""
    audience: str = ""
    genre: str = ""
    forms: tuple[str, ...] = ()
    carrier: str = ""
    subjects: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    clc: tuple[str, ...] = ()
    abstract: str = ""
    contents: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    frequency: str = ""
    set_title: str = ""
    set_volume: str = ""
    set_style: Literal["", "a", "b", "c"] = ""
    source_id: str = ""
    source_agency: str = ""
    links: tuple[str, ...] = ()
    warnings: tuple[Note, ...] = ()

    def __eq__(self, other: object) -> bool:
        """Whether both say the same of a publication, whatever had to be mended to read it."""
        if not isinstance(other, Bibliographic):
            return NotImplemented
        return self._said == other._said

    def __hash__(self) -> int:
        return hash(self._said)

    @property
    def _said(self) -> tuple[object, ...]:
        return msgspec.structs.astuple(self)[:-1]

    @property
    def shelving_class(self) -> str:
        """The class number items are shelved by, ``""`` when there is none."""
        return self.clc[0] if self.clc else ""

    @property
    def for_children(self) -> bool:
        """Whether the record names an audience below fourteen and no adult one."""
        return bool(set(self.audience) & set("abcd")) and not set(self.audience) & set("km")

    @property
    def full_title(self) -> str:
        """Title proper with part number and name, as lists show it."""
        return " ".join([p for p in (self.title, self.part_number, self.part_name) if p])

    @property
    def author(self) -> str:
        """One line for lists: the first statement of responsibility, else the first names."""
        if self.responsibility:
            return self.responsibility[0]
        names = [person.name for person in self.persons] + [body.name for body in self.bodies]
        return ", ".join(names[:3])

    @property
    def set_key(self) -> str:
        """Volumes with the same key belong to one multi-volume work; ``""`` for none."""
        if self.set_style not in ("b", "c") or not self.set_title:
            return ""
        return f"{normalise_title(self.set_title)}|{normalise_title(self.publisher)}"


# Punctuation that never tells two titles apart.
_title_noise: Final = re.compile(
    r"[\s《》〈〉「」『』【】\[\]()·•・—–‑‐:,.;!?\"'“”‘’、。，：；！？_&~-]+"
)


def normalise_title(title: str) -> str:
    """A title in NFKC and lower case, without blanks and punctuation: for comparison only."""
    return _title_noise.sub("", unicodedata.normalize("NFKC", title)).lower()
