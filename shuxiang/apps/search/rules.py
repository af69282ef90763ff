"""How text is folded, cut and recognised for search; the same for what is indexed and asked.

Every function keeps one promise: the tokens of a part of a text are a contiguous part of the
tokens of the text, so that a phrase query finds any part of a title, author or number.
Source of the normalisation: the search behaviour readers expect of Chinese catalogues (NFKC,
lower case, 繁→简, punctuation and spaces ignored between characters).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import add, mul

from shuxiang.apps.search.readings import simplified_table

MAX_QUERY_CHARACTERS = 200
MAX_QUERY_CHUNKS = 12

_ALPHABETIC = "a-z\u0370-\u03ff\u0400-\u052f"
_IGNORED = re.compile(r"(?:[^\w+#]|(?<![a-z+#])[+#])+")
_LOOSE_SPACE = re.compile(rf"(?<![{_ALPHABETIC}0-9+#]) +| +(?![{_ALPHABETIC}0-9])")
_UNIT_RUN = re.compile(rf"[{_ALPHABETIC}]+[+#]*|[0-9]+|[^{_ALPHABETIC}0-9+# ]+")
_WORD_OR_NUMBER = re.compile(rf"[{_ALPHABETIC}]+[+#]*|[0-9]+")
_ASCII = frozenset(map(chr, range(128)))
_WHITESPACE = re.compile(r"\s+")
_COUNTRY_MARK = re.compile(r"[(\[〔【〈][^)\]〕】〉]{1,8}[)\]〕】〉]")
_ROLE_TAIL = re.compile(
    r"(?:编著|主编|编译|译注|校注|选编|编绘|著绘|图文|绘图|原著|[等合]?[著编译撰绘辑校注选])+$"
)
_IDENTIFIER = re.compile(r"[0-9A-Z.]{4,40}")
_CLASS_QUERY = re.compile(
    r"([A-KN-VXZ][A-Z]?[0-9][0-9.]*(?:[-=(<\"+:/][^\s*]*)?)\*?|([A-KN-VXZ][A-Z]?)\*"
)
_NOT_ISBN = re.compile(r"[^0-9X]+")
_WEIGHTS10 = (10, 9, 8, 7, 6, 5, 4, 3, 2)
_WEIGHTS13 = (1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)
_DOTS = str.maketrans({"·": ".", "•": ".", "・": ".", "‐": "-"})
_NUMERAL_UNIT = "卷册部集辑编期版回季章"
_VOLUME = re.compile(
    rf"第?([〇零一二三四五六七八九十百]+|[0-9]+|[ivx]+)(?=[{_NUMERAL_UNIT}](?!\w*曲))"
    r"|(?<=[^\W〇零一二三四五六七八九十百0-9a-z])([〇零一二三四五六七八九十百]+|[ivx]+)$"
    r"|([上中下])(?=[册卷部])"
)
_NUMERALS = {"〇": 0, "零": 0, **{c: i for i, c in enumerate("一二三四五六七八九", 1)}}
_ROMAN = {"i": 1, "v": 5, "x": 10}
_PLACES_OF_PARTS = {"上": "1", "中": "2", "下": "3"}
_STOP_WORDS = frozenset(
    [
        "的",
        "了",
        "与",
        "和",
        "及",
        "之",
        "在",
        "是",
        "关于",
        "有关",
        "以及",
        "或",
        "the",
        "of",
        "a",
        "an",
        "and",
        "in",
        "for",
        "to",
    ]
)


@cache
def _fold_table() -> dict[int, str]:
    table: dict[int, str] = dict(simplified_table())
    for code in range(0xC0, 0x250):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii():
            table[code] = base.lower()
    table[ord("_")] = " "
    return table


def fold(text: str) -> str:
    """`text` as it is compared: NFKC, lower case, simplified, without accents, `_` a space."""
    return unicodedata.normalize("NFKC", text).lower().translate(_fold_table())


def compact(text: str) -> str:
    """Folded text without punctuation; a space stays only between two words or numbers.

    >>> compact("《紅樓夢》: Harry  Potter")
    '红楼梦harry potter'
    """
    return _LOOSE_SPACE.sub("", _IGNORED.sub(" ", fold(text))).strip()


def key(text: str) -> str:
    """The form two titles or names are equal in: compact, with no space at all."""
    return compact(text).replace(" ", "")


def _gram_list(compacted: str) -> list[str]:
    if _WORD_OR_NUMBER.search(compacted) is None:
        return list(map(add, compacted, compacted[1:])) or list(compacted)
    tokens: list[str] = []
    runs = _UNIT_RUN.findall(compacted)
    last = len(runs) - 1
    for index, run in enumerate(runs):
        if len(run) == 1 or _WORD_OR_NUMBER.match(run):
            tokens.append(run)
            continue
        # A single character beside a word or number is a token too: without it the part
        # 第2版 of 教程第2版 would have a token (第) that the whole does not have.
        if index > 0:
            tokens.append(run[0])
        tokens.extend(map(add, run, run[1:]))
        if index < last:
            tokens.append(run[-1])
    return tokens


def grams(text: str) -> list[str]:
    """Adjacent 2-grams of characters, words and numbers whole, in order.

    >>> grams("C语言程序")
    ['c', '语', '语言', '言程', '程序']
    """
    return _gram_list(compact(text))


def grams_of_compact(compacted: str) -> list[str]:
    """`grams` of a text that went through `compact` already."""
    return _gram_list(compacted)


def first_unit(compacted: str) -> str:
    """The first character, word or number of a compacted text; "" for none."""
    found = _WORD_OR_NUMBER.match(compacted)
    return found.group() if found else compacted[:1]


def characters(compacted: str) -> set[str]:
    """The single characters (not ASCII letters, digits, spaces) of a compacted text."""
    return set(compacted) - _ASCII


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


@lru_cache(maxsize=20_000)
def person_key(name: str) -> str:
    """A name as it is compared: country and dynasty marks, role words and dots removed.

    >>> person_key("(清) 曹雪芹著"), person_key("[美] J·K·Rowling")
    ('曹雪芹', 'jkrowling')
    """
    bare = _COUNTRY_MARK.sub("", unicodedata.normalize("NFKC", name))
    short = key(bare)
    stripped = _ROLE_TAIL.sub("", short)
    return stripped if len(stripped) >= 2 else short


# --- numbers -------------------------------------------------------------------------------


def isbn_forms(text: str) -> tuple[str, ...]:
    """The 13 and 10 digit forms of an ISBN, without hyphens; () if it isn't one by length.

    A number whose check digit is wrong (misprinted on real books) is kept as it stands. Check
    digits per ISO 2108.

    >>> isbn_forms("7-02-000220-X"), isbn_forms("978-7-02-000220-7")
    (('9787020002207', '702000220X'), ('9787020002207', '702000220X'))
    """
    digits = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if not digits.isdigit():
        digits = _NOT_ISBN.sub("", digits.upper())
    if len(digits) == 13 and digits[:3] in ("978", "979") and digits.isdigit():
        if digits[2] == "9" or _check13(digits) != digits[12]:
            return (digits,)
        return digits, digits[3:12] + _check10(digits[3:])
    if len(digits) == 10 and digits[:9].isdigit():
        if _check10(digits) != digits[9]:
            return (digits,)
        body = "978" + digits[:9]
        return body + _check13(body), digits
    return ()


def _check10(digits: str) -> str:
    return "0123456789X"[-sum(map(mul, _WEIGHTS10, map(int, digits))) % 11]


def _check13(digits: str) -> str:
    return str(-sum(map(mul, _WEIGHTS13, map(int, digits))) % 10)


def number_key(text: str) -> str:
    """A barcode, ISSN, 统一书号 or call number as it is compared: upper case, no `-`, no space.

    >>> number_key("10019·3001"), number_key("1000-0135"), number_key("ｙｃ 0001")
    ('10019.3001', '10000135', 'YC0001')
    """
    plain = text.upper()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", plain).translate(_DOTS)
    return "".join(plain.split()).replace("-", "")


def class_prefixes(notation: str) -> list[str]:
    """Every prefix of a CLC class, so that asking for `I247` finds `I247.5`.

    >>> class_prefixes("I247.5")
    ['I', 'I2', 'I24', 'I247', 'I247.5']
    """
    plain = class_key(notation)[:24]
    return [plain[:end] for end in range(1, len(plain) + 1) if plain[end - 1] != "."]


def class_key(notation: str) -> str:
    """A CLC class as it is compared: NFKC, upper case, no spaces, no `*`, `.` at the end cut."""
    plain = unicodedata.normalize("NFKC", notation).upper()
    return "".join(plain.split()).rstrip("*").rstrip(".")


# --- questions -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chunk:
    """One blank-separated part of a question."""

    text: str
    grams: tuple[str, ...]
    is_latin: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What a reader typed, recognised.

    `numbers` are the forms to look up exactly (ISBN, ISSN, 统一书号, barcode, call number);
    `class_prefix` is set where the text reads as a CLC class; `latin` is the whole text when it
    is letters only (pinyin or words), without spaces; `volume` the numeral variant of `whole`.
    """

    whole: str
    chunks: tuple[Chunk, ...]
    numbers: tuple[str, ...]
    class_prefix: str
    latin: str
    volume: str

    @property
    def is_empty(self) -> bool:
        """Nothing to search for: all titles are meant, or only punctuation was typed."""
        return not (self.chunks or self.numbers or self.class_prefix)


