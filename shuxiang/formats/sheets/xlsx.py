"""Office Open XML workbooks (ECMA-376), read as a stream.

Only the shared strings are held in memory; a sheet passes through row by row, whatever size it
declares. A workbook that unpacks to too much is refused before it is unpacked.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from shuxiang.formats.sheets.model import COLUMNS, Cells, Format, Row, broken

MOST_ENTRIES: Final = 5_000
MOST_UNPACKED: Final = 1 << 30
MOST_STRINGS: Final = 256 << 20
MOST_RATIO: Final = 100
RATIO_FROM: Final = 10 << 20
"""Limits of an archive: entries, bytes unpacked in all, bytes of shared strings, and how many times
the packed size an entry larger than the last may be."""
MOST_MERGED: Final = 200_000
_CHUNK: Final = 1 << 16
_DATE_FORMATS: Final = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_quoted: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_reference: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})(?::([A-Z]{1,3})(\d{1,7}))?$")

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]


@dataclass(slots=True)
class Xlsx:
    """A workbook on disk.

    Raises SheetError: sheet_damaged, sheet_truncated, sheet_bomb, sheet_locked, sheet_doctype.
    """

    path: Path
    format: Format = "xlsx"
    charset: str = "utf-8"
    sheets: tuple[str, ...] = ()
    _files: dict[str, str] = field(default_factory=dict)
    _strings: list[str] = field(default_factory=list)
    _dates: frozenset[int] = frozenset()
    _epoch: date = date(1899, 12, 30)
    _merges: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self._archive() as archive:
            _check(archive)
            names = set(archive.namelist())
            if "xl/workbook.xml" not in names:
                raise broken("sheet_damaged", why="xl/workbook.xml")
            self._workbook(archive)
            if "xl/styles.xml" in names:
                self._dates = _date_styles(archive)
            if "xl/sharedStrings.xml" in names:
                self._strings = _shared(archive)

    def _archive(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except zipfile.BadZipFile:
            # The list of entries stands at the end: half a file has none.
            raise broken("sheet_truncated") from None

    def _workbook(self, archive: zipfile.ZipFile) -> None:
        targets: dict[str, str] = {}
        found: dict[str, str] = {}

        def relation(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship":
                targets[attributes.get("Id", "")] = attributes.get("Target", "")

        def book(name: str, attributes: dict[str, str]) -> None:
            if name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
                self._epoch = date(1904, 1, 1)
            elif name == "sheet" and attributes.get("state", "visible") == "visible":
                link = next((v for k, v in attributes.items() if k.endswith(":id")), "")
                found[attributes.get("name", "")] = link

        _parse(archive, "xl/_rels/workbook.xml.rels", relation)
        _parse(archive, "xl/workbook.xml", book)
        for name, link in found.items():
            target = targets.get(link, "")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            # A chart sheet has no rows and another folder.
            if path in archive.namelist() and "/worksheets/" in path:
                self._files[name] = path
        self.sheets = tuple(self._files)

    def rows(self, sheet: str) -> Iterator[Row]:
        """The rows of a sheet that are not empty; a cell merged over several rows stands in each."""
        with self._archive() as archive:
            file = self._files[sheet]
            if sheet not in self._merges:
                self._merges[sheet] = _merged(archive, file)
            reader = _Sheet(self, sheet)
            for _ in _pieces(archive, file, reader.start, reader.end, reader.text):
                yield from reader.done
                reader.done.clear()


def _check(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED:
        raise broken("sheet_bomb", size=unpacked, entries=len(entries))
    for entry in entries:
        if entry.flag_bits & 1:
            raise broken("sheet_locked")
        large = entry.file_size > RATIO_FROM
        if large and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
            raise broken("sheet_bomb", size=unpacked, entries=len(entries))
        if entry.filename == "xl/sharedStrings.xml" and entry.file_size > MOST_STRINGS:
            raise broken("sheet_bomb", size=entry.file_size, entries=len(entries))


def _pieces(
    archive: zipfile.ZipFile,
    file: str,
    start: Start,
    end: End | None = None,
    text: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Parse an entry piece by piece; yields after each, so that a caller can take what is ready."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: Any) -> None:
        raise broken("sheet_doctype")

    parser.StartDoctypeDeclHandler = refuse

    def first(name: str, values: dict[str, str]) -> None:
        # Prefixes are rare and the same in a whole part: without one, no name needs cutting.
        if ":" in name:
            parser.StartElementHandler = lambda n, v: start(n.rpartition(":")[2], v)
            if end is not None:
                parser.EndElementHandler = lambda n: end(n.rpartition(":")[2])
        else:
            parser.StartElementHandler = start
            if end is not None:
                parser.EndElementHandler = end
        start(name.rpartition(":")[2], values)

    parser.StartElementHandler = first
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        with archive.open(file) as stream:
            while data := stream.read(_CHUNK):
                parser.Parse(data, False)
                yield
            parser.Parse(b"", True)
            yield
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise broken("sheet_truncated") from None
    except NotImplementedError:
        # What zipfile says of a compression it does not know.
        raise broken("sheet_damaged", why=file) from None
    except expat.ExpatError as error:
        raise broken("sheet_damaged", why=f"{file}: {error}") from None


def _parse(
    archive: zipfile.ZipFile,
    file: str,
    start: Start,
    end: End | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    if file not in archive.namelist():
        raise broken("sheet_damaged", why=file)
    for _ in _pieces(archive, file, start, end, text):
        pass


def _date_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """The numbers of the cell styles that show a number as a date."""
    custom: set[int] = set()
    found: set[int] = set()
    inside: list[str] = []
    count = 0

    def start(name: str, values: dict[str, str]) -> None:
        nonlocal count
        if name == "numFmt":
            plain = _quoted.sub("", values.get("formatCode", "")).lower()
            if "y" in plain or "d" in plain or ("m" in plain and "0" not in plain):
                custom.add(int(values.get("numFmtId", "0")))
        elif name == "cellXfs":
            inside.append(name)
        elif name == "xf" and inside:
            number = int(values.get("numFmtId", "0"))
            if number in _DATE_FORMATS or number in custom:
                found.add(count)
            count += 1

    def end(name: str) -> None:
        if name == "cellXfs":
            inside.clear()

    _parse(archive, "xl/styles.xml", start, end)
    return frozenset(found)


def _shared(archive: zipfile.ZipFile) -> list[str]:
    strings: list[str] = []
    pieces: list[str] = []
    state = {"t": False, "phonetic": False}

    def start(name: str, _: dict[str, str]) -> None:
        if name == "t":
            state["t"] = not state["phonetic"]
        elif name == "rPh":
            state["phonetic"] = True

    def end(name: str) -> None:
        if name == "si":
            strings.append("".join(pieces))
            pieces.clear()
        elif name == "t":
            state["t"] = False
        elif name == "rPh":
            state["phonetic"] = False

    def text(data: str) -> None:
        if state["t"]:
            pieces.append(data)

    _parse(archive, "xl/sharedStrings.xml", start, end, text)
    return strings


_merge_cell: Final = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z0-9:]{1,32})[\"']")
_OVERLAP: Final = 256


def _merged(archive: zipfile.ZipFile, file: str) -> list[tuple[int, int, int]]:
    """(first row, last row, column) of the ranges that reach over several rows, by first row. They
    stand after the rows, so the sheet is unpacked once for them; as bytes, which is quick."""
    found: list[tuple[int, int, int]] = []
    before = b""
    try:
        with archive.open(file) as stream:
            while data := stream.read(_CHUNK * 16):
                data = before + data
                end = 0
                for each in _merge_cell.finditer(data):
                    end = each.end()
                    match = _reference.match(each[1].decode())
                    if match and match[3] and match[2] != match[4] and len(found) < MOST_MERGED:
                        found.append((int(match[2]), int(match[4]), column_number(match[1])))
                before = data[max(end, len(data) - _OVERLAP) :]
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise broken("sheet_truncated") from None
    return sorted(found)


@lru_cache(maxsize=2048)
def column_number(letters: str) -> int:
    """0 for A, 25 for Z, 26 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


