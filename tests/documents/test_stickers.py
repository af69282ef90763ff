"""B5: sticker sheets, whose codes another hand's decoder reads off the printed page."""

from __future__ import annotations

import pytest

from shuxiang.documents.errors import DocumentError
from shuxiang.documents.labels import SHEETS
from shuxiang.documents.stickers import Sticker, stickers_pdf
from tests.documents import pdf

zxingcpp = pytest.importorskip("zxingcpp", reason="zxing-cpp is not installed")

CALL = "扫码：拿走、放回、说说它在哪"


def stickers(count: int) -> list[Sticker]:
    return [
        Sticker(f"https://lib.example.cn/drift/ABCD{n:02}/", f"ABCD{n:02}", "城南旧事" * (n + 1))
        for n in range(count)
    ]


def test_b5_every_code_of_a_sheet_is_read_back() -> None:
    made = stickers(4)
    (page,) = pdf.pages(
        stickers_pdf(made, SHEETS["3x7"], heading="桐荫漂流小书屋", call=CALL), dpi=200
    )
    found = zxingcpp.read_barcodes(page.as_image())
    assert sorted(f.text for f in found) == [s.url for s in made]


def test_b5_a_sheet_goes_on_where_it_was_begun() -> None:
    made = stickers_pdf(stickers(2), SHEETS["3x7"], heading="书屋", call=CALL, start=21)
    assert made.startswith(b"%PDF")
    for bad, start in (([], 1), (stickers(1), 22)):
        with pytest.raises(DocumentError):
            stickers_pdf(bad, SHEETS["3x7"], heading="书屋", call=CALL, start=start)
