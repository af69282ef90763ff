"""Numbers people type: ISBN, ISSN, 统一书号, ID numbers, barcodes, prices, years.

Nothing here raises on odd input: what cannot be understood comes back as typed, marked invalid,
because a wrong number on a title page is still the number readers will search for.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from operator import mul
from typing import Final, Literal

from shuxiang.kernel.values import scanned

_dashes: Final = re.compile(r"[\s\u00ad\u2010-\u2015\u2212\ufe58\ufe63_-]+")
_invisible: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff]")


def narrow(text: str) -> str:
    """``text`` in NFKC (full-width forms made half-width) without outer blanks."""
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()


# --- ISBN ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Isbn:
    """An ISBN as typed and as understood.

    Attributes:
        typed: what stood there, outer blanks removed.
        isbn13: 13 digits without hyphens, or ``""`` when ``typed`` is not a valid ISBN.
        qualifier: words after the number in the same text, such as ``精装``.
    """

    typed: str
    isbn13: str
    qualifier: str = ""

    @property
    def isbn10(self) -> str:
        """The 10-character form, ``""`` when invalid or outside the 978 range."""
        return isbn13_to_10(self.isbn13)

    @property
    def valid(self) -> bool:
        """Whether length and check digit are right."""
        return bool(self.isbn13)

    @property
    def key(self) -> str:
        """What to compare and search by: the 13 digits, else the typed letters and digits."""
        return self.isbn13 or re.sub(r"[^0-9A-Za-z]", "", narrow(self.typed)).upper()


_isbn_head: Final = re.compile(
    r"(?:ISBN(?:-?1[03])?[:\s]*)?([0-9][0-9\s\u2010-\u2015\u2212-]*[0-9Xx])", re.IGNORECASE
)


def isbn10_check(first_nine: str) -> str:
    """Check character (0–9 or X) of nine digits, ISO 2108:1992."""
    total = sum(map(mul, range(10, 1, -1), map(int, first_nine)))
    return "0123456789X"[-total % 11]


def isbn13_check(first_twelve: str) -> str:
    """Check digit of twelve digits, ISO 2108:2005."""
    total = sum(map(int, first_twelve[::2])) + 3 * sum(map(int, first_twelve[1::2]))
    return str(-total % 10)


def parse_isbn(text: str) -> Isbn:
    """Understand an ISBN of 10 or 13 characters, hyphens and a word after it allowed."""
    typed = text.strip()
    bare = typed.replace("-", "")
    # The usual case, plain 13 digits, without the pattern below.
    if len(bare) == 13 and bare.isdecimal() and bare.isascii() and _is_isbn13(bare):
        return Isbn(typed, bare)
    plain = narrow(text)
    found = _isbn_head.match(plain)
    if not found:
        return Isbn(typed, "")
    number = _dashes.sub("", found[1]).upper()
    qualifier = plain[found.end() :].strip(" ()[]:;,.")
    if len(number) == 10 and number[:9].isdigit() and isbn10_check(number[:9]) == number[9]:
        return Isbn(typed, isbn10_to_13(number), qualifier)
    if len(number) == 13 and number.isdigit() and _is_isbn13(number):
        return Isbn(typed, number, qualifier)
    return Isbn(typed, "", qualifier)


def _is_isbn13(digits: str) -> bool:
    return digits[:3] in ("978", "979") and isbn13_check(digits[:12]) == digits[12]


def isbn10_to_13(isbn10: str) -> str:
    """The 13-digit form of ten plain characters."""
    return "978" + isbn10[:9] + isbn13_check("978" + isbn10[:9])


def isbn13_to_10(isbn13: str) -> str:
    """The 10-character form of thirteen plain digits, or ``""`` outside the 978 range."""
    return isbn13[3:12] + isbn10_check(isbn13[3:12]) if isbn13.startswith("978") else ""


# --- ISSN, 统一书号 -------------------------------------------------------------------------


def normalise_issn(text: str) -> str:
    """``NNNN-NNNC`` when length and check character are right (ISO 3297), else ``""``."""
    number = re.sub(r"^ISSN[:\s]*", "", _dashes.sub("", narrow(text)).upper())
    if len(number) != 8 or not number[:7].isdigit() or not number.isascii():
        return ""
    total = sum(map(mul, range(8, 1, -1), map(int, number[:7])))
    return f"{number[:4]}-{number[4:]}" if "0123456789X"[-total % 11] == number[7] else ""


_middle_dot: Final = re.compile(r"\s*[.·•・‧∙⋅●-]\s*")


def normalise_unified_number(text: str) -> str:
    """统一书号 (books before 1987) with ``·`` as its dot, such as ``10019·3256``.

    Text that has not the form digits · digits [(volume)] comes back narrowed only.
    """
    plain = re.sub(r"^(统一)?书号[:\s]*", "", narrow(text))
    dotted = _middle_dot.sub("·", plain, count=1)
    return dotted if re.fullmatch(r"\d{3,6}·\d{1,6}(\s*[(\[].*)?", dotted) else plain


# --- ID numbers ---------------------------------------------------------------------------

_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
IdFault = Literal["", "length", "characters", "date", "check"]


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A citizen ID number (GB 11643) as checked.

    Attributes:
        number: 18 characters (a 15-digit one upgraded), or the narrowed text when ``fault``.
        fault: ``""`` when right, else what is wrong.
        birth_date, sex: read from the number; None and ``""`` when ``fault``.
        region: the first six digits; advisory only, never a reason to refuse.
    """

    number: str
    fault: IdFault
    birth_date: date | None = None
    sex: Literal["", "male", "female"] = ""
    region: str = ""

    @property
    def valid(self) -> bool:
        """Whether characters, date and check digit are right."""
        return not self.fault