class _Sheet:
    """Makes rows of the elements of a worksheet."""

    def __init__(self, book: Xlsx, sheet: str) -> None:
        self._book = book
        self._name = sheet
        self.done: list[Row] = []
        self._number = 0
        self._column = -1
        self._type = self._style = ""
        self._cells = Cells()
        self._text: list[str] = []
        self._in_text = self._in_phonetic = False
        self._formula = False
        self._waiting = list(reversed(book._merges[sheet]))
        self._open: dict[int, tuple[int, str, str]] = {}

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "c":
            self._column = self._at(values.get("r", ""))
            self._type, self._style = values.get("t", "n"), values.get("s", "0")
            self._text.clear()
            self._formula = False
        elif name in ("v", "t"):
            self._in_text = not self._in_phonetic
        elif name == "row":
            given = values.get("r", "")
            self._number = int(given) if given.isdecimal() else self._number + 1
            self._column = -1
            self._cells = Cells()
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._in_phonetic = True

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._in_text = False
        elif name == "c":
            self._finish_cell()
        elif name == "row":
            self._finish_row()
        elif name == "rPh":
            self._in_phonetic = False

    def text(self, data: str) -> None:
        if self._in_text:
            self._text.append(data)

    def _at(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        if not letters or len(letters) > 3 or not (letters.isascii() and letters.isupper()):
            return self._column + 1
        return column_number(letters)

    def _finish_cell(self) -> None:
        column = self._column
        if column >= COLUMNS:
            return
        text, kind = "".join(self._text), self._type
        if not text:
            # A text formula may well have '' for its result.
            if self._formula and kind != "str":
                self._cells.put(column, "=", "formula")
            return
        if kind == "s":
            index = int(text) if text.strip().isdecimal() else -1
            if not 0 <= index < len(self._book._strings):
                raise broken("sheet_damaged", why=f"{self._name} {self._number}")
            self._cells.put(column, self._book._strings[index])
        elif kind == "n":
            self._number_cell(column, text)
        elif kind == "e":
            self._cells.put(column, text, "error")
        elif kind == "d":
            self._cells.put(column, text[:10], "date")
        else:
            self._cells.put(column, text)

    def _number_cell(self, column: int, text: str) -> None:
        try:
            value = float(text)
        except ValueError:
            self._cells.put(column, text)
            return
        style = int(self._style) if self._style.isdecimal() else 0
        if style in self._book._dates and 0 < value < 2_958_466:
            day = self._book._epoch + timedelta(days=int(value))
            self._cells.put(column, day.isoformat(), "date")
            return
        # A double holds 15 digits for certain; what was typed beyond them is lost.
        whole = value.is_integer() and abs(value) < 1e21
        self._cells.put(column, str(int(value)) if whole else f"{value:.15g}", "number")

    def _finish_row(self) -> None:
        while self._waiting and self._waiting[-1][0] <= self._number:
            first, last, column = self._waiting.pop()
            if first == self._number and column in self._cells.texts:
                kind = self._cells.kinds.get(column, "")
                self._open[column] = (last, self._cells.texts[column], kind)
        for column, (last, text, kind) in list(self._open.items()):
            if last < self._number:
                del self._open[column]
            elif column not in self._cells.texts:
                self._cells.put(column, text, kind)
        row = self._cells.row(self._name, self._number)
        if row is not None:
            self.done.append(row)
