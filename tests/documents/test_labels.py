"""A7: labels: every line there, nothing clipped, every barcode read back, half-used sheets."""

from __future__ import annotations

from types import ModuleType

import pytest

from shuxiang.documents.errors import DocumentError
from shuxiang.documents.labels import (
    CONTENTS,
    INSET,
    SHEETS,
    BarcodeTooWide,
    Content,
    Label,
    Sheet,
    labels_pdf,
    parse_sheet,
)
from tests.documents import pdf

LONG = "K296.5(265.3)=76:TP311.13-44+G252.7(441)/H123.4:2(2020)=3补遗"
PLAIN = [
    Label(f"0110000{n:07d}", f"I247.57/{n}", "上册" if n % 3 == 0 else "", "星河区图书馆")
    for n in range(1, 8)
]


@pytest.fixture
def zxingcpp() -> ModuleType:
    return pytest.importorskip("zxingcpp", reason="zxing-cpp is not installed")


def decoded(zxingcpp: ModuleType, page: pdf.Page) -> list[str]:
    return [str(one.text) for one in zxingcpp.read_barcodes(page.as_image())]


def cells_with_ink(page: pdf.Page, sheet: Sheet, dpi: int) -> list[int]:
    """Positions (1 …) of the labels something is printed on."""
    found = []
    for at in range(sheet.count):
        row, column = divmod(at, sheet.columns)
        left = (sheet.left + column * (sheet.width + sheet.gap_x)) / 25.4 * dpi
        top = (sheet.top + row * (sheet.height + sheet.gap_y)) / 25.4 * dpi
        right, bottom = left + sheet.width / 25.4 * dpi, top + sheet.height / 25.4 * dpi
        if page.ink(int(left) + 1, int(top) + 1, int(right) - 1, int(bottom) - 1):
            found.append(at + 1)
    return found


def stray_ink(page: pdf.Page, sheet: Sheet, dpi: int) -> int:
    """Ink outside the labels, or nearer to their edges than the inset."""
    inside = 0
    for at in range(sheet.count):
        row, column = divmod(at, sheet.columns)
        left = (sheet.left + column * (sheet.width + sheet.gap_x) + INSET) / 25.4 * dpi
        top = (sheet.top + row * (sheet.height + sheet.gap_y) + INSET) / 25.4 * dpi
        right = left + (sheet.width - 2 * INSET) / 25.4 * dpi
        bottom = top + (sheet.height - 2 * INSET) / 25.4 * dpi
        # A pixel of the raster belongs to both sides of an edge.
        inside += page.ink(round(left) - 1, round(top) - 1, round(right) + 1, round(bottom) + 1)
    return page.ink(0, 0, page.width, page.height) - inside


def test_a_label_has_class_number_and_volume_on_lines_of_their_own() -> None:
    assert Label("1", "I247.57/1234:2", "上册").lines == ("I247.57", "1234", ":2", "上册")
    assert Label("1", "TP312").lines == ("TP312",)
    assert Label("1").lines == ()


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("name", SHEETS)
def test_a7_everything_is_on_its_label(name: str, content: Content) -> None:
    sheet = SHEETS[name]
    labels = [*PLAIN, Label("01100009999999", LONG, "第三卷 下册", "星河区图书馆")]
    made = labels_pdf(labels, sheet, content, start=3)
    (page,) = pdf.pages(made, dpi=150)
    assert cells_with_ink(page, sheet, 150) == list(range(3, 11))
    assert stray_ink(page, sheet, 150) == 0
    text = pdf.text(made)
    for label in labels:
        if content != "barcode":
            for line in label.lines:
                assert "".join(line.split()) in text
        if content != "spine":
            assert label.barcode in text


