"""Where a source keeps its items, and an item as a record describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import msgspec

from shuxiang.formats.notes import Note


@dataclass(frozen=True, slots=True)
class HoldingsProfile:
    """Where one source keeps its items. Subfield codes; ``""`` means not there.

    Attributes:
        tag: field with the items, e.g. ``905``; ``""`` when the records have no holdings.
        number: subfield with the barcode, repeatable (``b``).
        barcode_tag, barcode_code: where the barcode is when ``number`` holds the accession
            number instead; paired in order.
        class_code, book_code: class number and book number; a class subfield that holds both
            (``TB472/12``) is cut at its last slash.
        call_code: the whole call number.
        owner_code, location_code, copies_code, copy_code, volume_code, price_code: as named.
        short_ranges: ``1683011-3`` stands for 1683011 to 1683013 in this source.
        class_tag: another field with class and book numbers when ``tag`` has none.
    """

    tag: str = "905"
    number: str = "b"
    barcode_tag: str = ""
    barcode_code: str = ""
    class_code: str = "d"
    book_code: str = "e"
    call_code: str = "s"
    owner_code: str = "a"
    location_code: str = "c"
    copies_code: str = "f"
    copy_code: str = "z"
    volume_code: str = "v"
    price_code: str = ""
    short_ranges: bool = False
    class_tag: str = ""

    def to_dict(self) -> dict[str, str | bool]:
        """The profile as JSON-ready data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> HoldingsProfile:
        """The profile stored by :meth:`to_dict`; keys it does not know are ignored.

        Raises:
            TypeError: a value has the wrong type.
        """
        known: dict[str, str | bool] = {}
        for each in fields(cls):
            if each.name not in data:
                continue
            value = data[each.name]
            wanted = bool if each.name == "short_ranges" else str
            if not isinstance(value, wanted):
                raise TypeError(f"{each.name} must be a {wanted.__name__}, not {value!r}")
            known[each.name] = value
        return cls(**known)  # type: ignore[arg-type]


class HoldingItem(msgspec.Struct, frozen=True, gc=False):
    """One copy as the record describes it; ``raw`` is the field it came from."""

    barcode: str
    accession_number: str = ""
    class_number: str = ""
    book_number: str = ""
    call_number: str = ""
    location_code: str = ""
    owner_code: str = ""
    copy: str = ""
    volume: str = ""
    price_fen: int | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """What importing one record of a sample would make."""

    number: int
    title: str
    items: tuple[HoldingItem, ...]
    warnings: tuple[Note, ...]
