"""Finding the table in a sheet: its heading row or rows, its columns, its records."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from shuxiang.formats.sheets.headings import (
    CODED,
    FIELDS,
    FREE_TEXTS,
    KINDS,
    NEEDED,
    SheetKind,
    field_of,
)
from shuxiang.formats.sheets.model import Book, Row, broken
from shuxiang.formats.sheets.text import Text
from shuxiang.formats.sheets.xls import Xls
from shuxiang.formats.sheets.xlsx import Xlsx

SEARCHED: Final = 30
"""Rows from the top among which the headings are looked for."""
MOST_VALUES: Final = 200
"""Different values of a coded column that are listed."""


@dataclass(frozen=True, slots=True)
class Header:
    """The headings of a sheet. ``row`` is the number of their last row, ``columns`` our field → index
    of the column."""

    kind: SheetKind
    row: int
    headings: tuple[str, ...]
    columns: Mapping[str, int]

    @property
    def complete(self) -> bool:
        """Whether every column that the kind needs is there."""
        return is_complete(self.kind, self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetMap:
    """How a list is read; kept with its import and used again for the next list of the same
    headings.

    Attributes:
        headings: of the sheets that are read; a sheet with others is not.
        columns: our field → index of its column from 0.
        values: coded field → text in the list → our code ('' takes the text for nothing).
        row: number of the last heading row where it is not to be looked for, else 0.
    """

    kind: SheetKind
    headings: tuple[str, ...]
    columns: Mapping[str, int]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    row: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "kind": self.kind,
            "headings": list(self.headings),
            "columns": dict(self.columns),
            "values": {name: dict(texts) for name, texts in self.values.items()},
            "row": self.row,
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> SheetMap:
        """Raises ValueError, saying what is wrong, for anything but what `to_dict` makes."""
        kind = given.get("kind")
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(sorted(KINDS))}")
        columns, values = given.get("columns", {}), given.get("values", {})
        headings, row = given.get("headings", []), given.get("row", 0)
        if not isinstance(headings, list) or not all(isinstance(h, str) for h in headings):
            raise ValueError("headings must be a list of texts")
        if not isinstance(columns, dict) or not isinstance(values, dict):
            raise ValueError("columns and values must be objects")
        for name, index in columns.items():
            if name not in FIELDS[kind]:
                raise ValueError(f"there is no column {name} in a list of {kind}")
            if not isinstance(index, int) or not 0 <= index < max(len(headings), 1):
                raise ValueError(f"column {name} must be a number from 0 to {len(headings) - 1}")
        for name, texts in values.items():
            if name not in CODED[kind] or not isinstance(texts, dict):
                raise ValueError(f"values of {name} can't be mapped in a list of {kind}")
        if not isinstance(row, int) or row < 0:
            raise ValueError("row must be the number of a row")
        return cls(kind=kind, headings=tuple(headings), columns=columns, values=values, row=row)


_NO_TEXT: Final = ("formula", "error")


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a list. ``position`` counts the rows of all sheets read, from 1; ``skip``: '' or
    why it holds no data: heading (repeated on each printed page) or cut (the last line of a text file
    that ends in the middle)."""

    position: int
    sheet: str
    row: int
    values: dict[str, str]
    kinds: dict[str, str]
    cells: list[str]
    skip: str = ""

    def get(self, name: str) -> str:
        """The text of a column, '' where it is missing or empty."""
        return self.values.get(name, "")

    def kind(self, name: str) -> str:
        """What the cell was, see `model.Row`."""
        return self.kinds.get(name, "")

    @property
    def texts_lost(self) -> bool:
        """Whether a text of it is a formula without a result or an error, and so left out."""
        return any(name in FREE_TEXTS and kind in _NO_TEXT for name, kind in self.kinds.items())


