"""Spreadsheets as they come: titles above, two heading rows, every charset, and hostile ones (F10, F11)."""

from __future__ import annotations

import datetime as dt
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from shuxiang.formats.sheets import Record, SheetError, SheetMap, records, survey, workbook
from shuxiang.formats.sheets import xlsx as codec

HEADINGS = ["条码号", "题名", "单价", "入藏日期"]


def book(path: Path, rows: list[list[Any]], *, name: str = "馆藏") -> Path:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = name
    for row in rows:
        sheet.append(row)
    made.save(path)
    return path


def read(path: Path) -> list[Record]:
    return list(records(path, survey(path).map))


def reason(path: Path) -> str:
    with pytest.raises(SheetError) as raised:
        survey(path)
    return raised.value.note.code


def test_titles_above_merged_cells_numbers_dates_and_formulas(tmp_path: Path) -> None:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "馆藏"
    sheet["A1"] = "源城区图书馆馆藏清单"
    sheet.merge_cells("A1:D1")
    sheet.append(["制表：张三", None, None, "2020年"])
    sheet.append([])
    sheet.append(HEADINGS)
    sheet.append(["0001", "红楼梦", "CNY39.80", dt.date(2020, 1, 3)])
    sheet.append(["0002", None, 39.8, 43833])
    sheet.append([1.23e13, "三体", "=1+1", dt.datetime(2020, 1, 3, 8, 30)])
    sheet.merge_cells("B5:B6")
    made.save(tmp_path / "a.xlsx")
    found = survey(tmp_path / "a.xlsx")
    assert (found.map.kind, found.rows, found.format) == ("holdings", 3, "xlsx")
    assert found.map.columns == {"barcode": 0, "title": 1, "price": 2, "in_date": 3}
    first, second, third = records(tmp_path / "a.xlsx", found.map)
    assert first.values == {
        "barcode": "0001", "title": "红楼梦", "price": "CNY39.80", "in_date": "2020-01-03",
    }  # fmt: skip
    assert (first.sheet, first.row, first.kind("in_date")) == ("馆藏", 5, "date")
    assert (second.get("title"), second.get("price"), second.get("in_date")) == (
        "红楼梦", "39.8", "43833",
    )  # fmt: skip
    assert (third.get("barcode"), third.kind("barcode")) == ("12300000000000", "number")
    assert (third.kind("price"), third.get("in_date")) == ("formula", "2020-01-03")


def test_two_heading_rows_and_headings_repeated_on_each_printed_page(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        [
            ["读者证号", "姓名", "证件", None, "押金"],
            [None, None, "证件类型", "证件号码", None],
            ["A1", "李四", "身份证", "1", "100"],
            ["读者证号", "姓名", "证件类型", "证件号码", "押金"],
            ["A2", "王五", "身份证", "2", "0"],
        ],
    )
    found = survey(path)
    assert found.map.kind == "readers"
    assert found.map.columns == {"card_no": 0, "name": 1, "id_type": 2, "id_no": 3, "deposit": 4}
    assert [(r.get("card_no"), r.skip) for r in records(path, found.map)] == [
        ("A1", ""), ("读者证号", "heading"), ("A2", ""),
    ]  # fmt: skip
    assert found.values == {"id_type": {"身份证": 2}}


def test_a_list_of_loans_is_one_though_it_tells_of_books_and_readers(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        [["条码号", "书名", "作者", "证号", "姓名", "借书日期", "应还日期", "续借次数"], ["1"] * 8],
    )
    assert survey(path).map.kind == "loans"


