"""Small values of the domain: money in 分 and codes that are scanned."""

from __future__ import annotations

import unicodedata
from typing import NewType

Money = NewType("Money", int)
"""An amount in 分 (1/100 yuan), always an integer."""

Barcode = NewType("Barcode", str)
"""What a scanner reads from a book or a card: a string, leading zeros included."""


def yuan(amount: Money | int) -> str:
    """``1234`` 分 as ``12.34``."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def scanned(text: str) -> Barcode:
    """A scan as stored: full-width digits narrowed (NFKC), blanks and control characters dropped,
    letters upper-cased."""
    folded = unicodedata.normalize("NFKC", text)
    return Barcode("".join(c for c in folded if c.isprintable() and not c.isspace()).upper())


def mask_name(name: str) -> str:
    """张三丰 as 张**: the first character stays, for slips and shared screens."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""


def mask_number(number: str) -> str:
    """An ID or card number with its middle hidden: ``4***********12X``, at least 4 hidden."""
    if len(number) <= 4:
        return "*" * len(number)
    tail = min(3 if len(number) >= 10 else 2, len(number) - 5)
    return number[0] + "*" * (len(number) - 1 - tail) + number[len(number) - tail :]