@dataclass(frozen=True, slots=True)
class Survey:
    """A whole file, read once.

    Attributes:
        sheets: name and headings of each sheet, None where none were found.
        map: how it would be read: by the best sheet.
        rows: rows of the sheets that have the headings of the map.
        values: coded field → text → how often.
        lengths: length of the barcodes or card numbers → how often.
    """

    path: Path
    size: int
    sha256: str
    format: str
    charset: str
    sheets: tuple[tuple[str, Header | None], ...]
    map: SheetMap
    rows: int
    values: Mapping[str, Mapping[str, int]]
    lengths: Mapping[int, int]

    def facts(self) -> dict[str, Any]:
        """What of it can be kept as JSON beside the map, so that the file needn't be read again."""
        return {
            "sheets": [
                [name, bool(h and h.headings == self.map.headings)] for name, h in self.sheets
            ],
            "values": {name: dict(texts) for name, texts in self.values.items()},
            "lengths": {str(length): count for length, count in self.lengths.items()},
        }

    @classmethod
    def from_facts(
        cls,
        path: Path,
        facts: Mapping[str, Any],
        *,
        size: int,
        sha256: str,
        format: str,  # noqa: A002 - the survey's own word
        charset: str,
        map: SheetMap,  # noqa: A002 - the survey's own word
        rows: int,
    ) -> Survey:
        """A survey of before, with a map that reads the same sheets."""
        headings = Header(map.kind, map.row, map.headings, map.columns)
        return cls(
            path,
            size,
            sha256,
            format,
            charset,
            tuple((name, headings if read else None) for name, read in facts.get("sheets", [])),
            map,
            rows,
            facts.get("values", {}),
            {int(length): count for length, count in facts.get("lengths", {}).items()},
        )


def is_complete(kind: SheetKind, columns: Mapping[str, int]) -> bool:
    """Whether every column that the kind needs is among ``columns``."""
    return all(any(name in columns for name in group) for group in NEEDED[kind])


def _columns(headings: Sequence[str], kind: SheetKind) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, heading in enumerate(headings):
        name = field_of(heading, kind) if heading else ""
        if name and name not in found:
            found[name] = index
    return found


def _joined(above: Sequence[str], below: Sequence[str]) -> list[str]:
    """Two heading rows as one: the lower text stands, under an empty cell the upper one."""
    width = max(len(above), len(below))
    top = [*above, *[""] * (width - len(above))]
    low = [*below, *[""] * (width - len(below))]
    return [b or a for a, b in zip(top, low, strict=True)]


def find_header(rows: Sequence[Row], kind: SheetKind | None = None) -> Header | None:
    """The headings among the first rows: the row, or two rows together, with most known headings.

    Two are enough to be shown to a person; `Header.complete` tells whether they are enough to read.
    """
    best: tuple[tuple[bool, int, int], Header] | None = None
    for place, row in enumerate(rows[:SEARCHED]):
        offered = [(row.number, row.cells, 0)]
        if place and rows[place - 1].number == row.number - 1:
            offered.append((row.number, _joined(rows[place - 1].cells, row.cells), -1))
        for number, headings, pair in offered:
            for rank, each in enumerate(KINDS if kind is None else (kind,)):
                columns = _columns(headings, each)
                if len(columns) < 2:
                    continue
                header = Header(each, number, tuple(headings), columns)
                # A list of loans that is complete is one, even if it tells more of books.
                order = len(KINDS) - rank if header.complete else 0
                score = (header.complete, order, len(columns) * 2 + pair)
                if best is None or score > best[0]:
                    best = (score, header)
    return best[1] if best else None


def _heading_score(rows: Sequence[list[str]]) -> int:
    found = find_header([Row("", n, cells, {}) for n, cells in enumerate(rows, 1)])
    return len(found.columns) if found else 0


_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def open_book(path: Path) -> Book:
    """Open a spreadsheet by what it is, whatever it is called.

    Raises SheetError: sheet_empty, sheet_html and what the formats raise.
    """
    with path.open("rb") as stream:
        head = stream.read(512)
    if not head:
        raise broken("sheet_empty")
    if head.startswith(b"PK"):
        return Xlsx(path)
    if head.startswith(_OLE):
        return Xls(path)
    plain = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if plain.startswith((b"<html", b"<!doctype html", b"<table", b"<?xml")):
        raise broken("sheet_html")
    if plain.startswith((b"%pdf", b"{")):
        raise broken("sheet_binary")
    return Text(path, _heading_score)


