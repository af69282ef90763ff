"""RFID tags (rows G2, B7): GB/T 35660.2-2017, its own example and vectors computed elsewhere."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuxiang.formats import rfid
from shuxiang.formats.rfid import OI, PII, SI, SL, TITLE, TU, Element, TagFault, compaction
from shuxiang.formats.rfid.tag import _bytes, _packed


def test_the_example_of_the_standard() -> None:
    elements = (
        Element(PII, "123456789012", locked=True),
        Element(SI, "1203"),
        Element(SL, "QA268.L55"),
        Element(OI, "US-InU-Mu", locked=True),
    )
    made = rfid.encode(elements)
    assert made.hex().upper() == (
        "9100051CBE991A140201D0140204B34607441CB6E2E335D6830207ACC09EBAA06F6B0000"
    )
    assert [(e.oid, e.value) for e in rfid.decode(made)] == [(e.oid, e.value) for e in elements]


@pytest.mark.parametrize(
    ("oid", "value", "hexadecimal"),
    [
        (PII, "44160200012345", "11062829D908F239"),
        (PII, "0100001", "21040100001F"),
        (PII, "YC0000123", "4107643C30C30C72CE"),
        (OI, "CN-441602-1-YC", "03091B81E441602A1ACC8F"),
        (TU, "10", "650110"),
        (SI, "1203", "140204B3"),
        (SI, "0102", "24020102"),
        (SL, "I247.57/123", "4609272D37BB5DEFC72CE0"),
        (TITLE, "红楼梦", "7F0209E7BAA2E6A5BCE6A2A6"),
    ],
)
def test_one_element(oid: int, value: str, hexadecimal: str) -> None:
    assert _bytes(oid, *_packed(Element(oid, value))).hex().upper() == hexadecimal


@pytest.mark.parametrize(
    ("text", "code", "hexadecimal"),
    [
        ("ABC123456", compaction.SIX_BIT, "0420F1CB3D35DA"),
        ("ABC1234", compaction.SIX_BIT, "0420F1CB3D20"),
        ("ABC", compaction.FIVE_BIT, "0886"),
    ],
)
def test_padding(text: str, code: int, hexadecimal: str) -> None:
    assert compaction.choose(text) == code
    assert compaction.pack(text, code).hex().upper() == hexadecimal
    assert compaction.unpack(bytes.fromhex(hexadecimal), code) == text


def test_a_whole_tag_of_a_chinese_library() -> None:
    made = rfid.encode(
        [Element(PII, "44160200012345"), Element(OI, "CN-441602-1-YC"), Element(TU, "10")]
    )
    assert made[:25].hex().upper() == "11062829D908F2390201A003091B81E441602A1ACC8F650110"
    assert made[25:] == b"\0\0\0"


barcodes = st.text(alphabet="0123456789ABCXYZ-./ _abc", min_size=1, max_size=20).filter(
    lambda text: text == text.strip()
)


@given(barcodes, st.text(min_size=1, max_size=12), st.booleans())
def test_what_is_written_is_read_back(barcode: str, title: str, locked: bool) -> None:
    made = rfid.encode(
        [Element(PII, barcode, locked), Element(TU, "10"), Element(TITLE, title.replace("\0", "x"))]
    )
    assert len(made) % rfid.BLOCK == 0
    read = rfid.decode(made)
    assert [e.oid for e in read] == [PII, TU, TITLE]
    assert read[0].value == barcode
    assert read[2].value == title.replace("\0", "x")


@given(st.from_regex(r"[A-Z]{2}-[A-Za-z0-9:/-]{1,13}", fullmatch=True))
def test_any_isil_is_read_back(text: str) -> None:
    assert compaction.unpack_isil(compaction.pack_isil(text)) == text


@given(st.binary(max_size=112))
def test_any_bytes_are_a_tag_or_a_told_fault(data: bytes) -> None:
    with suppress(TagFault):
        assert all(1 <= each.oid <= 26 for each in rfid.decode(data))


@pytest.mark.parametrize("length", range(1, 25))
def test_a_tag_cut_anywhere_is_not_half_read(length: int) -> None:
    whole = bytes.fromhex("11062829D908F2390201A003091B81E441602A1ACC8F650110")
    if length == 8:
        assert [e.value for e in rfid.decode(whole[:8])] == ["44160200012345"]
        return
    with pytest.raises(TagFault):
        rfid.decode(whole[:length])


@pytest.mark.parametrize(
    ("elements", "fault"),
    [
        ([], "the first element"),
        ([Element(SL, "I247")], "the first element"),
        ([Element(PII, "1234"), Element(PII, "1235")], "given twice"),
        ([Element(PII, "")], "empty or too long"),
        ([Element(PII, "1234"), Element(27, "x")], "no element 27"),
        ([Element(PII, "1234"), Element(OI, "CN-441602-1-YCLIB")], "at most 16"),
        ([Element(PII, "1234"), Element(OI, "CN_1")], "has no '_'"),
    ],
)
def test_what_can_not_be_written_says_why(elements: list[Element], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        rfid.encode(elements)


@pytest.mark.parametrize(
    ("text", "found"), [("1203", (12, 3)), ("21", (2, 1)), ("123", None), ("x1", None), ("", None)]
)
def test_set_information(text: str, found: tuple[int, int] | None) -> None:
    assert rfid.set_information(text) == found