@lru_cache(maxsize=1_000)
def read_question(text: str) -> Question:
    """Recognise what was typed; any string is accepted, past 200 characters it is cut."""
    text = text.replace("\x00", " ")[:MAX_QUERY_CHARACTERS]
    folded = _IGNORED.sub(" ", fold(text))
    chunks: list[Chunk] = []
    for part in _WHITESPACE.split(folded):
        tokens = tuple(_gram_list(part))
        if tokens and all(chunk.text != part for chunk in chunks):
            chunks.append(Chunk(part, tokens, part.isascii() and part.isalpha()))
    whole = compact(text)
    bare = key(text)
    return Question(
        whole=whole,
        chunks=tuple(chunks[:MAX_QUERY_CHUNKS]),
        numbers=_numbers_in(text),
        class_prefix=_class_in(text),
        latin=bare if bare.isascii() and bare.isalpha() else "",
        volume=volume_variant(whole),
    )


def _numbers_in(text: str) -> tuple[str, ...]:
    forms = list(isbn_forms(text)) if re.fullmatch(r"[\s\d\-‐–—Xx]+", _nfkc(text)) else []
    plain = number_key(text)
    if any(c.isdigit() for c in plain) and re.fullmatch(r"[\w.:/=()+\-]{1,60}", plain):
        forms.append(plain)
    return tuple(dict.fromkeys(forms))