def survey(
    path: Path,
    *,
    kind: SheetKind | None = None,
    map: SheetMap | None = None,  # noqa: A002 - the survey's own word
) -> Survey:
    """Read a file once: hash, sheets, headings, rows, values of coded columns. A file that is
    damaged anywhere is found out here, before anything of it is used.

    Args:
        kind: what the list is of, where its headings leave it open.
        map: how to read it instead of what is found.

    Raises SheetError: what `open_book` raises, sheet_no_headings.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while data := stream.read(1 << 20):
            digest.update(data)
        size = stream.tell()
    book = open_book(path)
    sheets = [
        (name, find_header(list(islice(book.rows(name), SEARCHED)), kind)) for name in book.sheets
    ]
    chosen = map or _best(sheets)
    if chosen is None:
        raise broken("sheet_no_headings")
    rows, values, lengths = 0, {n: Counter[str]() for n in CODED[chosen.kind]}, Counter[int]()
    number = "card_no" if chosen.kind == "readers" else "barcode"
    for record in _records(book, chosen):
        rows += 1
        if record.skip:
            continue
        for name, counted in values.items():
            text = record.get(name)
            if text and (text in counted or len(counted) < MOST_VALUES):
                counted[text] += 1
        code = record.get(number)
        if code.isdecimal():
            lengths[len(code)] += 1
    return Survey(
        path,
        size,
        digest.hexdigest(),
        book.format,
        book.charset,
        tuple(sheets),
        chosen,
        rows,
        {name: dict(counted) for name, counted in values.items() if counted},
        dict(lengths),
    )


def _best(sheets: Sequence[tuple[str, Header | None]]) -> SheetMap | None:
    found = [header for _, header in sheets if header is not None]
    if not found:
        return None
    best = max(found, key=lambda h: (h.complete, len(h.columns)))
    return SheetMap(kind=best.kind, headings=best.headings, columns=best.columns)


def records(path: Path, how: SheetMap, *, after: int = 0) -> Iterator[Record]:
    """The records of every sheet with the headings of the map, those above position ``after``.

    Raises SheetError as `survey`.
    """
    for record in _records(open_book(path), how):
        if record.position > after:
            yield record


def _records(book: Book, how: SheetMap) -> Iterator[Record]:
    position = 0
    for sheet in book.sheets:
        rows = book.rows(sheet)
        start = how.row or _heading_row(book, sheet, how)
        if not start:
            continue
        width = len(how.headings)
        waiting: Record | None = None
        for row in rows:
            if row.number <= start:
                continue
            if waiting is not None:
                yield waiting
            position += 1
            waiting = _record(position, row, how, width)
        if waiting is not None:
            yield _last(book, waiting)


def _heading_row(book: Book, sheet: str, how: SheetMap) -> int:
    """The number of the last heading row of a sheet, 0 when it has not the headings of the map."""
    wanted = [h for h in how.headings if h]
    above: list[str] = []
    for row in islice(book.rows(sheet), SEARCHED):
        for cells in (row.cells, _joined(above, row.cells)):
            if [c for c in cells if c] == wanted:
                return row.number
        above = row.cells
    return 0


def _record(position: int, row: Row, how: SheetMap, width: int) -> Record:
    cells = row.cells
    values = {n: cells[i] for n, i in how.columns.items() if i < len(cells) and cells[i]}
    kinds = {n: row.kinds[i] for n, i in how.columns.items() if i in row.kinds}
    for name, kind in kinds.items():
        if kind in _NO_TEXT and name in FREE_TEXTS:
            values.pop(name, None)
    skip = "heading" if tuple(cells[:width]) == how.headings[: len(cells)] else ""
    return Record(position, row.sheet, row.number, values, kinds, cells, skip)


def _last(book: Book, record: Record) -> Record:
    """A text file whose last line ends without a line break and before the last needed column was
    cut off there."""
    if not isinstance(book, Text) or record.skip:
        return record
    with book.path.open("rb") as stream:
        stream.seek(-2, 2) if book.path.stat().st_size > 1 else stream.seek(0)
        ends = stream.read().rstrip(b"\0").endswith((b"\n", b"\r"))
    if ends or len(record.cells) > 1:
        return record
    return Record(
        record.position, record.sheet, record.row, record.values, record.kinds, record.cells, "cut"
    )
