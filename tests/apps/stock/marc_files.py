"""Small MARC files for the tests of imports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from shuxiang.formats.identifiers import isbn13_check
from shuxiang.formats.marc import Bibliographic, DataField, Record, encode, to_cnmarc
from shuxiang.formats.marc.bibliographic import BookNumber, Person
from shuxiang.formats.marc.charset import UTF8, Charset

TITLES = ("红楼梦", "西游记", "三国演义", "水浒传", "聊斋志异", "儒林外史", "镜花缘", "老残游记")


def isbn(number: int) -> str:
    """The valid ISBN of a running number, 13 digits."""
    twelve = f"978702{number:06d}"
    return twelve + isbn13_check(twelve)


def holding(
    *barcodes: str, clc: str = "I242.4", book: str = "1", location: str = "", owner: str = "YC"
) -> DataField:
    """A 905 with one $b a barcode."""
    pairs = [("a", owner), *[("b", b) for b in barcodes], ("d", clc), ("e", book)]
    if location:
        pairs.insert(1, ("c", location))
    return DataField("905", "  ", tuple(pairs))


def record(
    number: int,
    *held: DataField,
    title: str = "",
    clc: str = "I242.4",
    price: int | None = 4900,
    isbn13: str = "",
    audience: str = "m",
) -> Record:
    """A CNMARC record; ``number`` makes its title, ISBN and 001."""
    value = isbn13 or isbn(number)
    return to_cnmarc(
        Bibliographic(
            format="cnmarc",
            title=title or f"{TITLES[number % len(TITLES)]}{number}",
            responsibility=("曹雪芹著", "高鹗续"),
            persons=(Person("曹雪芹", "著"), Person("高鹗", "续", equal=False)),
            place="北京",
            publisher="人民文学出版社",
            date_text="2008",
            year=2008,
            extent="2册(1606页)",
            isbns=(BookNumber(value, value, price_fen=price),),
            price_fen=price,
            subjects=("章回小说-中国-清代",),
            clc=(clc,),
            abstract="本书以贾宝玉、林黛玉的爱情故事为主线。",
            audience=audience,
            language="chi",
            country="CN",
            source_id=f"{number:09d}",
            source_agency="YC",
        ),
        entered=date(2020, 1, 1),
        local=held,
    )


def stocked(number: int, *, copies: int = 1) -> Record:
    """A record with ``copies`` items, barcodes ``0000010``, ``0000011`` … for number 1."""
    barcodes = [f"{number:06d}{copy}" for copy in range(copies)]
    return record(number, holding(*barcodes, book=str(number)))


def iso2709(records: Iterable[Record], charset: Charset = UTF8, between: bytes = b"") -> bytes:
    """The records as a file, with ``between`` after each."""
    return b"".join(encode(each, charset) + between for each in records)
