"""What a cell says: codes, prices, dates, counts. Nothing is guessed: what can't be read is said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from shuxiang.formats.identifiers import narrow, parse_price
from shuxiang.kernel.clock import ZONE
from shuxiang.kernel.values import scanned

SAFE_DIGITS: Final = 15
"""Digits that survive in a cell that Excel took for a number."""
ROUNDED_FROM: Final = 12
SHOWN_DIGITS: Final = 6
"""From this length on Excel shows and saves a number as 1.23457E+13, with this many digits."""


@dataclass(frozen=True, slots=True)
class Code:
    """A barcode or card number as a scan of it is stored. ``fault``: '' or code_eaten (Excel has
    rounded it), code_fraction, code_formula, code_error, code_garbled; ``mended``: code_decimal when
    a ``.0`` was taken off."""

    text: str
    fault: str = ""
    mended: str = ""


_scientific: Final = re.compile(r"[+-]?\d+(\.\d+)?[eE]\+\d+|[+-]?\d+\.\d+[eE]\d+")
_decimal: Final = re.compile(r"(\d+)\.0+")


def read_code(text: str, kind: str = "") -> Code:
    """Read a barcode or card number from a cell of the given kind."""
    if kind in ("formula", "error"):
        return Code("", f"code_{kind}")
    plain = narrow(text).lstrip("'‘’`").strip()
    if "\ufffd" in plain:
        return Code("", "code_garbled")
    if _scientific.fullmatch(plain.replace(" ", "")):
        return Code("", "code_eaten")
    if kind == "date":
        return Code("", "code_eaten")
    if kind == "number":
        if not plain.lstrip("-").isdecimal() or plain.startswith("-"):
            return Code("", "code_eaten" if "e" in plain.lower() else "code_fraction")
        # 1.23457E+13 in a text file that Excel saved comes back as 12345700000000.
        rounded = len(plain) >= ROUNDED_FROM and len(plain.rstrip("0")) <= SHOWN_DIGITS
        if len(plain) > SAFE_DIGITS or rounded:
            return Code("", "code_eaten")
        return Code(plain)
    if found := _decimal.fullmatch(plain):
        if len(found[1]) > SAFE_DIGITS:
            return Code("", "code_eaten")
        return Code(found[1], mended="code_decimal")
    return Code(scanned(plain))


_negative: Final = re.compile(r"(?i:CNY|RMB|[¥Y])?\s*[-\u2212]\s*\d")


def read_price(text: str, kind: str = "") -> tuple[int | None, str]:
    """(分, '' or price_unread, price_foreign, price_zero). None where there is no price in yuan."""
    plain = narrow(text)
    if not plain:
        return None, ""
    if kind in ("formula", "error", "date") or _negative.match(plain):
        return None, "price_unread"
    price = parse_price(plain)
    if price is None:
        return None, "price_unread"
    if price.currency != "CNY":
        return None, "price_foreign"
    return price.minor, "" if price.minor else "price_zero"


_dated: Final = re.compile(
    r"(\d{4})\s*[-/.年\u2010-\u2015\u2212]\s*(\d{1,2})\s*[-/.月\u2010-\u2015\u2212]\s*(\d{1,2})\s*[日号]?"
    r"(?:\s*(?:星期|周)[一二三四五六日天])?"
    r"(?:[T\s]*(?:上午|下午|[AaPp][Mm])?(?<![\d.])\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
    r"(?:\s*[AaPp][Mm]|Z|[+-]\d{2}:?\d{2})?)?"
)
_compact: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6})?(?:\.0+)?")
_serial: Final = re.compile(r"(\d{5})(?:\.\d+)?")
_EPOCH: Final = date(1899, 12, 30)


def read_date(text: str, kind: str = "") -> date | None:
    """The day of 2020-1-3, 2020/1/3 下午 3:00, 2020.1.3, 2020年1月3日, 20200103, an Excel serial (from
    1950 on) or epoch milliseconds (UTC+8); None where it is none of them or no such day."""
    if kind in ("formula", "error"):
        return None
    plain = narrow(text).lstrip("'‘’`").strip()
    found = _dated.fullmatch(plain) or _compact.fullmatch(plain)
    if found:
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            return None
    if (serial := _serial.fullmatch(plain)) and 18_264 <= int(serial[1]) < 73_051:
        return _EPOCH + timedelta(days=int(serial[1]))
    if plain.isdecimal() and len(plain) in (12, 13):
        return datetime.fromtimestamp(int(plain) / 1000, UTC).astimezone(ZONE).date()
    return None


def read_count(text: str) -> int | None:
    """A whole number from 0 to 999,999; None where it is none."""
    plain = narrow(text).removesuffix(".0").rstrip("册本次 ")
    return int(plain) if plain.isdecimal() and len(plain) <= 6 else None


_guarded: Final = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula (OWASP CSV injection)."""
    return f"'{text}" if text.startswith(_guarded) else text
