from __future__ import annotations

import io
import json

import pymarc
import pytest

from shuxiang.formats.marc import (
    ControlField,
    DataField,
    Decoded,
    Quarantined,
    Record,
    decode,
    detect_charset,
    encode,
    read_records,
    split_records,
)
from shuxiang.formats.marc.charset import Charset
from shuxiang.formats.marc.iso2709 import RUN_LIMIT
from shuxiang.formats.notes import Note, note
from tests.formats.marc.samples import CLASS, DREAM, ISBN, TITLE, field, iso, read_one, real, record

GOLDEN_UTF8 = (
    b"00106nam0 2200061   450 "
    b"001000400000" + b"200003200004" + b"690000800036" + b"\x1e"
    b"042\x1e"
    b"1 \x1fa\xe7\xba\xa2\xe6\xa5\xbc\xe6\xa2\xa6\x1ff\xe6\x9b\xb9\xe9\x9b\xaa\xe8\x8a\xb9"
    b"\xe8\x91\x97 \x1fv1\x1e"
    b"  \x1faI24\x1e"
    b"\x1d"
)
GOLDEN_GB = (
    b"00099nam0 2200061   450 "
    b"001000400000" + b"200002500004" + b"690000800029" + b"\x1e"
    b"042\x1e"
    b"1 \x1fa\xba\xec\xc2\xa5\xc3\xce\x1ff\xb2\xdc\xd1\xa9\xc7\xdb\xd6\xf8 \x1fv1\x1e"
    b"  \x1faI24\x1e"
    b"\x1d"
)
GOLDEN = Record(
    "00106nam0 2200061   450 ",
    (
        ControlField("001", "042"),
        DataField("200", "1 ", (("a", "红楼梦"), ("f", "曹雪芹著 "), ("v", "1"))),
        DataField("690", "  ", (("a", "I24"),)),
    ),
)


@pytest.mark.parametrize(
    ("charset", "data"), [("utf-8", GOLDEN_UTF8), ("gb18030", GOLDEN_GB)], ids=["utf-8", "gb"]
)
def test_golden_bytes_both_ways(charset: Charset, data: bytes) -> None:
    read = read_one(data, charset)
    assert isinstance(read, Decoded)
    assert read.record.fields == GOLDEN.fields
    assert read.repairs == ()
    assert encode(GOLDEN, charset) == data
    assert encode(read.record, charset) == data


def test_pymarc_reads_what_the_writer_wrote() -> None:
    data = encode(DREAM)
    [theirs] = list(pymarc.MARCReader(data, force_utf8=True))
    assert theirs is not None
    assert [f.tag for f in theirs.fields] == list(DREAM.tags)
    for ours, other in zip(DREAM.fields, theirs.fields, strict=True):
        if isinstance(ours, ControlField):
            assert other.data == ours.data
        else:
            assert tuple(other.indicators) == tuple(ours.indicators)
            assert [(s.code, s.value) for s in other.subfields] == list(ours.subfields)


def test_pymarc_reads_gb18030_too() -> None:
    data = encode(DREAM, "gb18030")
    [theirs] = list(pymarc.MARCReader(data, file_encoding="gb18030"))
    assert theirs is not None
    assert theirs["200"]["a"] == "红楼梦"
    assert theirs["905"].get_subfields("b") == ["0100001", "0100002"]


def test_reading_what_pymarc_wrote_gives_back_a_blank_leader_9() -> None:
    theirs = pymarc.Record(force_utf8=True)
    theirs.add_field(
        pymarc.Field("200", pymarc.Indicators("1", " "), [pymarc.Subfield("a", "红楼梦")])
    )
    read = read_one(theirs.as_marc())
    assert isinstance(read, Decoded)
    assert read.record.leader[9] == "a"
    assert read.record.first("200", "a") == "红楼梦"
    assert encode(read.record)[9:10] == b" "
    assert encode(read.record, coding_scheme="a")[9:10] == b"a"


