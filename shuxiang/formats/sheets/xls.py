"""Workbooks of Excel 97–2003 (BIFF8): at most 65,536 rows and 256 columns, read as a whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shuxiang.formats.sheets.model import Cells, Format, Row, broken


@dataclass(slots=True)
class Xls:
    """A workbook on disk. Raises SheetError: sheet_damaged, sheet_xls."""

    path: Path
    format: Format = "xls"
    charset: str = "utf-16"
    sheets: tuple[str, ...] = ()
    _book: Any = field(default=None)

    def __post_init__(self) -> None:
        try:
            import python_calamine as calamine
        except ImportError:
            raise broken("sheet_xls") from None
        try:
            self._book = calamine.CalamineWorkbook.from_path(str(self.path))
        except Exception as error:
            raise broken("sheet_damaged", why=str(error)[:100]) from None
        self.sheets = tuple(self._book.sheet_names)

    def rows(self, sheet: str) -> Iterator[Row]:
        """The rows that are not empty."""
        try:
            found = self._book.get_sheet_by_name(sheet)
            values = found.to_python(skip_empty_area=False)
        except Exception as error:
            raise broken("sheet_damaged", why=str(error)[:100]) from None
        for number, line in enumerate(values, 1):
            cells = Cells()
            for column, value in enumerate(line):
                if value != "":
                    cells.put(column, *_cell(value))
            row = cells.row(sheet, number)
            if row is not None:
                yield row


def _cell(value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return str(int(value)), ""
    if isinstance(value, int | float):
        whole = float(value).is_integer() and abs(value) < 1e21
        return (str(int(value)) if whole else f"{value:.15g}"), "number"
    if isinstance(value, dt.date):
        return f"{value:%Y-%m-%d}", "date"
    return str(value), ""
