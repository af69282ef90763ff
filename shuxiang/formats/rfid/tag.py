"""The data elements on a tag in a book or card: GB/T 35660.2-2017 (ISO 28560-2), HF tags with DSFID 06."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from shuxiang.formats.rfid import compaction
from shuxiang.formats.rfid.tables import ELEMENTS

PII, CP, OI, SI, TU, SL, IBI = 1, 2, 3, 4, 5, 6, 11
TITLE, MF, SCS, AOI, SOI = 17, 19, 20, 23, 24
DSFID: Final = 0x06
AFI_IN_LIBRARY: Final = 0x07
AFI_LENT: Final = 0xC2
BLOCK: Final = 4
"""Bytes of a block of the usual tag (ICODE SLIX: 28 of them)."""

_LAST: Final = 26
_EXTENDED: Final = 15


class TagFault(ValueError):
    """The bytes are no tag of this standard; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Element:
    """One data element.

    Attributes:
        oid: relative object identifier, 1–26.
        value: text; of TU, MF and SCS two hexadecimal digits (``10`` a lent item, ``80`` a card).
        locked: its blocks are locked, so it begins and ends at a block boundary.
    """

    oid: int
    value: str
    locked: bool = False


def encode(elements: Sequence[Element], *, block: int = BLOCK) -> bytes:
    """The user memory of a tag: the elements in their order, the content parameter after the first,
    padded to whole blocks.

    Raises ValueError when the first element is not the PII, one is given twice, or a value does not
    fit its element.
    """
    if not elements or elements[0].oid != PII:
        raise ValueError("the first element of a tag is the primary item identifier")
    if len({each.oid for each in elements}) != len(elements):
        raise ValueError("an element is given twice")
    if unknown := [e.oid for e in elements if e.oid not in ELEMENTS or _packing(e.oid) in _OURS]:
        raise ValueError(f"there is no element {unknown[0]}")
    made = _placed(elements[0], b"", block)
    others = elements[1:]
    if others:
        made = _aligned(made, elements[0], block)
        made += _bytes(CP, compaction.APPLICATION, _bitmap([each.oid for each in others]))
    for number, each in enumerate(others):
        if each.locked and len(made) % block:
            raise ValueError("a locked element has to begin at a block boundary")
        made = _placed(each, made, block)
        if number < len(others) - 1 and others[number + 1].locked:
            made = _padded(made, each, block)
    return made + bytes(-len(made) % block)


def _placed(each: Element, before: bytes, block: int) -> bytes:
    code, data = _packed(each)
    if each.locked:
        return before + _bytes(each.oid, code, data, room=-(len(before)), block=block)
    return before + _bytes(each.oid, code, data)


def _aligned(made: bytes, first: Element, block: int) -> bytes:
    return made if not first.locked else made + bytes(-len(made) % block)


def _padded(made: bytes, each: Element, block: int) -> bytes:
    code, data = _packed(each)
    plain = _bytes(each.oid, code, data)
    start = len(made) - len(plain)
    return made[:start] + _bytes(each.oid, code, data, room=-start, block=block)


def _bytes(oid: int, code: int, data: bytes, *, room: int = 0, block: int = 0) -> bytes:
    """An element; where ``block`` is given it is padded to end at a block boundary."""
    low = min(oid, _EXTENDED)
    extension = bytes([oid - _EXTENDED]) if oid >= _EXTENDED else b""
    head = code << 4 | low
    plain = bytes([head]) + extension + bytes([len(data)]) + data
    missing = -(len(plain) - room) % block if block else 0
    if not missing:
        return plain
    # The byte that counts the padding is the first byte of it.
    count = bytes([missing - 1])
    return (
        bytes([head | 0x80]) + extension + count + plain[1 + len(extension) :] + bytes(missing - 1)
    )


_OURS: Final = ("none", "bitmap")
"""Packings of elements that nobody gives: the content parameter is made here."""


def _packing(oid: int) -> str:
    return ELEMENTS[oid].packing


def _packed(each: Element) -> tuple[int, bytes]:
    packing = _packing(each.oid)
    if packing == "integer" and not (len(each.value) == 13 and each.value.isdecimal()):
        raise ValueError(f"element {each.oid} is a number of 13 digits")
    if packing == "isil":
        code, data = compaction.APPLICATION, compaction.pack_isil(each.value)
    elif packing == "octet":
        code, data = compaction.OCTETS, bytes.fromhex(each.value)
        if len(data) != 1:
            raise ValueError(f"element {each.oid} is one byte: two hexadecimal digits")
    elif packing == "utf8":
        code, data = compaction.UTF8, each.value.encode()
    else:
        code = compaction.choose(each.value)
        data = compaction.pack(each.value, code)
    if not data or len(data) > 255:
        raise ValueError(f"element {each.oid} is empty or too long")
    return code, data


def _bitmap(oids: Iterable[int]) -> bytes:
    """Bit n, the most significant first, says that element n + 3 is there."""
    bits = ["0"] * 24
    for oid in oids:
        bits[oid - 3] = "1"
    text = "".join(bits).rstrip("0")
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8)


def decode(data: bytes) -> tuple[Element, ...]:
    """The elements of a tag's user memory, the content parameter left out; b'' gives none.

    Raises TagFault when the bytes are not of this standard (other layouts exist) or are damaged.
    """
    found: list[Element] = []
    promised: bytes | None = None
    at = 0
    while at < len(data) and data[at]:
        start = at
        head = data[at]
        at += 1
        oid, code = head & 0x0F, head >> 4 & 0x07
        if oid == _EXTENDED:
            oid += _byte(data, at)
            at += 1
        padding = 0
        if head & 0x80:
            padding = _byte(data, at)
            at += 1
        length = _byte(data, at)
        at += 1
        value = data[at : at + length]
        at += length + padding
        if len(value) < length or at > len(data) or not 1 <= oid <= _LAST:
            raise TagFault(f"byte {start}: the element runs beyond the tag or is unknown")
        if oid == CP:
            promised = value
            continue
        found.append(Element(oid, _value(oid, code, value, start)))
    if found and found[0].oid != PII:
        raise TagFault("the tag does not begin with the primary item identifier")
    if promised is not None and _bitmap([e.oid for e in found[1:]] or [3]) != promised.rstrip(
        b"\0"
    ):
        raise TagFault("the tag does not hold the elements it says it does")
    return tuple(found)


def _byte(data: bytes, at: int) -> int:
    if at >= len(data):
        raise TagFault(f"byte {at}: the tag ends inside an element")
    return data[at]


def _value(oid: int, code: int, value: bytes, start: int) -> str:
    try:
        if _packing(oid) == "isil" and code == compaction.APPLICATION:
            return compaction.unpack_isil(value)
        if _packing(oid) == "octet":
            return value.hex().upper()
        if code == compaction.APPLICATION:
            return value.hex().upper()
        return compaction.unpack(value, code)
    except ValueError as error:
        raise TagFault(f"byte {start}: {error}") from None


def set_information(text: str) -> tuple[int, int] | None:
    """(parts in all, number of this part) of SI: ``1203`` is part 3 of 12. None when it is neither
    2, 4 nor 6 digits."""
    if not (text.isascii() and text.isdecimal() and len(text) in (2, 4, 6)):
        return None
    half = len(text) // 2
    return int(text[:half]), int(text[half:])
