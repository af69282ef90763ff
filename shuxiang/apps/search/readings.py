"""The two character tables search needs, as compact files: 繁→简 and pinyin readings.

Loading OpenCC and pypinyin at run time costs 6 MB and 60 MB of memory and half a second; the
toneless, context-free part that an index needs is 100 KB. `python -m
shuxiang.apps.search.readings` makes the files again from the two libraries; a test compares them.

Sources: OpenCC `t2s` (Apache-2.0), pypinyin's character and phrase tables (MIT).
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
SIMPLIFIED = DATA / "simplified.txt"
READINGS = DATA / "readings.txt"
PHRASES = DATA / "phrases.txt"

_HAN = (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0x20000, 0x2A6E0))
_COMMON_HAN = range(0x4E00, 0xA000)


@cache
def simplified_table() -> dict[int, str]:
    """Code point of a traditional character → its simplified character, one to one."""
    text = SIMPLIFIED.read_text("utf-8").split()
    return {ord(pair[0]): pair[1] for pair in text}


@cache
def character_readings() -> dict[str, str]:
    """Simplified character → its first reading, toneless, `ü` written `v`."""
    readings: dict[str, str] = {}
    for line in READINGS.read_text("utf-8").splitlines():
        syllable, _, characters = line.partition(" ")
        readings.update(dict.fromkeys(characters, syllable))
    return readings


@cache
def phrase_readings() -> dict[str, tuple[str, ...]]:
    """Phrase → readings of its characters, where they differ from the characters' own."""
    phrases: dict[str, tuple[str, ...]] = {}
    for line in PHRASES.read_text("utf-8").splitlines():
        phrase, *syllables = line.split(" ")
        phrases[phrase] = tuple(syllables)
    return phrases


def toneless(reading: str) -> str:
    """`lǜ` → `lv`: ASCII letters only, `ü` written `v`."""
    plain = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(letter for letter in plain if letter.isascii()).lower()


def build_simplified() -> str:
    """The text of `simplified.txt`, from OpenCC."""
    import opencc

    source = [chr(code) for code in _HAN]
    target = opencc.OpenCC("t2s").convert("\n".join(source)).split("\n")
    pairs = [a + b for a, b in zip(source, target, strict=True) if a != b and len(b) == 1]
    return "\n".join(" ".join(pairs[i : i + 20]) for i in range(0, len(pairs), 20)) + "\n"


def build_readings() -> tuple[str, str]:
    """The texts of `readings.txt` and `phrases.txt`, from pypinyin."""
    from pypinyin import phrases_dict, pinyin_dict

    own = {
        chr(code): toneless(pinyin_dict.pinyin_dict[code].split(",")[0])
        for code in _COMMON_HAN
        if code in pinyin_dict.pinyin_dict
    }
    traditional = simplified_table()
    by_syllable: dict[str, list[str]] = defaultdict(list)
    for character, syllable in own.items():
        by_syllable[syllable].append(character)
    characters = "".join(f"{s} {''.join(by_syllable[s])}\n" for s in sorted(by_syllable))
    lines = []
    for phrase, readings in sorted(phrases_dict.phrases_dict.items()):
        syllables = [toneless(reading[0]) for reading in readings]
        if len(syllables) != len(phrase) or not all(c in own for c in phrase):
            continue
        if any(ord(c) in traditional for c in phrase):
            continue
        if syllables != [own[c] for c in phrase]:
            lines.append(f"{phrase} {' '.join(syllables)}\n")
    return characters, "".join(lines)


def main() -> None:
    """Write the three files again."""
    DATA.mkdir(exist_ok=True)
    SIMPLIFIED.write_text(build_simplified(), "utf-8")
    characters, phrases = build_readings()
    READINGS.write_text(characters, "utf-8")
    PHRASES.write_text(phrases, "utf-8")


if __name__ == "__main__":
    main()
