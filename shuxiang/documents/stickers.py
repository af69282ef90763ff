"""Stickers of drifting books: a QR code that opens the book's page, its title and code, on A4 sheets of
labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shuxiang.documents.errors import DocumentError
from shuxiang.documents.labels import INSET, Sheet
from shuxiang.documents.qr import qr_svg
from shuxiang.documents.typeset import typeset


@dataclass(frozen=True, slots=True)
class Sticker:
    """One sticker: where its code leads, what stands beside it."""

    url: str
    code: str
    title: str


def stickers_pdf(
    stickers: Sequence[Sticker], sheet: Sheet, *, heading: str, call: str, start: int = 1
) -> bytes:
    """Return A4 pages of stickers, row by row; ``heading`` is the site's name, ``call`` what to do.

    Raises DocumentError: no sticker, a start outside the sheet, measures that don't fit.
    """
    return typeset("stickers", _data(stickers, sheet, heading, call, start))


def _data(
    stickers: Sequence[Sticker], sheet: Sheet, heading: str, call: str, start: int
) -> dict[str, object]:
    if not stickers:
        raise DocumentError("There is no label to print.")
    if not 1 <= start <= sheet.count:
        raise DocumentError(f"The sheet has positions 1 to {sheet.count}, not {start}.")
    if faults := sheet.faults():
        raise DocumentError(" ".join(faults))
    cells = [None] * (start - 1) + [
        {"svg": qr_svg(s.url, s.code), "code": s.code, "title": s.title} for s in stickers
    ]
    return {
        "columns": sheet.columns,
        "rows": sheet.rows,
        "width": sheet.width,
        "height": sheet.height,
        "left": sheet.left,
        "top": sheet.top,
        "gap_x": sheet.gap_x,
        "gap_y": sheet.gap_y,
        "inset": INSET,
        "heading": heading,
        "call": call,
        "cells": cells,
    }
