from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuxiang.formats.identifiers import (
    isbn10_check,
    isbn10_to_13,
    isbn13_to_10,
    normalise_barcode,
    normalise_issn,
    normalise_unified_number,
    parse_id_number,
    parse_isbn,
    parse_price,
    parse_year,
    price_fen,
)


@pytest.mark.parametrize(
    ("typed", "isbn13", "isbn10", "qualifier"),
    [
        ("978-7-02-000220-7", "9787020002207", "702000220X", ""),
        ("7-5037-2790-X", "9787503727900", "750372790X", ""),
        ("7-5037-2790-x", "9787503727900", "750372790X", ""),
        ("ISBN 978-7-02-000220-7 (精装)", "9787020002207", "702000220X", "精装"),
        ("ISBN：7-80127-555-1", "9787801275554", "7801275551", ""),
        ("９７８－７－０２－０００２２０－７", "9787020002207", "702000220X", ""),
        ("978–7–02–000220–7", "9787020002207", "702000220X", ""),
        ("9791090636071", "9791090636071", "", ""),
        ("978-7-02-000220-8", "", "", ""),
        ("7-5037-2790-1", "", "", ""),
        ("9771673612009", "", "", ""),
        ("7020002207", "", "", ""),
        ("精装", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_isbn(typed: str, isbn13: str, isbn10: str, qualifier: str) -> None:
    isbn = parse_isbn(typed)
    assert (isbn.isbn13, isbn.isbn10, isbn.qualifier) == (isbn13, isbn10, qualifier)
    assert isbn.typed == typed.strip()
    assert isbn.valid == bool(isbn13)


def test_a_wrong_isbn_keeps_its_letters_and_digits_as_search_key() -> None:
    assert parse_isbn("7-5037-2790-1").key == "7503727901"
    assert parse_isbn("7-5037-2790-x").key == "9787503727900"


@given(st.text("0123456789", min_size=9, max_size=9))
def test_isbn_10_goes_to_13_and_back(nine: str) -> None:
    isbn10 = nine + isbn10_check(nine)
    isbn13 = isbn10_to_13(isbn10)
    assert isbn13_to_10(isbn13) == isbn10
    assert parse_isbn(isbn10).isbn13 == parse_isbn(isbn13).isbn13 == isbn13


@given(st.text(max_size=40))
def test_nothing_typed_makes_the_parsers_fail(text: str) -> None:
    parse_isbn(text)
    parse_price(text)
    parse_year(text)
    parse_id_number(text)
    normalise_issn(text)
    normalise_unified_number(text)
    normalise_barcode(text)


@pytest.mark.parametrize(
    ("typed", "issn"),
    [
        ("1002-0241", "1002-0241"),
        ("ISSN 1002-0241", "1002-0241"),
        ("10020241", "1002-0241"),
        ("2434-561x", "2434-561X"),
        ("1002-0242", ""),
        ("1002-024", ""),
    ],
)
def test_issn(typed: str, issn: str) -> None:
    assert normalise_issn(typed) == issn


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("10019·3256", "10019·3256"),
        ("10019.3256", "10019·3256"),
        ("10019．3256", "10019·3256"),
        ("10019・3256", "10019·3256"),
        ("10019-3256", "10019·3256"),
        ("统一书号：7107 · 1234", "7107·1234"),
        ("10019·3256(上)", "10019·3256(上)"),
        ("R10019", "R10019"),
    ],
)
def test_unified_book_number(typed: str, number: str) -> None:
    assert normalise_unified_number(typed) == number


@pytest.mark.parametrize(
    ("typed", "number", "born", "sex", "region"),
    [
        ("11010519491231002X", "11010519491231002X", date(1949, 12, 31), "female", "110105"),
        ("11010519491231002x", "11010519491231002X", date(1949, 12, 31), "female", "110105"),
        ("441602199001010016", "441602199001010016", date(1990, 1, 1), "male", "441602"),
        ("441602201506300027", "441602201506300027", date(2015, 6, 30), "female", "441602"),
        (" 4416 0219 9001 010016 ", "441602199001010016", date(1990, 1, 1), "male", "441602"),
        ("110105491231002", "11010519491231002X", date(1949, 12, 31), "female", "110105"),
    ],
)
def test_id_number(typed: str, number: str, born: date, sex: str, region: str) -> None:
    parsed = parse_id_number(typed)
    assert parsed.valid
    assert (parsed.number, parsed.birth_date, parsed.sex, parsed.region) == (
        number,
        born,
        sex,
        region,
    )


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", "length"),
        ("4416021990010100", "length"),
        ("44160219900101001A", "characters"),
        ("4416021990X1010016", "characters"),
        ("44160219900101001²", "check"),
        ("11010549123100X", "characters"),
        ("441602199002300016", "date"),
        ("441602199013010016", "date"),
        ("441602199001010017", "check"),
        ("110105194912310020", "check"),
    ],
)
def test_id_number_faults(typed: str, fault: str) -> None:
    parsed = parse_id_number(typed)
    assert (parsed.fault, parsed.birth_date, parsed.sex) == (fault, None, "")


def test_an_id_number_of_someone_not_yet_born_is_a_fault() -> None:
    assert parse_id_number("441602201506300027", today=date(2015, 6, 29)).fault == "date"
    assert parse_id_number("441602201506300027", today=date(2015, 6, 30)).valid


@pytest.mark.parametrize("prefix", ["810000", "820000", "830000", "911124", "441625"])
def test_the_place_in_an_id_number_is_never_a_reason_to_refuse(prefix: str) -> None:
    valid = [n for c in "0123456789X" if (n := parse_id_number(f"{prefix}19700101001{c}")).valid]
    assert [n.region for n in valid] == [prefix]


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("CNY49.00", 4900),
        ("CNY49", 4900),
        ("￥49.00元", 4900),
        ("CNY49.00 (含光盘)", 4900),
        ("(2册) CNY30.00", 3000),
        ("CNY赠95.00", 9500),
        ("CNY1,280.00", 128000),
        ("CNY12.50 (全2册)", 1250),
        ("人民币35元", 3500),
        ("49.00元", 4900),
        ("0.00", 0),
        ("CNY0.155", 16),
        ("１２．８０", 1280),
        ("CNY", None),
        ("赠送", None),
        ("2册", None),
        ("USD35.00", None),
        ("HK$80.00", None),
        ("", None),
    ],
)
def test_price(typed: str, fen: int | None) -> None:
    assert price_fen(typed) == fen


def test_a_foreign_price_keeps_its_currency_and_text() -> None:
    price = parse_price(" HK$80.50 ")
    assert price is not None
    assert (price.minor, price.currency, price.text) == (8050, "HKD", "HK$80.50")


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2023", 2023),
        ("2023.5", 2023),
        ("202305", 2023),
        ("20230501", 2023),
        ("[2023]", 2023),
        ("2020-", 2020),
        ("c1999", 1999),
        ("1999 (2001重印)", 1999),
        ("民国25年[1936]", 1936),
        ("二〇二三年五月", 2023),
        ("１９９８", 1998),
        ("99", None),
        ("123456", None),
        ("康熙12年", None),
        ("", None),
    ],
)
def test_year_of_a_free_text_date(text: str, year: int | None) -> None:
    assert parse_year(text) == year


@pytest.mark.parametrize(
    ("scan", "barcode"),
    [(" 0100001\r\n", "0100001"), ("０１００００１", "0100001"), ("\ufeff0012", "0012")],
)
def test_barcode_keeps_leading_zeros(scan: str, barcode: str) -> None:
    assert normalise_barcode(scan) == barcode
