"""Slips of paper: loan, return and card slips for receipt printers, and sheets of reader cards.

The caller masks names and card numbers; nothing here knows more of a reader than is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from shuxiang.documents.barcodes import QUIET_ZONE, code128
from shuxiang.documents.errors import DocumentError
from shuxiang.documents.typeset import typeset

Paper = Literal[58, 80]
"""Width of the receipt roll in millimetres."""

SlipKind = Literal["loan", "return", "card"]

TITLES: dict[SlipKind, str] = {
    "loan": "借书凭条",
    "return": "还书凭条",
    "card": "办证凭条",
}
KEEP = "请妥善保管"
CARDS_PER_PAGE = 10
"""Cards of 85.6 × 54 mm (ISO/IEC 7810 ID-1) on A4: two beside each other, five rows."""


@dataclass(frozen=True, slots=True)
class SlipLine:
    """One item: its title and barcode, when it is due, and anything said of it (e.g. 待送回)."""

    title: str
    barcode: str
    due_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Slip:
    """What a slip says.

    ``reader_name`` and ``card_number`` come masked, or empty for a return by nobody in particular.
    ``facts`` are further lines of label and value, as on a card slip (证件类型, 有效期至, 押金).
    ``scan_text`` is printed as a Code 128 barcode at the foot when given.
    """

    kind: SlipKind
    library_name: str
    place_name: str
    printed_at: datetime
    operator: str
    reader_name: str = ""
    card_number: str = ""
    lines: tuple[SlipLine, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    scan_text: str = ""
    footer: str = KEEP


@dataclass(frozen=True, slots=True)
class ReaderCard:
    """One card to print: the holder's name as it shall stand there, number and category."""

    number: str
    name: str
    category: str
    valid_until: date | None = None


def slip_pdf(slip: Slip, paper: Paper = 80) -> bytes:
    """Return the slip as a PDF page as wide as the roll and as long as its text.

    Raises DocumentError for another paper width and for a ``scan_text`` Code 128 cannot hold.
    """
    if paper not in (58, 80):
        raise DocumentError(f"Receipt paper is 58 or 80 mm wide, not {paper}.")
    data: dict[str, Any] = {
        "paper": paper,
        "title": TITLES[slip.kind],
        "library": slip.library_name,
        "place": slip.place_name,
        "facts": [list(fact) for fact in _facts(slip)],
        "lines": [_line(line) for line in slip.lines],
        "count": f"共 {len(slip.lines)} 册" if slip.lines else "",
        "time": f"{slip.printed_at:%Y-%m-%d %H:%M}",
        "operator": slip.operator,
        "footer": slip.footer,
        "barcode": _barcode(slip.scan_text) if slip.scan_text else None,
    }
    return typeset("slip", data)


def card_sheet_pdf(library_name: str, cards: Sequence[ReaderCard]) -> bytes:
    """Return A4 pages of reader cards with Code 128 barcodes and marks to cut along.

    Raises DocumentError when there is no card, or a number Code 128 cannot hold.
    """
    if not cards:
        raise DocumentError("There is no card to print.")
    data = {
        "library": library_name,
        "cards": [
            {
                "name": card.name,
                "category": card.category,
                "until": f"有效期至 {card.valid_until:%Y-%m-%d}" if card.valid_until else "",
                "barcode": _barcode(card.number),
            }
            for card in cards
        ],
    }
    return typeset("cards", data)


def _facts(slip: Slip) -> list[tuple[str, str]]:
    facts = [("读者", slip.reader_name), ("证号", slip.card_number), *slip.facts]
    return [(label, value) for label, value in facts if value]


def _line(line: SlipLine) -> dict[str, str]:
    due = f"应还 {line.due_on:%Y-%m-%d}" if line.due_on else ""
    return {"title": line.title, "barcode": line.barcode, "due": due, "note": line.note}


def _barcode(text: str) -> dict[str, Any]:
    return {"text": text, "widths": code128(text), "quiet": QUIET_ZONE}
