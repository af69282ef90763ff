"""Class tables, author numbers and auxiliary signs. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

import msgspec

from shuxiang.apps.catalog.alike import edition_key, volume_key
from shuxiang.formats.clc import class_key, main_class, normalise_class
from shuxiang.kernel.decision import Reason, stop

MOST_ROWS = 200_000
LISTED = 20
"""Faults of a table that are told one by one."""

PREFIX, CORNER = "prefix", "corner"
"""How author numbers are looked up: the longest beginning of the name that the table has, or the
four-corner code of each character."""


class ClassRow(msgspec.Struct, frozen=True, array_like=True):
    """A class of an imported table."""

    code: str
    heading: str
    note: str = ""


_range = re.compile(r"[/~～—]")


def class_rows(rows: Iterable[Sequence[str]]) -> tuple[list[ClassRow], list[Reason]]:
    """Classes of the rows of a table (code, heading, notes), each code once, and what is wrong with
    others, by their row. A first row without a class number is a heading. A span such as ``K3/7`` is
    known by its beginning."""
    found: dict[str, ClassRow] = {}
    faults: list[Reason] = []
    for number, row in enumerate(rows, 1):
        cells = [" ".join(cell.split()) for cell in row]
        code = normalise_class(_range.split(cells[0].strip("[]{}"))[0]) if cells else ""
        heading = cells[1] if len(cells) > 1 else ""
        if not main_class(code) or len(code) > 60:
            if number > 1 and any(cells):
                faults.append(stop("class-row-number", row=number, text=cells[0][:40]))
        elif not heading:
            faults.append(stop("class-row-heading", row=number, text=code))
        elif code in found:
            faults.append(stop("class-row-twice", row=number, text=code))
        else:
            note = " ".join(cells[2:])[:1000]
            found[code] = ClassRow(code, heading[:200], note)
    return list(found.values()), faults


def parents(codes: Iterable[str]) -> dict[str, str]:
    """The nearest class above each in the table: the longest code that its own begins with."""
    plain = {code.replace(".", ""): code for code in codes}
    above = {}
    for short, code in plain.items():
        above[code] = next(
            (plain[short[:n]] for n in range(len(short) - 1, 0, -1) if short[:n] in plain), ""
        )
    return above


def sort_of(code: str) -> str:
    """The key classes are ordered by."""
    return class_key(code)[:120]


_latin = re.compile(r"[A-Za-z]")
_number = re.compile(r"[0-9A-Za-z.]{1,12}")


def author_rows(rows: Iterable[Sequence[str]]) -> tuple[dict[str, str], list[Reason]]:
    """Key → number of the rows of a table, and what is wrong with others. A first row whose second
    cell holds no digit is a heading."""
    found: dict[str, str] = {}
    faults: list[Reason] = []
    for number, row in enumerate(rows, 1):
        cells = [unicodedata.normalize("NFKC", cell).strip() for cell in row[:2]]
        key, value = [*cells, "", ""][:2]
        key = key.lower() if _latin.match(key) else key
        good = key and len(key) <= 40 and _number.fullmatch(value) and any(map(str.isdigit, value))
        if good:
            found[key] = value.upper()
        elif number > 1 and any(cells):
            faults.append(stop("author-row-unreadable", row=number, text=" ".join(cells)[:40]))
    return found, faults


_not_name = re.compile(r"[(（\[［〔【][^)）\]］〕】]*[)）\]］〕】]|[\s,，.·•・]")


def plain_name(name: str) -> str:
    """A name without its country or dynasty and marks: what numbers are looked up by."""
    return _not_name.sub("", unicodedata.normalize("NFKC", name))


def beginnings(name: str, reading: Callable[[str], str]) -> tuple[str, ...]:
    """The keys a name may have in a table, the most telling first: its own beginnings, then those of
    its pinyin; one of Latin letters by its letters."""
    plain = plain_name(name)
    if not plain:
        return ()
    own = [plain[:n].lower() for n in range(min(len(plain), 20), 0, -1)]
    if _latin.match(plain):
        return tuple(own)
    sound = reading(plain)
    return (*own, *[sound[:n] for n in range(min(len(sound), 30), 0, -1)])


def corner_number(name: str, codes: dict[str, str]) -> str:
    """四角号码著者号 of a name: four corners of one character, two of each of two, two and one and one of
    three, the first of each of four. '' where the code of a character is not in the table.

    >>> corner_number("鲁迅", {"鲁": "2760", "迅": "3730"})
    '2737'
    """
    plain = plain_name(name)[:4]
    corners = {1: (4,), 2: (2, 2), 3: (2, 1, 1), 4: (1, 1, 1, 1)}.get(len(plain), ())
    parts = [codes.get(character, "")[:n] for character, n in zip(plain, corners, strict=True)]
    return "".join(parts) if all(parts) else ""


SIGN = re.compile(r"(?:[:(=\[]|[-.][vV卷册])[^/\s{]{0,8}\{n\}[^/\s]{0,4}")
"""What a sign may look like: it begins with a mark at which the call number is cut again."""


def auxiliary(title: str, volume: str, edition: str, *, volume_sign: str, edition_sign: str) -> str:
    """The 辅助区分号 of a title by the library's signs, in which ``{n}`` is the number; '' where it has
    neither a volume nor a later edition, and for a sign that is no `SIGN`.

    >>> auxiliary("红楼梦", "下册", "第三版", volume_sign=":{n}", edition_sign="={n}")
    '=3:3'
    """
    found = ""
    edition_number = edition_key(edition)
    if SIGN.fullmatch(edition_sign) and edition_number.isdigit() and int(edition_number) > 1:
        found += edition_sign.replace("{n}", edition_number)
    # Numbers of the part alone: 1984 is a title, not a volume.
    numbers = volume_key("", volume)
    if SIGN.fullmatch(volume_sign) and numbers:
        found += volume_sign.replace("{n}", numbers[0])
    return found[:20]
