"""清单 on A4: what was lent to a group, what went out by a delivery, what did not arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shuxiang.documents.typeset import typeset


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list to print: facts of its head, a table, and who signs.

    ``columns`` are the heads after the running number; ``widths`` their shares of the page, in typst's
    ``fr``. ``rows`` have as many cells. ``signatures`` are printed with a line to sign on.
    """

    title: str
    library_name: str
    facts: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Sequence[Sequence[str]]
    signatures: tuple[str, ...]
    printed_at: datetime
    note: str = ""
    unit: str = "册"
    """What a row is, for the line that counts them."""


def item_list_pdf(made: ItemList) -> bytes:
    """Return the list as A4 pages whose table head is repeated."""
    return typeset(
        "list",
        {
            "title": made.title,
            "library": made.library_name,
            "facts": [list(fact) for fact in made.facts if fact[1]],
            "columns": list(made.columns),
            "widths": list(made.widths),
            "rows": [list(row) for row in made.rows],
            "count": f"共 {len(made.rows)} {made.unit}",
            "signatures": list(made.signatures),
            "printed": f"打印时间 {made.printed_at:%Y-%m-%d %H:%M}",
            "note": made.note,
        },
    )
