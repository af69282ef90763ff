"""QR codes (ISO/IEC 18004, model 2, byte mode, level M): text in, dark modules or an SVG out."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Final

from shuxiang.documents.errors import DocumentError

LARGEST = 25
"""The largest version made: 117 × 117 modules still scan from a screen; 997 bytes."""

_CHECKS: Final = (
    10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28
)  # fmt: skip
"""Check bytes a block, by version from 1."""
_BLOCKS: Final = (
    1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21
)  # fmt: skip
_LEVEL_M: Final = 0
_QUIET: Final = 4

Modules = list[list[bool]]


def qr_modules(text: str) -> Modules:
    """The dark modules of the smallest code that holds the text in UTF-8, without the quiet zone.

    Raises DocumentError for more than such a code holds.
    """
    data = text.encode()
    version = next((v for v in range(1, LARGEST + 1) if _fits(len(data), v)), 0)
    if not version:
        raise DocumentError(f"A QR code of version {LARGEST} can't hold {len(data)} bytes.")
    codewords = _with_checks(_codewords(data, version), version)
    drawn, fixed = _patterns(version)
    _place(drawn, fixed, codewords)
    best = min(range(8), key=lambda mask: _penalty(_masked(drawn, fixed, mask, version)))
    return _masked(drawn, fixed, best, version)


def qr_svg(text: str, label: str) -> str:
    """The code as an SVG of black on white with its quiet zone, one path, no width of its own; ``label``
    says what it is to whoever can't see it."""
    modules = qr_modules(text)
    side = len(modules) + 2 * _QUIET
    path = "".join(
        f"M{x + _QUIET} {y + _QUIET}h1v1h-1z"
        for y, row in enumerate(modules)
        for x, dark in enumerate(row)
        if dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges" role="img" aria-label="{escape(label)}">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{path}"/></svg>'
    )


def _raw_modules(version: int) -> int:
    """Modules that are not function patterns."""
    total = (16 * version + 128) * version + 64
    if version >= 2:
        aligned = version // 7 + 2
        total -= (25 * aligned - 10) * aligned - 55
        if version >= 7:
            total -= 36
    return total


def _data_bytes(version: int) -> int:
    return _raw_modules(version) // 8 - _CHECKS[version - 1] * _BLOCKS[version - 1]


def _fits(length: int, version: int) -> bool:
    count_bits = 8 if version < 10 else 16
    return 4 + count_bits + 8 * length <= 8 * _data_bytes(version)


