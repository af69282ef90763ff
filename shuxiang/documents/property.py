"""图书财产账 as pages to sign and keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shuxiang.documents.typeset import typeset


@dataclass(frozen=True, slots=True)
class Part:
    """One of the books: its head, the shares of the page of its columns, rows and the line of sums. The
    last three columns are numbers."""

    title: str
    head: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Sequence[Sequence[str]]
    foot: tuple[str, ...]


def property_pdf(
    *,
    title: str,
    library_name: str,
    balance: Sequence[Sequence[str]],
    parts: Sequence[Part],
    printed_at: datetime,
) -> bytes:
    """Return the books as A4 pages across; ``balance`` has lines of label, 种, 册, 码洋."""
    return typeset(
        "property",
        {
            "title": title,
            "library": library_name,
            "numbers": 3,
            "balance": [list(row) for row in balance],
            "parts": [
                {
                    "title": p.title,
                    "head": list(p.head),
                    "widths": list(p.widths),
                    "rows": [list(row) for row in p.rows],
                    "foot": list(p.foot),
                }
                for p in parts
            ],
            "printed": f"打印时间 {printed_at:%Y-%m-%d %H:%M}",
        },
    )
