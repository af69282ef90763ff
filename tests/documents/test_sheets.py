"""Workbooks, opened again with openpyxl: text stays text, numbers numbers, dates dates."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from shuxiang.documents.errors import DocumentError
from shuxiang.documents.sheets import Column, Sheet, workbook
from shuxiang.documents.sheets import xlsx as sheets

COLUMNS = (Column("题名", width=30), Column("条码"), Column("册", "number"), Column("日", "date"))


def opened(*made: Sheet) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(workbook(made, title="书目")))


def sheet(*rows: tuple[sheets.Value, ...], name: str = "清单", **more: object) -> Sheet:
    return Sheet(name, "清单一", COLUMNS, rows, **more)  # type: ignore[arg-type]


def test_a_sheet_reads_back_as_it_was_given() -> None:
    made = opened(
        sheet(
            ("红楼梦", "0000012345678", 3, date(2020, 6, 10)),
            ("三体", "13000000000000", 0, None),
            total=("合计", None, 3, None),
            notes=("本馆", "截至 2020-06-10"),
        )
    )
    assert made.sheetnames == ["清单"]
    rows = [[cell.value for cell in row] for row in made["清单"].rows]
    assert rows[:3] == [
        ["清单一", None, None, None],
        ["本馆", None, None, None],
        ["截至 2020-06-10", None, None, None],
    ]
    assert rows[3] == ["题名", "条码", "册", "日"]
    assert rows[4][:3] == ["红楼梦", "0000012345678", 3]
    assert rows[4][3].date() == date(2020, 6, 10)
    assert rows[5] == ["三体", "13000000000000", 0, None]
    assert rows[6] == ["合计", None, 3, None]
    page = made["清单"]
    assert page.freeze_panes == "A5"
    assert page["D5"].number_format == "yyyy-mm-dd"
    assert page["B6"].data_type == "s"
    assert page.column_dimensions["A"].width == 30


@pytest.mark.parametrize(
    "title",
    ["=1+1", '=HYPERLINK("http://x","y")', "+86", "-1", "@SUM(A1)", "\t=1", "＝1", "=", "-"],
)
def test_no_text_becomes_a_formula(title: str) -> None:
    cell = opened(sheet((title, "B1", 1, None)))["清单"]["A3"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (title, "s", True)
    assert opened(sheet(("红楼梦", "B1", 1, None)))["清单"]["A3"].quotePrefix is False


def test_headings_titles_and_notes_are_text_too() -> None:
    made = workbook([Sheet("=a", "=b", (Column("=c"),), (), notes=("=d",))], title="=e")
    page = openpyxl.load_workbook(io.BytesIO(made)).active
    assert page is not None
    assert [page[f"A{n}"].data_type for n in (1, 2, 3)] == ["s", "s", "s"]


def test_what_xml_cannot_hold_is_replaced_and_long_text_cut() -> None:
    page = opened(sheet(("a\x00b\x1f\ud800", "x" * 40_000, 1, None)))["清单"]
    assert page["A3"].value == "a�b��"
    assert len(page["B3"].value) == sheets.MOST_TEXT


def test_names_of_tabs_are_made_fit_and_unique() -> None:
    made = opened(
        sheet(name="借/还[1]"), sheet(name="借 还 1"), sheet(name="长" * 40), sheet(name="长" * 50)
    )
    assert made.sheetnames == ["借 还 1", "借 还 1 2", "长" * 31, "长" * 29 + " 2"]


def test_wrong_tables_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DocumentError, match="3 cells for 4 columns"):
        workbook([sheet(("红楼梦", "B1", 1))], title="书目")
    with pytest.raises(DocumentError, match="no sheets"):
        workbook([], title="书目")
    monkeypatch.setattr(sheets, "MOST_ROWS", 4)
    with pytest.raises(DocumentError, match="more rows"):
        workbook([sheet(*[("红楼梦", "B1", 1, None)] * 3)], title="书目")
