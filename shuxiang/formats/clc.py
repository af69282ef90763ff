"""中图法 (CLC): sort keys, call numbers, the two upper levels of the scheme.

The order of symbols is that of 《中国图书馆分类法》第五版使用手册, pp. 82–83: end of the number,
closing marks, ``-``, ``(``, ``"``, ``=``, ``<``, ``:``, ``+``, digits, letters. Digits are decimal
fractions, so the dot after every third digit means nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

# Keys hold only 0-9 and a-z, so that every byte order and every database collation agrees.
_CLOSERS: Final = frozenset(')">')
_RANKS: Final = {
    **dict.fromkeys(")>", "a"),
    "-": "b",
    "(": "c",
    "=": "e",
    "<": "f",
    ":": "g",
    "+": "h",
    **{str(digit): "ijklmnopqr"[digit] for digit in range(10)},
    **{chr(letter): "s" + chr(letter).lower() for letter in range(ord("A"), ord("Z") + 1)},
}
_OPENING_QUOTE: Final = "d"
_CLOSING_QUOTE: Final = "a"
_CLASS_END: Final = "0"

_STRAIGHT: Final = str.maketrans(
    {
        **dict.fromkeys("“”„‟〝〞″「」『』", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("〈《", "<"),
        **dict.fromkeys("〉》", ">"),
        **dict.fromkeys("．·。", "."),
        "∕": "/",
        "⁄": "/",
    }
)
_ignored: Final = re.compile(r"[.\s\[\]{}*]+")


def normalise_class(class_number: str) -> str:
    """A class number in NFKC capitals with straight quotes, its dots kept, blanks removed."""
    plain = unicodedata.normalize("NFKC", class_number).translate(_STRAIGHT).upper()
    return "".join(plain.split())


def class_key(class_number: str) -> str:
    """Text of [0-9a-z] whose plain byte order is the CLC order of class numbers."""
    key: list[str] = []
    quoted = False
    for sign in _ignored.sub("", normalise_class(class_number)):
        if sign == '"':
            key.append(_CLOSING_QUOTE if quoted else _OPENING_QUOTE)
            quoted = not quoted
        else:
            key.append(_RANKS.get(sign) or f"t{ord(sign):06x}")
    return "".join(key)


def above(key: str) -> str:
    """The least key above every key that begins with this one, whatever the collation: keys hold
    [0-9a-z] only. ``key`` must not be empty or all ``z``."""
    kept = key.rstrip("z")
    last = kept[-1]
    return kept[:-1] + ("a" if last == "9" else chr(ord(last) + 1))


_BOOK_SIGNS: Final = {sign: str(rank) for rank, sign in enumerate(')-("=<:+', 1)}
_runs: Final = re.compile(r"\d+|\D")
_LONGEST_RUN: Final = 18


def book_key(book_number: str) -> str:
    """Text of [0-9a-z] ordering book numbers: marks, then integers by value, then letters."""
    key: list[str] = []
    for run in _runs.findall(normalise_class(book_number)):
        if run[0].isdigit() and run.isascii():
            digits = (run.lstrip("0") or "0")[:_LONGEST_RUN]
            key.append("abcdefghijklmnopqr"[len(digits) - 1] + digits)
        elif "A" <= run <= "Z":
            key.append("u" + run.lower())
        else:
            key.append(_BOOK_SIGNS.get(run) or ("9" if run in "./,_" else f"v{ord(run):06x}"))
    return "".join(key)


@dataclass(frozen=True, slots=True)
class CallNumber:
    """索书号: class number, book number (种次号 or 著者号), 辅助区分号 with its mark."""

    class_number: str
    book_number: str = ""
    auxiliary: str = ""

    def __str__(self) -> str:
        tail = self.book_number + self.auxiliary
        return f"{self.class_number}/{tail}" if tail else self.class_number

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of a spine label."""
        return tuple([p for p in (self.class_number, self.book_number, self.auxiliary) if p])

    @property
    def sort_key(self) -> str:
        """Shelf order as text of [0-9a-z]; see :func:`shelf_key`."""
        return (
            class_key(self.class_number) + _CLASS_END + book_key(self.book_number + self.auxiliary)
        )


# Marks that open the 辅助区分号 where a library names none of its own.
DEFAULT_AUXILIARY: Final = r"[:(=\[/].*|[-.][vV卷册].*"


def parse_call_number(text: str, *, auxiliary: str = DEFAULT_AUXILIARY) -> CallNumber:
    """Split ``分类号/书次号[辅助区分号]``.

    Args:
        text: as printed or typed; a blank instead of the slash is understood too.
        auxiliary: pattern of what follows the book number; its signs differ by library.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_STRAIGHT).strip()
    head, slash, tail = plain.partition("/")
    if not slash:
        head, _, tail = plain.partition(" ")
    tail = "".join(tail.split())
    found = re.search(f"(?:{auxiliary})$", tail[1:]) if tail else None
    cut = found.start() + 1 if found else len(tail)
    return CallNumber(normalise_class(head), tail[:cut], tail[cut:])


def shelf_key(call_number: str) -> str:
    """Key of a whole call number: ordering by it, byte for byte, is shelf order.

    Holds [0-9a-z] only; a class line comes before any longer class line beginning the same way.
    """
    return parse_call_number(call_number).sort_key


@dataclass(frozen=True, slots=True)
class ClcClass:
    """One class of the two upper levels; ``prefixes`` are the numbers that belong to it."""

    code: str
    level: int
    parent: str
    name_zh: str
    prefixes: tuple[str, ...]


@cache
def classes() -> tuple[ClcClass, ...]:
    """The 22 main classes and their second level, in the order of the scheme."""
    text = resources.files("shuxiang.formats").joinpath("data/clc.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(
        [
            ClcClass(code, int(level), parent, name, tuple(prefixes.split(";")))
            for code, level, parent, name, prefixes in rows[1:]
        ]
    )


@cache
def _prefixes() -> tuple[dict[str, ClcClass], dict[str, ClcClass]]:
    first = {row.code: row for row in classes() if row.level == 1}
    second = {prefix: row for row in classes() if row.level == 2 for prefix in row.prefixes}
    return first, second


def main_class(class_number: str) -> str:
    """``A``–``Z``, one of the 22 main classes, or ``""`` when the number belongs to none."""
    letter = normalise_class(class_number).lstrip("[(*{")[:1]
    return letter if letter in _prefixes()[0] else ""


def second_level(class_number: str) -> str:
    """Code of the second-level class by longest prefix (``I3/7`` for I561.45), or ``""``."""
    plain = normalise_class(class_number).lstrip("[(*{").replace(".", "")
    second = _prefixes()[1]
    for length in range(min(4, len(plain)), 1, -1):
        if found := second.get(plain[:length]):
            return found.code
    return ""


@cache
def by_code() -> dict[str, ClcClass]:
    """Every class of :func:`classes` by its code."""
    return {row.code: row for row in classes()}


def path(class_number: str) -> tuple[ClcClass, ...]:
    """Main class and, where it is known, second-level class of a number, for breadcrumbs."""
    codes = (main_class(class_number), second_level(class_number))
    return tuple([by_code()[code] for code in codes if code])


@cache
def tree() -> tuple[tuple[ClcClass, tuple[ClcClass, ...]], ...]:
    """The browse tree: each main class with its second-level classes."""
    return tuple(
        [
            (top, tuple([row for row in classes() if row.parent == top.code]))
            for top in classes()
            if top.level == 1
        ]
    )
