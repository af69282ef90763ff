"""F9: hostile MARC is quarantined with its place and bytes, quickly and in little memory.

Times are measured on a process clock and allowed ten times the budget of 50 ms, so that a busy
machine does not fail them while anything that grows with the square of its input does.
"""

from __future__ import annotations

import io
import random
import time
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shuxiang.formats.marc import (
    Decoded,
    Quarantined,
    RawRecord,
    decode,
    detect_charset,
    encode,
    from_record,
    read_records,
    split_records,
)
from shuxiang.formats.marc.charset import Charset
from shuxiang.formats.marc.holdings import HoldingsProfile, items
from shuxiang.formats.marc.iso2709 import FIELD_LIMIT, RUN_LIMIT, SUBFIELD_LIMIT
from shuxiang.formats.marc.marcxml import read_marcxml
from shuxiang.formats.marc.text import read_text
from shuxiang.formats.notes import MESSAGES
from tests.formats.marc.samples import DREAM, TITLE, iso

SECONDS = 0.5
GOOD = encode(DREAM)

_many_fields = iso([("300", b"")] * (FIELD_LIMIT + 1), leader=b" " * 24)
_many_subfields = iso([("300", b"  " + b"\x1fa" * 400_000)], lengths=[0], leader=b" " * 24)
_million = iso([("300", b"  " + b"\x1fa" * 1_000_000)], lengths=[0], leader=b" " * 24)
_fat_field = iso([("300", b"  \x1fa" + b"x" * 99_999)], lengths=[9999], leader=b" " * 24)

CASES = {
    "leader lies about the length": (b"99999" + GOOD[5:], None),
    "leader says zero": (b"00000" + GOOD[5:12] + b"00000" + GOOD[17:], None),
    "directory past the end": (
        iso([TITLE, ("690", b"  \x1faI2")], lengths=[9999, 9999], starts=[99000, 99999]),
        None,
    ),
    "directory past the end and a wrong count": (
        iso([TITLE], lengths=[9999], starts=[99999]).replace(b"\x1e\x1d", b"\x1e\x1e\x1d"),
        "lengths_lie",
    ),
    "a field of 99,999 bytes": (_fat_field, None),
    "5,001 fields": (_many_fields, "too_many_fields"),
    "400,000 subfields": (_many_subfields, "too_many_subfields"),
    "a million subfields": (_million, "too_long"),
    "nothing but terminators": (b"\x1e" * 5_000 + b"\x1d", "no_fields"),
    "nothing but subfield marks": (b"\x1f" * 100_000 + b"\x1d", "no_directory"),
    "nothing but NUL": (b"x" + bytes(100_000) + b"\x1d", "no_directory"),
    "NUL through a record": (GOOD.replace(b"\x1f", b"\x1f\0"), None),
    "digits only": (b"0" * 50_000 + b"\x1d", "no_directory"),
    "a directory of letters": (b" " * 24 + b"abcdefghijkl" * 900 + b"\x1ex\x1e\x1d", "lengths_lie"),
    "no terminator": (GOOD[:-2] + b"x" * 5_000, "truncated"),
    "no field terminator at the end": (GOOD[:-2] + b"\x1d", None),
}


def run(data: bytes, charset: Charset = "utf-8") -> list[Decoded | Quarantined]:
    """Read everything and look at every field, as an import would."""
    outcome = list(read_records(io.BytesIO(data), charset))
    for each in outcome:
        if isinstance(each, Decoded):
            from_record(each.record)
            items(each.record, HoldingsProfile())
        else:
            assert each.reason.message
            assert MESSAGES[each.reason.code] % each.reason.values == each.reason.message
    return outcome


