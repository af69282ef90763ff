"""Queries of Bib-1 attributes as CQL (G4), and the diagnostic of each that isn't understood."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shuxiang.formats.marc import encode, from_record, to_marc21
from shuxiang.formats.marc.iso2709 import RawRecord, decode
from shuxiang.formats.marc.marcxml import write_marcxml
from shuxiang.formats.z3950 import (
    Bib1Fault,
    Joined,
    Term,
    UnreadableError,
    converted,
    cql,
    scan_clause,
    schema_of,
    sru_fault,
)
from tests.support.targets import cnmarc

NOW = datetime(2021, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "attributes", "asked"),
    [
        ("红楼梦", {}, 'cql.anywhere = "红楼梦"'),
        ("红楼梦", {1: 1016}, 'cql.anywhere = "红楼梦"'),
        ("红楼梦", {1: 4}, 'dc.title = "红楼梦"'),
        ("红楼梦", {1: 4, 2: 3, 3: 3, 4: 1, 5: 100, 6: 1}, 'dc.title = "红楼梦"'),
        ("红楼 梦", {1: 4, 4: 6}, 'dc.title all "红楼 梦"'),
        ("红楼梦", {1: 4, 6: 3}, 'dc.title == "红楼梦"'),
        ("红楼", {1: 4, 3: 1}, 'dc.title = "^红楼"'),
        ("红楼", {1: 4, 5: 1}, 'dc.title = "红楼"'),
        ("java", {1: 1016, 5: 1}, 'cql.anywhere = "java*"'),
        ("曹雪芹", {1: 1003}, 'dc.creator = "曹雪芹"'),
        ("7-02-000220-X", {1: 7, 4: 1}, 'bath.isbn = "7-02-000220-X"'),
        ("1000-0135", {1: 8}, 'bath.issn = "1000-0135"'),
        ("航空", {1: 21}, 'dc.subject = "航空"'),
        ("I247.57", {1: 20}, 'bib.classification = "I247.57"'),
        ("1980", {1: 31, 2: 4}, 'dc.date >= "1980"'),
        ("x", {2: 103}, "cql.allRecords = 1"),
        ('a "b" * ^', {1: 4}, 'dc.title = "a \\"b\\" \\* \\^"'),
    ],
)
def test_g4_a_term_and_its_attributes(text: str, attributes: dict[int, int], asked: str) -> None:
    assert cql(Term(text, attributes)) == asked


@pytest.mark.parametrize(
    ("text", "attributes", "number", "addition"),
    [
        ("x", {1: 9999}, 114, "9999"),
        ("x", {7: 1}, 113, "7"),
        ("x", {1: 4, 2: 1}, 117, "1"),
        ("x", {1: 4, 2: 101}, 117, "101"),
        ("x", {1: 4, 4: 102}, 118, "102"),
        ("x", {1: 4, 3: 9}, 119, "9"),
        ("x", {1: 1003, 3: 1}, 119, "1"),
        ("x", {1: 4, 5: 2}, 120, "2"),
        ("java", {1: 4, 5: 1}, 120, "1"),
        ("x", {1: 4, 6: 4}, 122, "4"),
        (" ", {1: 4}, 125, "empty term"),
    ],
)
def test_g4_what_is_not_understood_has_its_own_diagnostic(
    text: str, attributes: dict[int, int], number: int, addition: str
) -> None:
    with pytest.raises(Bib1Fault) as fault:
        cql(Term(text, attributes))
    assert (fault.value.number, fault.value.addition) == (number, addition)


def test_g4_queries_are_joined() -> None:
    title, author = Term("红", {1: 4}), Term("曹", {1: 1003})
    tree = Joined("not", Joined("or", title, author), Term("x", {}))
    assert cql(tree) == '((dc.title = "红" or dc.creator = "曹") not cql.anywhere = "x")'
    assert scan_clause(Term("红", {1: 4})) == 'dc.title = "红"'
    assert [sru_fault(n, "x").number for n in (16, 27, 61, 999)] == [114, 125, 13, 2]


BOOK = cnmarc("SX1", "9787020002207", "红楼梦", "曹雪芹")


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_g4_both_syntaxes_in_both_character_sets(charset: str) -> None:
    raw = converted(write_marcxml(BOOK).encode(), "unimarc", charset, today=NOW)  # type: ignore[arg-type]
    assert raw == encode(BOOK, charset)  # type: ignore[arg-type]
    english = to_marc21(from_record(BOOK), control="1", agency="X", entered=NOW)
    raw = converted(write_marcxml(english).encode(), "usmarc", charset, today=NOW)  # type: ignore[arg-type]
    read = decode(RawRecord(0, 1, raw), charset)  # type: ignore[arg-type]
    assert read.record.first("245", "a") == "红楼梦"  # type: ignore[union-attr]
    assert raw[9:10] == (b"a" if charset == "utf-8" else b" ")


def test_g4_a_marc_21_record_is_cnmarc_for_who_reads_unimarc() -> None:
    english = to_marc21(from_record(BOOK), control="1", agency="X", entered=NOW)
    raw = converted(write_marcxml(english).encode(), "unimarc", "utf-8", today=NOW)
    read = decode(RawRecord(0, 1, raw), "utf-8")
    assert read.record.first("200", "a") == "红楼梦"  # type: ignore[union-attr]


def test_g4_text_and_xml_and_what_is_no_record() -> None:
    xml = write_marcxml(BOOK).encode()
    assert converted(xml, "xml", "utf-8", today=NOW) == xml
    assert converted(xml, "sutrs", "utf-8", today=NOW).decode().startswith("红楼梦 / 曹雪芹著")
    with pytest.raises(UnreadableError):
        converted(b"<dc/>", "usmarc", "utf-8", today=NOW)
    assert [schema_of(s, e) for s, e in (("xml", ""), ("xml", "DC"), ("unimarc", "F"))] == [
        "marcxml", "dc", "marcxchange",
    ]  # fmt: skip
