"""How text is folded, cut and recognised for search; the same for what is indexed and asked.

Every function keeps one promise: the tokens of a part of a text are a contiguous part of the
tokens of the text, so that a phrase query finds any part of a title, author or number.
Source of the normalisation: the search behaviour readers expect of Chinese catalogues (NFKC,
lower case, 繁→简, punctuation and spaces ignored between characters).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from operator import add, mul

from shuxiang.apps.search.readings import simplified_table
from shuxiang.formats.volumes import volume_forms

MAX_QUERY_CHARACTERS = 200
MAX_QUERY_CHUNKS = 12
START_UNITS = 4
MAX_SPELLINGS = 3

_ALPHABETIC = "a-z\u0370-\u03ff\u0400-\u052f"
_IGNORED = re.compile(r"(?:[^\w+#]|(?<![a-z+#])[+#])+")
_LOOSE_SPACE = re.compile(rf"(?<![{_ALPHABETIC}0-9+#]) +| +(?![{_ALPHABETIC}0-9])")
_UNIT_RUN = re.compile(rf"[{_ALPHABETIC}]+[+#]*|[0-9]+|[^{_ALPHABETIC}0-9+# ]+")
_WORD_OR_NUMBER = re.compile(rf"[{_ALPHABETIC}]+[+#]*|[0-9]+")
_UNIT = re.compile(rf" ?(?:[{_ALPHABETIC}]+[+#]*|[0-9]+|[^ ])")
_HAN = re.compile("[\u4e00-\u9fff]+")
_MIXED = re.compile(
    "[\u4e00-\u9fff]+[a-z]+[\u4e00-\u9fffa-z]*|[a-z]+[\u4e00-\u9fff]+[\u4e00-\u9fffa-z]*"
)
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
    if _HAN.fullmatch(text):
        return text.translate(simplified_table())
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


def characters(compacted: str) -> set[str]:
    """The single characters (not ASCII letters, digits, spaces) of a compacted text."""
    return set(compacted) - _ASCII


def respelled(text: str, variants: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The folded text with a part of it spelled otherwise, at most `MAX_SPELLINGS`; each of
    ``variants`` is spellings of one word.

    >>> respelled("身份的焦虑", [("身份", "身分")])
    ('身分的焦虑',)
    """
    folded = fold(text)
    found: dict[str, None] = {}
    for spellings in variants:
        for one in spellings:
            if one in folded:
                found.update((folded.replace(one, other), None) for other in spellings)
    found.pop(folded, None)
    return tuple(found)[:MAX_SPELLINGS]


@lru_cache(maxsize=20_000)
def person_key(name: str) -> str:
    """A name as it is compared: country and dynasty marks, role words and dots removed.

    >>> person_key("(清) 曹雪芹著"), person_key("[美] J·K·Rowling")
    ('曹雪芹', 'jkrowling')
    """
    return person_words(name).replace(" ", "")


def person_words(name: str) -> str:
    """The same with a space between the words of a name that has such: each of them is looked for.

    >>> person_words("(美) Nicholas C. Zakas著")
    'nicholas c zakas'
    """
    short = compact(_COUNTRY_MARK.sub("", unicodedata.normalize("NFKC", name)))
    stripped = _ROLE_TAIL.sub("", short).rstrip()
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


def isbn_key(text: str) -> str:
    """The one form an ISBN is indexed in: 13 digits, also of a correct one of ten.

    >>> isbn_key("978-7-02-000220-7"), isbn_key("702000220x"), isbn_key("7-02-000220-1")
    ('9787020002207', '9787020002207', '7020002201')
    """
    if len(text) == 13 and text.isascii() and text.isdigit():
        return text
    forms = isbn_forms(text)
    return forms[0] if forms else number_key(text)


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

    @property
    def is_mixed(self) -> bool:
        """Whether it has both Chinese characters and letters, and nothing else: 红楼meng."""
        return _MIXED.fullmatch(self.text) is not None


@dataclass(frozen=True, slots=True)
class Question:
    """What a reader typed, recognised.

    `numbers` are the forms to look up exactly (ISBN, ISSN, 统一书号, barcode, call number);
    `class_prefix` is set where the text reads as a CLC class; `latin` is the whole text when it
    is letters only (pinyin or words), without spaces; `volumes` are the `volume_forms` of `whole`.
    """

    whole: str
    chunks: tuple[Chunk, ...]
    numbers: tuple[str, ...]
    class_prefix: str
    latin: str
    volumes: tuple[str, ...]

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
        volumes=volume_forms(whole),
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


def starts(compacted: str) -> list[str]:
    """What a title begins with: its first one to four characters, words or numbers, and behind `^`
    its first word, so that the begin of that can be asked for.

    >>> starts("红楼梦"), starts("harry potter")
    (['红', '红楼', '红楼梦'], ['^harry', 'harry', 'harry potter'])
    """
    if not compacted:
        return []
    if not compacted[0].isascii() and _WORD_OR_NUMBER.search(compacted, 0, START_UNITS) is None:
        return [compacted[:end] for end in range(1, min(len(compacted), START_UNITS) + 1)]
    ends = [unit.end() for unit in islice(_UNIT.finditer(compacted), START_UNITS)]
    first = (
        ["^" + compacted[: ends[0]]] if compacted[0].isalpha() and compacted[0].isascii() else []
    )
    return first + [compacted[:end] for end in ends]


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
