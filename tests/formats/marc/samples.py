"""Records the MARC tests share, and a writer of deliberately odd ISO 2709."""

from __future__ import annotations

import io
from collections.abc import Sequence

from shuxiang.formats.marc import (
    ControlField,
    DataField,
    Decoded,
    Field,
    Quarantined,
    Record,
    decode,
    split_records,
)
from shuxiang.formats.marc.charset import Charset
from tests.formats.reference import reference

DREAM = Record(
    "00000nam0 2200000   450 ",
    (
        ControlField("001", "012002000220"),
        ControlField("005", "20200101120000.0"),
        DataField("010", "  ", (("a", "978-7-02-000220-7"), ("b", "精装"), ("d", "CNY59.70"))),
        DataField("100", "  ", (("a", "20200101d2008    em y0chiy50      ea"),)),
        DataField("101", "0 ", (("a", "chi"),)),
        DataField("102", "  ", (("a", "CN"), ("b", "110000"))),
        DataField("105", "  ", (("a", "a   z   000ay"),)),
        DataField("106", "  ", (("a", "r"),)),
        DataField(
            "200",
            "1 ",
            (
                ("a", "红楼梦"),
                ("9", "hong lou meng"),
                ("f", "(清)曹雪芹著"),
                ("g", "(清)高鹗续"),
            ),
        ),
        DataField("205", "  ", (("a", "3版"),)),
        DataField("210", "  ", (("a", "北京"), ("c", "人民文学出版社"), ("d", "2008.7"))),
        DataField("215", "  ", (("a", "1606页"), ("c", "图"), ("d", "21cm"), ("e", "1光盘"))),
        DataField("225", "2 ", (("a", "中国古典文学读本丛书"),)),
        DataField("330", "  ", (("a", "以贾宝玉、林黛玉的故事为主线。"),)),
        DataField("410", " 0", (("1", "2001 "), ("a", "中国古典文学读本丛书"), ("v", "3"))),
        DataField("517", "1 ", (("a", "石头记"), ("9", "shi tou ji"))),
        DataField("606", "0 ", (("a", "章回小说"), ("y", "中国"), ("z", "清代"))),
        DataField("610", "0 ", (("a", "四大名著"),)),
        DataField("690", "  ", (("a", "I242.4"), ("v", "5"))),
        DataField("701", " 0", (("c", "(清)"), ("a", "曹雪芹"), ("9", "cao xue qin"), ("4", "著"))),
        DataField("702", " 0", (("c", "(清)"), ("a", "高鹗"), ("4", "续"))),
        DataField("801", " 0", (("a", "CN"), ("b", "NLC"), ("c", "20200101"))),
        DataField(
            "905",
            "  ",
            (
                ("a", "YC"),
                ("b", "0100001"),
                ("b", "0100002"),
                ("d", "I242.4"),
                ("e", "12"),
                ("f", "2"),
            ),
        ),
    ),
)


def record(*fields: Field, leader: str = "00000nam0 2200000   450 ") -> Record:
    return Record(leader, fields)


def field(tag: str, text: str, indicators: str = "  ") -> DataField:
    """``field("200", "$a红楼梦$f曹雪芹著")``."""
    return DataField(tag, indicators, tuple([(p[0], p[1:]) for p in text.split("$")[1:]]))


def iso(
    fields: Sequence[tuple[str, bytes]],
    *,
    leader: bytes = b"%05dnam0 22%05d   450 ",
    lengths: Sequence[int] | None = None,
    starts: Sequence[int] | None = None,
    end: bytes = b"\x1e\x1d",
) -> bytes:
    """ISO 2709 as told, lies included: the contents are written in the given order."""
    directory, area = b"", b""
    for place, (tag, content) in enumerate(fields):
        length = lengths[place] if lengths else len(content) + 1
        start = starts[place] if starts else len(area)
        directory += b"%s%04d%05d" % (tag.encode(), length, start)
        area += content + b"\x1e"
    base = 24 + len(directory) + 1
    total = base + len(area) - 1 + len(end)
    head = leader % (total, base) if b"%" in leader else leader
    return head + directory + b"\x1e" + area[:-1] + end


TITLE = ("200", "1 \x1fa红楼梦\x1ff曹雪芹著".encode())
ISBN = ("010", b"  \x1fa978-7-02-000220-7")
CLASS = ("690", b"  \x1faI242.4")


def read_one(data: bytes, charset: Charset = "utf-8") -> Decoded | Quarantined:
    raws = list(split_records(io.BytesIO(data)))
    assert len(raws) == 1
    return decode(raws[0], charset)


def real(name: str) -> bytes:
    """A file of real records, or a skip where it is not on this machine."""
    return reference(f"real/{name}")
