"""Volumes however they are numbered: 第二卷, 卷二, Ⅱ, 贰 and 2 are one volume to a reader."""

from __future__ import annotations

import re

_NUMERAL_UNIT = "卷册部集辑编期版回季章"
_VOLUME = re.compile(
    rf"第?([〇零一二三四五六七八九十百壹贰叁肆伍柒捌玖]+|[0-9]+|[ivx]+)(?=[{_NUMERAL_UNIT}](?!\w*曲))"
    r"|(?<=[^\W〇零一二三四五六七八九十百壹贰叁肆伍柒捌玖0-9a-z])"
    r"([〇零一二三四五六七八九十百]+|[壹贰叁肆伍柒捌玖]|[ivx]+)$"
    r"|([上中下])(?=[册卷部])"
)
_NUMERALS = {
    "〇": 0,
    "零": 0,
    **{c: i for i, c in enumerate("一二三四五六七八九", 1)},
    **{c: i for i, c in enumerate("壹贰叁肆伍陆柒捌玖", 1)},
}
_COUNTED = re.compile(rf"(?<=\w)(?:第?([0-9]+)[{_NUMERAL_UNIT}]|[{_NUMERAL_UNIT}]([0-9]+))$")
_NUMBERING = frozenset("0123456789ivx〇零一二三四五六七八九十百壹贰叁肆伍柒捌玖上中下")
_ROMAN = {"i": 1, "v": 5, "x": 10}
_PLACES_OF_PARTS = {"上": "1", "中": "2", "下": "3"}


def _number(numeral: str) -> str:
    """`十二`, `一二`, `xii` or `012` as a plain decimal."""
    if numeral.isascii() and numeral.isdigit():
        return str(int(numeral[:9]))
    if numeral[0] in _ROMAN:
        values = [_ROMAN[c] for c in numeral]
        following = [*values[1:], 0]
        return str(sum(-v if v < n else v for v, n in zip(values, following, strict=True)))
    if "十" not in numeral and "百" not in numeral:
        return str(int("".join(str(_NUMERALS[c]) for c in numeral)))
    total = digit = 0
    for character in numeral:
        if character in "十百":
            total += (digit or 1) * (10 if character == "十" else 100)
            digit = 0
        else:
            digit = _NUMERALS[character]
    return str(total + digit)


def _volume_number(found: re.Match[str]) -> str:
    part = found.group(3)
    return _PLACES_OF_PARTS[part] if part else _number(found.group(1) or found.group(2))


def volume_variant(compacted: str) -> str:
    """The text with volume numerals as plain numbers, "" when that changes nothing.

    `第一卷`, `卷一`, `Ⅰ`, `第1卷` and `上卷` are one volume to a reader:

    >>> volume_variant("战争与和平第一卷"), volume_variant("平凡的世界二"), volume_variant("活着")
    ('战争与和平1卷', '平凡的世界2', '')
    """
    variant = _VOLUME.sub(_volume_number, compacted)
    return "" if variant == compacted else variant


def volume_forms(compacted: str) -> tuple[str, ...]:
    """What a title or question with a volume in it is also found as: with a plain number, and without
    the word that says what is counted.

    >>> volume_forms("战争与和平第二部"), volume_forms("战争与和平贰"), volume_forms("活着")
    (('战争与和平2部', '战争与和平2'), ('战争与和平2',), ())
    """
    if _NUMBERING.isdisjoint(compacted):
        return ()
    plain = volume_variant(compacted)
    found = (plain, _COUNTED.sub(lambda m: m.group(1) or m.group(2), plain or compacted))
    return tuple(dict.fromkeys(f for f in found if f and f != compacted))
