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
from shuxiang.documents.report import prose, wordstyles, wordtables
from shuxiang.documents.report.blocks import (
    Block,
    Grid,
    Heading,
    Paragraph,
    Picture,
    Signature,
    blocks,
)
from shuxiang.documents.report.model import AnnualReport

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.paragraph import Paragraph as WordParagraph

CHART_PPI = 300
UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
ZIP_DAY = (1980, 1, 1, 0, 0, 0)


def get_ready() -> None:
    """Load what writes Word files, a tenth of a second, ahead of the first report."""
    import docx  # noqa: F401 - for its being loaded


def report_docx(report: AnnualReport, *, charts: bool = True) -> bytes:
    """Return the report as an editable .docx: headings, text and real tables, and in a last appendix
    the charts at 300 dpi, unless ``charts`` switches it off.

    Title 小标宋 二号, text 仿宋 三号 indented by two characters, first headings 黑体, second 楷体,
    signature and date at the right, page numbers as — 1 —. The same report gives the same bytes.
    Raises DocumentError for a token without a figure.
    """
    with_charts, without = report_docx_both(report, charts=charts)
    return with_charts if charts else without


def report_docx_both(report: AnnualReport, *, charts: bool = True) -> tuple[bytes, bytes]:
    """`report_docx` with the appendix of charts and without it, the text laid out once. The first is
    empty bytes when ``charts`` is switched off."""
    from docx import Document

    document = Document()
    wordstyles.prepare(document)
    _properties(document, report)
    writer = _Writer(document)
    writer.paragraph(report.title, "Title")
    laid_out = blocks(report, charts="apart")
    text = len(blocks(report, charts="none"))
    for block in laid_out[:text]:
        writer.add(block)
    without = _packed(document)
    if not charts:
        return b"", without
    for block in laid_out[text:]:
        writer.add(block)
    return _packed(document), without


def _packed(document: WordDocument) -> bytes:
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


class _Writer:
    """Adds blocks to a document. Styles are given by id: by name, the whole style sheet is looked
    through for every paragraph."""

    def __init__(self, document: WordDocument) -> None:
        self.document = document
        self.ids = {str(one.name): str(one.style_id) for one in document.styles}

    def paragraph(self, text: str, style: str) -> WordParagraph:
        made = self.document.add_paragraph(text)
        made._p.style = self.ids[style]
        return made

    def add(self, block: Block) -> None:
        from docx.shared import Pt

        match block:
            case Heading():
                heading = self.paragraph(block.text, f"Heading {block.level}")
                if block.starts_appendix:
                    heading.paragraph_format.page_break_before = True
            case Paragraph():
                self.paragraph("".join(part.text for part in block.parts), "Body Text")
            case Grid():
                self.grid(block)
            case Picture():
                self.picture(block)
            case Signature():
                name = self.paragraph(block.name, wordstyles.SIGNATURE)
                name.paragraph_format.space_before = Pt(2 * wordstyles.LINE_PT)
                name.paragraph_format.keep_with_next = True
                self.paragraph(block.when, wordstyles.SIGNATURE)

    def grid(self, grid: Grid) -> None:
        self.paragraph(grid.caption, "Caption").paragraph_format.keep_with_next = True
        made = wordtables.table(
            grid, style=self.ids["Table Grid"], text_style=self.ids[wordstyles.TABLE_TEXT]
        )
        self.document.element.body.insert_element_before(made, "w:sectPr")
        self.paragraph(grid.note, wordstyles.TABLE_NOTE)

    def picture(self, picture: Picture) -> None:
        from docx.shared import Mm

        made = self.paragraph("", wordstyles.PICTURE)
        drawn = io.BytesIO(png(spec(picture.chart), CHART_PPI))
        shape = made.add_run().add_picture(drawn, width=Mm(wordstyles.TEXT_WIDTH_MM))
        properties = cast(Any, shape)._inline.docPr
        properties.set("name", picture.chart.name)
        properties.set("descr", picture.chart.alt)
        self.paragraph(picture.caption, "Caption")


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
