"""A1, A2: records as lines and back without loss; every fault at once, with its line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pytest

from shuxiang.formats.marc import (
    Bibliographic,
    ControlField,
    DataField,
    Field,
    RawRecord,
    Record,
    decode,
    encode,
    guess_format,
    to_cnmarc,
    to_marc21,
)
from shuxiang.formats.marc.bibliographic import Format
from shuxiang.formats.marc.bibliographic.model import BookNumber, Person, Series
from shuxiang.formats.marc.charset import GB18030, UTF8, Charset
from shuxiang.formats.marc.editing import (
    coded_length,
    faults,
    field_help,
    from_lines,
    line_of,
    positions,
    to_lines,
)
from shuxiang.formats.marc.editing.lines import changed_lines
from shuxiang.formats.marc.iso2709 import Quarantined

DAY = date(2020, 6, 10)
BOOK = Bibliographic(
    format="cnmarc",
    title="活着",
    responsibility=("余华著",),
    persons=(Person("余华", "著"),),
    isbns=(BookNumber("978-7-5063-6543-7", "9787506365437", price_fen=2900),),
    place="北京",
    publisher="作家出版社",
    year=2012,
    extent="191页",
    dimensions="21cm",
    series=(Series("余华作品", "3"),),
    clc=("I247.57",),
    set_style="c",
    set_title="余华作品集",
    set_volume="3",
    source_agency="441602",
)
RECORD = to_cnmarc(BOOK, entered=DAY)


def found(
    text: str, format_: Format = "cnmarc", before: Record | None = None
) -> dict[str, list[tuple[str, int, bool]]]:
    record, lines = from_lines(text, before)
    told: dict[str, list[tuple[str, int, bool]]] = {}
    for each in faults(record, lines, format_, before):
        told.setdefault(each.note.code, []).append((each.tag, each.line, each.refuses))
    return told


def line(tag: str, record: Record = RECORD) -> str:
    return line_of(record.get(tag)[0])


def with_line(tag: str, new: str, record: Record = RECORD) -> str:
    return to_lines(record).replace(line(tag, record) + "\n", new + "\n")


def test_a1_a_whole_record_has_no_fault_in_either_format() -> None:
    assert found(to_lines(RECORD)) == {}
    other = to_marc21(BOOK, control="x1", agency="CN-441602", entered=datetime(2020, 6, 10))
    assert guess_format(other) == "marc21"
    assert {
        c: v for c, v in found(to_lines(other), "marc21").items() if any(r for *_, r in v)
    } == {}


ODD = (
    DataField("200", "1 ", (("a", " 活$着 "), ("9", ""), ("f", "余华\u3000著#"))),
    DataField("410", " 0", (("1", "2001 "), ("a", "ǂ丛书"), ("1", "001ABC"), ("v", "3"))),
    DataField("410", " 0", (("1", "2001#"), ("a", "x"))),
    DataField("905", "##", (("a", "441602"), ("b", "0001"), ("b", "0002"))),
    DataField("9@z", "  ", (("a", "x"),)),
)


def test_a1_lines_left_alone_keep_their_fields_whatever_they_hold() -> None:
    record = Record("00000nam0#2200000 # 450 ", (*RECORD.fields, *ODD))
    again, lines = from_lines(to_lines(record), record)
    assert again == record
    assert [each.number for each in lines] == list(range(1, len(record.fields) + 2))
    # One line is typed anew: the other fields are the very same.
    changed, _ = from_lines(to_lines(record).replace("北京", "上海"), record)
    assert [f for f in changed.fields if f.tag != "210"] == [
        f for f in record.fields if f.tag != "210"
    ]
    assert changed.first("210", "a") == "上海"


def test_a1_a2_iso_2709_is_the_same_bytes_when_nothing_changed() -> None:
    charsets: tuple[Charset, ...] = (UTF8, GB18030)
    for charset in charsets:
        data = encode(Record(RECORD.leader, (*RECORD.fields, *ODD[:4])), charset)
        read = decode(RawRecord(0, 1, data), charset)
        assert not isinstance(read, Quarantined)
        again, _ = from_lines(to_lines(read.record), read.record)
        assert encode(again, charset) == data


def test_a1_a_field_is_one_line_whatever_it_holds() -> None:
    """Line ends inside a note, as other systems write them, and what Python takes for line ends."""
    note = DataField("330", "  ", (("a", "第一行\n第二行\r\x00完"), ("a", "甲\u2028乙\x85丙\t丁")))
    record = Record(RECORD.leader, (*RECORD.fields, note, ControlField("009", "a\nb")))
    lines = to_lines(record)
    assert len(lines.split("\n")) == len(record.fields) + 2
    assert "330 ##ǂa第一行␊第二行␍␀完ǂa甲" in lines
    assert from_lines(lines, record)[0] == record
    changed = lines.replace("北京", "上海")
    kept = "\n".join(
        line for what, old, new in changed_lines(lines, changed) for line in (new or old)
    )
    assert from_lines(f"{kept}\n", record)[0].fields == from_lines(changed, record)[0].fields
    # Touched, it must be cleared.
    touched, read = from_lines(lines.replace("第一行", "首行"), record)
    assert touched.first("330", "a") == "首行\n第二行\r\x00完"
    assert "edit_control_character" in [
        f.note.code for f in faults(touched, read, "cnmarc", record)
    ]


def test_a1_a_series_of_marc21_holds_no_embedded_field() -> None:
    record, read = from_lines("LDR 00000nam#a22#####7i#4500\n490 1#$a丛书 ;$v1\n")
    assert [f.note.code for f in faults(record, read, "marc21") if f.line == 2] == []


@pytest.mark.parametrize(
    ("typed", "indicators", "subfields"),
    [
        ("200 1#ǂa活着ǂf余华著", "1 ", (("a", "活着"), ("f", "余华著"))),
        ("200 1 $a活着$f余华著", "1 ", (("a", "活着"), ("f", "余华著"))),
        ("2001 @a活着@f余华著", "1 ", (("a", "活着"), ("f", "余华著"))),
        ("  200 1#▼a价格US$1.00", "1 ", (("a", "价格US$1.00"),)),
        ("410 #0$12001#$a丛书$v3", " 0", (("1", "2001 "), ("a", "丛书"), ("v", "3"))),
        ("410 #0$1001AB#1$12001#$a丛书", " 0", (("1", "001AB#1"), ("1", "2001 "), ("a", "丛书"))),
    ],
)
def test_typed_lines_are_read(
    typed: str, indicators: str, subfields: tuple[tuple[str, str], ...]
) -> None:
    record, lines = from_lines(typed)
    assert record.fields == (DataField(typed.strip()[:3], indicators, subfields),)
    assert [each.fault for each in lines] == [""]


def test_what_was_left_empty_is_left_out() -> None:
    record, lines = from_lines("001 \n200 1#ǂa活着ǂeǂf余华著ǂg\n205 ##ǂa\n", None)
    assert record.fields == (DataField("200", "1 ", (("a", "活着"), ("f", "余华著"))),)
    assert [each.tag for each in lines] == ["001", "200", "205"]


BAD = [
    ("200", "200 1#ǂa ǂf余华著", "no_title", True),
    ("200", "200 5#ǂa活着", "edit_indicator", True),
    ("200", "200 活着", "edit_no_subfields", True),
    ("200", "200 1##ǂa活着", "edit_indicators_long", True),
    ("200", "200 1#ǂa活着ǂ?x", "edit_subfield_code", True),
    ("200", "200 1#ǂa活着ǂkx", "edit_subfield_unknown", False),
    ("200", "200 1#ǂa活着ǂf", "edit_subfield_code", None),
    ("200", "200 1#ǂa活着 ǂf余华著", "edit_blanks", False),
    ("200", "200 1#ǂa活\x07着", "edit_control_character", True),
    ("200", "200 1#ǂa活\x1e着", "separator_in_text", True),
    ("200", "200 1#ǂa活\ufffd着", "edit_unreadable_character", False),
    ("200", "20 1#ǂa活着", "bad_field", True),
    ("200", "200 1#ǂa" + "长" * 3400, "field_too_long", True),
    ("215", "219 ##ǂa191页", "edit_tag_unknown", None),
    ("210", "210 ##ǂa北京ǂc作家出版社ǂd不详", "no_year", False),
    ("010", "010 ##ǂa978-7-5063-6543-1ǂdCNY29.00", "edit_isbn", False),
    ("010", "011 ##ǂa1000-0001", "edit_issn", False),
    ("690", "690 ##ǂaWX12ǂv5", "edit_class", True),
    ("100", "100 ##ǂa20200610d2012    em y0chiy50     ea", "edit_length", True),
    ("100", "100 ##ǂa20200610Q2012    em y0chiy50      ea", "edit_code", False),
    ("105", "105 ##ǂay   z   000y", "edit_length", True),
    ("106", "106 ##ǂaq", "edit_code", False),
    ("461", "461 #0ǂa总题名", "edit_not_embedded", False),
    ("461", "461 #0ǂ1200ǂa总题名", "edit_embedded_head", True),
    ("461", "461 #0ǂv3ǂ12001#ǂa总题名", "edit_embedded_first", True),
]


@pytest.mark.parametrize(("tag", "new", "code", "refuses"), BAD)
def test_a1_each_fault_is_told_with_its_line(
    tag: str, new: str, code: str, refuses: bool | None
) -> None:
    told = found(with_line(tag, new))
    if refuses is None:
        assert code not in told
        return
    number = to_lines(RECORD).splitlines().index(line(tag)) + 1
    assert (new[:3].strip() if code == "bad_field" else new[:3], number, refuses) in [
        (tag_.strip(), n, r) for tag_, n, r in told[code]
    ]


def test_a1_every_fault_at_once() -> None:
    text = "LDR 00000nax0#2200000###450#\n200 5#ǂf余华著\n200 1#ǂa活着\n690 ##ǂa?\n"
    told = found(text)
    refusing = {code for code, each in told.items() if any(r for *_, r in each)}
    assert refusing == {
        "edit_code",
        "edit_indicator",
        "no_title",
        "edit_repeated",
        "edit_class",
        "edit_missing",
    }
    missing = {tag: refuses for tag, _, refuses in told["edit_missing"]}
    assert missing == {
        **dict.fromkeys(("101", "102", "210", "215", "801"), False),
        "100": True,
    }


def test_a1_what_stood_so_before_only_warns() -> None:
    bad = "690 ##ǂaWX12ǂv5"
    before, _ = from_lines(with_line("690", bad))
    told = found(to_lines(before).replace("北京", "上海"), before=before)
    assert [refuses for *_, refuses in told["edit_class"]] == [False]
    told = found(to_lines(before).replace("WX12", "WX13"), before=before)
    assert [refuses for *_, refuses in told["edit_class"]] == [True]
    # A title is never left out, not even where there was none.
    untitled = Record(before.leader, [f for f in before.fields if f.tag != "200"])
    told = found(to_lines(untitled), before=untitled)
    assert ("200", 0, True) in told["edit_missing"]


def test_the_tables_are_whole() -> None:
    formats: tuple[Format, ...] = ("cnmarc", "marc21")
    for format_ in formats:
        fields, codes = field_help(format_), positions(format_)
        assert len(fields) > 50
        assert set(codes) - {"LDR"} <= set(fields)
        for tag, rows in codes.items():
            ends = [row.start + row.length for row in rows]
            starts = [row.start for row in rows]
            assert all(a <= b for a, b in zip(ends, starts[1:], strict=False)), tag
            assert all(len(code) == row.length for row in rows for code, _ in row.codes), tag
    assert [coded_length("cnmarc", tag) for tag in ("LDR", "100", "105", "106", "110", "200")] == [
        24,
        36,
        13,
        1,
        11,
        0,
    ]
    assert coded_length("marc21", "008") == 40


def test_two_versions_side_by_side() -> None:
    assert changed_lines("a\nb\nc\n", "a\nx\nc\nd\n") == [
        ("equal", ["a"], ["a"]),
        ("differ", ["b"], ["x"]),
        ("equal", ["c"], ["c"]),
        ("differ", [], ["d"]),
    ]


TITLES = "活着红楼梦西游记平凡世界长安荔枝文城边城围城家春秋骆驼祥子四世同堂茶馆龙须沟䶮玥"


def thousands() -> Iterator[Record]:
    """10,000 records no two of which are alike, with what older data holds besides."""
    for n in range(10_000):
        title = TITLES[n % 30 : n % 30 + 2 + n % 7] + str(n)
        fields: list[Field] = [
            ControlField("001", f"{n:012}"),
            DataField("010", "  ", (("a", f"7-{n:05}-1"), ("d", "CNY12.00 (含光盘)"))),
            DataField("100", "  ", (("a", f"20200610d{1950 + n % 70}    em y0chiy50      ea"),)),
            DataField("200", f"{n % 2} ", (("a", title), ("A", "ping yin"), ("f", f"{n} 著 "))),
            DataField("410", " 0", (("1", "001" + str(n)), ("1", "2001 "), ("a", f"丛书#{n}"))),
            DataField("690", "  ", (("a", f"I{n % 300}"), ("v", "5"))),
            DataField("905", "##", (("a", "本馆"), *[("b", f"{n}-{k}") for k in range(n % 4)])),
        ]
        if n % 3 == 0:
            fields.append(DataField("9A1", "x$", (("a", "$a|▼ǂ"), ("z", "@"))))
        yield Record(f"     nam{n % 3} 22     {n % 4}  450 ", fields)


@pytest.mark.parametrize("charset", [UTF8, GB18030])
def test_a2_ten_thousand_records_go_through_the_editor_without_loss(charset: Charset) -> None:
    for record in thousands():
        data = encode(record, charset)
        read = decode(RawRecord(0, 1, data), charset)
        assert not isinstance(read, Quarantined)
        again, lines = from_lines(to_lines(read.record), read.record)
        assert encode(again, charset) == data
        assert not any(line.fault for line in lines)
