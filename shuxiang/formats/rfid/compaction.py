"""How the values of an RFID tag are packed (GB/T 35660.2-2017 = ISO 28560-2:2014, ISO/IEC 15962)."""

from __future__ import annotations

from functools import cache
from typing import Final

APPLICATION, INTEGER, NUMERIC, FIVE_BIT, SIX_BIT, SEVEN_BIT, OCTETS, UTF8 = range(8)


def choose(text: str) -> int:
    """The compaction the standard prescribes for a text."""
    if text.isascii() and text.isdecimal() and len(text) >= 2:
        return INTEGER if text[0] != "0" and len(text) <= 19 else NUMERIC
    if len(text) >= 3 and all("A" <= sign <= "_" for sign in text):
        return FIVE_BIT
    if len(text) >= 4 and all(" " <= sign <= "_" for sign in text) and text[-1] != " ":
        return SIX_BIT
    if len(text) >= 8 and all(sign < "\x7f" for sign in text):
        return SEVEN_BIT
    return OCTETS if text.isascii() else UTF8


def pack(text: str, compaction: int) -> bytes:
    """The bytes of a text in one of the compactions 1 to 7."""
    if compaction == INTEGER:
        number = int(text)
        return number.to_bytes((number.bit_length() + 7) // 8)
    if compaction == NUMERIC:
        return bytes.fromhex(text + "F" * (len(text) % 2))
    if compaction in _WIDTHS:
        width, padding = _WIDTHS[compaction]
        mask = (1 << width) - 1
        return _bytes("".join([f"{ord(sign) & mask:0{width}b}" for sign in text]), padding)
    return text.encode("ascii" if compaction == OCTETS else "utf-8")


_WIDTHS: Final = {FIVE_BIT: (5, "0"), SIX_BIT: (6, "100000"), SEVEN_BIT: (7, "1")}


def _bytes(bits: str, padding: str) -> bytes:
    missing = -len(bits) % 8
    filled = bits + (padding + padding[-1] * 8)[:missing]
    return int(filled, 2).to_bytes(len(filled) // 8) if filled else b""


def unpack(data: bytes, compaction: int) -> str:
    """The text of packed bytes.

    Raises ValueError when they are no such text.
    """
    if compaction == INTEGER:
        return str(int.from_bytes(data))
    if compaction == NUMERIC:
        text = data.hex().upper().removesuffix("F")
        if not text.isdecimal():
            raise ValueError("a numeric value holds other signs than digits")
        return text
    if compaction in _WIDTHS:
        width, _ = _WIDTHS[compaction]
        bits = "".join([f"{byte:08b}" for byte in data])
        codes = [int(bits[at : at + width], 2) for at in range(0, len(bits) - width + 1, width)]
        text = "".join([_SIGN[compaction](code) for code in codes])
        # Padding may be long enough to look like one sign more.
        return text.removesuffix(_PAD_SIGN[compaction])
    return data.decode("latin-1" if compaction == OCTETS else "utf-8")


_SIGN: Final = {
    FIVE_BIT: lambda code: chr(code | 0x40),
    SIX_BIT: lambda code: chr(code if code & 0x20 else code | 0x40),
    SEVEN_BIT: chr,
}
_PAD_SIGN: Final = {FIVE_BIT: "@", SIX_BIT: " ", SEVEN_BIT: "\x7f"}

# --- ISIL -----------------------------------------------------------------------------------

_UPPER: Final = {"-": 0, **{chr(64 + n): n for n in range(1, 27)}, ":": 27}
_LOWER: Final = {"-": 0, **{chr(96 + n): n for n in range(1, 27)}, "/": 27}
_DIGIT: Final = {**{str(n): n for n in range(10)}, "-": 10, ":": 11}
_TABLES: Final = (_UPPER, _LOWER, _DIGIT)
_BITS: Final = (5, 5, 4)
# From each table: (latch to, shift to) every other one.
_LATCH: Final = ({1: 28, 2: 30}, {0: 28, 2: 30}, {0: 12, 1: 14})
_SHIFT: Final = ({1: 29, 2: 31}, {0: 29, 2: 31}, {0: 13, 1: 15})


def pack_isil(text: str) -> bytes:
    """An ISIL (ISO 15511) such as ``CN-441602-1-YC``.

    Raises ValueError for a sign no ISIL has, or more than 16 of them.
    """
    if len(text) > 16:
        raise ValueError(f"an ISIL has at most 16 characters: {text}")

    @cache
    def best(at: int, table: int) -> str:
        if at == len(text):
            return ""
        # Tables are changed only where they must be, as the encoders in use do.
        if text[at] in _TABLES[table]:
            return f"{_TABLES[table][text[at]]:0{_BITS[table]}b}" + best(at + 1, table)
        ways: list[str] = []
        width = _BITS[table]
        for other in range(3):
            if text[at] not in _TABLES[other]:
                continue
            sign = f"{_TABLES[other][text[at]]:0{_BITS[other]}b}"
            ways.append(f"{_SHIFT[table][other]:0{width}b}" + sign + best(at + 1, table))
            ways.append(f"{_LATCH[table][other]:0{width}b}" + sign + best(at + 1, other))
        if not ways:
            raise ValueError(f"an ISIL has no {text[at]!r}: {text}")
        return min(ways, key=len)

    return _bytes(best(0, 0), "1")


def unpack_isil(data: bytes) -> str:
    """The ISIL of packed bytes.

    Raises ValueError when they are none.
    """
    bits = "".join([f"{byte:08b}" for byte in data])
    signs = [{code: sign for sign, code in table.items()} for table in _TABLES]
    found, at, table, once = "", 0, 0, -1
    while at + _BITS[current := once if once >= 0 else table] <= len(bits):
        code = int(bits[at : at + _BITS[current]], 2)
        at += _BITS[current]
        once = -1
        if code in signs[current]:
            found += signs[current][code]
            continue
        latch = {value: to for to, value in _LATCH[current].items()}
        shift = {value: to for to, value in _SHIFT[current].items()}
        if code in latch:
            table = latch[code]
        elif code in shift:
            once = shift[code]
        else:
            raise ValueError("the bytes are no ISIL")
    return found
