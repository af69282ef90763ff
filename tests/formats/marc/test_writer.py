from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuxiang.formats.marc import (
    ControlField,
    DataField,
    Decoded,
    EncodeError,
    Record,
    encode,
)
from shuxiang.formats.marc.charset import Charset
from shuxiang.formats.notes import Note, note
from tests.formats.marc.samples import field, read_one, record


@pytest.mark.parametrize(
    ("bad", "charset", "reason"),
    [
        (
            record(field("330", "$a" + "字" * 3_333)),
            "utf-8",
            note("field_too_long", tag="330", length=10_004, limit=9_999),
        ),
        (
            record(*[field("330", "$a" + "x" * 9_990)] * 11),
            "utf-8",
            note("record_too_long", length=110_103, limit=99_999),
        ),
        (record(ControlField("1", "x")), "utf-8", note("bad_field", tag="1")),
        (record(ControlField("题名一", "x")), "utf-8", note("bad_field", tag="题名一")),
        (record(field("200", "$ax\x1ey")), "utf-8", note("separator_in_text", tag="200")),
        (record(field("200", "$ax\x1dy")), "utf-8", note("separator_in_text", tag="200")),
        (
            record(field("200", "$a\ud800")),
            "gb18030",
            note("not_encodable", tag="200", charset="gb18030"),
        ),
    ],
)
def test_what_iso_2709_cannot_hold_is_refused(bad: Record, charset: Charset, reason: Note) -> None:
    with pytest.raises(EncodeError) as caught:
        encode(bad, charset)
    assert caught.value.reason == reason
    assert str(caught.value) == reason.message


def test_the_longest_field_and_record_are_written() -> None:
    longest = record(field("330", "$a" + "x" * (9_999 - 5)))
    assert len(encode(longest)) == 24 + 12 + 1 + 9_999 + 1
    nine = [field("330", "$a" + "x" * 9_990)] * 9
    assert len(encode(record(*nine, field("331", "$a" + "x" * 9_893)))) == 99_999
    with pytest.raises(EncodeError):
        encode(record(*nine, field("331", "$a" + "x" * 9_894)))


def test_the_leader_keeps_the_record_status_and_gets_its_lengths() -> None:
    data = encode(record(ControlField("001", "1"), leader="99999cas2a3399999 i 4500"))
    assert data[:24] == b"00040cas2 2200037 i 4500"
    data = encode(record(ControlField("001", "1"), leader="short"))
    assert data[:24] == b"00040     2200037   450 "


TEXT = st.text(
    st.characters(blacklist_categories=["Cs", "Cc", "Co", "Cn"], blacklist_characters="\ufffd"),
    max_size=12,
)
CODES = st.sampled_from("abcdefghixyz0123456789AEF")
CONTROL_FIELDS = st.builds(ControlField, st.sampled_from(["001", "005", "007"]), TEXT)
DATA_FIELDS = st.builds(
    DataField,
    st.sampled_from(["010", "200", "330", "410", "606", "701", "905", "AVA", "996"]),
    st.text(" 0123456789A", min_size=2, max_size=2),
    st.lists(st.tuples(CODES, TEXT), min_size=1, max_size=6).map(tuple),
)
RECORDS = st.lists(CONTROL_FIELDS | DATA_FIELDS, min_size=1, max_size=15).map(
    lambda fields: Record("00000nam0 2200000   450 ", fields)
)


@given(RECORDS, st.sampled_from(["utf-8", "gb18030"]))
def test_any_record_comes_back_equal(written: Record, charset: Charset) -> None:
    data = encode(written, charset)
    read = read_one(data, charset)
    assert isinstance(read, Decoded)
    assert read.repairs == ()
    assert read.record.fields == written.fields
    assert encode(read.record, charset) == data