@pytest.mark.parametrize("content", ["barcode", "both"])
@pytest.mark.parametrize("name", SHEETS)
def test_a7_every_barcode_is_read_back(name: str, content: Content, zxingcpp: ModuleType) -> None:
    sheet = SHEETS[name]
    labels = [
        Label(f"{prefix}{n:06d}", f"I247.57/{n}", "", "馆")
        for n, prefix in enumerate(["", "XH", "0110000", "A-", "Z9"] * 9, start=1)
    ]
    made = labels_pdf(labels, sheet, content)
    found = [text for page in pdf.pages(made, dpi=300) for text in decoded(zxingcpp, page)]
    assert sorted(found) == sorted(label.barcode for label in labels)


@pytest.mark.parametrize("name", SHEETS)
def test_a_call_number_of_sixty_signs_can_still_be_read(name: str) -> None:
    """No smaller than 5 points, whole."""
    import pypdfium2

    number = "K" + "296.5(265.3)=76" * 3 + "/H1234567890:2"
    assert len(number) == 60
    made = labels_pdf([Label("1", number, "第十二卷")], SHEETS[name], "spine")
    page = pypdfium2.PdfDocument(made)[0].get_textpage()
    heights = []
    for n in range(page.count_chars()):
        if page.get_text_range(n, 1).isdigit():
            _, bottom, _, top = page.get_charbox(n)
            heights.append(top - bottom)
    # A figure is about 0.73 of its size high.
    assert min(heights) > 0.73 * 5
    assert "".join(number.split("/")) + "第十二卷" in pdf.text(made).replace(":2", ":2", 1)


def test_a_further_sheet_begins_at_its_first_label() -> None:
    sheet = SHEETS["3x7"]
    labels = [Label(str(n), f"I1/{n}") for n in range(1, 24)]
    first, second = pdf.pages(labels_pdf(labels, sheet, "spine", start=20), dpi=60)
    assert cells_with_ink(first, sheet, 60) == [20, 21]
    assert cells_with_ink(second, sheet, 60) == list(range(1, 22))


def test_edges_are_drawn_for_plain_paper_only() -> None:
    sheet = SHEETS["3x7"]
    (plain,) = pdf.pages(labels_pdf(PLAIN[:1], sheet, "spine"), dpi=150)
    (edged,) = pdf.pages(labels_pdf(PLAIN[:1], sheet, "spine", outlines=True), dpi=150)
    assert stray_ink(plain, sheet, 150) == 0
    assert stray_ink(edged, sheet, 150) > 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3x8 70x37 0 0.5 0 0", Sheet(3, 8, 70, 37, 0, 0.5)),
        ("2×5 99.1×57 4.65,6 2.5 0", Sheet(2, 5, 99.1, 57, 4.65, 6, 2.5, 0)),
        ("4x10 48.5x25.4 8 21.5", SHEETS["4x10"]),
    ],
)
def test_sheets_of_ones_own(text: str, expected: Sheet) -> None:
    assert parse_sheet(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A4",
        "3x8",
        "3x8 70x37 0",
        "0x8 70x37 0 0",
        "3x8 7x37 0 0",
        "4x8 70x37 0 0 0 0",
        "3x8 70x1.2.3 0 0",
    ],
)
def test_measures_that_are_none(text: str) -> None:
    with pytest.raises(DocumentError):
        parse_sheet(text)


@pytest.mark.parametrize(
    ("labels", "start"), [([], 1), (PLAIN, 0), (PLAIN, 22), ([Label("图书")], 1)]
)
def test_what_is_no_sheet(labels: list[Label], start: int) -> None:
    with pytest.raises(DocumentError):
        labels_pdf(labels, SHEETS["3x7"], "both", start=start)


def test_barcodes_too_long_to_be_scanned_are_named() -> None:
    labels = [Label("12345678"), Label("ABCDEFGHIJ" * 4)]
    with pytest.raises(BarcodeTooWide) as refused:
        labels_pdf(labels, SHEETS["4x10"], "barcode")
    assert refused.value.barcodes == ("ABCDEFGHIJ" * 4,)
    assert labels_pdf(labels, SHEETS["4x10"], "spine", start=1)
