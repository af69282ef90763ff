"""Spreadsheets of old systems: bytes → rows of text → records with our field names."""

from shuxiang.formats.sheets.headings import CODED, FIELDS, KINDS, NEEDED, SheetKind, field_of
from shuxiang.formats.sheets.model import COLUMNS, Row, SheetError
from shuxiang.formats.sheets.table import (
    Header,
    Record,
    SheetMap,
    Survey,
    find_header,
    is_complete,
    open_book,
    records,
    survey,
)
from shuxiang.formats.sheets.values import (
    Code,
    guarded,
    read_code,
    read_count,
    read_date,
    read_price,
)
from shuxiang.formats.sheets.write import workbook

__all__ = [
    "CODED",
    "COLUMNS",
    "FIELDS",
    "KINDS",
    "NEEDED",
    "Code",
    "Header",
    "Record",
    "Row",
    "SheetError",
    "SheetKind",
    "SheetMap",
    "Survey",
    "field_of",
    "find_header",
    "guarded",
    "is_complete",
    "open_book",
    "read_code",
    "read_count",
    "read_date",
    "read_price",
    "records",
    "survey",
    "workbook",
]
