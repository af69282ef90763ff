"""Lists of scanned codes: files of offline scanners, and what an RFID reader heard on a shelf.

A scanner's file is text in UTF-8, UTF-16 or GB18030, a code a line or a table whose columns are
separated by commas, tabs or semicolons, in any order of columns. A list of labels is the JSON of the
device bridge, or a line a label: its user memory in hexadecimal after whatever else, or a barcode.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from shuxiang.formats import rfid

HEADINGS: Final = frozenset(
    {"条码", "条码号", "条形码", "册条码", "馆藏条码", "财产号", "barcode", "code", "item"}
)
_CODE: Final = re.compile(r"^[0-9A-Za-z][0-9A-Za-z.@_/-]{1,58}$")
_MOMENT: Final = re.compile(
    r"^\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?([ T]\d{1,2}:\d{2}(:\d{2})?)?$"
    r"|^\d{1,2}:\d{2}(:\d{2})?$|^20\d{6}(\d{6})?$"
)
_MEMORY: Final = re.compile(r"^(?:[0-9A-Fa-f]{2}){8,}$")
_CUT: Final = re.compile(r"[,\t;，；]")


@dataclass(frozen=True, slots=True)
class ScanList:
    """Codes in the order of the list; ``unread``: lines that hold none."""

    codes: tuple[str, ...]
    unread: int = 0


def text_of(data: bytes) -> str:
    """The text of a scanner's file; nothing of a workbook or an archive, which is no text."""
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        return ""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def read_scans(text: str) -> ScanList:
    """The codes of a scanner's list."""
    rows = [
        [cell.strip().strip('"').strip() for cell in _CUT.split(line)]
        for line in text.replace("\0", "").splitlines()
        if line.strip()
    ]
    column = _named(rows[0]) if rows else None
    if column is not None:
        rows = rows[1:]
    else:
        column = _likeliest(rows)
    found, unread = [], 0
    for row in rows:
        cell = row[column] if column < len(row) else ""
        if _CODE.match(cell):
            found.append(cell)
        else:
            unread += 1
    return ScanList(tuple(found), unread)


def _named(row: list[str]) -> int | None:
    names = [cell.casefold() for cell in row]
    return next((at for at, name in enumerate(names) if name in HEADINGS), None)


def _likeliest(rows: list[list[str]]) -> int:
    """The column with the most different codes, those that are days and hours left out: a quantity has
    few different values, a barcode one a book."""
    values: dict[int, set[str]] = {}
    for row in rows:
        for at, cell in enumerate(row):
            if _CODE.match(cell) and not _MOMENT.match(cell):
                values.setdefault(at, set()).add(cell)
    return max(values, key=lambda at: (len(values[at]), -at)) if values else 0


def read_labels(text: str) -> ScanList:
    """The barcodes of the labels that an RFID reader heard; labels it could not read are counted."""
    if text.lstrip()[:1] in "{[":
        try:
            return _of_bridge(json.loads(text))
        except ValueError:
            return ScanList((), 1)
    found, unread = [], 0
    for line in filter(str.strip, text.splitlines()):
        cells = [cell.strip() for cell in _CUT.split(line)]
        memory = next((c for c in reversed(cells) if _MEMORY.match(c)), "")
        code = _barcode(bytes.fromhex(memory)) if memory else cells[0]
        if code and _CODE.match(code):
            found.append(code)
        else:
            unread += 1
    return ScanList(tuple(found), unread)


def _of_bridge(answer: Any) -> ScanList:
    answers: Iterable[Any] = answer if isinstance(answer, list) else [answer]
    found, unread = list[str](), 0
    for each in answers:
        body = each.get("body", each) if isinstance(each, dict) else {}
        tags = body.get("tags") if isinstance(body, dict) else None
        if not isinstance(tags, list):
            unread += 1
            continue
        for tag in tags:
            data = tag.get("data") if isinstance(tag, dict) else None
            code = ""
            if isinstance(data, str) and _MEMORY.match(data):
                code = _barcode(bytes.fromhex(data))
            if code:
                found.append(code)
            else:
                unread += 1
    return ScanList(tuple(found), unread)


def _barcode(memory: bytes) -> str:
    try:
        elements = rfid.decode(memory)
    except rfid.TagFault:
        return ""
    return next((e.value for e in elements if e.oid == rfid.PII), "")
