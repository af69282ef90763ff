"""Importing readers with their cards from a spreadsheet (row X4)."""

from __future__ import annotations

from pathlib import Path

from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.catalog.commands.sheets import Chunk, Preview, Progress, SheetOptions
from shuxiang.apps.patrons.commands.import_sheet.reading import NewReader, ReaderListReader
from shuxiang.apps.patrons.commands.import_sheet.undoing import undo_readers
from shuxiang.apps.patrons.commands.import_sheet.words import CLOSED, SUSPENDED, TO_VERIFY
from shuxiang.apps.patrons.commands.import_sheet.writing import import_readers_chunk
from shuxiang.formats.sheets import SheetMap, Survey
from shuxiang.kernel.context import Context

__all__ = [
    "CLOSED",
    "SUSPENDED",
    "TO_VERIFY",
    "NewReader",
    "make",
    "preview",
    "run",
    "undo_readers",
]


class _Readers(ReaderListReader):
    def write(self, chunk: Chunk, ctx: Context) -> None:
        import_readers_chunk(chunk=chunk, ctx=ctx)


def make(found: Survey, how: SheetMap, options: SheetOptions, ctx: Context) -> sheets.Reader:
    """The reader of a reader list."""
    return _Readers(found, how, options, ctx)


def preview(path: Path, options: SheetOptions, *, ctx: Context, limit: int = 20) -> Preview:
    """See `catalog.commands.sheets.preview`."""
    return sheets.preview(path, options, make, ctx=ctx, limit=limit)


def run(
    path: Path, options: SheetOptions, *, ctx: Context, progress: Progress | None = None
) -> str:
    """See `catalog.commands.sheets.run`."""
    return sheets.run(path, options, make, ctx=ctx, progress=progress)
