"""The report as PDF: bookmarks, tags, embedded fonts, numbers linked to their definitions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shuxiang.documents.charts import chart_svg
from shuxiang.documents.errors import DocumentError, FontsMissing
from shuxiang.documents.report import prose
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
from shuxiang.documents.typeset import EPOCH, typeset


def report_pdf(report: AnnualReport) -> bytes:
    """Return the typeset report, A4, as PDF/UA-1.

    A rare character that no font of ours has would make PDF/UA-1 impossible; the report is then
    plain tagged PDF with an empty box in that place. The creation time in the file is the day of
    issue. Raises DocumentError for a token without a figure, FontsMissing without CJK fonts.
    """
    data = report_data(report)
    issued = report.issued_on
    timestamp = EPOCH
    if issued:
        timestamp = int(datetime(issued.year, issued.month, issued.day, tzinfo=UTC).timestamp())
    try:
        return typeset("annual-report", data, pdf_standard="ua-1", timestamp=timestamp)
    except FontsMissing:
        raise
    except DocumentError as error:
        if "could not be displayed" not in str(error):
            raise
        return typeset("annual-report", data, timestamp=timestamp)


def report_data(report: AnnualReport) -> dict[str, Any]:
    """Return what the template is given, as JSON values."""
    return {
        "library": report.library_name,
        "title": report.title,
        "edition": prose.edition_line(report),
        "draft": report.issued_on is None,
        "issued": _day(report),
        "blocks": _blocks(report),
    }


def _day(report: AnnualReport) -> list[int] | None:
    day = report.issued_on
    return [day.year, day.month, day.day] if day else None


def _blocks(report: AnnualReport) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = []
    floats = True
    for block in blocks(report):
        floats = floats and not isinstance(block, Signature)
        data.append({**_block(block), "floats": floats})
    return data


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Heading():
            return {
                "kind": "heading",
                "level": block.level,
                "text": block.text,
                "appendix": block.starts_appendix,
            }
        case Paragraph():
            return {"kind": "paragraph", "parts": [_text(part) for part in block.parts]}
        case Grid():
            return {
                "kind": "table",
                "caption": block.caption,
                "columns": block.columns,
                "rows": [[_text(cell) for cell in row] for row in block.rows],
                "numeric": block.numeric,
                "widths": block.widths,
                "total": block.has_total,
                "note": block.note,
            }
        case Picture():
            return {
                "kind": "picture",
                "caption": block.caption,
                "svg": chart_svg(block.chart),
                "alt": block.chart.alt,
            }
        case Signature():
            return {"kind": "signature", "name": block.name, "when": block.when}


def _text(text: Text) -> dict[str, Any]:
    shown: dict[str, Any] = {"text": text.text}
    if text.target:
        shown["target"] = text.target
    if text.anchor:
        shown["anchor"] = text.anchor
    if text.missing:
        shown["missing"] = True
    return shown
