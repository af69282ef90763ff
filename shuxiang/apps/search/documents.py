"""What the index holds of one title, and how that becomes index fields."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import msgspec

from shuxiang.apps.search import pinyin, rules
from shuxiang.apps.search.schema import SET_SEPARATOR
from shuxiang.formats.volumes import volume_forms

# A word character no catalogue uses: keeps fields apart while they are folded in one call.
_SEPARATOR = "\ua015"
_MAX_TEXT = 4_000
_MAX_LOANS = (1 << 24) - 1
_EPOCH = date(1800, 1, 1).toordinal()

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class TitleDocument:
    """One title as search sees it.

    `title_id` is 32 hexadecimal digits (a UUID without hyphens). `places` are ids of the places
    that hold an item, with every place above them that should count it; `available_places` those
    where one can be borrowed now. `loans` is the popularity (a count), `accessioned_on` the day
    the newest item was added. `pinyin_title` is the pinyin the record itself gives. `version` is
    the ledger sequence this state belongs to.
    """

    title_id: str
    title: str
    other_titles: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    responsibility: str = ""
    publisher: str = ""
    series: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    abstract: str = ""
    contents: str = ""
    isbns: tuple[str, ...] = ()
    issn: str = ""
    unified_number: str = ""
    barcodes: tuple[str, ...] = ()
    call_numbers: tuple[str, ...] = ()
    clc_classes: tuple[str, ...] = ()
    main_class: str = ""
    year: int | None = None
    kind: str = ""
    language: str = ""
    audience: str = ""
    places: tuple[str, ...] = ()
    available_places: tuple[str, ...] = ()
    loans: int = 0
    accessioned_on: date | None = None
    pinyin_title: str = ""
    version: int = 0


@lru_cache(maxsize=4_096)
def popularity_weight(loans: int) -> float:
    """The value `log2(2 + w)` of which multiplies a score: 1.00 at 0 loans, 1.06 at 100."""
    return 0.02 * math.log1p(max(0, loans))


def id_halves(title_id: str) -> tuple[int, int]:
    """The upper and lower 64 bits of a title id.

    Raises ValueError when it isn't 32 hexadecimal digits.
    """
    if len(title_id) != 32:
        raise ValueError(f"title id must be 32 hexadecimal digits, got {title_id[:40]!r}")
    return int(title_id[:16], 16), int(title_id[16:], 16)


def id_from_halves(upper: int, lower: int) -> str:
    """The inverse of `id_halves`."""
    return f"{upper:016x}{lower:016x}"


class IndexFields(msgspec.Struct, omit_defaults=True, rename={"class_": "class"}):
    """The fields of `schema.build` for one title; what is left at its default is not indexed."""

    id: str
    id_upper: int | None = None
    id_lower: int | None = None
    live: str = ""
    title: list[str] = []
    starts: list[str] = []
    title_key: list[str] = []
    other_key: list[str] = []
    author: list[str] = []
    author_key: list[str] = []
    text: list[str] = []
    words: str = ""
    characters: str = ""
    topic_key: list[str] = []
    number: list[str] = []
    class_: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    place_set: str = ""
    available_at: tuple[str, ...] = ()
    available: str = ""
    main_class: str = ""
    kind: str = ""
    language: str = ""
    audience: str = ""
    year: int = 0
    weight: float | None = None
    by_loans: int | None = None
    by_year: int | None = None
    by_added: int | None = None
    by_pinyin: int | None = None
    pinyin: list[str] = []
    initials: list[str] = []
    begins: list[str] = []
    syllables: list[str] = []
    name_pinyin: list[str] = []
    name_initials: list[str] = []


def _fold_all(values: list[str]) -> list[str]:
    if len(values) == 1:
        return [rules.compact(values[0])]
    return rules.compact(_SEPARATOR.join(values)).split(_SEPARATOR)


def _gram_text(compacted: str) -> str:
    return " ".join(rules.grams_of_compact(compacted))


@lru_cache(maxsize=50_000)
def _topic(value: str) -> tuple[str, str, str, tuple[str, ...]]:
    # Subjects, series and publishers come back in record after record.
    folded = rules.compact(value)
    return folded, folded.replace(" ", ""), _gram_text(folded), tuple(_cut(folded))


@lru_cache(maxsize=50_000)
def _person(name: str) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    words = rules.person_words(name)
    return words.replace(" ", ""), _gram_text(words), *pinyin.name_forms(name)


def _cut(text: str) -> list[str]:
    # Loaded here: its dictionary takes 32 MB, which only a process that indexes should pay.
    import rjieba

    cut = rjieba.cut_for_search(text)
    return [word for word in cut if len(word) > 1 or (word.isalnum() and word.isascii())]


def _numbers(document: TitleDocument) -> list[str]:
    numbers = [rules.isbn_key(isbn) for isbn in document.isbns]
    others = (
        document.issn,
        document.unified_number,
        *document.barcodes,
        *document.call_numbers,
    )
    numbers += [rules.number_key(other) for other in others if other]
    return numbers if len(numbers) < 2 else list(dict.fromkeys(numbers))


@lru_cache(maxsize=4_096)
def _place_set(places: tuple[str, ...]) -> str:
    return SET_SEPARATOR.join(sorted(set(places)))


@lru_cache(maxsize=50_000)
def _class_prefixes(classes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p for c in classes for p in rules.class_prefixes(c)))


def index_fields(document: TitleDocument) -> IndexFields:
    """What the index keeps of one title.

    Raises ValueError for a title id that isn't 32 hexadecimal digits.
    """
    upper, lower = id_halves(document.title_id)
    people = [p for p in map(_person, dict.fromkeys(document.authors)) if p[0]]
    topics = [_topic(t) for t in (*document.series, *document.subjects, *document.keywords)]
    titles = [t for t in _fold_all([document.title, *document.other_titles]) if t]
    names = [person[0] for person in people]
    title_grams = [_gram_text(title) for title in titles]
    text = title_grams + [person[1] for person in people] + [topic[2] for topic in topics]
    if document.publisher:
        text.append(_topic(document.publisher)[2])
    rest = [t for t in (document.responsibility, document.abstract, document.contents) if t]
    if rest:
        text += [_gram_text(t) for t in _fold_all([t[:_MAX_TEXT] for t in rest]) if t]
    keys = [title.replace(" ", "") for title in titles]
    volumes = [_gram_text(form) for title in titles for form in volume_forms(title)]
    text += volumes
    words = dict.fromkeys(_cut("\n".join(titles)) + names)
    for topic in topics:
        words.update(dict.fromkeys(topic[3]))
    loans = min(max(0, document.loans), _MAX_LOANS)
    year = document.year if document.year and 0 < document.year < 10_000 else 0
    added = document.accessioned_on.toordinal() - _EPOCH if document.accessioned_on else 0
    sounds = [pinyin.of_title(title) for title in titles]
    fields = IndexFields(
        id=document.title_id,
        id_upper=upper,
        id_lower=lower,
        live="1",
        title=title_grams + volumes,
        starts=[start for title in titles for start in rules.starts(title)],
        title_key=keys[:1],
        other_key=keys[1:],
        author=[person[1] for person in people],
        author_key=names,
        text=text,
        words=" ".join(words),
        characters=" ".join(rules.characters("".join((*titles, *names)))),
        topic_key=[topic[1] for topic in topics],
        number=_numbers(document),
        class_=_class_prefixes(document.clc_classes),
        place=document.places,
        place_set=_place_set(document.places),
        available_at=document.available_places,
        available="1" if document.available_places else "0",
        main_class=document.main_class,
        kind=document.kind,
        language=document.language,
        audience=document.audience,
        year=year,
        weight=popularity_weight(loans),
        by_loans=loans,
        by_year=year << 24 | loans,
        by_added=max(0, added) << 24 | loans,
        by_pinyin=sounds[0].order if sounds else pinyin.sort_key([]),
        pinyin=[form for one in sounds for form in one.full],
        initials=[form for one in sounds for form in one.initials],
        begins=[begin for one in sounds for begin in one.begins],
        syllables=[pair for one in sounds for pair in one.pairs],
        name_pinyin=[form for person in people for form in person[2]],
        name_initials=[form for person in people for form in person[3]],
    )
    if document.pinyin_title:
        full, initials = pinyin.given_forms(document.pinyin_title)
        fields.pinyin = list(dict.fromkeys((*fields.pinyin, *full)))
        fields.initials = list(dict.fromkeys((*fields.initials, *initials)))
    return fields


def index_json(document: TitleDocument) -> str:
    """`index_fields` as the JSON text the index writer takes."""
    return _encoder.encode(index_fields(document)).decode()