def _codewords(data: bytes, version: int) -> bytes:
    room = 8 * _data_bytes(version)
    bits = f"0100{len(data):0{8 if version < 10 else 16}b}" + "".join(f"{b:08b}" for b in data)
    bits += "0" * min(4, room - len(bits))
    bits += "0" * (-len(bits) % 8)
    made = int(bits, 2).to_bytes(len(bits) // 8)
    pads = bytes((0xEC, 0x11)) * room
    return made + pads[: room // 8 - len(made)]


# --- Reed–Solomon over GF(256), x^8 + x^4 + x^3 + x^2 + 1 -------------------------------------------


def _multiplied(a: int, b: int) -> int:
    product = 0
    for bit in range(7, -1, -1):
        product = product << 1 ^ (product >> 7) * 0x11D
        product ^= (b >> bit & 1) * a
    return product


@cache
def _divisor(degree: int) -> tuple[int, ...]:
    found = [0] * (degree - 1) + [1]
    root = 1
    for _ in range(degree):
        for at in range(degree):
            found[at] = _multiplied(found[at], root)
            if at + 1 < degree:
                found[at] ^= found[at + 1]
        root = _multiplied(root, 2)
    return tuple(found)


def _checks(data: bytes, degree: int) -> bytes:
    left = [0] * degree
    for byte in data:
        factor = byte ^ left.pop(0)
        left.append(0)
        left = [a ^ _multiplied(b, factor) for a, b in zip(left, _divisor(degree), strict=True)]
    return bytes(left)


def _with_checks(data: bytes, version: int) -> bytes:
    """Blocks with their check bytes, interleaved."""
    blocks, degree = _BLOCKS[version - 1], _CHECKS[version - 1]
    total = _raw_modules(version) // 8
    short = blocks - total % blocks
    length = total // blocks - degree
    parts, at = [], 0
    for number in range(blocks):
        size = length + (number >= short)
        parts.append(data[at : at + size])
        at += size
    checks = [_checks(part, degree) for part in parts]
    made = bytearray()
    for index in range(length + 1):
        made += bytes(part[index] for part in parts if index < len(part))
    for index in range(degree):
        made += bytes(check[index] for check in checks)
    return bytes(made)


# --- the drawing -------------------------------------------------------------------------------------


def _patterns(version: int) -> tuple[Modules, Modules]:
    """(dark modules, which of all are function patterns): finders, timing, alignment, version; the
    places of the format are taken."""
    side = 17 + 4 * version
    drawn = [[False] * side for _ in range(side)]
    fixed = [[False] * side for _ in range(side)]

    def put(x: int, y: int, dark: bool) -> None:
        if 0 <= x < side and 0 <= y < side:
            drawn[y][x], fixed[y][x] = dark, True

    for at in range(side):
        put(6, at, at % 2 == 0)
        put(at, 6, at % 2 == 0)
    for left, top in ((3, 3), (side - 4, 3), (3, side - 4)):
        for dy in range(-4, 5):
            for dx in range(-4, 5):
                put(left + dx, top + dy, max(abs(dx), abs(dy)) not in (2, 4))
    centres = _alignments(version)
    last = len(centres) - 1
    for i, x in enumerate(centres):
        for j, y in enumerate(centres):
            if (i, j) not in ((0, 0), (0, last), (last, 0)):
                for dy in range(-2, 3):
                    for dx in range(-2, 3):
                        put(x + dx, y + dy, max(abs(dx), abs(dy)) != 1)
    for (x, y), dark in _format(0, side).items():
        put(x, y, dark)
    if version >= 7:
        rest = version
        for _ in range(12):
            rest = rest << 1 ^ (rest >> 11) * 0x1F25
        bits = version << 12 | rest
        for n in range(18):
            dark = bool(bits >> n & 1)
            put(side - 11 + n % 3, n // 3, dark)
            put(n // 3, side - 11 + n % 3, dark)
    return drawn, fixed


def _alignments(version: int) -> list[int]:
    if version == 1:
        return []
    count = version // 7 + 2
    step = (version * 8 + count * 3 + 5) // (count * 4 - 4) * 2
    return [6, *sorted(version * 4 + 10 - step * n for n in range(count - 1))]


def _format(mask: int, side: int) -> dict[tuple[int, int], bool]:
    """Where the level and mask stand, twice, and the module that is always dark."""
    data = _LEVEL_M << 3 | mask
    rest = data
    for _ in range(10):
        rest = rest << 1 ^ (rest >> 9) * 0x537
    bits = (data << 10 | rest) ^ 0x5412
    first = [(8, n) for n in range(6)] + [(8, 7), (8, 8), (7, 8)]
    first += [(14 - n, 8) for n in range(9, 15)]
    second = [(side - 1 - n, 8) for n in range(8)] + [(8, side - 15 + n) for n in range(8, 15)]
    found = {at: bool(bits >> n & 1) for places in (first, second) for n, at in enumerate(places)}
    found[8, side - 8] = True
    return found


def _place(drawn: Modules, fixed: Modules, codewords: bytes) -> None:
    side = len(drawn)
    bits = [bool(byte >> bit & 1) for byte in codewords for bit in range(7, -1, -1)]
    at = 0
    for right in range(side - 1, 0, -2):
        column = right if right > 6 else right - 1
        for step in range(side):
            for x in (column, column - 1):
                y = side - 1 - step if (column + 1) & 2 == 0 else step
                if not fixed[y][x] and at < len(bits):
                    drawn[y][x] = bits[at]
                    at += 1


_MASKS: Final = (
    lambda x, y: (x + y) % 2,
    lambda x, y: y % 2,
    lambda x, y: x % 3,
    lambda x, y: (x + y) % 3,
    lambda x, y: (x // 3 + y // 2) % 2,
    lambda x, y: x * y % 2 + x * y % 3,
    lambda x, y: (x * y % 2 + x * y % 3) % 2,
    lambda x, y: ((x + y) % 2 + x * y % 3) % 2,
)


def _masked(drawn: Modules, fixed: Modules, mask: int, version: int) -> Modules:
    turned = _MASKS[mask]
    made = [
        [dark if fixed[y][x] else dark != (turned(x, y) == 0) for x, dark in enumerate(row)]
        for y, row in enumerate(drawn)
    ]
    for (x, y), dark in _format(mask, len(drawn)).items():
        made[y][x] = dark
    return made


def _penalty(modules: Modules) -> int:
    """How badly a masked code scans: long runs, blocks, false finders, too dark or too light."""
    side, total = len(modules), 0
    for lines in (modules, [list(column) for column in zip(*modules, strict=True)]):
        for line in lines:
            text = "".join("1" if dark else "0" for dark in line)
            total += sum(len(r) - 2 for r in _runs(text) if len(r) >= 5)
            total += 40 * (text.count("10111010000") + text.count("00001011101"))
    for y in range(side - 1):
        for x in range(side - 1):
            square = {modules[y][x], modules[y][x + 1], modules[y + 1][x], modules[y + 1][x + 1]}
            total += 3 * (len(square) == 1)
    dark = sum(map(sum, modules))
    return total + 10 * (abs(dark * 20 - side * side * 10) // (side * side))


def _runs(text: str) -> list[str]:
    return text.replace("01", "0 1").replace("10", "1 0").split()