def _class_in(text: str) -> str:
    found = _CLASS_QUERY.fullmatch(_nfkc(text).strip().upper())
    return class_key(found.group()) if found else ""


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def title_grams(compacted: str) -> list[str]:
    """`grams` of a title behind a token `^` + first unit, so that a phrase can ask for the begin.

    >>> title_grams("红楼梦")
    ['^红', '红楼', '楼梦']
    """
    return ["^" + first_unit(compacted), *_gram_list(compacted)] if compacted else []


def is_stop_word(word: str) -> bool:
    """A word that says nothing about what is looked for (的, 与, the …)."""
    return word in _STOP_WORDS


def segment(text: str, frequency: dict[str, int], documents: int) -> list[str]:
    """Cut a run of characters into the likeliest words, given how many titles have each word.

    The vocabulary is the index's own, which needs no dictionary in the process that asks.
    `frequency` holds only known words; unknown characters stand alone.
    """
    import math

    total = math.log(documents + 2)
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(text) + 1):
        options = [(best[end - 1][0] + total + 2.0, end - 1)]
        for start in range(max(0, end - 8), end):
            count = frequency.get(text[start:end], 0)
            if count:
                options.append((best[start][0] + total - math.log(count) + 1.0, start))
        best.append(min(options))
    words: list[str] = []
    end = len(text)
    while end:
        start = best[end][1]
        words.append(text[start:end])
        end = start
    return words[::-1]