@pytest.mark.parametrize("name", ["cnmarc-gbk.iso", "cnmarc-gb18030.iso", "cnmarc-utf-8.iso"])
def test_real_records_read_right_and_come_back_byte_for_byte(name: str) -> None:
    data = real(name)
    truth = json.loads(real("cnmarc-truth.json"))
    guess = detect_charset(io.BytesIO(data))
    assert guess.certain
    assert guess.charset == ("utf-8" if "utf" in name else "gb18030")
    raws = list(split_records(io.BytesIO(data)))
    assert [raw.number for raw in raws] == list(range(1, 11))
    assert b"".join(raw.data for raw in raws) == data
    for raw, expected in zip(raws, truth, strict=True):
        assert data[raw.offset : raw.offset + len(raw.data)] == raw.data
        read = decode(raw, guess.charset)
        assert isinstance(read, Decoded)
        found = [
            [f.tag, f.data]
            if isinstance(f, ControlField)
            else [f.tag, f.indicators, [list(pair) for pair in f.subfields]]
            for f in read.record.fields
        ]
        assert found == expected["fields"]
        assert encode(read.record, guess.charset) == raw.data


def test_line_ends_nul_and_marks_between_records_are_dropped() -> None:
    one, two = encode(DREAM), encode(record(field("200", "$a石头记")))
    padded = b"\xef\xbb\xbf" + one + b"\r\n\0" + two + b"\r\n\x1a\0"
    raws = list(split_records(io.BytesIO(padded)))
    assert [(raw.offset, raw.number, raw.data) for raw in raws] == [
        (3, 1, one),
        (3 + len(one) + 3, 2, two),
    ]


def test_records_across_chunks_are_whole() -> None:
    one = encode(DREAM)
    data = one * 2_000
    assert len(data) > RUN_LIMIT
    assert [raw.data for raw in split_records(io.BytesIO(data))] == [one] * 2_000


def test_lengths_and_positions_are_not_trusted() -> None:
    data = iso([ISBN, TITLE, CLASS], lengths=[9999, 0, 3], starts=[7, 8, 9])
    data = b"00000nam0 2200000   450 " + data[24:]
    read = read_one(data)
    assert isinstance(read, Decoded)
    assert read.record.tags == ("010", "200", "690")
    assert read.record.first("200", "a") == "红楼梦"
    assert read.repairs == ()


def test_lengths_counted_in_characters_do_not_matter() -> None:
    counted = [len(content.decode()) + 1 for _, content in (ISBN, TITLE, CLASS)]
    starts = [0, counted[0], counted[0] + counted[1]]
    read = read_one(iso([ISBN, TITLE, CLASS], lengths=counted, starts=starts))
    assert isinstance(read, Decoded)
    assert read.record.first("690", "a") == "I242.4"


def test_a_directory_in_another_order_than_the_data_is_followed_by_position() -> None:
    ordered = iso([TITLE, ISBN])
    directory = ordered[24:48]
    read = read_one(ordered[:24] + directory[12:] + directory[:12] + ordered[48:])
    assert isinstance(read, Decoded)
    assert read.record.tags == ("010", "200")
    assert read.record.first("200", "a") == "红楼梦"
    assert read.repairs == (note("out_of_order"),)


def test_a_stray_field_separator_is_found_by_position() -> None:
    read = read_one(iso([ISBN, ("330", "  \x1fa上\x1e下".encode()), CLASS]))
    assert isinstance(read, Decoded)
    assert read.record.first("330", "a") == "上 下"
    assert read.record.first("690", "a") == "I242.4"
    assert read.repairs == (note("stray_separator", tag="330"),)


@pytest.mark.parametrize(
    ("content", "expected", "repair"),
    [
        (b"\x1fa42", DataField("300", "  ", (("a", "42"),)), "bad_indicators"),
        (b"1\x1fa42", DataField("300", "1 ", (("a", "42"),)), "bad_indicators"),
        (
            b"  loose\x1fb42",
            DataField("300", "  ", (("a", "loose"), ("b", "42"))),
            "bad_indicators",
        ),
        (b"only text", ControlField("300", "only text"), "no_subfields"),
        (b"  \x1fa\x00x\x07\r\ny", DataField("300", "  ", (("a", "x y"),)), "control_characters"),
    ],
)
def test_odd_fields_are_mended_and_reported(
    content: bytes, expected: ControlField | DataField, repair: str
) -> None:
    read = read_one(iso([ISBN, ("300", content), CLASS]))
    assert isinstance(read, Decoded)
    assert read.record.get("300") == (expected,)
    assert read.repairs == (note(repair, tag="300"),)


def test_empty_subfields_are_dropped_and_codes_kept_as_they_are() -> None:
    read = read_one(iso([("300", b"  \x1f\x1fa\x1f9x\x1f")]))
    assert isinstance(read, Decoded)
    assert read.record.get("300") == (DataField("300", "  ", (("a", ""), ("9", "x"))),)


