"""Write .xlsx workbooks row by row: memory does not grow with the rows.

Every text cell is text whatever it holds: one that begins as a formula does (``=``, ``+``, ``-``,
``@``) is marked with Excel's own text prefix, so that it stays what it says when it is edited, and
barcodes keep their leading zeros.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from shuxiang.documents.errors import DocumentError

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Value = str | int | date | Decimal | None
"""What a cell may hold; None leaves it empty. A Decimal is money, with two places."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula."""

MOST_TEXT = 32_767
"""Characters a cell can hold."""

MOST_ROWS = 1_048_576
"""Rows a sheet can hold, its headings included."""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NOT_IN_NAME = re.compile(r"[\[\]:*?/\\]")
_NAME_LENGTH = 31
_FONT = "宋体"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, what its cells are, and its width in characters of the usual font."""

    heading: str
    kind: Literal["text", "number", "date"] = "text"
    width: float = 12


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: a title line, notes below it, the headed table, and a total line if there is one.

    ``name`` is on the tab: what it may not hold is replaced, and it is cut to 31 characters.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Value]]
    total: Sequence[Value] | None = None
    notes: tuple[str, ...] = ()


def workbook(sheets: Sequence[Sheet], *, title: str) -> bytes:
    """Return the workbook, its columns frozen under their headings and repeated on printed pages.

    Raises DocumentError for no sheets, for a row with another number of cells than its sheet has
    columns, and for more rows than a sheet can hold.
    """
    from openpyxl import Workbook

    if not sheets:
        raise DocumentError(f"The workbook {title} has no sheets.")
    book = Workbook(write_only=True)
    book.properties.title = _clean(title)
    book.properties.creator = "Shuxiang"
    taken: set[str] = set()
    try:
        for sheet in sheets:
            _sheet(book.create_sheet(_name(sheet.name, taken)), sheet)
    except BaseException:
        _abandon(book)
        raise
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _abandon(book: Workbook) -> None:
    """Finish the files that half-written sheets lie in, and remove them."""
    for made in book.worksheets:
        made.close()
        made._writer.cleanup()


def _name(wanted: str, taken: set[str]) -> str:
    """A name for a tab that Excel takes and no other tab has."""
    plain = _NOT_IN_NAME.sub(" ", _clean(wanted)).strip().strip("'") or "1"
    name, number = plain[:_NAME_LENGTH], 1
    while name.casefold() in taken:
        number += 1
        end = f" {number}"
        name = plain[: _NAME_LENGTH - len(end)] + end
    taken.add(name.casefold())
    return name


def _sheet(made: WriteOnlyWorksheet, sheet: Sheet) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    head = 2 + len(sheet.notes)
    # All of this must stand before the first row: the file is written from top to bottom.
    made.freeze_panes = f"B{head + 1}" if len(sheet.columns) > 4 else f"A{head + 1}"
    made.print_title_rows = f"{head}:{head}"
    made.page_setup.orientation = "landscape" if len(sheet.columns) > 6 else "portrait"
    made.page_setup.paperSize = 9
    made.page_setup.fitToHeight = 0
    made.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for at, column in enumerate(sheet.columns, 1):
        made.column_dimensions[get_column_letter(at)].width = column.width
    styles = _Styles()
    made.append([styles.cell(made, sheet.title, "title")])
    for note in sheet.notes:
        made.append([styles.cell(made, note, "note")])
    made.append([styles.cell(made, column.heading, "head") for column in sheet.columns])
    for written, row in enumerate(sheet.rows, head + 1):
        if written >= MOST_ROWS:
            raise DocumentError(f"{sheet.title}: more rows than a sheet can hold; ask for fewer.")
        made.append(_cells(made, styles, sheet, row, "body"))
    if sheet.total is not None:
        made.append(_cells(made, styles, sheet, sheet.total, "total"))


def _cells(
    made: WriteOnlyWorksheet, styles: _Styles, sheet: Sheet, row: Sequence[Value], part: str
) -> list[WriteOnlyCell | None]:
    if len(row) != len(sheet.columns):
        raise DocumentError(
            f"{sheet.title}: a row has {len(row)} cells for {len(sheet.columns)} columns: {row!r}."
        )
    return [None if value is None else styles.cell(made, value, part) for value in row]


class _Styles:
    """The looks of a sheet, shared by its cells: a style object a cell would triple the time."""

    def __init__(self) -> None:
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

        line = Side(style="thin", color="999999")
        box = Border(left=line, right=line, top=line, bottom=line)
        middle = Alignment(vertical="center")
        self.looks: dict[str, dict[str, Any]] = {
            "title": {"font": Font(name=_FONT, size=14, bold=True)},
            "note": {"font": Font(name=_FONT, size=10, color="555555")},
            "head": {
                "font": Font(name=_FONT, size=11, bold=True),
                "fill": PatternFill("solid", fgColor="E8EFEC"),
                "border": box,
                "alignment": Alignment(horizontal="center", vertical="center", wrap_text=True),
            },
            "body": {"font": Font(name=_FONT, size=11), "border": box, "alignment": middle},
            "total": {
                "font": Font(name=_FONT, size=11, bold=True),
                "border": box,
                "alignment": middle,
            },
        }
        self.known: dict[tuple[str, str], Any] = {}

    def cell(
        self, made: WriteOnlyWorksheet, value: str | int | date | Decimal, part: str
    ) -> WriteOnlyCell:
        from copy import copy

        from openpyxl.cell import WriteOnlyCell

        if isinstance(value, str):
            value = _clean(value)[:MOST_TEXT]
        kind = "date" if isinstance(value, date) else "prefixed" if _prefixed(value) else "plain"
        kind = "money" if isinstance(value, Decimal) else kind
        cell = WriteOnlyCell(made, value=value)
        style = self.known.get((part, kind))
        if style is None:
            for name, look in self.looks[part].items():
                setattr(cell, name, look)
            if kind == "date":
                cell.number_format = "yyyy-mm-dd"
            if kind == "money":
                cell.number_format = "#,##0.00"
            if kind == "prefixed":
                cell.quotePrefix = True
            self.known[part, kind] = copy(cell._style)
        else:
            cell._style = style
        if isinstance(value, str):
            # Given last: what looks like a formula was just taken for one.
            cell.data_type = "s"
        return cell


def _prefixed(value: str | int | date | Decimal) -> bool:
    return isinstance(value, str) and value.startswith(FORMULA_SIGNS)


def _clean(text: str) -> str:
    """The text without characters that XML can't hold."""
    return _NOT_XML.sub("�", text)