def test_all_sheets_with_the_headings_are_read_the_others_not(tmp_path: Path) -> None:
    made = Workbook()
    for name, rows in (
        ("说明", [["请勿修改"]]),
        ("总馆", [HEADINGS, ["1", "甲"]]),
        ("东区", [["东区分馆馆藏"], HEADINGS, ["2", "乙"]]),
        ("读者", [["证号", "姓名"], ["9", "李四"]]),
    ):
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    del made["Sheet"]
    hidden = made.create_sheet("隐藏")
    hidden.append(HEADINGS)
    hidden.append(["3", "丙"])
    hidden.sheet_state = "hidden"
    made.save(tmp_path / "a.xlsx")
    assert [(r.position, r.sheet, r.row, r.get("barcode")) for r in read(tmp_path / "a.xlsx")] == [
        (1, "总馆", 2, "1"), (2, "东区", 3, "2"),
    ]  # fmt: skip
    assert [
        r.position for r in records(tmp_path / "a.xlsx", survey(tmp_path / "a.xlsx").map, after=1)
    ] == [2]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_text_in_every_charset_and_separator(tmp_path: Path, charset: str, delimiter: str) -> None:
    rows = [HEADINGS, ["0001", '他说"你好"', "39.80", "2020-1-3"], ['="0002"', "两\n行", "", ""]]
    lines = [
        delimiter.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in rows
    ]
    path = tmp_path / "a.csv"
    path.write_bytes("\r\n".join([*lines, ""]).encode(charset))
    first, second = read(path)
    assert first.values == {
        "barcode": "0001", "title": '他说"你好"', "price": "39.80", "in_date": "2020-1-3",
    }  # fmt: skip
    assert (second.get("barcode"), second.get("title")) == ("0002", "两\n行")
    assert (first.row, second.row) == (2, 3)


