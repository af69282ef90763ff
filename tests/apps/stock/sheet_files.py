"""Spreadsheets as old systems write them, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

HOLDINGS = (
    "条码号",
    "题名",
    "责任者",
    "ISBN",
    "索书号",
    "单价",
    "所属馆",
    "馆藏地点",
    "状态",
    "入藏日期",
    "来源",
)


def holding(barcode: Any, **given: Any) -> list[Any]:
    """A row under `HOLDINGS`; keywords by heading."""
    usual = {
        "题名": "三体", "责任者": "刘慈欣著", "ISBN": "9787536692930", "索书号": "I247.55/12",
        "单价": "CNY23.00", "所属馆": "总馆", "馆藏地点": "一楼", "状态": "在馆",
        "入藏日期": "", "来源": "",
    }  # fmt: skip
    values = usual | given
    return [barcode, *[values[heading] for heading in HOLDINGS[1:]]]


def xlsx(
    path: Path,
    rows: Iterable[Sequence[Any]],
    *,
    headings: Sequence[str] = HOLDINGS,
    above: Iterable[Sequence[Any]] = (),
) -> Path:
    """A workbook of one sheet 馆藏: rows ``above`` the headings, the headings, the rows."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "馆藏"
    for row in (*above, headings, *rows):
        sheet.append(list(row))
    book.save(path)
    return path
