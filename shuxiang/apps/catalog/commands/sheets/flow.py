"""Looking at a list, previewing it, importing it chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands.sheets.batch import Begun, begin_sheet, finish_sheet
from shuxiang.apps.catalog.commands.sheets.rows import Chunk, said
from shuxiang.apps.catalog.rules import SetAside
from shuxiang.formats.notes import Note, note
from shuxiang.formats.sheets import (
    Record,
    SheetError,
    SheetKind,
    SheetMap,
    Survey,
    records,
    survey,
)
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import storage

CHUNK_ROWS = 200
"""Rows of a chunk: some 50 ms of the write lock."""

Progress = Callable[[int, int, int], None]
"""Called after each chunk with rows done, rows in all, rows done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOptions:
    """What the library says about a list: the place its rows belong to where they name none, what
    the list is of and how it is read (both found from its headings where None)."""

    place: str
    kind: SheetKind | None = None
    map: SheetMap | None = None


@dataclass(frozen=True, slots=True)
class PreviewedRow:
    """What importing one row would make: field → text as we understand it, the findings, and what
    keeps it out."""

    position: int
    sheet: str
    row: int
    values: dict[str, str]
    notes: tuple[Note, ...] = ()
    refused: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """A list and what its first rows would make. ``meanings``: coded field → (text, how often, our
    code or '')."""

    survey: Survey
    rows: tuple[PreviewedRow, ...]
    meanings: dict[str, tuple[tuple[str, int, str], ...]]

    @property
    def unknown(self) -> dict[str, dict[str, int]]:
        """Coded field → texts that stand for nothing of ours yet, each with how often."""
        found = {
            name: {text: count for text, count, code in texts if not code}
            for name, texts in self.meanings.items()
        }
        return {name: texts for name, texts in found.items() if texts}


class Reader(Protocol):
    """How one kind of list is read and written; each app has its own."""

    kind: SheetKind

    def read(self, record: Record) -> tuple[Any | None, tuple[Note, ...], tuple[Note, ...]]:
        """(what the row makes, findings, what keeps it out) of one row; no database is written."""
        ...

    def show(self, record: Record, made: Any | None) -> dict[str, str]:
        """Field → text for the preview."""
        ...

    def aside(self, record: Record, reasons: Sequence[Note]) -> SetAside:
        """The row as it is kept in the quarantine."""
        ...

    def write(self, chunk: Chunk, ctx: Context) -> None:
        """The command that writes a chunk."""
        ...

    def means(self, name: str, text: str) -> str:
        """Our code of a text of a coded column; '' for none."""
        ...


MakeReader = Callable[[Survey, SheetMap, SheetOptions, Context], Reader]


def look(path: Path, options: SheetOptions) -> Survey:
    """Read a file as a whole, as `formats.sheets.survey`; the map of an earlier list with the same
    headings is used where none is given.

    Raises Refused: import-file-missing, import-file-folder, import-file-unreadable, sheet-unreadable.
    """
    if path.is_dir():
        raise refuse(stop("import-file-folder", file=str(path)))
    try:
        found = survey(path, kind=options.kind, map=options.map)
        if options.map is None:
            known = catalog.newest_profile(found.map.kind, found.map.headings)
            if known is not None:
                found = replace(found, map=SheetMap.from_dict(known))
    except FileNotFoundError:
        raise refuse(stop("import-file-missing", file=str(path))) from None
    except SheetError as error:
        raise refuse(stop("sheet-unreadable", code=error.note.code, why=said(error.note))) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise refuse(stop("import-file-unreadable", file=str(path), why=why)) from None
    return found


def preview(
    path: Path,
    options: SheetOptions,
    make: MakeReader,
    *,
    ctx: Context,
    limit: int = 20,
    found: Survey | None = None,
) -> Preview:
    """Look at a list (unless ``found`` is how it was seen before) and read its first rows; writes
    nothing. Raises Refused as `look`."""
    found = found or look(path, options)
    how = options.map or found.map
    reader = make(found, how, options, ctx)
    rows: list[PreviewedRow] = []
    for record in records(path, how):
        if record.skip:
            continue
        made, notes, refused = reader.read(record)
        shown = reader.show(record, made)
        rows.append(PreviewedRow(record.position, record.sheet, record.row, shown, notes, refused))
        if len(rows) == limit:
            break
    meanings = {
        name: tuple((text, count, reader.means(name, text)) for text, count in texts.items())
        for name, texts in found.values.items()
    }
    return Preview(found, tuple(rows), meanings)


def run(
    path: Path,
    options: SheetOptions,
    make: MakeReader,
    *,
    ctx: Context,
    progress: Progress | None = None,
    found: Survey | None = None,
) -> str:
    """Import a list (``found``: as it was just looked at), or go on with an import that was
    interrupted; returns the batch number.

    Raises Refused: what `look` says, columns-missing, import-known, import-being-undone,
    import-elsewhere.
    """
    found = found or look(path, options)
    begun = begin_sheet(
        kind=found.map.kind,
        place=options.place,
        file_name=path.name,
        file_sha256=found.sha256,
        file_size=found.size,
        charset=found.charset,
        format=found.format,
        profile=(options.map or found.map).to_dict(),
        rows=found.rows,
        draft=False,
        file_path="",
        ctx=ctx,
    )
    for done in steps(path, options, make, found, begun, ctx=ctx):
        if progress:
            progress(done, found.rows, done)
    return begun.number


def steps(
    path: Path,
    options: SheetOptions,
    make: MakeReader,
    found: Survey,
    begun: Begun,
    *,
    ctx: Context,
) -> Iterator[int]:
    """Write a list chunk by chunk from where its batch is; yields the rows done after each chunk and
    closes the batch at the end. Raises StorageFull where the disk is nearly full: what is left is the
    desk's."""
    how = options.map or found.map
    reader = make(found, how, options, ctx)
    for chunk in _chunks(records(path, how, after=begun.offset), reader, begun):
        storage.require_room()
        # The locked batch knows what is done; a key of its own would keep a refusal for ever.
        reader.write(chunk, replace(ctx, request_key=new_id()))
        yield chunk.until
    finish_sheet(batch=begun.batch, rows=found.rows, ctx=replace(ctx, request_key=new_id()))


def _chunks(rows: Iterable[Record], reader: Reader, begun: Begun) -> Iterator[Chunk]:
    made: list[Any] = []
    aside: list[SetAside] = []
    offset = until = begun.offset
    skipped = 0
    for record in rows:
        until = record.position
        if record.skip == "heading":
            skipped += 1
        elif record.skip == "cut":
            aside.append(reader.aside(record, (note("row_cut"),)))
        else:
            row, _, refused = reader.read(record)
            if refused or row is None:
                aside.append(reader.aside(record, refused))
            else:
                made.append(row)
        if until - offset >= CHUNK_ROWS:
            yield Chunk(begun.batch, offset, until, made, aside, skipped)
            made, aside, offset, skipped = [], [], until, 0
    if until > offset:
        yield Chunk(begun.batch, offset, until, made, aside, skipped)
