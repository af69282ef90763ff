"""The demo's stock: real titles and authors as facts, everything else made up; as CNMARC files.

No ISBN here exists: they stand in a block of group 7 that no publisher has. Publishers are invented.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import resources

from shuxiang.demo import names
from shuxiang.demo.sites import BRANCHES, MAIN, POINTS, SITES
from shuxiang.formats import clc
from shuxiang.formats.identifiers import isbn13_check
from shuxiang.formats.marc import Bibliographic, DataField, Field, encode, to_cnmarc
from shuxiang.formats.marc.bibliographic import BookNumber
from shuxiang.formats.marc.charset import Charset

TITLES = 3260
_SEED = 20200101
_AGENCY = "CYLIB"

_PUBLISHERS = {
    "c": ("7991", "云栀", "晴岫少年儿童出版社"),
    "I": ("7992", "汀兰", "汀兰文艺出版社"),
    "K": ("7993", "远岫", "远岫古籍书局"),
    "J": ("7994", "远岫", "远岫美术出版社"),
    "T": ("7995", "汀兰", "朴石科学技术出版社"),
    "": ("7996", "云栀", "云栀人民出版社"),
}
"""Publisher prefix in group 978-7, place and name, by kind or main class; none of them exists."""

_SUBJECTS = {
    "I247.5": "长篇小说-中国-当代",
    "I247.7": "短篇小说-小说集-中国-当代",
    "I246": "小说-中国-现代",
    "I242": "古典小说-中国",
    "I267": "散文集-中国-当代",
    "I266": "散文集-中国-现代",
    "I22": "诗集-中国",
    "I313.4": "小说-日本-现代",
    "I512": "文学-作品集-俄罗斯",
    "I516": "文学-作品集-德国",
    "I546": "文学-作品集-意大利",
    "I561.4": "小说-英国",
    "I565.4": "小说-法国",
    "I712.4": "小说-美国",
    "J228": "连环漫画-作品集",
    "J238": "动画-连环漫画-作品集",
}

_GENRES = (
    (("I247.7", "I14"), "f"),
    (("I24", "I313.4", "I561.4", "I565.4", "I712.4", "I512.4", "I516.4"), "a"),
    (("I26", "I16"), "c"),
    (("I22", "I12"), "g"),
    (("I23",), "d"),
)


@dataclass(frozen=True, slots=True)
class Copy:
    """One volume to be: where it stands and by which barcode it is known."""

    site: str
    location: str
    barcode: str

    @property
    def lendable(self) -> bool:
        return self.location not in ("local", "reading")

    @property
    def code(self) -> str:
        """Its location code in the records."""
        return _CODES[f"{self.site}/{self.location}" if self.location else self.site]


@dataclass(slots=True)
class Book:
    """A title with its copies. ``rank`` 0 is the most wanted one; ``batch`` names the import it
    comes with; ``from_day`` is the first day its copies stand on the shelves."""

    rank: int
    record: Bibliographic
    for_children: bool
    class_number: str
    book_number: str
    batch: str = "stock"
    from_day: date = date(2018, 12, 3)
    copies: list[Copy] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Accession:
    """A batch of new books of 2020: bought or given, and the day they were accessioned."""

    batch: str
    day: date
    source: str
    titles: int


ACCESSIONS = (
    Accession("2020-04", date(2020, 4, 16), "purchase", 90),
    Accession("2020-06", date(2020, 6, 18), "purchase", 90),
    Accession("2020-09", date(2020, 9, 17), "purchase", 80),
    Accession("2020-11", date(2020, 11, 12), "gift", 40),
)


def books(titles: int = TITLES) -> list[Book]:
    """The demo's books in order of popularity; the same every time."""
    chance = random.Random(_SEED)
    sequence: dict[str, int] = defaultdict(int)
    made = []
    for rank, row in enumerate(_chosen(titles)):
        title, statement, class_number, year, kind = row
        sequence[class_number] += 1
        record = _record(rank, title, statement, class_number, year, kind, chance)
        made.append(Book(rank, record, kind == "c", class_number, str(sequence[class_number])))
    _accession(made, chance)
    _copy(made, chance)
    return made


