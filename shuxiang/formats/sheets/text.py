"""Comma and tab separated text (RFC 4180 as it is met: any of four separators, four encodings)."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shuxiang.formats.sheets.model import COLUMNS, Format, Row, broken

DELIMITERS: Final = (",", "\t", ";", "|")
MOST_FIELD: Final = 131_072
"""Characters of one field; more are a quotation mark that never closes."""
_CHUNK: Final = 1 << 20
_SAMPLE_LINES: Final = 40

Score = Callable[[Sequence[list[str]]], int]
"""How well the first rows look like a table, read with one separator."""


@dataclass(slots=True)
class Text:
    """A text file on disk.

    Raises SheetError: sheet_unclosed (the line where an open quotation mark stands), sheet_binary.
    """

    path: Path
    score: Score
    format: Format = "csv"
    charset: str = ""
    delimiter: str = ""
    sheets: tuple[str, ...] = ("",)

    def __post_init__(self) -> None:
        self.charset = self.charset or charset_of(self.path)
        if not self.delimiter:
            with self._open() as stream:
                lines = [line for _, line in zip(range(_SAMPLE_LINES), stream, strict=False)]
            self.delimiter = _delimiter(lines, self.score)

    def _open(self) -> io.TextIOWrapper:
        return self.path.open(encoding=self.charset, errors="replace", newline="")

    def rows(self, sheet: str = "") -> Iterator[Row]:
        """The rows that are not empty, each with the line it begins in."""
        with self._open() as stream:
            reader = csv.reader(stream, delimiter=self.delimiter, strict=True)
            before = 0
            while True:
                try:
                    fields = next(reader, None)
                except csv.Error:
                    raise broken("sheet_unclosed", line=before + 1) from None
                number, before = before + 1, reader.line_num
                if fields is None:
                    return
                cells = [_cell(text) for text in fields[:COLUMNS]]
                while cells and not cells[-1]:
                    cells.pop()
                if cells:
                    yield Row("", number, cells, {})


def _cell(text: str) -> str:
    plain = text.strip().strip("\ufeff")
    # Excel's own way to keep a number as text: ="00123"
    if plain.startswith('="') and plain.endswith('"') and len(plain) > 3:
        return plain[2:-1].strip()
    return plain


def charset_of(path: Path) -> str:
    """utf-8-sig, utf-16, utf-16-le, utf-16-be or gb18030, whichever the whole file fits.

    Raises SheetError: sheet_binary.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
        if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        if head.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        odd, even = head[1::2].count(0), head[::2].count(0)
        if odd or even:
            # Latin letters and digits in UTF-16 have one zero byte each.
            if min(odd, even) * 8 > max(odd, even) or max(odd, even) * 16 < len(head):
                raise broken("sheet_binary")
            return "utf-16-le" if odd > even else "utf-16-be"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            data = head
            while data:
                decoder.decode(data)
                data = stream.read(_CHUNK)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8-sig"


def _delimiter(lines: Sequence[str], score: Score) -> str:
    best, chosen = -1, ","
    for delimiter in DELIMITERS:
        rows: list[list[str]] = []
        try:
            for fields in csv.reader(lines, delimiter=delimiter):
                rows.append([_cell(text) for text in fields[:COLUMNS]])
        except csv.Error:
            pass
        found = score(rows) * 1000 + min(sum(len(row) for row in rows), 999)
        if found > best:
            best, chosen = found, delimiter
    return chosen
