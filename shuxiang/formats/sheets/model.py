"""Rows of a spreadsheet as text, and why a spreadsheet could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, Protocol

from shuxiang.formats.notes import Note, note

COLUMNS: Final = 512
"""Columns that are read; a cell further right is ignored, whatever a file declares."""

Kind = Literal["number", "date", "error", "formula"]
Format = Literal["xlsx", "xls", "csv"]


class Row(NamedTuple):
    """One row that is not empty.

    Attributes:
        sheet: name of its sheet, '' in a text file; number: as the spreadsheet shows it, from 1.
        cells: texts with outer blanks removed, up to the last one that is not empty.
        kinds: what a cell was, where it was not text: a ``number`` in its shortest form, a ``date``
            as YYYY-MM-DD, an ``error`` such as #N/A, a ``formula`` without a stored result.
    """

    sheet: str
    number: int
    cells: list[str]
    kinds: dict[int, str]


class SheetError(Exception):
    """The file can't be read as a whole. ``note`` says why; nothing of it must be used."""

    def __init__(self, reason: Note) -> None:
        super().__init__(reason.message)
        self.note = reason


def broken(code: str, **data: object) -> SheetError:
    """Shorthand: ``raise broken("sheet_truncated")``."""
    return SheetError(note(code, **data))


class Book(Protocol):
    """An opened spreadsheet. ``rows`` may be called again: it reads from the beginning."""

    @property
    def format(self) -> Format: ...
    @property
    def charset(self) -> str: ...
    @property
    def sheets(self) -> tuple[str, ...]: ...
    def rows(self, sheet: str) -> Iterator[Row]: ...


@dataclass(slots=True)
class Cells:
    """Gathers the cells of one row."""

    texts: dict[int, str] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)

    def put(self, column: int, text: str, kind: str = "") -> None:
        if column >= COLUMNS or not (text := text.strip()):
            return
        self.texts[column] = text
        if kind:
            self.kinds[column] = kind

    def row(self, sheet: str, number: int) -> Row | None:
        """The row, None when it is empty."""
        if not self.texts:
            return None
        cells = [""] * (max(self.texts) + 1)
        for column, text in self.texts.items():
            cells[column] = text
        return Row(sheet, number, cells, self.kinds)