def id_check_character(first_seventeen: str) -> str:
    """Check character of 17 digits by GB 11643 (ISO 7064 MOD 11-2)."""
    total = sum(w * int(d) for w, d in zip(_ID_WEIGHTS, first_seventeen, strict=True))
    return "10X98765432"[total % 11]


def parse_id_number(text: str, *, today: date | None = None) -> IdNumber:
    """Check an 18-character ID number or upgrade a 15-digit one.

    Only checksum and date count: place codes come and go, and 81/82/83 and 9 are in use for
    residents from Hong Kong, Macao, Taiwan and abroad.

    Args:
        today: when given, a birth date after it is a fault.
    """
    number = _invisible.sub("", narrow(text)).replace(" ", "").upper()
    if len(number) not in (15, 18):
        return IdNumber(number, "length")
    if not (number.isascii() and number[:-1].isdigit() and number[-1] in "0123456789X"):
        return IdNumber(number, "characters")
    if len(number) == 15:
        if number[-1] == "X":
            return IdNumber(number, "characters")
        number = number[:6] + "19" + number[6:]
        number += id_check_character(number)
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return IdNumber(number, "date")
    if born.year < 1850 or (today is not None and born > today):
        return IdNumber(number, "date")
    if id_check_character(number[:17]) != number[17]:
        return IdNumber(number, "check")
    sex: Literal["male", "female"] = "male" if int(number[16]) % 2 else "female"
    return IdNumber(number, "", born, sex, number[:6])


# --- Barcodes, prices, years --------------------------------------------------------------


def normalise_barcode(text: str) -> str:
    """A barcode or card number as it is stored, exactly as :func:`kernel.values.scanned` has it."""
    return scanned(text)


@dataclass(frozen=True, slots=True)
class Price:
    """A price as printed: amount in minor units of ``currency`` (分 for CNY), and the text."""

    minor: int
    currency: str
    text: str


_AMOUNT: Final = r"(?P<amount>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_CURRENCY: Final = r"CNY|RMB|USD|HKD|HK\$|TWD|NTD|NT\$|MOP|JPY|EUR|GBP|US\$|¥|\$|€|£|(?<!\w)Y"
# Words such as 赠 stand between the currency and the amount of a gift.
_marked_price: Final = re.compile(
    rf"(?P<currency>{_CURRENCY})[^\d(]{{0,6}}?{_AMOUNT}", re.IGNORECASE
)
_plain_price: Final = re.compile(rf"^[^\d(]{{0,6}}?(?P<currency>){_AMOUNT}(?!\s*册)")
_CURRENCIES: Final = {
    **dict.fromkeys(("", "CNY", "RMB", "¥", "Y"), "CNY"),
    **dict.fromkeys(("USD", "US$", "$"), "USD"),
    **dict.fromkeys(("HKD", "HK$"), "HKD"),
    **dict.fromkeys(("TWD", "NTD", "NT$"), "TWD"),
    "€": "EUR",
    "£": "GBP",
}


def parse_price(text: str) -> Price | None:
    """The first amount in a printed price, e.g. ``CNY49.00 (含光盘)``; None when there is none."""
    plain = narrow(text)
    found = _marked_price.search(plain) or _plain_price.match(plain)
    if not found:
        return None
    mark = (found["currency"] or "").upper()
    amount = Decimal(found["amount"].replace(",", ""))
    if amount >= 10_000_000:
        return None
    minor = int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return Price(minor, _CURRENCIES.get(mark, mark), text.strip())


@lru_cache(maxsize=4096)
def price_fen(text: str) -> int | None:
    """The price in 分 when ``text`` is a price in yuan, else None."""
    price = parse_price(text)
    return price.minor if price and price.currency == "CNY" else None


_year: Final = re.compile(
    r"(?<!\d)(1[0-9]{3}|20[0-9]{2}|21[0-9]{2})(?=\D|$|[01]\d(?:\D|$|[0-3]\d))"
)
_CHINESE_DIGITS: Final = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_chinese_year: Final = re.compile("[一二][〇○零一二三四五六七八九]{3}")


@lru_cache(maxsize=4096)
def parse_year(text: str) -> int | None:
    """The first four-digit year (1000–2199) in free text such as ``[2023]``, ``202305``, ``2020-``.

    Chinese numerals (``二〇二三年``) are read too; years of reigns and of the Republic are not.
    """
    plain = narrow(text)
    found = _year.search(plain)
    if found:
        return int(found[1])
    chinese = _chinese_year.search(plain)
    return int(chinese[0].translate(_CHINESE_DIGITS)) if chinese else None
