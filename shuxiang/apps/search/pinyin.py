"""Pinyin of titles and names: full, initials, alternates, and the order of titles by pinyin.

Readings come phrase by phrase (longest match), then character by character. A character with two
common readings outside a known phrase gives alternates, so that either way of typing finds it; a
surname is read by the table of surnames first (曾 zeng, 单 shan).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from operator import add, itemgetter

from shuxiang.apps.search.readings import character_readings, phrase_readings
from shuxiang.apps.search.rules import person_key

MAX_TITLE_CHARACTERS = 40
BEGIN_LETTERS = 4
_MAX_POLYPHONES = 2
_MAX_PHRASE = 8
_MAX_SPLITS = 4
_SORT_UNITS = 7
_SORT_BITS = 9

# Characters with two readings common in titles; the first is the default.
_POLYPHONES: dict[str, tuple[str, ...]] = {
    "长": ("chang", "zhang"), "重": ("chong", "zhong"), "行": ("xing", "hang"),
    "乐": ("le", "yue"), "都": ("du", "dou"), "曾": ("ceng", "zeng"), "单": ("dan", "shan"),
    "解": ("jie", "xie"), "朝": ("chao", "zhao"), "传": ("zhuan", "chuan"),
    "弹": ("tan", "dan"), "藏": ("cang", "zang"), "调": ("diao", "tiao"), "得": ("de", "dei"),
    "地": ("di", "de"), "还": ("hai", "huan"), "降": ("jiang", "xiang"), "角": ("jiao", "jue"),
    "觉": ("jue", "jiao"), "省": ("sheng", "xing"), "盛": ("sheng", "cheng"),
    "宿": ("su", "xiu"), "兴": ("xing",), "差": ("cha", "chai"), "便": ("bian", "pian"),
    "校": ("xiao", "jiao"), "参": ("can", "shen"), "系": ("xi", "ji"), "卷": ("juan",),
    "露": ("lu", "lou"), "落": ("luo", "la"), "模": ("mo", "mu"), "曲": ("qu",),
    "血": ("xue", "xie"), "和": ("he", "huo"), "化": ("hua",), "华": ("hua",),
    "翟": ("zhai", "di"), "薄": ("bo", "bao"), "车": ("che", "ju"), "会": ("hui", "kuai"),
    "率": ("lv", "shuai"), "数": ("shu", "shuo"), "区": ("qu", "ou"), "查": ("cha", "zha"),
    "厦": ("sha", "xia"), "石": ("shi", "dan"), "提": ("ti", "di"), "叶": ("ye", "xie"),
    "斗": ("dou",), "红": ("hong",), "给": ("gei", "ji"), "没": ("mei", "mo"),
    "六": ("liu", "lu"), "大": ("da", "dai"), "说": ("shuo", "shui"), "着": ("zhe", "zhuo"),
    "了": ("le", "liao"), "只": ("zhi",), "那": ("na",), "谁": ("shui", "shei"),
    "伯": ("bo", "bai"), "尽": ("jin",), "强": ("qiang", "jiang"), "圈": ("quan", "juan"),
    "绿": ("lv", "lu"), "色": ("se", "shai"), "似": ("si", "shi"), "塞": ("sai", "se"),
    "识": ("shi", "zhi"), "削": ("xue", "xiao"), "咽": ("yan", "ye"), "载": ("zai",),
    "佛": ("fo", "fu"), "度": ("du", "duo"), "更": ("geng",), "观": ("guan",),
    "吓": ("xia", "he"), "相": ("xiang",), "应": ("ying",), "折": ("zhe", "she"),
}  # fmt: skip

# Readings of 繁→简 folded words that the tables know only in their proper form.
_FOLDED_PHRASES: dict[str, tuple[str, ...]] = {
    "干隆": ("qian", "long"),
    "干坤": ("qian", "kun"),
}

_SURNAMES: dict[str, tuple[str, ...]] = {
    "单": ("shan",), "曾": ("zeng",), "解": ("xie",), "仇": ("qiu",), "任": ("ren",),
    "华": ("hua",), "朴": ("piao",), "查": ("zha",), "翟": ("zhai",), "区": ("ou",),
    "盖": ("ge", "gai"), "缪": ("miao",), "乐": ("yue", "le"), "员": ("yun",), "召": ("shao",),
    "繁": ("po",), "秘": ("bi",), "种": ("chong",), "谌": ("chen", "shen"),
    "覃": ("qin", "tan"), "燕": ("yan",), "宁": ("ning",), "柏": ("bai", "bo"),
    "晁": ("chao",), "逄": ("pang",), "郇": ("xun", "huan"), "祭": ("zhai", "ji"),
    "尉": ("wei",), "句": ("gou",), "隗": ("wei", "kui"), "那": ("na",), "牟": ("mu", "mou"),
    "冼": ("xian",), "洗": ("xian",), "折": ("she",), "车": ("che",), "薄": ("bo",),
    "葛": ("ge",), "纪": ("ji",), "管": ("guan",), "曲": ("qu",), "沈": ("shen",),
    "冯": ("feng",), "贾": ("jia",), "贲": ("ben",), "费": ("fei", "bi"), "过": ("guo",),
    "哈": ("ha",), "令": ("ling",), "佴": ("nai",), "宓": ("mi",), "阙": ("que",),
    "粘": ("nian",), "瞿": ("qu",), "冉": ("ran",), "撒": ("sa",), "莘": ("shen", "xin"),
    "殷": ("yin",), "应": ("ying",), "於": ("yu",), "郁": ("yu",), "恽": ("yun",),
    "臧": ("zang",), "占": ("zhan",), "尉迟": ("yu", "chi"), "万俟": ("mo", "qi"),
    "长孙": ("zhang", "sun"), "澹台": ("tan", "tai"), "令狐": ("ling", "hu"),
    "皇甫": ("huang", "fu"), "宇文": ("yu", "wen"), "单于": ("chan", "yu"),
}  # fmt: skip

_VOWELS = frozenset("aeiouv")
_LATIN_RUN = re.compile(r"[a-z]+|[0-9]+")


@cache
def syllables() -> frozenset[str]:
    """Every toneless syllable of Mandarin with a vowel in it (`ü` written `v`)."""
    return frozenset(s for s in character_readings().values() if not _VOWELS.isdisjoint(s))


@cache
def _phrases() -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    phrases = {**phrase_readings(), **_FOLDED_PHRASES}
    return phrases, frozenset(phrase[:2] for phrase in phrases)


def readings(compacted: str) -> list[tuple[str, ...]]:
    """One tuple of possible readings a character, the likeliest first; a word reads as itself.

    Characters without a reading (kana, symbols) are left out.
    """
    own = _own_readings()
    phrases, starts = _phrases()
    found: list[tuple[str, ...]] = []
    text = compacted[:MAX_TITLE_CHARACTERS]
    size = len(text)
    at = 0
    while at < size:
        character = text[at]
        if character.isascii():
            run = _LATIN_RUN.match(text, at)
            if run is not None:
                found.append((run.group(),))
            at = run.end() if run is not None else at + 1
            continue
        if text[at : at + 2] in starts:
            ends = range(min(size, at + _MAX_PHRASE), at + 1, -1)
            end = next((end for end in ends if text[at:end] in phrases), 0)
            if end:
                found += [(syllable,) for syllable in phrases[text[at:end]]]
                at = end
                continue
        option = own.get(character)
        if option is not None:
            found.append(option)
        at += 1
    return found


@cache
def _own_readings() -> dict[str, tuple[str, ...]]:
    return {c: (syllable,) for c, syllable in character_readings().items()} | _POLYPHONES


def _variants(options: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Every reading of the whole, alternates of the first two polyphones only."""
    choices = [at for at, option in enumerate(options) if len(option) > 1]
    if not choices:
        return [tuple([option[0] for option in options])]
    for at in choices[_MAX_POLYPHONES:]:
        options[at] = options[at][:1]
    return list(product(*options))


