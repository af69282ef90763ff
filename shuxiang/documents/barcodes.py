"""Code 128 (ISO/IEC 15417) as widths of bars and spaces.

The encoder is ours because typst draws the bars itself: no image, sharp at any size, and no
dependency at run time.
"""

from __future__ import annotations

from shuxiang.documents.errors import DocumentError

# Bars and spaces of symbol values 0 to 105 in modules, six a symbol: ISO/IEC 15417 table 1.
_WIDTHS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132"
    "122231113222123122123221223211221132221231213212223112312131311222321122321221312212"
    "322112322211212123212321232121111323131123131321112313132113132311211313231113231311"
    "112133112331132131113123113321133121313121211331231131213113213311213131311123311321"
    "331121312113312311332111314111221411431111111224111422121124121421141122141221112214"
    "112412122114122411142112142211241211221114413111241112134111111242121142121241114212"
    "124112124211411212421112421211212141214121412121111143111341131141114113114311411113"
    "411311113141114131311141411131211412211214211232"
)
_PATTERNS = tuple(_WIDTHS[at : at + 6] for at in range(0, len(_WIDTHS), 6))
_STOP = "2331112"
_CODE_C, _CODE_B = 99, 100
_START_B, _START_C = 104, 105

QUIET_ZONE = 10
"""Modules of empty space that the standard asks for on either side."""


def code128(text: str) -> tuple[int, ...]:
    """Return the widths, in modules, of bar, space, bar … bar for ``text``.

    Runs of digits are packed two a symbol (set C), everything else is set B. Raises DocumentError
    for an empty text and for characters outside printable ASCII, which set B cannot hold.
    """
    if not text:
        raise DocumentError("A barcode needs at least one character.")
    wrong = sorted({c for c in text if not " " <= c <= "~"})
    if wrong:
        raise DocumentError(
            f"Code 128 holds letters, digits and signs of ASCII only; {text!r} has {wrong}."
        )
    values = _values(text)
    check = (values[0] + sum(i * value for i, value in enumerate(values))) % 103
    patterns = [_PATTERNS[value] for value in (*values, check)]
    return tuple(int(width) for pattern in (*patterns, _STOP) for width in pattern)


def _values(text: str) -> list[int]:
    """Symbol values with start and set changes, before the check symbol."""
    values: list[int] = []
    in_c = False
    position = 0
    while position < len(text):
        digits = _digits_from(text, position)
        # Changing set costs a symbol each way, so inside a text only six digits or more pay.
        at_edge = position == 0 or position + digits == len(text)
        if not in_c and digits >= (4 if at_edge else 6) and digits % 2 == 0:
            values.append(_CODE_C if values else _START_C)
            in_c = True
        elif in_c and digits < 2:
            values.append(_CODE_B)
            in_c = False
        elif not values:
            values.append(_START_B)
        if in_c:
            values.append(int(text[position : position + 2]))
            position += 2
        else:
            values.append(ord(text[position]) - 32)
            position += 1
    return values


def _digits_from(text: str, position: int) -> int:
    end = position
    while end < len(text) and text[end] in "0123456789":
        end += 1
    return end - position