@pytest.mark.parametrize(("data", "reason"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_f9_a_bad_record_is_answered_quickly_and_its_neighbours_are_read(
    data: bytes, reason: str | None, charset: Charset
) -> None:
    good = encode(DREAM, charset)
    started = time.process_time()
    outcome = run(good + data + good if data.endswith(b"\x1d") else good + data, charset)
    assert time.process_time() - started < SECONDS
    first = outcome[0]
    assert isinstance(first, Decoded)
    assert first.record.first("200", "a") == "红楼梦"
    if data.endswith(b"\x1d"):
        last = outcome[-1]
        assert isinstance(last, Decoded)
        assert last.record == first.record
    bad = outcome[1]
    if reason is None:
        assert isinstance(bad, Decoded)
    else:
        assert isinstance(bad, Quarantined)
        assert (bad.reason.code, bad.number) == (reason, 2)
        if reason != "too_long":
            assert (bad.offset, bad.data) == (len(good), data)


def test_f9_ten_megabytes_of_noise_are_quarantined_whole_in_flat_memory() -> None:
    noise = random.Random(3).randbytes(10 << 20)
    data = io.BytesIO(GOOD + b"\r\n" + noise + b"\x1d" + GOOD)
    detect_charset(data)
    data.seek(0)
    tracemalloc.start()
    good = kept = 0
    for raw in split_records(data):
        read = decode(raw, "utf-8")
        if isinstance(read, Decoded):
            good += read.record.first("200", "a") == "红楼梦"
        else:
            kept += len(read.data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert good == 2
    # Only padding at the beginning of a piece is not kept.
    assert kept > 0.99 * len(noise)
    assert peak < 8 << 20


def test_f9_a_run_without_terminator_comes_out_in_pieces_that_add_up() -> None:
    run_of_x = b"x" * (3 * RUN_LIMIT + 100)
    raws = list(split_records(io.BytesIO(GOOD + run_of_x + b"\x1d" + GOOD)))
    assert [raw.overlong for raw in raws] == [False, True, True, True, False]
    assert max(len(raw.data) for raw in raws) < 2 * RUN_LIMIT
    assert b"".join(raw.data for raw in raws) == GOOD + run_of_x + b"\x1d" + GOOD
    assert [raw.number for raw in raws] == [1, 2, 3, 4, 5]
    offsets = [0]
    for raw in raws[:-1]:
        offsets.append(offsets[-1] + len(raw.data))
    assert [raw.offset for raw in raws] == offsets


@given(st.binary(max_size=400), st.sampled_from(["utf-8", "gb18030"]))
@example(b"\x1d\x1d", "utf-8")
@example(b"\xef\xbb\xbf\x1d", "utf-8")
def test_any_bytes_are_read_or_quarantined_without_a_gap(data: bytes, charset: Charset) -> None:
    detect_charset(io.BytesIO(data))
    for raw in split_records(io.BytesIO(data)):
        assert data[raw.offset : raw.offset + len(raw.data)] == raw.data
    run(data, charset)


@given(
    st.integers(0, len(GOOD) - 1),
    st.binary(min_size=1, max_size=4),
    st.sampled_from(["utf-8", "gb18030"]),
)
def test_a_record_with_any_few_bytes_changed_is_read_or_quarantined(
    place: int, change: bytes, charset: Charset
) -> None:
    good = encode(DREAM, charset)
    run(good[:place] + change + good[place + len(change) :], charset)


def test_subfields_up_to_the_limit_are_read() -> None:
    count = SUBFIELD_LIMIT
    data = iso([("905", b"  " + b"\x1fb1" * count)], lengths=[0], leader=b" " * 24)
    read = decode(RawRecord(0, 1, data), "utf-8")
    assert isinstance(read, Decoded)
    assert read.record.all("905", "b") == ("1",) * count


@given(st.text(max_size=300))
def test_any_text_goes_through_the_text_reader(text: str) -> None:
    for each in read_text(text.splitlines()):
        assert isinstance(each, Decoded | Quarantined)


@given(st.binary(max_size=300))
def test_any_bytes_go_through_the_xml_reader(data: bytes) -> None:
    outcome = list(read_marcxml(io.BytesIO(data)))
    assert all(isinstance(each, Quarantined) for each in outcome)
