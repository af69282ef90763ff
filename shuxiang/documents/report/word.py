"""The report as a Word file in the form of an official document (GB/T 9704-2012).

Built with python-docx alone. A docxtpl template would have to hold loops over sections, tables and
pictures that no librarian could edit safely, and would read ``{{`` in a reader's text as code; the
styles below can be changed in Word all the same.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from shuxiang.documents.charts import png, spec
from shuxiang.documents.report import prose, wordstyles
from shuxiang.documents.report.blocks import (
    Block,
    Grid,
    Heading,
    Paragraph,
    Picture,
    Signature,
    Text,
    blocks,
)
from shuxiang.documents.report.model import AnnualReport

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph as WordParagraph

CHART_PPI = 300
UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
ZIP_DAY = (1980, 1, 1, 0, 0, 0)


def report_docx(report: AnnualReport) -> bytes:
    """Return the report as an editable .docx: headings, text, real tables, charts at 300 dpi.

    Title 小标宋 二号, text 仿宋 三号 indented by two characters, first headings 黑体, second 楷体,
    signature and date at the right, page numbers as — 1 —. The same report gives the same bytes.
    Raises DocumentError for a token without a figure.
    """
    from docx import Document

    document = Document()
    wordstyles.prepare(document)
    _properties(document, report)
    document.add_paragraph(report.title, style="Title")
    for block in blocks(report):
        _add(document, block)
    packed = io.BytesIO()
    document.save(packed)
    return _without_clock(packed.getvalue())


def _properties(document: WordDocument, report: AnnualReport) -> None:
    issued = report.issued_on
    when = datetime(issued.year, issued.month, issued.day, tzinfo=UTC) if issued else UNDATED
    properties = document.core_properties
    properties.title = report.title
    properties.author = properties.last_modified_by = report.library_name
    properties.comments = prose.edition_line(report)
    properties.language = "zh-CN"
    properties.created = properties.modified = when
    properties.revision = 1


def _add(document: WordDocument, block: Block) -> None:
    from docx.shared import Pt

    match block:
        case Heading():
            paragraph = document.add_paragraph(block.text, style=f"Heading {block.level}")
            if block.starts_appendix:
                paragraph.paragraph_format.page_break_before = True
        case Paragraph():
            _runs(document.add_paragraph(style="Body Text"), block.parts)
        case Grid():
            _grid(document, block)
        case Picture():
            _picture(document, block)
        case Signature():
            name = document.add_paragraph(block.name, style=wordstyles.SIGNATURE)
            name.paragraph_format.space_before = Pt(2 * wordstyles.LINE_PT)
            name.paragraph_format.keep_with_next = True
            document.add_paragraph(block.when, style=wordstyles.SIGNATURE)


def _runs(paragraph: WordParagraph, parts: tuple[Text, ...]) -> None:
    for part in parts:
        paragraph.add_run(part.text)


def _grid(document: WordDocument, grid: Grid) -> None:
    from docx.shared import Mm

    document.add_paragraph(grid.caption, style="Caption").paragraph_format.keep_with_next = True
    table = document.add_table(rows=1, cols=len(grid.columns), style="Table Grid")
    table.autofit = False
    style = document.styles[wordstyles.TABLE_TEXT].style_id
    whole = sum(grid.widths)
    widths = [Mm(wordstyles.TEXT_WIDTH_MM * share / whole) for share in grid.widths]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for cell, column_name, width in zip(table.rows[0].cells, grid.columns, widths, strict=True):
        _fill(cell, column_name, style, bold=True, centred=True)
        cell.width = width
    wordstyles.repeat_header(table.rows[0])
    for at, texts in enumerate(grid.rows):
        row = table.add_row()
        wordstyles.keep_together(row)
        bold = grid.has_total and at + 1 == len(grid.rows)
        cells = zip(row.cells, texts, grid.numeric, widths, strict=True)
        for cell, text, numeric, width in cells:
            _fill(cell, text.text, style, bold=bold, numeric=numeric)
            cell.width = width
    document.add_paragraph(grid.note, style=wordstyles.TABLE_NOTE)


def _fill(
    cell: _Cell,
    text: str,
    style: str,
    *,
    bold: bool = False,
    numeric: bool = False,
    centred: bool = False,
) -> None:
    from docx.enum.table import WD_ALIGN_VERTICAL
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph = cell.paragraphs[0]
    # By id: a style by name is looked up in the whole style sheet, cell after cell.
    paragraph._p.style = style
    cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    paragraph.add_run(text).bold = bold
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif numeric:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _picture(document: WordDocument, picture: Picture) -> None:
    from docx.shared import Mm

    paragraph = document.add_paragraph(style=wordstyles.PICTURE)
    drawn = io.BytesIO(png(spec(picture.chart), CHART_PPI))
    shape = paragraph.add_run().add_picture(drawn, width=Mm(wordstyles.TEXT_WIDTH_MM))
    properties = cast(Any, shape)._inline.docPr
    properties.set("name", picture.chart.name)
    properties.set("descr", picture.chart.alt)
    document.add_paragraph(picture.caption, style="Caption")


def _without_clock(packed: bytes) -> bytes:
    """Write the archive again with one fixed time, so that equal reports are equal files."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as source,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, ZIP_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return written.getvalue()
