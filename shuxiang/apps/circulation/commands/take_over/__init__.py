"""Taking over the open loans and holds of another system from spreadsheets (row X4)."""

from __future__ import annotations

from pathlib import Path

from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.catalog.commands.sheets import Chunk, Preview, Progress, SheetOptions
from shuxiang.apps.circulation.commands.take_over.holds import make as make_holds
from shuxiang.apps.circulation.commands.take_over.holds import undo_holds
from shuxiang.apps.circulation.commands.take_over.reading import LoanListReader, OldLoan
from shuxiang.apps.circulation.commands.take_over.undoing import undo_loans
from shuxiang.apps.circulation.commands.take_over.writing import TAKEN_OVER, take_over_chunk
from shuxiang.formats.sheets import SheetMap, Survey
from shuxiang.kernel.context import Context

__all__ = [
    "TAKEN_OVER",
    "OldLoan",
    "make",
    "make_holds",
    "preview",
    "run",
    "undo_holds",
    "undo_loans",
]


class _Loans(LoanListReader):
    def write(self, chunk: Chunk, ctx: Context) -> None:
        take_over_chunk(chunk=chunk, ctx=ctx)


def make(found: Survey, how: SheetMap, options: SheetOptions, ctx: Context) -> sheets.Reader:
    """The reader of a list of open loans."""
    return _Loans(found, how, options, ctx)


def preview(path: Path, options: SheetOptions, *, ctx: Context, limit: int = 20) -> Preview:
    """See `catalog.commands.sheets.preview`."""
    return sheets.preview(path, options, make, ctx=ctx, limit=limit)


def run(
    path: Path, options: SheetOptions, *, ctx: Context, progress: Progress | None = None
) -> str:
    """See `catalog.commands.sheets.run`."""
    return sheets.run(path, options, make, ctx=ctx, progress=progress)
