"""The settings a place can say, with their defaults. Documented in `docs/settings.md`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Known:
    """A setting that exists: its default and what kind of value it takes."""

    key: str
    default: Any
    kind: type


KNOWN = {
    k.key: k
    for k in (
        Known("calendar.open_on_holidays", True, bool),
        Known("cards.number_prefix", "", str),
        Known("cards.number_digits", 8, int),
        Known("items.barcode_length", 0, int),
        Known("privacy.history_days", 365, int),
        Known("in_house.repeat_minutes", 10, int),
        Known("report.scope", "subtree", str),
    )
}
