"""Importing holdings from a spreadsheet: titles with their items (row X4).

Undoing is `import_marc.undo_import`: an import is an import.
"""

from __future__ import annotations

from pathlib import Path

from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.catalog.commands.sheets import Chunk, Preview, Progress, SheetOptions
from shuxiang.apps.stock.commands.import_marc.undoing import undo_import
from shuxiang.apps.stock.commands.import_sheet.reading import HoldingsReader, NewHolding
from shuxiang.apps.stock.commands.import_sheet.words import GONE, LENT, NOWHERE
from shuxiang.apps.stock.commands.import_sheet.writing import import_sheet_chunk
from shuxiang.formats.sheets import SheetMap, Survey
from shuxiang.kernel.context import Context

__all__ = ["GONE", "LENT", "NOWHERE", "NewHolding", "make", "preview", "run", "undo_import"]


class _Holdings(HoldingsReader):
    def write(self, chunk: Chunk, ctx: Context) -> None:
        import_sheet_chunk(chunk=chunk, ctx=ctx)


def make(found: Survey, how: SheetMap, options: SheetOptions, ctx: Context) -> sheets.Reader:
    """The reader of a holdings list."""
    return _Holdings(found, how, options, ctx)


def preview(path: Path, options: SheetOptions, *, ctx: Context, limit: int = 20) -> Preview:
    """See `catalog.commands.sheets.preview`."""
    return sheets.preview(path, options, make, ctx=ctx, limit=limit)


def run(
    path: Path, options: SheetOptions, *, ctx: Context, progress: Progress | None = None
) -> str:
    """See `catalog.commands.sheets.run`."""
    return sheets.run(path, options, make, ctx=ctx, progress=progress)
