"""Reading the items of a record by a profile."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from shuxiang.formats.identifiers import narrow, normalise_barcode, price_fen
from shuxiang.formats.marc.holdings.model import HoldingItem, HoldingsProfile, PreviewRow
from shuxiang.formats.marc.model import DataField, Record, text_from_field
from shuxiang.formats.notes import Note, note

RANGE_LIMIT: Final = 1_000
"""Most items one range of barcodes may stand for."""


def items(
    record: Record, profile: HoldingsProfile
) -> tuple[tuple[HoldingItem, ...], tuple[Note, ...]]:
    """The items of ``record`` and what was odd about them.

    A record without barcodes has no items: it is a shared-catalogue record. A range that cannot
    be expanded safely makes no items and a warning, never a guess.
    """
    if not profile.tag:
        return (), ()
    found: list[HoldingItem] = []
    notes: list[Note] = []
    stated = 0
    outer = next(iter(record.data_fields(profile.class_tag)), None) if profile.class_tag else None
    for each in record.data_fields(profile.tag):
        values: dict[str, list[str]] = {}
        for code, value in each.subfields:
            values.setdefault(code, []).append(value.strip())
        numbers: list[str] = []
        for value in values.get(profile.number, ()):
            numbers += expand(value, notes, short_ranges=profile.short_ranges)
        copies = values[profile.copies_code][0] if profile.copies_code in values else ""
        if numbers and copies.isdecimal() and len(copies) <= 4:
            stated += int(copies)
        raw = f"{each.tag} {text_from_field(each)}".replace("\x1f", "$")
        found += [
            _item(values, outer, profile, place, numbers, raw) for place in range(len(numbers))
        ]
    if profile.barcode_tag:
        found = _pair(record, profile, found, notes)
    found = _without_repeats(found, notes)
    if stated and stated != len(found):
        notes.append(note("copies_differ", stated=stated, found=len(found)))
    return tuple(found), tuple(notes)


def preview(
    records: Iterable[Record], profile: HoldingsProfile, limit: int = 20
) -> tuple[PreviewRow, ...]:
    """Items and warnings of the first ``limit`` records."""
    rows: list[PreviewRow] = []
    for number, record in enumerate(records, 1):
        if number > limit:
            break
        title = record.first("200", "a") or record.first("245", "a")
        rows.append(PreviewRow(number, title.strip(), *items(record, profile)))
    return tuple(rows)


_range: Final = re.compile(r"^(\S*?\d)\s*(?:[-–—~～]|至|到)\s*(\S*\d)$")
_tail_digits: Final = re.compile(r"^(\D*(?:\S*\D)?)(\d+)$")
_RANGE_WIDTH: Final = 5
_BARCODE_LENGTH: Final = 40


def expand(text: str, notes: list[Note], *, short_ranges: bool = False) -> list[str]:
    """The barcodes a subfield stands for: one, or those of a range like ``0100001-0100005``.

    Ranges need the same prefix and length on both sides; ``short_ranges`` also allows
    ``1683011-3``. What only looks like a range yields nothing and a note.
    """
    if text.isalnum() and text.isascii() and len(text) <= _BARCODE_LENGTH:
        return [text.upper()]
    plain, value = narrow(text), normalise_barcode(text)
    if not value:
        return []
    found = _range.match(plain)
    if not found:
        if len(value) <= _BARCODE_LENGTH and not any(sign.isspace() for sign in plain):
            return [value]
        notes.append(note("bad_barcode", text=plain[:80]))
        return []
    first, last = normalise_barcode(found[1]), normalise_barcode(found[2])
    start, end = _tail_digits.match(first), _tail_digits.match(last)
    if not start or not end or len(start[2]) < _RANGE_WIDTH:
        # Numbers like 2015-0123 or A1-22 are barcodes with a hyphen inside.
        return [value]
    if not end[1] and len(end[2]) < len(start[2]) and short_ranges:
        end = _tail_digits.match(first[: len(first) - len(last)] + last)
    if not end or end[1] != start[1] or len(end[2]) != len(start[2]):
        notes.append(note("range_unclear", text=value))
        return []
    low, high = int(start[2]), int(end[2])
    if high < low:
        notes.append(note("range_unclear", text=value))
        return []
    if high - low >= RANGE_LIMIT:
        notes.append(note("range_too_long", text=value, count=high - low + 1, limit=RANGE_LIMIT))
        return []
    width = len(start[2])
    return [f"{start[1]}{number:0{width}d}" for number in range(low, high + 1)]


def _item(
    values: dict[str, list[str]],
    outer: DataField | None,
    profile: HoldingsProfile,
    place: int,
    numbers: list[str],
    raw: str,
) -> HoldingItem:
    def pick(code: str) -> str:
        """The value for this copy: its own when there is one a copy, else the common one."""
        found = values.get(code)
        if not found:
            return ""
        return found[place] if len(found) == len(numbers) else found[0]

    number = numbers[place]
    class_number, book_number = pick(profile.class_code), pick(profile.book_code)
    call_number = pick(profile.call_code)
    if not class_number and not call_number and outer is not None:
        class_number = outer.first(profile.class_code).strip()
        book_number = outer.first(profile.book_code).strip()
        call_number = outer.first(profile.call_code).strip()
    if not book_number and "/" in class_number:
        class_number, _, book_number = class_number.rpartition("/")
    if not class_number and "/" in call_number:
        class_number, _, book_number = call_number.partition("/")
    if not call_number and class_number:
        call_number = f"{class_number}/{book_number}" if book_number else class_number
    return HoldingItem(
        barcode="" if profile.barcode_tag else number,
        accession_number=number if profile.barcode_tag else "",
        class_number=class_number,
        book_number=book_number,
        call_number=call_number,
        location_code=pick(profile.location_code),
        owner_code=pick(profile.owner_code),
        copy=pick(profile.copy_code),
        volume=pick(profile.volume_code),
        price_fen=price_fen(pick(profile.price_code)),
        raw=raw,
    )


def _pair(
    record: Record, profile: HoldingsProfile, found: list[HoldingItem], notes: list[Note]
) -> list[HoldingItem]:
    """Give each accession number the barcode that stands at its place in the other field."""
    barcodes: list[str] = []
    for value in record.all(profile.barcode_tag, profile.barcode_code):
        barcodes += expand(value, notes, short_ranges=profile.short_ranges)
    if len(barcodes) != len(found):
        notes.append(note("barcodes_unpaired", accessions=len(found), barcodes=len(barcodes)))
        return []
    return [replace(item, barcode=barcode) for item, barcode in zip(found, barcodes, strict=True)]


def _without_repeats(found: list[HoldingItem], notes: list[Note]) -> list[HoldingItem]:
    kept: dict[str, HoldingItem] = {}
    for item in found:
        if item.barcode in kept:
            notes.append(note("duplicate_barcode", barcode=item.barcode))
        else:
            kept[item.barcode] = item
    return list(kept.values())