def forms(variants: list[tuple[str, ...]]) -> tuple[list[str], list[str]]:
    """Full pinyin and initials of every variant, without repetition.

    A number counts whole in both; `lv` and `nv` are also given as `lu` and `nu`.
    """
    full: dict[str, None] = {}
    initials: dict[str, None] = {}
    for variant in variants:
        joined = "".join(variant)
        if not joined:
            continue
        full[joined] = None
        if "v" in joined:
            full[joined.replace("lv", "lu").replace("nv", "nu")] = None
        if joined.isalpha():
            initials["".join([syllable[0] for syllable in variant])] = None
        else:
            initials["".join([s if s[0].isdigit() else s[0] for s in variant])] = None
    return list(full), list(initials)


@dataclass(slots=True)
class TitlePinyin:
    """Pinyin of one title.

    `full` and `initials` are whole-title forms, `begins` what the initials begin with (2 to
    `BEGIN_LETTERS` letters), `pairs` the adjacent pairs of syllables behind `^` + the first, in
    their likeliest reading and, where that differs, with surnames read as surnames; `order` is the
    `sort_key`.
    """

    full: list[str]
    initials: list[str]
    begins: list[str]
    pairs: list[str]
    order: int


def of_title(compacted: str) -> TitlePinyin:
    """All that the index keeps of a compacted title's pinyin."""
    options = readings(compacted)
    spoken = tuple(options)
    likeliest = [option[0] for option in options]
    order = sort_key(options)
    if sum(map(len, options)) == len(options):
        full, initials = forms([tuple(likeliest)])
    else:
        full, initials = forms(_variants(options))
    begins = [i[:end] for i in initials for end in range(2, min(len(i), BEGIN_LETTERS + 1))]
    if len(initials) > 1:
        begins = list(dict.fromkeys(begins))
    pairs = [" ".join(syllable_pairs(way)) for way in (likeliest, *_as_names(spoken))]
    return TitlePinyin(full, initials, begins, [pair for pair in pairs if pair], order)


