"""Asking other libraries' catalogues and reading what they answer, without any network (row A3)."""

from __future__ import annotations

import pytest

from shuxiang.formats.marc import encode
from shuxiang.formats.marc.marcxml import write_marcxml
from shuxiang.formats.notes import Note
from shuxiang.formats.targets import (
    Profile,
    SharedRecord,
    Wanted,
    cql,
    pqf,
    read_marc,
    read_sru,
    sru_url,
)
from tests.support.targets import cnmarc

Z = Profile(kind="z3950", address="z.example.cn", database="bib")
GB = Profile(kind="z3950", address="z.example.cn", database="bib", query_charset="gb18030")
S = Profile(kind="sru", address="https://sru.example.cn/sru?x=1", syntax="marcxml")


@pytest.mark.parametrize(
    ("profile", "wanted", "asked"),
    [
        (Z, Wanted(title="平凡的世界"), '@attr 1=4 "平凡的世界"'.encode()),
        (
            Z,
            Wanted(isbn="978-7-02-000220-7"),
            b'@or @or @attr 1=7 "9787020002207" @attr 1=7 "702000220X" @attr 1=7 "978-7-02-000220-7"',
        ),
        (Z, Wanted(isbn="12345"), b'@attr 1=7 "12345"'),
        (
            Z,
            Wanted(title="a", author="b"),
            b'@and @attr 1=4 "a" @attr 1=1003 "b"',
        ),
        (Z, Wanted(title='say "x" \\'), b'@attr 1=4 "say \\"x\\" \\\\"'),
        # 乗 is 81 5C in GB 18030: its second byte is a backslash, which PQF would eat.
        (GB, Wanted(title="乗"), b'@attr 1=4 "\x81\x5c\x5c"'),
        (
            Profile(kind="z3950", address="h", database="d", attributes={"title": "1=4 4=1"}),
            Wanted(title="a"),
            b'@attr 1=4 @attr 4=1 "a"',
        ),
        (Profile(kind="z3950", address="h", attributes={"title": ""}), Wanted(title="a"), None),
        (Profile(kind="z3950", address="h", query_charset="big5"), Wanted(title="书"), None),
        (Z, Wanted(), None),
    ],
)
def test_a_question_in_pqf_is_in_the_targets_bytes(
    profile: Profile, wanted: Wanted, asked: bytes | None
) -> None:
    assert pqf(profile, wanted) == asked


def test_a_question_in_cql_and_its_address() -> None:
    both = Wanted(isbn="9787020002207", title='红楼 "梦"*')
    query = cql(S, both)
    assert query == (
        '(bath.isbn = "9787020002207" or bath.isbn = "702000220X") and dc.title all "红楼 \\"梦\\"\\*"'
    )
    assert sru_url(S, "dc.title = 红") == (
        "https://sru.example.cn/sru?x=1&version=1.2&operation=searchRetrieve&query=dc.title+%3D+"
        "%E7%BA%A2&startRecord=1&maximumRecords=10&recordSchema=marcxml"
    )


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, ()),
        ({"address": "http://x/"}, ("address",)),
        ({"address": "a b"}, ("address",)),
        ({"kind": "sru", "address": "file:///etc/passwd", "syntax": "marcxml"}, ("address",)),
        ({"kind": "sru", "address": "http://h/x", "syntax": "unimarc"}, ("syntax",)),
        ({"port": 0, "database": "a b"}, ("port", "database")),
        ({"attributes": {"title": "1=4 @attr 2=3"}}, ("attributes",)),
        ({"attributes": {"colour": "1=4"}}, ("attributes",)),
        ({"query_charset": "klingon", "most": 51, "seconds": 0},
         ("query_charset", "most", "seconds")),
    ],
)  # fmt: skip
def test_what_a_profile_can_not_be(given: dict[str, object], wrong: tuple[str, ...]) -> None:
    base: dict[str, object] = {"kind": "z3950", "address": "z.example.cn", "database": "bib"}
    assert Profile(**(base | given)).wrong() == wrong  # type: ignore[arg-type]


