"""Tables of the office as spreadsheet files."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.http import HttpResponse

from shuxiang.documents.sheets import Sheet, workbook

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def money(fen: int) -> Decimal:
    """An amount as a cell that a spreadsheet can add up."""
    return Decimal(fen).scaleb(-2)


def spreadsheet(sheets: Sequence[Sheet], title: str) -> HttpResponse:
    """The sheets as a download named after the title; never kept by the browser."""
    response = HttpResponse(workbook(sheets, title=title), content_type=TYPE)
    response.headers["Content-Disposition"] = _named(title)
    response.headers["Cache-Control"] = "no-store"
    return response


def _named(title: str) -> str:
    from django.utils.http import content_disposition_header

    plain = "".join("-" if c in '\\/:*?"<>|' else c for c in title)
    return content_disposition_header(True, f"{plain}.xlsx") or "attachment"
