from __future__ import annotations

import io
import random

import pytest

from shuxiang.formats.marc import (
    CharsetGuess,
    Decoded,
    Quarantined,
    decode,
    detect_charset,
    encode,
    open_source,
    read_records,
    split_records,
)
from shuxiang.formats.notes import note
from tests.formats.marc.samples import DREAM, field, iso, read_one, record

ONE = record(field("200", "$a一"))
RARE = record(field("200", "$a䶮㙟𠮷"), field("210", "$a北京"))
PLAIN = record(field("200", "$aThe Story of the Stone"))


def guess(data: bytes) -> CharsetGuess:
    return detect_charset(io.BytesIO(data))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", CharsetGuess("utf-8")),
        (encode(PLAIN), CharsetGuess("utf-8")),
        (encode(DREAM), CharsetGuess("utf-8")),
        (b"\xef\xbb\xbf" + encode(DREAM), CharsetGuess("utf-8", bom=True)),
        (encode(DREAM, "gb18030"), CharsetGuess("gb18030")),
        (encode(RARE, "gb18030"), CharsetGuess("gb18030")),
        (encode(ONE), CharsetGuess("utf-8")),
        (
            encode(PLAIN) + encode(ONE, "gb18030") + encode(DREAM, "gb18030"),
            CharsetGuess("gb18030"),
        ),
        (encode(ONE, "gb18030") * 50 + encode(RARE, "gb18030"), CharsetGuess("gb18030")),
    ],
    ids=["empty", "ascii", "utf8", "bom", "gb", "rare", "utf8-one", "mixed-gb", "mostly-one"],
)
def test_charset_of_a_file(data: bytes, expected: CharsetGuess) -> None:
    assert guess(data) == expected


def test_gbk_bytes_of_one_character_are_valid_utf8_so_one_record_decides_nothing() -> None:
    assert "一".encode("gbk") == b"\xd2\xbb"
    assert b"\xd2\xbb".decode("utf-8") == "һ"
    data = encode(ONE, "gb18030") + encode(DREAM, "gb18030")
    charset = guess(data).charset
    titles = [
        each.record.first("200", "a")
        for each in read_records(io.BytesIO(data), charset)
        if isinstance(each, Decoded)
    ]
    assert titles == ["一", "红楼梦"]


def test_rare_characters_survive_gb18030() -> None:
    with pytest.raises(UnicodeEncodeError):
        "䶮".encode("gbk")
    read = read_one(encode(RARE, "gb18030"), "gb18030")
    assert isinstance(read, Decoded)
    assert read.record.fields == RARE.fields


def test_a_record_cut_inside_a_character_has_no_vote() -> None:
    whole = encode(DREAM)
    at = whole.index("红".encode()) + 1
    assert guess(whole + whole[:at]) == CharsetGuess("utf-8")
    assert guess(whole + whole[:at] + b"\x1d" + whole) == CharsetGuess("utf-8")


def test_one_gb_record_in_a_utf8_file_is_read_and_reported() -> None:
    data = encode(DREAM) * 3 + encode(RARE, "gb18030")
    found = guess(data)
    assert found == CharsetGuess("utf-8", certain=False)
    outcome = list(read_records(io.BytesIO(data), found.charset))
    assert all(isinstance(each, Decoded) for each in outcome)
    last = outcome[-1]
    assert isinstance(last, Decoded)
    assert last.record.first("200", "a") == "䶮㙟𠮷"
    assert last.repairs == (note("other_charset", charset="gb18030"),)


def test_f9_gb18030_marked_as_utf8_is_read_as_what_it_is() -> None:
    read = read_one(encode(DREAM, "gb18030"), "utf-8")
    assert isinstance(read, Decoded)
    assert read.record.fields == DREAM.fields
    assert read.repairs == (note("other_charset", charset="gb18030"),)


def test_bytes_of_no_charset_are_replaced_field_by_field() -> None:
    data = iso(
        [("200", "1 \x1fa红楼梦".encode()), ("330", b"  \x1fa\xff\xff"), ("690", b"  \x1faI2")]
    )
    read = read_one(data)
    assert isinstance(read, Decoded)
    assert read.record.first("200", "a") == "红楼梦"
    assert read.record.first("330", "a") == "\ufffd\ufffd"
    assert read.repairs == (note("undecodable", tag="330", charset="utf-8"),)


def test_random_bytes_between_good_records_do_not_decide() -> None:
    noise = random.Random(1).randbytes(3_000)
    data = encode(DREAM) + noise + b"\x1d" + encode(DREAM)
    assert guess(data).charset == "utf-8"
    data = encode(DREAM, "gb18030") + noise + b"\x1d" + encode(DREAM, "gb18030")
    assert guess(data).charset == "gb18030"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("bom", [True, False])
def test_utf16_is_recognised_and_read(encoding: str, bom: bool) -> None:
    text = (encode(DREAM) * 3).decode("utf-8")
    data = ("\ufeff" if bom else "").encode(encoding) + text.encode(encoding)
    found = guess(data)
    assert (found.charset, found.transcode_from) == ("utf-8", encoding)
    raws = list(split_records(open_source(io.BytesIO(data), found)))
    assert len(raws) == 3
    for raw in raws:
        read = decode(raw, found.charset)
        assert isinstance(read, Decoded)
        assert read.record.fields == DREAM.fields


def test_large_files_are_judged_by_all_their_records() -> None:
    late = encode(PLAIN) * 9_000 + encode(DREAM, "gb18030")
    assert len(late) > 1 << 19
    assert guess(late) == CharsetGuess("gb18030")
    assert guess(encode(DREAM) * 1_000) == CharsetGuess("utf-8")


def test_a_run_without_terminator_does_not_spoil_the_guess() -> None:
    run = random.Random(2).randbytes(3 << 20).replace(b"\x1d", b"")
    data = encode(DREAM) + run + b"\x1d" + encode(DREAM)
    assert guess(data) == CharsetGuess("utf-8")
    kinds = [type(each) for each in read_records(io.BytesIO(data), "utf-8")]
    assert kinds[0] is kinds[-1] is Decoded
    assert set(kinds[1:-1]) == {Quarantined}