def test_half_a_file_is_found_out_before_anything_is_used(tmp_path: Path) -> None:
    """F11: a workbook cut off, a text cut off inside quotation marks, and the line it stands in."""
    whole = book(tmp_path / "a.xlsx", [HEADINGS, *([str(n), "书" * 50] for n in range(500))])
    data = whole.read_bytes()
    cut = tmp_path / "b.xlsx"
    for size in (len(data) - 1, len(data) // 2, 10):
        cut.write_bytes(data[:size])
        assert reason(cut) == "sheet_truncated"
    text = tmp_path / "c.csv"
    text.write_text('条码号,题名\n1,甲\n2,"乙\n3,丙\n', encoding="utf-8")
    with pytest.raises(SheetError) as raised:
        survey(text)
    assert (raised.value.note.code, raised.value.note.values) == ("sheet_unclosed", {"line": "3"})
    text.write_text("条码号,题名\n1,甲\n2", encoding="utf-8")
    assert [r.skip for r in read(text)] == ["", "cut"]


def test_a_damaged_sheet_is_found_out(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [HEADINGS, ["1", "甲"]])
    for broken, code in (
        (b"<worksheet><sheetData><row", "sheet_damaged"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>', "sheet_doctype"),
    ):
        target = tmp_path / "b.xlsx"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
            for name in old.namelist():
                data = old.read(name)
                new.writestr(name, broken if name.endswith("sheet1.xml") else data)
        assert reason(target) == code


def test_what_is_no_spreadsheet(tmp_path: Path) -> None:
    for data, code in (
        (b"", "sheet_empty"),
        (b"<html><table><tr><td>x", "sheet_html"),
        (b"%PDF-1.4", "sheet_binary"),
        (bytes(range(256)) * 8, "sheet_binary"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 900, "sheet_damaged"),
        (b"PK\x03\x04" + b"x" * 900, "sheet_truncated"),
        ("你好,世界\n1,2\n".encode(), "sheet_no_headings"),
    ):
        path = tmp_path / "a.dat"
        path.write_bytes(data)
        assert reason(path) == code, data[:10]


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """F10: by ratio, by number of entries; a workbook with a password is said so."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * (20 << 20))
    tracemalloc.start()
    assert reason(path) == "sheet_bomb"
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(codec.MOST_ENTRIES + 1):
            archive.writestr(f"x{n}", b"")
    assert reason(path) == "sheet_bomb"


def _sheet_xml(path: Path, rows: str) -> Path:
    base = book(path.with_name("base.xlsx"), [HEADINGS])
    head = (
        "<worksheet><dimension ref='A1:XFD1048576'/><sheetData><row r='1'>"
        + "".join(
            f"<c r='{chr(65 + n)}1' t='inlineStr'><is><t>{text}</t></is></c>"
            for n, text in enumerate(HEADINGS)
        )
        + "</row>"
    )
    with (
        zipfile.ZipFile(base) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name.endswith("sheet1.xml"):
                new.writestr(name, head + rows + "</sheetData></worksheet>")
            else:
                new.writestr(name, old.read(name))
    return path


def test_a_million_empty_columns_and_rows_take_no_memory(tmp_path: Path) -> None:
    """F11: what a sheet declares costs nothing; only cells with something in them are kept."""
    letters = [
        first + second + third
        for first in ("", *"ABCDEFGHIJKLMNOPQRSTUVWX")
        for second in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        for third in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    ]
    wide = "".join(f"<c r='{letter}2' s='1'/>" for letter in letters)
    tall = "".join(f"<row r='{n}' s='1'/>" for n in range(3, 60_000))
    last = "<row r='60000'><c r='A60000' t='inlineStr'><is><t>0001</t></is></c>"
    last += "<c r='XFD60000'><v>1</v></c></row>"
    path = _sheet_xml(tmp_path / "a.xlsx", f"<row r='2'>{wide}</row>{tall}{last}")
    tracemalloc.start()
    (only,) = read(path)
    assert tracemalloc.get_traced_memory()[1] < 12 << 20
    tracemalloc.stop()
    assert (only.row, only.cells) == (60_000, ["0001"])
    text = tmp_path / "a.csv"
    text.write_text(",".join(HEADINGS) + "\n" + "1,甲" + "," * 1_000_000 + "\n", "utf-8")
    (only,) = read(text)
    assert only.cells == ["1", "甲"]


def test_a_formula_without_result_and_an_error_are_said(tmp_path: Path) -> None:
    rows = (
        "<row r='2'><c r='A2'><f>1+1</f></c><c r='B2' t='e'><v>#N/A</v></c>"
        "<c r='C2'><f>1+1</f><v>2</v></c><c r='D2' t='str'><f>A1</f><v></v></c></row>"
    )
    (only,) = read(_sheet_xml(tmp_path / "a.xlsx", rows))
    assert only.kinds == {"barcode": "formula", "title": "error", "price": "number"}
    assert only.get("price") == "2"


def test_our_workbook_comes_back_and_holds_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook("未导入", ["条码号", "题名"], [["0001", "=CMD()"], ["2", "a\x01b"]]))
    assert [r.values for r in read(path)] == [
        {"barcode": "0001", "title": "'=CMD()"},
        {"barcode": "2", "title": "ab"},
    ]


def test_a_map_survives_json_and_says_what_is_wrong_with_it() -> None:
    how = SheetMap(
        kind="holdings", headings=("a", "b"), columns={"barcode": 0}, values={"status": {"x": "y"}}
    )
    assert SheetMap.from_dict(how.to_dict()) == how
    for wrong in (
        {"kind": "x"},
        {"kind": "loans", "headings": ["a"], "columns": {"title": 5}},
        {"kind": "loans", "headings": ["a"], "columns": {"isbn": 0}},
        {"kind": "loans", "headings": "a"},
        {"kind": "loans", "values": {"barcode": {}}},
    ):
        with pytest.raises(ValueError, match=r"must|no column|can't"):
            SheetMap.from_dict(wrong)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.binary(max_size=600),
    head=st.sampled_from([b"", "条码号,题名\n".encode(), b"PK\x03\x04"]),
)
def test_any_bytes_are_rows_or_one_clear_error(tmp_path: Path, data: bytes, head: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(head + data)
    said = ""
    found = None
    try:
        found = survey(path)
    except SheetError as error:
        said = error.note.message
    assert said or (found and len(list(records(path, found.map))) == found.rows)


cells = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Co", "Cf")),
    min_size=1,
    max_size=12,
).filter(lambda text: text.strip() == text and not text.startswith(("=", "'")))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=8))
def test_texts_come_back_as_they_were(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    path = tmp_path / "any.xlsx"
    path.write_bytes(workbook("x", ["条码号", "题名"], rows))
    plain = [(f"'{a}" if a[0] in "=+-@" else a, f"'{b}" if b[0] in "=+-@" else b) for a, b in rows]
    found = [(r.get("barcode"), r.get("title")) for r in read(path) if not r.skip]
    assert found == plain
