"""Slips and cards as they come out of the printer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from shuxiang.documents.errors import DocumentError
from shuxiang.documents.slips import Slip, SlipLine, card_sheet_pdf, slip_pdf
from tests.documents import pdf, sample


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("paper", [58, 80])
def test_a_loan_slip_says_everything_literally(paper: int) -> None:
    text = pdf.text(slip_pdf(sample.loan_slip(), paper))  # type: ignore[arg-type]
    for expected in (
        "星河区图书馆",
        "借书凭条",
        "总馆一楼服务台",
        "读者李*明",
        "证号XH2020****17",
        sample.LONG_TITLE,
        squeezed(sample.HOSTILE),
        "01100002345678",
        "应还2020-08-02",
        "请先还后借",
        "紅樓夢・ゆき・나무",
        "共4册",
        "时间2020-07-0315:04",
        "经办王馆员",
        "请妥善保管",
    ):
        assert expected in text


@pytest.mark.parametrize("paper", [58, 80])
def test_a_slip_is_one_page_of_the_rolls_width_with_clean_edges(paper: int) -> None:
    unbroken = SlipLine("https://example.org/" + "x" * 80, "9" * 20)
    slip = replace(sample.loan_slip(), lines=(*sample.loan_slip().lines, unbroken))
    made = slip_pdf(slip, paper)  # type: ignore[arg-type]
    (page,) = pdf.pages(made, dpi=254)
    assert abs(page.width - paper * 10) <= 1
    assert pdf.edge_ink(made, 3.5) == 0


def test_long_slips_grow_instead_of_breaking() -> None:
    def height(count: int) -> int:
        lines = tuple(SlipLine(f"书 {at}", f"{at:014d}") for at in range(count))
        (page,) = pdf.pages(slip_pdf(replace(sample.loan_slip(), lines=lines), 80))
        return page.height

    assert height(60) > height(5) * 4


def test_the_same_slip_is_the_same_file() -> None:
    assert slip_pdf(sample.loan_slip(), 80) == slip_pdf(sample.loan_slip(), 80)


def test_return_and_card_slips_have_their_own_heads() -> None:
    returned = Slip(
        "return", "馆", "", datetime(2020, 1, 2, 3, 4), "", lines=(SlipLine("书", "1"),)
    )
    card = Slip("card", "馆", "", datetime(2020, 1, 2, 3, 4), "", facts=(("押金", "100.00 元"),))
    assert "还书凭条" in pdf.text(slip_pdf(returned))
    assert "读者" not in pdf.text(slip_pdf(returned))
    text = pdf.text(slip_pdf(card))
    assert "办证凭条" in text
    assert "押金100.00元" in text
    assert "共" not in text


def test_another_paper_width_is_refused() -> None:
    with pytest.raises(DocumentError, match="58 or 80 mm"):
        slip_pdf(sample.loan_slip(), 76)  # type: ignore[arg-type]


def test_a_card_sheet_prints_names_numbers_and_validity() -> None:
    text = pdf.text(card_sheet_pdf("星河区图书馆", sample.cards()))
    assert text.count("星河区图书馆") == 12
    assert "阿卜杜热西提·买买提明·玉素甫江" in text
    assert "XH2020000012" in text
    assert "有效期至2025-12-31" in text


def test_no_cards_is_an_error() -> None:
    with pytest.raises(DocumentError, match="no card"):
        card_sheet_pdf("馆", [])