BOOK = cnmarc("012019000001", "9787020142101", "平凡的世界", "路遥")


def read(data: bytes, charset: str) -> SharedRecord:
    found = read_marc(data, charset)
    assert isinstance(found, SharedRecord)
    return found


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_record_is_kept_byte_for_byte(charset: str) -> None:
    data = encode(BOOK, charset)  # type: ignore[arg-type]
    found = read(data, charset)
    assert (found.data, found.source, found.charset) == (data, data, charset)
    assert (found.described.title, found.format, found.notes) == ("平凡的世界", "cnmarc", ())


def test_a_record_in_another_charset_than_said_is_kept_as_what_it_is() -> None:
    data = encode(BOOK, "gb18030")
    found = read(data, "utf-8")
    assert (found.described.title, found.charset, found.data) == ("平凡的世界", "gb18030", data)
    assert [n.code for n in found.notes] == ["other_charset"]


def test_big5_is_kept_in_utf_8_with_the_bytes_it_came_in() -> None:
    book = cnmarc("1", "9787020142101", "紅樓夢", "曹雪芹")
    utf8 = encode(book)
    text = utf8.decode().replace("著", "注").replace("人民文学出版社", "x")
    data = text.encode("big5hkscs")
    found = read(data, "big5")
    assert (found.described.title, found.charset, found.source) == ("紅樓夢", "utf-8", data)
    assert "紅樓夢".encode() in found.data


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "too_short"),
        (b"00026nam0 2200025   450 \x1e\x1d", "no_fields"),
        (b"x" * 2_000_000, "too_long"),
    ],
)
def test_what_is_no_record_is_said_to_be_none(data: bytes, code: str) -> None:
    found = read_marc(data, "utf-8")
    assert isinstance(found, Note)
    assert found.code == code


def test_lengths_that_lie_are_not_believed() -> None:
    data = encode(BOOK)
    assert read(b"99999" + data[5:], "utf-8").described.title == "平凡的世界"


RESPONSE = (
    '<?xml version="1.0"?><srw:searchRetrieveResponse xmlns:srw="http://www.loc.gov/zing/srw/" '
    'xmlns:m="http://www.loc.gov/MARC21/slim"><srw:version>1.1</srw:version>'
    "<srw:numberOfRecords>{count}</srw:numberOfRecords><srw:records>{records}</srw:records>"
    "{more}</srw:searchRetrieveResponse>"
)


def response(*records: str, count: int = 1, more: str = "") -> bytes:
    wrapped = "".join(
        f"<srw:record><srw:recordData>{r}</srw:recordData></srw:record>" for r in records
    )
    return RESPONSE.format(count=count, records=wrapped, more=more).encode()


def test_sru_records_as_xml_and_as_text() -> None:
    plain = write_marcxml(BOOK)
    prefixed = write_marcxml(BOOK, namespace="").replace("<", "<m:").replace("<m:/", "</m:")
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;")
    read_ = read_sru(response(plain, prefixed, escaped, count=7))
    assert (read_.hits, read_.diagnostics, read_.unreadable) == (7, (), ())
    assert [r.described.title for r in read_.records] == ["平凡的世界"] * 3
    assert read_.records[1].source == prefixed.strip().encode()


def test_sru_diagnostics_and_damage() -> None:
    told = (
        '<srw:diagnostics><d:diagnostic xmlns:d="x"><d:uri>info:srw/diagnostic/1/16</d:uri>'
        "<d:details>dc.colour</d:details><d:message>Unsupported index</d:message></d:diagnostic>"
        "</srw:diagnostics>"
    )
    found = read_sru(response(count=0, more=told))
    assert [(d.number, d.text) for d in found.diagnostics] == [(16, "Unsupported index dc.colour")]
    assert [n.code for n in read_sru(b"<html><body>Hello").unreadable] == ["xml_malformed"]
    assert [n.code for n in read_sru(b"<html/>").unreadable] == ["xml_malformed"]
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    assert [n.code for n in read_sru(bomb).unreadable] == ["xml_doctype"]
    assert [n.code for n in read_sru(response("<other/>")).unreadable] == ["no_fields"]