@cache
def _surname_readings() -> dict[tuple[str, ...], str]:
    """Readings of a character in titles → its reading as a surname, where that is not the first."""
    own = _own_readings()
    one = {c: readings_[0] for c, readings_ in _SURNAMES.items() if len(c) == 1}
    return {own[c]: r for c, r in one.items() if r in own.get(c, ())[1:]}


def _as_names(options: Sequence[tuple[str, ...]]) -> list[list[str]]:
    """A title's syllables with its surnames read so (曾国藩传: zeng), nothing where it has none."""
    known = _surname_readings()
    if known.keys().isdisjoint(options):
        return []
    return [[known.get(option, option[0]) for option in options]]


def syllable_pairs(syllables_in_order: Sequence[str]) -> list[str]:
    """`^` + the first syllable, then every two adjacent ones joined.

    >>> syllable_pairs(("hong", "lou", "meng"))
    ['^hong', 'honglou', 'loumeng']
    """
    if not syllables_in_order:
        return []
    joined = map(add, syllables_in_order, syllables_in_order[1:])
    return ["^" + syllables_in_order[0], *joined]


@lru_cache(maxsize=20_000)
def name_forms(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Full pinyin and initials of a person's name, the surname read as a surname.

    >>> name_forms("曾国藩")
    (('zengguofan', 'cengguofan'), ('zgf', 'cgf'))
    """
    full, initials = forms(_variants(_name_readings(person_key(name))))
    return tuple(full), tuple(initials)


def _name_readings(bare: str) -> list[tuple[str, ...]]:
    options = readings(bare)
    for length in (2, 1):
        surname = _SURNAMES.get(bare[:length])
        if surname is None or len(options) < length:
            continue
        if length == 2:
            options[0:2] = [(surname[0],), (surname[1],)]
        else:
            options[0] = tuple(dict.fromkeys((*surname, *options[0])))
        break
    return options


def spelled(compacted: str, *, name: bool = False) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """The pinyin a cataloguer writes, one syllable a word (``hong lou meng``), and the readings of
    every character that has several: to be looked at.

    >>> spelled("乐府诗集")
    ('yue fu shi ji', ())
    """
    options = _name_readings(compacted) if name else readings(compacted)
    # lv and lu are one reading, written in two ways.
    doubtful = tuple([o for o in options if len({r.replace("v", "u") for r in o}) > 1])
    return " ".join([option[0] for option in options]), doubtful


def given_forms(pinyin: str) -> tuple[list[str], list[str]]:
    """Forms of a pinyin that the record itself gives (`hong lou meng`, `Hóng lóu mèng`)."""
    from shuxiang.apps.search.readings import toneless

    words = tuple(_LATIN_RUN.findall(" ".join(toneless(w) for w in pinyin.lower().split())))
    return forms([words]) if words else ([], [])


@cache
def _sort_ranks() -> dict[str, int]:
    units = sorted({*syllables(), *"abcdefghijklmnopqrstuvwxyz", *"0123456789"})
    return {unit: rank for rank, unit in enumerate(units, 1)}


def sort_key(options: list[tuple[str, ...]]) -> int:
    """An unsigned 63-bit number that orders titles syllable by syllable, numbers first.

    Seven units count (characters, letters, digits); no reading at all sorts last.
    """
    ranks = _sort_ranks()
    value = used = 0
    for option in options:
        unit = option[0]
        for piece in (unit,) if unit in ranks else unit:
            value = value << _SORT_BITS | ranks.get(piece, 0)
            used += 1
            if used == _SORT_UNITS:
                return value
    if not used:
        return (1 << _SORT_BITS * _SORT_UNITS) - 1
    return value << _SORT_BITS * (_SORT_UNITS - used)


@lru_cache(maxsize=1_000)
def _ways(letters: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """For every length, the ways to read so many letters as syllables."""
    known = syllables()
    ways: list[tuple[tuple[str, ...], ...]] = [((),)]
    for end in range(1, len(letters) + 1):
        here = [
            (*before, letters[start:end])
            for start in range(max(0, end - 6), end)
            if ways[start] and letters[start:end] in known
            for before in ways[start]
        ]
        ways.append(tuple(sorted(here, key=len)[:_MAX_SPLITS]) if len(here) > 1 else tuple(here))
    return tuple(ways)


def splits(letters: str) -> tuple[tuple[str, ...], ...]:
    """The ways to read letters as syllables, fewest syllables first, at most four.

    >>> splits("xian"), splits("hlm")
    ((('xian',), ('xi', 'an')), ())
    """
    return _ways(letters)[-1]


@lru_cache(maxsize=1_000)
def completions(letters: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The whole syllables of letters, and what the last one, typed in part, may become.

    Both are empty when nothing can be completed.

    >>> completions("honglo"), completions("hlm")
    ((('hong',), ('long', 'lou')), ((), ()))
    """
    ways = _ways(letters)
    whole = ways[-1]
    sizes = (len(whole[0][-1]),) if whole and whole[0] else range(1, min(6, len(letters)))
    for size in sizes:
        heads = ways[len(letters) - size] if len(letters) > size else ()
        if heads and (longer := begun(letters[-size:])):
            return heads[0], longer
    return (), ()


@cache
def begun(begin: str) -> tuple[str, ...]:
    """The longer syllables that begin so."""
    known = syllables()
    return tuple(sorted(s for s in known if len(s) > len(begin) and s.startswith(begin)))


# --- pinyin as it is spoken in the south ---------------------------------------------------

_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("h", "f"), ("r", "l"))
_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"))
_MAX_CHANGES = 2


