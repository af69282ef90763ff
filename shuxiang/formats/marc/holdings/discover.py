"""Reading the holdings dialect of a source off a sample of its records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from shuxiang.formats.clc import main_class
from shuxiang.formats.identifiers import normalise_barcode
from shuxiang.formats.marc.holdings.items import expand
from shuxiang.formats.marc.holdings.model import HoldingsProfile
from shuxiang.formats.marc.model import DataField, Record
from shuxiang.formats.notes import Note

_number_like: Final = re.compile(r"^[A-Za-z]{0,6}[0-9][0-9A-Za-z]{3,19}$")
_price_like: Final = re.compile(r"^(?:CNY|¥|￥)?\d+\.\d{1,2}元?$|^(?:CNY|¥|￥)\d*")
_SAMPLE_SHARE: Final = 0.6


@dataclass(slots=True)
class _Column:
    """What one subfield of one 9XX tag holds across the sample."""

    tag: str
    code: str
    per_record: list[list[str]]

    @property
    def values(self) -> list[str]:
        return [value for group in self.per_record for value in group]

    @property
    def coverage(self) -> int:
        return sum(1 for group in self.per_record if group)

    def share(self, test: re.Pattern[str]) -> float:
        values = self.values
        return sum(bool(test.match(v)) for v in values) / len(values) if values else 0.0


def find_profile(sample_records: Sequence[Record]) -> HoldingsProfile:
    """Read the holdings dialect off a sample (a few hundred records are plenty).

    The barcode column is the 9XX subfield whose values look like numbers of a stock book and
    hardly repeat, 905 $b before others that do as well. A second such column with as many values
    record by record makes the first one accession numbers.
    """
    columns = _columns(sample_records)
    candidates = [column for column in columns.values() if _is_number_column(column)]
    if not candidates:
        return HoldingsProfile(tag="")
    best = max(candidates, key=_preference)
    first = columns.get(("905", "b"))
    # 905 is where items belong: it wins unless it is nearly always empty.
    if first in candidates and first.coverage * 2 >= best.coverage:
        best = first
    codes = _codes(best.tag, best.code, columns, sample_records)
    barcode = _other_number(best, candidates)
    return HoldingsProfile(
        tag=best.tag,
        number=best.code,
        barcode_tag=barcode.tag if barcode else "",
        barcode_code=barcode.code if barcode else "",
        short_ranges=_proves_short_ranges(columns.values()),
        **codes,
    )


def _columns(records: Sequence[Record]) -> dict[tuple[str, str], _Column]:
    columns: dict[tuple[str, str], _Column] = {}
    for place, record in enumerate(records):
        for each in record.fields:
            if each.tag[:1] != "9" and each.tag not in ("852", "876"):
                continue
            if not isinstance(each, DataField):
                continue
            for code, value in each.subfields:
                column = columns.get((each.tag, code))
                if column is None:
                    empty: list[list[str]] = [[] for _ in records]
                    column = columns[each.tag, code] = _Column(each.tag, code, empty)
                if text := normalise_barcode(value):
                    column.per_record[place].append(text)
    return columns


def _is_number_column(column: _Column) -> bool:
    values: list[str] = []
    unread = 0
    for value in column.values:
        notes: list[Note] = []
        expanded = expand(value, notes, short_ranges=True)
        unread += bool(notes)
        values += expanded
    good = [value for value in values if _number_like.match(value)]
    if not values or len(good) < _SAMPLE_SHARE * (len(values) + unread):
        return False
    if column.share(_price_like) > 1 - _SAMPLE_SHARE or _dates(good):
        return False
    if column.coverage < 2:
        return column.code in ("b", "p")
    return len(set(good)) >= 0.9 * len(good)


def _dates(values: list[str]) -> bool:
    dates = sum(bool(re.match(r"^(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])$", v)) for v in values)
    return dates > _SAMPLE_SHARE * len(values)


def _preference(column: _Column) -> tuple[int, int, int]:
    """More records first, then the usual subfield, then the lower tag."""
    usual = column.code == ("p" if column.tag in ("852", "876") else "b")
    tag = int(column.tag) if column.tag.isdecimal() else 999
    return column.coverage, int(usual), -tag


def _other_number(best: _Column, candidates: list[_Column]) -> _Column | None:
    """A column with other numbers, as many as ``best`` in nearly every record."""
    own = set(best.values)
    for column in sorted(candidates, key=_preference, reverse=True):
        both = [(a, b) for a, b in zip(best.per_record, column.per_record, strict=True) if a and b]
        if column is best or not both or len(both) < 0.8 * best.coverage:
            continue
        equal = sum(len(a) == len(b) for a, b in both)
        if equal >= 0.9 * len(both) and not own & set(column.values):
            return column
    return None


def _proves_short_ranges(columns: Iterable[_Column]) -> bool:
    """Whether a field lists one by one what another field of its record writes as ``123-5``."""
    columns = list(columns)
    for column in columns:
        for place, group in enumerate(column.per_record):
            for value in group:
                if expand(value, [], short_ranges=False):
                    continue
                wanted = expand(value, [], short_ranges=True)
                if len(wanted) > 1 and any(
                    set(wanted) <= set(other.per_record[place]) for other in columns
                ):
                    return True
    return False


def _codes(
    tag: str,
    number: str,
    columns: dict[tuple[str, str], _Column],
    records: Sequence[Record],
) -> dict[str, str]:
    """The other subfields: by what their values are, else by the usual letters."""
    in_tag = {code: column for (t, code), column in columns.items() if t == tag}
    in_tag.pop(number, None)
    if tag in ("852", "876"):
        usual = {"class": "h", "book": "i", "call": "", "owner": "a", "location": "b"}
        copies, copy, volume = "", "t", "3"
    else:
        usual = {"class": "d", "book": "e", "call": "s", "owner": "a", "location": "c"}
        copies, copy, volume = "f", "z", "v"
    classes = [set(record.all("690", "a")) | set(record.all("084", "a")) for record in records]
    scores: Counter[str] = Counter()
    for code, column in in_tag.items():
        for own, group in zip(classes, column.per_record, strict=True):
            scores[code] += any(_class_part(v) in own or _looks_like_class(v) for v in group)
    class_code = usual["class"]
    best, hits = max(scores.items(), key=lambda pair: pair[1], default=("", 0))
    if hits > scores[class_code] and not (best == usual["call"] and class_code in in_tag):
        class_code = best
    call_code = usual["call"] if usual["call"] != class_code else ""
    price = [c for c, column in in_tag.items() if column.share(_price_like) >= _SAMPLE_SHARE]
    price_code = price[0] if price else ""
    # The book number follows the class number; only where that is elsewhere does $e count less.
    follower = chr(ord(class_code) + 1)
    order = (usual["book"], follower) if class_code == usual["class"] else (follower, usual["book"])
    free = [code for code in order if code not in {class_code, call_code, price_code, number}]
    book_code = next((code for code in free if code in in_tag), free[0] if free else "")
    counts = in_tag.get(copies)
    if counts and not all(value.isdecimal() and len(value) < 4 for value in counts.values):
        copies = ""
    used = {class_code, book_code, call_code, price_code, number}
    class_tag = ""
    if class_code not in in_tag and call_code not in in_tag and tag != "905":
        class_tag = "905" if ("905", "d") in columns else ""
    return {
        "class_code": class_code,
        "book_code": book_code,
        "call_code": call_code,
        "owner_code": "" if usual["owner"] in used else usual["owner"],
        "location_code": "" if usual["location"] in used else usual["location"],
        "copies_code": "" if copies in used else copies,
        "copy_code": "" if copy in used else copy,
        "volume_code": "" if volume in used else volume,
        "price_code": price_code,
        "class_tag": class_tag,
    }


def _class_part(value: str) -> str:
    return value.rpartition("/")[0] or value


def _looks_like_class(value: str) -> bool:
    return bool(re.match(r"^[A-Z]{1,2}\d[\d.\-()=/]*$", value) and main_class(value))
