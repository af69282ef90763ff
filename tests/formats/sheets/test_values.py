"""Cells: barcodes eaten by Excel, prices and dates in every form."""

from __future__ import annotations

from datetime import date

import pytest

from shuxiang.formats.sheets import field_of, guarded, read_code, read_count, read_date, read_price


@pytest.mark.parametrize(
    ("text", "kind", "read", "fault", "mended"),
    [
        ("0012345", "", "0012345", "", ""),
        ("００１２３４５", "", "0012345", "", ""),
        ("'0012345", "", "0012345", "", ""),
        (" a 12 34 ", "", "A1234", "", ""),
        ("12345", "number", "12345", "", ""),
        ("9787020002207", "number", "9787020002207", "", ""),
        ("12345.0", "", "12345", "", "code_decimal"),
        ("1.23E+13", "", "", "code_eaten", ""),
        ("1.23457e+13", "", "", "code_eaten", ""),
        ("1.5E13", "", "", "code_eaten", ""),
        ("12E5", "", "12E5", "", ""),
        ("12300000000000", "number", "", "code_eaten", ""),
        ("12345700000000", "number", "", "code_eaten", ""),
        ("12300000000000", "", "12300000000000", "", ""),
        ("1234567890123456", "number", "", "code_eaten", ""),
        ("441602199001010016", "number", "", "code_eaten", ""),
        ("12.5", "number", "", "code_fraction", ""),
        ("-12", "number", "", "code_fraction", ""),
        ("2020-01-03", "date", "", "code_eaten", ""),
        ("=", "formula", "", "code_formula", ""),
        ("#N/A", "error", "", "code_error", ""),
        ("12�34", "", "", "code_garbled", ""),
    ],
)
def test_codes(text: str, kind: str, read: str, fault: str, mended: str) -> None:
    code = read_code(text, kind)
    assert (code.text, code.fault, code.mended) == (read, fault, mended)


@pytest.mark.parametrize(
    ("text", "fen", "said"),
    [
        ("CNY39.80", 3980, ""),
        ("￥39.8", 3980, ""),
        ("¥ 39.80", 3980, ""),
        ("39.80元", 3980, ""),
        ("39.799999999999997", 3980, ""),
        ("３９．８０", 3980, ""),
        ("1,280.00", 128000, ""),
        ("CNY49.00 (含光盘)", 4900, ""),
        ("0", 0, "price_zero"),
        ("0.00", 0, "price_zero"),
        ("三十元", None, "price_unread"),
        ("赠送", None, "price_unread"),
        ("-5.00", None, "price_unread"),
        ("CNY-5.00", None, "price_unread"),
        ("USD12.00", None, "price_foreign"),
        ("HK$80", None, "price_foreign"),
        ("", None, ""),
    ],
)
def test_prices(text: str, fen: int | None, said: str) -> None:
    assert read_price(text) == (fen, said)


def test_a_price_that_is_a_formula_without_result_or_a_date_is_none() -> None:
    assert read_price("=", "formula") == (None, "price_unread")
    assert read_price("2020-01-03", "date") == (None, "price_unread")


@pytest.mark.parametrize(
    "text",
    [
        "20200103",
        "2020/1/3",
        "2020-1-3",
        "2020.1.3",
        "2020年1月3日",
        "２０２０年１月３日",
        "2020-01-03 00:00:00",
        "2020/1/3 0:00",
        "2020-01-03T00:00:00",
        "20200103000000",
        "20200103.0",
        "'2020-01-03",
        "2020/1/3 下午 3:04:05",
        "2020/1/3 3:04:05 PM",
        "2020年1月3日 星期五",
        "2020-01-03 上午9:00",
        "43833",
        "43833.5",
        "1577980800000",
    ],
)
def test_dates(text: str) -> None:
    assert read_date(text) == date(2020, 1, 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2020-02-30",
        "2020-13-01",
        "00000000",
        "1月3日",
        "20/1/3",
        "2020",
        "12345",
        "昨天",
        "99999",
        "2020-01-031:00",
    ],
)
def test_what_is_no_date_is_never_guessed(text: str) -> None:
    assert read_date(text) is None


def test_counts() -> None:
    assert [read_count(t) for t in ("3", "３册", "2.0", "", "-1", "1.5", "很多")] == [
        3, 3, 2, None, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+8613800138000", "-5", "@SUM(A1)", "\tx"])
def test_no_cell_we_write_is_a_formula(text: str) -> None:
    """F11: = + - @ are preceded by an apostrophe."""
    assert guarded(text) == f"'{text}"
    assert guarded("三体") == "三体"


def test_headings_in_their_many_forms() -> None:
    assert field_of("条 码 号：", "holdings") == "barcode"
    assert field_of("*单价（元）", "holdings") == "price"
    assert field_of("ＩＳＢＮ", "holdings") == "isbn"
    assert field_of("200$a", "holdings") == "title"
    assert field_of("状态", "holdings") == "status"
    assert field_of("状态", "readers") == "reader_status"
    assert field_of("到期日期", "readers") == "expire_date"
    assert field_of("到期日期", "loans") == "due_date"
    assert field_of("密码", "readers") == "pin"
    assert field_of("序号", "holdings") == ""
