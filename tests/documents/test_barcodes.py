"""Code 128: values by hand, and whole sheets read back by a decoder."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType

import pytest

from shuxiang.documents.barcodes import code128
from shuxiang.documents.errors import DocumentError
from shuxiang.documents.slips import ReaderCard, Slip, card_sheet_pdf, slip_pdf
from tests.documents import pdf, sample


@pytest.fixture
def zxingcpp() -> ModuleType:
    return pytest.importorskip("zxingcpp", reason="zxing-cpp is not installed")


def widths(*symbols: str) -> tuple[int, ...]:
    return tuple(int(width) for symbol in symbols for width in symbol)


# Start B 104, A 33: check (104 + 33) mod 103 = 34. Start C 105, 12, 34: (105 + 12 + 68) mod 103 = 82.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", widths("211214", "111323", "131123", "2331112")),
        ("1234", widths("211232", "112232", "131123", "121241", "2331112")),
    ],
)
def test_symbols_of_iso_15417(text: str, expected: tuple[int, ...]) -> None:
    assert code128(text) == expected


def test_digits_are_packed_two_a_symbol() -> None:
    # Start, seven pairs, check: 9 symbols of 11 modules, and the stop of 13.
    assert sum(code128("01100002345678")) == 9 * 11 + 13


@pytest.mark.parametrize("text", ["", "图书", "A\n", "é"])
def test_what_code_128_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        code128(text)


def decoded(zxingcpp: ModuleType, page: pdf.Page) -> list[tuple[str, str]]:
    found = zxingcpp.read_barcodes(page.as_image())
    return sorted((str(one.format).rpartition(".")[2], one.text) for one in found)


def test_every_card_of_a_sheet_is_read_back(zxingcpp: ModuleType) -> None:
    sheet = pdf.pages(card_sheet_pdf("星河区图书馆", sample.cards()), dpi=200)
    assert [len(decoded(zxingcpp, page)) for page in sheet] == [10, 2]
    numbers = [text for page in sheet for _format, text in decoded(zxingcpp, page)]
    assert numbers == [card.number for card in sample.cards()]


@pytest.mark.parametrize(
    "number",
    ["1", "12345", "123456", "XH-2020/0001", "A1234567B", "12AB3456789", "!~ x", "0" * 19],
)
def test_numbers_of_every_shape_are_read_back(zxingcpp: ModuleType, number: str) -> None:
    (page,) = pdf.pages(card_sheet_pdf("馆", [ReaderCard(number, "甲", "成人")]), dpi=300)
    assert [text for _format, text in decoded(zxingcpp, page)] == [number]


@pytest.mark.parametrize("paper", [58, 80])
def test_the_barcode_of_a_slip_is_read_back(zxingcpp: ModuleType, paper: int) -> None:
    slip = Slip("card", "馆", "", datetime(2020, 7, 3, 9, 0), "", scan_text="XH2020000017")
    (page,) = pdf.pages(slip_pdf(slip, paper), dpi=203)  # type: ignore[arg-type]
    assert [text for _format, text in decoded(zxingcpp, page)] == ["XH2020000017"]
