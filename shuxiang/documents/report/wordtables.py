"""Tables of the Word form, written as WordprocessingML (ISO/IEC 29500-1 §17.4) in one piece.

Made cell by cell through python-docx, the thousand cells of an annual report take a second.
"""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from shuxiang.documents.report.blocks import Grid
from shuxiang.documents.report.wordstyles import TEXT_WIDTH_MM

TWIPS_A_MM = 1440 / 25.4
_NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_XML_TEXT = str.maketrans(dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF], "�"))


def table(grid: Grid, *, style: str, text_style: str) -> Any:
    """The ``w:tbl`` element of a grid: columns of fixed width over the whole type area, a bold heading
    that comes again on every page, rows that never break, numbers at the right.

    ``style`` and ``text_style`` are the ids of the table's style and of the text in it.
    """
    from docx.oxml import parse_xml

    whole = sum(grid.widths)
    widths = [round(TEXT_WIDTH_MM * TWIPS_A_MM * share / whole) for share in grid.widths]
    last = len(grid.rows) - 1 if grid.has_total else -1
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    heading = _row(
        [
            _cell(name, width, text_style, bold=True, side="center")
            for name, width in zip(grid.columns, widths, strict=True)
        ],
        heading=True,
    )
    rows = [
        _row(
            [
                _cell(
                    cell.text,
                    width,
                    text_style,
                    bold=at == last,
                    side="right" if numeric else "",
                )
                for cell, width, numeric in zip(row, widths, grid.numeric, strict=True)
            ]
        )
        for at, row in enumerate(grid.rows)
    ]
    return parse_xml(
        f'<w:tbl xmlns:w="{_NAMESPACE}"><w:tblPr><w:tblStyle w:val={quoteattr(style)}/>'
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        '<w:tblLook w:val="04A0" w:firstRow="1" w:lastRow="0" w:firstColumn="1" '
        'w:lastColumn="0" w:noHBand="0" w:noVBand="1"/></w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>{heading}{''.join(rows)}</w:tbl>"
    )


def _row(cells: list[str], *, heading: bool = False) -> str:
    again = "<w:tblHeader/>" if heading else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{again}</w:trPr>{''.join(cells)}</w:tr>"


def _cell(text: str, width: int, style: str, *, bold: bool, side: str) -> str:
    jc = f'<w:jc w:val="{side}"/>' if side else ""
    weight = "<w:rPr><w:b/></w:rPr>" if bold else ""
    shown = escape(text.translate(_XML_TEXT))
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
        f"<w:p><w:pPr><w:pStyle w:val={quoteattr(style)}/>{jc}</w:pPr>"
        f'<w:r>{weight}<w:t xml:space="preserve">{shown}</w:t></w:r></w:p></w:tc>'
    )