def _swapped(syllable: str) -> Iterator[str]:
    for long, short in _INITIALS:
        if syllable.startswith(long):
            yield short + syllable[len(long) :]
        elif syllable.startswith(short) and not syllable.startswith(short + "h"):
            yield long + syllable[len(short) :]


def _ended(syllable: str) -> Iterator[str]:
    for long, short in _FINALS:
        if syllable.endswith(long):
            yield syllable[: -len(long)] + short
        elif syllable.endswith(short):
            yield syllable[: -len(short)] + long


@cache
def _other_readings() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for options in (*_POLYPHONES.values(), *(s for s in _SURNAMES.values() if len(s) == 1)):
        for one in options:
            found.setdefault(one, {}).update((o, None) for o in options if o != one)
    for character, options in _SURNAMES.items():
        own = character_readings().get(character)
        if len(character) == 1 and own and own not in options:
            found.setdefault(options[0], {})[own] = None
    return {syllable: tuple(others) for syllable, others in found.items()}


@cache
def similar(syllable: str) -> tuple[str, ...]:
    """Syllables that are written for one another: by who doesn't tell z from zh, n from l or in from
    ing when speaking, and the other readings of characters that have several.

    >>> similar("shan")[:3], similar("lin")
    (('san', 'shang', 'sang'), ('nin', 'rin', 'ling', 'ning'))
    """
    known = syllables()
    begun = list(_swapped(syllable))
    ended = list(_ended(syllable))
    both = [e for b in begun for e in _ended(b)]
    every = dict.fromkeys((*begun, *ended, *both, *_other_readings().get(syllable, ())))
    return tuple(s for s in every if s in known and s != syllable)


def sounding_like(
    way: tuple[str, ...], exists: Callable[[str], bool] = lambda pair: True, most: int = 12
) -> tuple[tuple[str, ...], ...]:
    """Other ways to write syllables, those with the fewest changes first, at most ``most``.

    ``exists`` says whether a title has two syllables, joined, beside one another.
    """
    beam: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    known: dict[str, bool] = {}
    for syllable in way:
        longer = []
        for changes, one in beam:
            options = (syllable, *similar(syllable)) if changes < _MAX_CHANGES else (syllable,)
            for option in options:
                pair = one[-1] + option if one else ""
                if pair and pair not in known:
                    known[pair] = exists(pair)
                if not pair or known[pair]:
                    longer.append((changes + (option != syllable), (*one, option)))
        beam = sorted(longer, key=itemgetter(0))[:most]
    return tuple(one for changes, one in beam if changes)