def _chosen(titles: int) -> list[tuple[str, str, str, str, str]]:
    """The most popular titles, and further down whatever is no literature for grown-ups, so that
    every class is on the shelves."""
    text = resources.files("shuxiang.demo").joinpath("data/titles.tsv").read_text("utf-8")
    rows = [tuple(line.split("\t")) for line in text.splitlines()]
    rows = [r for r in rows if not r[3] or int(r[3]) <= 2020]
    wanted = {id(r) for r in rows[: titles // 2]}
    rest = [r for r in rows[titles // 2 :] if not r[2].startswith("I") or r[4] == "c"]
    rest.sort(key=lambda r: r[2][:1] in "IKBJF" and r[4] != "c")
    wanted |= {id(r) for r in rest[: titles - len(wanted)]}
    # Every line of the file has five columns, which no type can say of a split.
    return [r for r in rows if id(r) in wanted]  # type: ignore[misc]


def _record(
    rank: int,
    title: str,
    statement: str,
    class_number: str,
    year_text: str,
    kind: str,
    chance: random.Random,
) -> Bibliographic:
    statements, persons, bodies = names.parse(statement)
    letter = class_number[:1]
    prefix, place, publisher = _PUBLISHERS.get(
        "c" if kind == "c" else letter if letter in "IKJT" else "", _PUBLISHERS[""]
    )
    year = int(year_text) if year_text else 0
    if year < 1985:
        # The year of the first edition is no fact about this one.
        year = chance.randint(1996, 2018)
    price = chance.randrange(1800, 6900, 100) + chance.choice((0, 80, 50))
    pages = chance.randint(32, 180) if kind == "c" else chance.randint(160, 620)
    foreign = names.original_language(persons)
    return Bibliographic(
        format="cnmarc",
        title=title,
        title_pinyin=names.reading(title),
        responsibility=statements,
        persons=persons,
        bodies=bodies,
        place=place,
        publisher=publisher,
        year=year,
        extent=f"{pages}页",
        illustrations="彩图" if kind == "c" else "图" if letter in "JKNQTRSUVX" else "",
        dimensions="24cm" if kind == "c" or letter == "J" else "21cm",
        isbns=(
            BookNumber(_isbn(prefix, rank), "", price_text=f"CNY{price // 100}.{price % 100:02d}"),
        ),
        language="chi",
        original_language=foreign,
        country="CN",
        audience={"c": "c", "y": "e"}.get(kind, "m"),
        forms=("encyclopedia",) if class_number.startswith(("Z2", "Z3")) else (),
        genre=next((g for starts, g in _GENRES if class_number.startswith(starts)), "y"),
        subjects=(_subject(class_number, kind),),
        clc=(class_number,),
        abstract="适合少年儿童阅读。" if kind == "c" else "",
        source_id=f"CY{rank + 1:08d}",
        source_agency=_AGENCY,
    )


def _isbn(prefix: str, number: int) -> str:
    digits = f"9787{prefix}{number:04d}"
    return f"978-7-{prefix}-{number:04d}-{isbn13_check(digits)}"


def _subject(class_number: str, kind: str) -> str:
    if kind == "c" and class_number.startswith("I"):
        return "儿童文学-作品集"
    for length in range(len(class_number), 1, -1):
        if class_number[:length] in _SUBJECTS:
            return _SUBJECTS[class_number[:length]]
    path = clc.path(class_number)
    return path[-1].name_zh.split("、")[0] if path else "综合性图书"


def _accession(made: Sequence[Book], chance: random.Random) -> None:
    """Say which titles came new in 2020: newer ones, of every degree of popularity."""
    recent = [b for b in made if (b.record.year or 0) >= 2012]
    wanted = sum(a.titles for a in ACCESSIONS) * len(made) // TITLES
    new = sorted(chance.sample(recent, min(wanted, len(recent))), key=lambda b: b.rank)
    chance.shuffle(new)
    for accession in ACCESSIONS:
        count = accession.titles * len(made) // TITLES
        for book in new[:count]:
            book.batch, book.from_day = accession.batch, accession.day
        del new[:count]


def _copy(made: Sequence[Book], chance: random.Random) -> None:
    numbers: dict[str, int] = defaultdict(int)

    def add(book: Book, site: str) -> None:
        numbers[site] += 1
        shelf = "children" if book.for_children else "stacks"
        if book.record.forms and site == MAIN:
            shelf = "reading"
        elif book.class_number.startswith("K29") and site == MAIN:
            shelf = "local"
        barcode = f"3{SITES.index(site) + 1}{numbers[site]:06d}"
        book.copies.append(Copy(site, "" if site in POINTS else shelf, barcode))

    for book in made:
        share = book.rank / len(made)
        for _ in range(3 if share < 0.03 else 2 if share < 0.37 else 1):
            add(book, MAIN)
        holders = 4 if share < 0.03 else 2 if share < 0.12 else 0
        if not holders and chance.random() < (0.6 if share < 0.37 else 0.25):
            holders = 1
        for site in sorted(chance.sample(BRANCHES, holders), key=BRANCHES.index):
            add(book, site)
        if share < 0.2 and chance.random() < 0.28:
            add(book, "tongyin" if book.for_children or chance.random() < 0.4 else "station")


SHELF_CODES = {
    f"{site[:2].upper()}{number}": f"{site}/{location}"
    for site in (MAIN, *BRANCHES)
    for number, location in enumerate(("stacks", "children", "local", "reading"), 1)
    if site == MAIN or number < 3
} | {site[:2].upper(): site for site in POINTS}
"""The location code in 905 $c → place and location, as the import is told them."""

_CODES = {shelf: code for code, shelf in SHELF_CODES.items()}


def iso2709(made: Iterable[Book], charset: Charset, entered: date) -> bytes:
    """The records with their copies in 905, one after the other.

    In UTF-8 each copy has a 905 of its own; in GB18030 the copies of one place share one, their
    barcodes in repeated ``$b`` and their number in ``$f``: both are met in practice.
    """
    shared = charset != "utf-8"
    parts = []
    for book in made:
        local = _shared(book) if shared else _single(book)
        parts.append(encode(to_cnmarc(book.record, entered=entered, local=local), charset))
    return b"".join(parts)


def _single(book: Book) -> tuple[Field, ...]:
    return tuple(
        [
            _holding(book, copy, [("b", copy.barcode)], [("z", str(number))])
            for number, copy in enumerate(book.copies, 1)
        ]
    )


def _shared(book: Book) -> tuple[Field, ...]:
    groups: dict[tuple[str, str], list[Copy]] = defaultdict(list)
    for copy in book.copies:
        groups[copy.site, copy.location].append(copy)
    return tuple(
        [
            _holding(book, group[0], [("b", c.barcode) for c in group], [("f", str(len(group)))])
            for group in groups.values()
        ]
    )


def _holding(
    book: Book, copy: Copy, numbers: list[tuple[str, str]], tail: list[tuple[str, str]]
) -> DataField:
    # The letter before the class tells a collection apart: D for 地方文献.
    collection = "D" if copy.location == "local" else ""
    call = [("d", collection + book.class_number), ("e", book.book_number)]
    return DataField("905", "  ", (("a", _AGENCY), *numbers, ("c", copy.code), *call, *tail))