def test_characters_of_private_areas_are_listed_for_repair() -> None:
    content = "  \x1fa\ue000字\uf8ff".encode()
    read = read_one(iso([("200", content)]))
    assert isinstance(read, Decoded)
    assert read.record.first("200", "a") == "\ue000字\uf8ff"
    assert read.repairs == (note("private_use", tag="200", characters="U+E000 U+F8FF"),)


def test_user_defined_gbk_characters_are_listed_for_repair() -> None:
    read = read_one(iso([("200", b"  \x1fa\xaa\xa1")]), "gb18030")
    assert isinstance(read, Decoded)
    assert read.repairs == (note("private_use", tag="200", characters="U+E000"),)


def test_garbage_in_the_leader_becomes_blanks() -> None:
    data = iso([TITLE])
    read = read_one(data[:17] + b"\xff\x00\x01" + data[20:])
    assert isinstance(read, Decoded)
    assert read.record.leader[17:20] == "   "
    assert read.repairs == (note("bad_leader"),)


def test_a_last_record_without_terminator_is_read() -> None:
    data = encode(DREAM)
    read = read_one(data[:-1] + b"\r\n")
    assert isinstance(read, Decoded)
    assert read.record.fields == DREAM.fields
    assert read.repairs == (note("no_terminator"),)


@pytest.mark.parametrize("cut", [10, 40, 100, 400, 600])
def test_f9_a_file_cut_in_the_middle_loses_one_record_only(cut: int) -> None:
    one = encode(DREAM)
    outcome = list(read_records(io.BytesIO(one + one[:cut]), "utf-8"))
    assert [type(each) for each in outcome] == [Decoded, Quarantined]
    lost = outcome[1]
    assert isinstance(lost, Quarantined)
    assert (lost.offset, lost.number, lost.data) == (len(one), 2, one[:cut])
    assert lost.reason.code in {"too_short", "truncated"}


@pytest.mark.parametrize("cut", [10, 100, 700])
def test_f9_a_record_cut_before_the_next_one_is_quarantined_with_it(cut: int) -> None:
    one = encode(DREAM)
    outcome = list(read_records(io.BytesIO(one + one[:cut] + one + one), "utf-8"))
    assert [type(each) for each in outcome] == [Decoded, Quarantined, Decoded]
    lost = outcome[1]
    assert isinstance(lost, Quarantined)
    assert lost.data == one[:cut] + one


def test_f9_two_records_without_terminator_between_are_quarantined() -> None:
    one = encode(DREAM)
    read = read_one(one[:-1] + one)
    assert isinstance(read, Quarantined)
    assert read.reason.code == "joined_records"
    assert read.data == one[:-1] + one


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"abc\x1d", note("too_short", length=4)),
        (b"\x1e" * 30 + b"\x1d", note("no_fields")),
        (b" " * 40 + b"\x1d", note("no_directory")),
        (iso([TITLE])[:30] + iso([TITLE])[31:], note("bad_directory", length=11)),
        (b"00038nam0 2200025   450 \x1e  \x1fa----\x1e\x1d", note("no_fields")),
    ],
)
def test_f9_records_that_are_none(data: bytes, reason: Note) -> None:
    read = read_one(data)
    assert isinstance(read, Quarantined)
    assert read.reason == reason
    assert read.data == data


def test_f9_lengths_that_lie_together_with_a_wrong_count_are_quarantined() -> None:
    data = iso([ISBN, TITLE], lengths=[5, 5], starts=[0, 5]).replace(b"\x1e\x1d", b"\x1ex\x1e\x1d")
    read = read_one(data)
    assert isinstance(read, Quarantined)
    assert read.reason == note("lengths_lie", listed=2, found=3)


def test_a_tag_that_is_none_is_named() -> None:
    data = iso([TITLE])
    read = read_one(data[:24] + b"2\xff0" + data[27:])
    assert isinstance(read, Quarantined)
    assert read.reason == note("bad_tag", tag="2\\xff0")


def test_fields_are_found_by_tag_and_code() -> None:
    assert DREAM.first("200", "a") == "红楼梦"
    assert DREAM.first("200", "x", "none") == "none"
    assert DREAM.all("905", "b") == ("0100001", "0100002")
    assert DREAM.control("001") == "012002000220"
    assert DREAM.get("999") == ()
    read = read_one(encode(DREAM))
    assert isinstance(read, Decoded)
    assert read.record.get("690") == DREAM.get("690")
    assert read.record.by_tag()["701"] == list(DREAM.get("701"))
    assert {read.record} == {Record(read.record.leader, DREAM.fields)}
