"""Spine labels (书标), barcode labels and both in one, on A4 sheets of labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shuxiang.documents.barcodes import QUIET_ZONE, code128
from shuxiang.documents.errors import DocumentError
from shuxiang.documents.typeset import typeset
from shuxiang.formats.clc import parse_call_number

Content = Literal["spine", "barcode", "both"]
CONTENTS: tuple[Content, ...] = ("spine", "barcode", "both")

PAGE = (210.0, 297.0)
"""A4 (ISO 216) in mm."""
INSET = 2.0
"""Kept free inside a label's edge, in mm: no printer hits the die-cut exactly."""
LEAST_MODULE = 0.17
"""The narrowest bar in mm that a hand scanner reads off a 300 dpi printer (two dots)."""


class BarcodeTooWide(DocumentError):
    """Barcodes whose bars would be too narrow to be read on these labels."""

    def __init__(self, barcodes: tuple[str, ...]) -> None:
        super().__init__(f"Too long for these labels: {', '.join(barcodes)}")
        self.barcodes = barcodes


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of labels; all lengths in mm.

    ``left``, ``top``: from the paper's edge to the first label; ``gap_x``, ``gap_y``: between labels.
    """

    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    gap_x: float = 0.0
    gap_y: float = 0.0

    @property
    def count(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows

    def faults(self) -> tuple[str, ...]:
        """What is wrong with the measures, in words of `DocumentError`."""
        found = []
        if not (1 <= self.columns <= 20 and 1 <= self.rows <= 50):
            found.append("A sheet has 1 to 20 columns and 1 to 50 rows.")
        if self.width < 10 or self.height < 8:
            found.append("A label is at least 10 mm wide and 8 mm high.")
        if min(self.left, self.top, self.gap_x, self.gap_y) < 0:
            found.append("Margins and gaps are not below 0.")
        across = self.left + self.columns * self.width + (self.columns - 1) * self.gap_x
        down = self.top + self.rows * self.height + (self.rows - 1) * self.gap_y
        # Half a millimetre of rounding in the makers' own figures.
        if across > PAGE[0] + 0.5 or down > PAGE[1] + 0.5:
            found.append(f"The labels take {across:g} × {down:g} mm; the paper has 210 × 297.")
        return tuple(found)


SHEETS: dict[str, Sheet] = {
    "3x7": Sheet(3, 7, 63.5, 38.1, 7.25, 15.15, 2.5),
    "4x10": Sheet(4, 10, 48.5, 25.4, 8.0, 21.5),
}
"""The two kinds of label sheets most shops have, by columns x rows."""

_measures = re.compile(
    r"\s*(\d{1,2})\s*[x×*]\s*(\d{1,2})\s+([\d.]+)\s*[x×*]\s*([\d.]+)"
    r"\s+([\d.]+)[\s,]+([\d.]+)(?:[\s,]+([\d.]+)[\s,]+([\d.]+))?\s*"
)


def parse_sheet(text: str) -> Sheet:
    """A sheet of one's own: ``columns x rows width x height left top [gap-x gap-y]`` in mm, such as
    ``3x8 70x37 0 0.5 0 0``. Raises DocumentError for anything else."""
    found = _measures.fullmatch(text)
    try:
        numbers = [float(n or 0) for n in found.groups()] if found else []
    except ValueError:
        numbers = []
    if not numbers:
        raise DocumentError(
            "A label sheet is written: columns x rows, width x height, left, top, gaps in mm, "
            "such as 3x8 70x37 0 0.5 0 0"
        )
    sheet = Sheet(int(numbers[0]), int(numbers[1]), *numbers[2:])
    if faults := sheet.faults():
        raise DocumentError(" ".join(faults))
    return sheet


@dataclass(frozen=True, slots=True)
class Label:
    """One label: call number and volume for the spine, barcode for the cover, ``heading`` (the
    library's name) above the bars."""

    barcode: str
    call_number: str = ""
    volume: str = ""
    heading: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the spine: class number, book number, 辅助区分号, volume."""
        volume = (self.volume,) if self.volume else ()
        return (*parse_call_number(self.call_number).lines, *volume)


def labels_pdf(
    labels: Sequence[Label],
    sheet: Sheet,
    content: Content,
    *,
    start: int = 1,
    outlines: bool = False,
) -> bytes:
    """Return A4 pages of labels, row by row.

    A call number too long for its label is set smaller, then broken over lines; nothing is cut off.

    Args:
        start: position of the first label on the first sheet, 1 for a whole one: sheets that were
            used before.
        outlines: draw the labels' edges, for plain paper that is cut by hand.

    Raises:
        DocumentError: no label, a start outside the sheet, measures that don't fit the paper, a
            barcode that Code 128 cannot hold.
        BarcodeTooWide: barcodes too long for the label.
    """
    if not labels:
        raise DocumentError("There is no label to print.")
    if not 1 <= start <= sheet.count:
        raise DocumentError(f"The sheet has positions 1 to {sheet.count}, not {start}.")
    if faults := sheet.faults():
        raise DocumentError(" ".join(faults))
    codes = {}
    if content != "spine":
        codes = {label.barcode: code128(label.barcode) for label in labels}
        room = sheet.width - 2 * INSET
        wide = [
            text
            for text, widths in codes.items()
            if room / (sum(widths) + 2 * QUIET_ZONE) < LEAST_MODULE
        ]
        if wide:
            raise BarcodeTooWide(tuple(wide))
    cells = [None] * (start - 1) + [
        {
            "lines": list(label.lines) if content != "barcode" else [],
            "heading": label.heading,
            "barcode": (
                {"text": label.barcode, "widths": codes[label.barcode], "quiet": QUIET_ZONE}
                if content != "spine"
                else None
            ),
        }
        for label in labels
    ]
    return typeset(
        "labels",
        {
            "columns": sheet.columns,
            "rows": sheet.rows,
            "width": sheet.width,
            "height": sheet.height,
            "left": sheet.left,
            "top": sheet.top,
            "gap_x": sheet.gap_x,
            "gap_y": sheet.gap_y,
            "inset": INSET,
            "outlines": outlines,
            "cells": cells,
        },
    )
