"""Writing a small workbook of texts that no spreadsheet takes for formulas."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from shuxiang.formats.sheets.values import guarded

_FORBIDDEN = {n: None for n in range(32) if n not in (9, 10, 13)}


def workbook(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """An xlsx of one sheet, every cell text; control characters are left out, ``= + - @`` at the
    beginning of a cell are preceded by an apostrophe."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    for row in (headings, *rows):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, guarded(text.translate(_FORBIDDEN))[:32_000])
            cell.data_type = "s"
            cell.number_format = "@"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
