"""What the index holds of one title, and how that becomes index fields."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from shuxiang.apps.search import pinyin, rules
from shuxiang.apps.search.schema import SET_SEPARATOR

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


def _fold_all(values: list[str]) -> list[str]:
    return rules.compact(_SEPARATOR.join(values)).split(_SEPARATOR)


def _gram_text(compacted: str) -> str:
    return " ".join(rules.grams_of_compact(compacted))


@lru_cache(maxsize=20_000)
def _repeated(value: str) -> tuple[str, str]:
    # Subjects, series, publishers and names come back in record after record.
    folded = rules.compact(value)
    return folded, _gram_text(folded)


def _numbers(document: TitleDocument) -> list[str]:
    numbers: list[str] = []
    for isbn in document.isbns:
        numbers += rules.isbn_forms(isbn) or (rules.number_key(isbn),)
    others = (
        document.issn,
        document.unified_number,
        *document.barcodes,
        *document.call_numbers,
    )
    numbers += [rules.number_key(other) for other in others if other]
    return list(dict.fromkeys(numbers))


def _title_values(titles: list[str], grams: list[str]) -> list[str]:
    values = []
    for title, tokens in zip(titles, grams, strict=True):
        values.append(f"^{rules.first_unit(title)} {tokens}")
        variant = rules.volume_variant(title)
        if variant:
            values.append(" ".join(rules.title_grams(variant)))
    return values


def _words(titles: list[str], topics: list[str], names: list[str]) -> str:
    # Loaded here: its dictionary takes 32 MB, which only a process that indexes should pay.
    import rjieba

    words = dict.fromkeys(rjieba.cut_for_search("\n".join((*titles, *topics))))
    words.update(dict.fromkeys(names))
    return " ".join(
        [word for word in words if len(word) > 1 or (word.isalnum() and word.isascii())]
    )


def _pinyin_fields(document: TitleDocument, titles: list[str]) -> dict[str, Any]:
    every = [pinyin.of_title(title) for title in titles]
    full = [form for one in every for form in one.full]
    initials = [form for one in every for form in one.initials]
    if document.pinyin_title:
        given_full, given_initials = pinyin.given_forms(document.pinyin_title)
        full += given_full
        initials += given_initials
    names = [pinyin.name_forms(author) for author in document.authors]
    return {
        "pinyin": full,
        "initials": initials,
        "begins": [begin for one in every for begin in one.begins],
        "syllables": [pairs for one in every for pairs in one.pairs],
        "name_pinyin": [form for forms, _ in names for form in forms],
        "name_initials": [form for _, forms in names for form in forms],
        "by_pinyin": every[0].order if every else pinyin.sort_key([]),
    }


def index_fields(document: TitleDocument) -> dict[str, Any]:
    """The fields of `schema.build` for one title; empty ones are left out.

    Raises ValueError for a title id that isn't 32 hexadecimal digits.
    """
    upper, lower = id_halves(document.title_id)
    names = [k for k in dict.fromkeys(map(rules.person_key, document.authors)) if k]
    topics = [_repeated(t) for t in (*document.series, *document.subjects, *document.keywords)]
    titles = [t for t in _fold_all([document.title, *document.other_titles]) if t]
    long_texts = (document.responsibility, document.abstract, document.contents)
    rest = [t for t in _fold_all([t[:_MAX_TEXT] for t in long_texts if t]) if t]

    title_grams = [_gram_text(title) for title in titles]
    name_grams = [_repeated(name)[1] for name in names]
    topic_texts = [topic[0] for topic in topics]
    keys = [title.replace(" ", "") for title in titles]
    loans = min(max(0, document.loans), _MAX_LOANS)
    year = document.year if document.year and 0 < document.year < 10_000 else 0
    added = document.accessioned_on.toordinal() - _EPOCH if document.accessioned_on else 0
    fields: dict[str, Any] = {
        "id": document.title_id,
        "id_upper": upper,
        "id_lower": lower,
        "live": "1",
        "title": _title_values(titles, title_grams),
        "title_key": keys[:1],
        "other_key": keys[1:],
        "author": name_grams,
        "author_key": names,
        "text": [
            *title_grams,
            *name_grams,
            *(topic[1] for topic in topics),
            *((_repeated(document.publisher)[1],) if document.publisher else ()),
            *map(_gram_text, rest),
        ],
        "words": _words(titles, topic_texts, names),
        "characters": " ".join(rules.characters("".join((*titles, *names, *topic_texts)))),
        "topic_key": [topic.replace(" ", "") for topic in topic_texts],
        "number": _numbers(document),
        "class": _class_prefixes(document.clc_classes),
        "place": document.places,
        "place_set": SET_SEPARATOR.join(sorted(set(document.places))),
        "available_at": document.available_places,
        "available": "1" if document.available_places else "0",
        "main_class": document.main_class,
        "kind": document.kind,
        "language": document.language,
        "audience": document.audience,
        "year": year or None,
        "weight": popularity_weight(loans),
        "by_loans": loans,
        "by_year": year << 24 | loans,
        "by_added": max(0, added) << 24 | loans,
        **_pinyin_fields(document, titles),
    }
    return {name: value for name, value in fields.items() if value or value == 0}


@lru_cache(maxsize=10_000)
def _class_prefixes(classes: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(p for c in classes for p in rules.class_prefixes(c)))


def index_json(document: TitleDocument) -> str:
    """`index_fields` as the JSON text the index writer takes."""
    return _encoder.encode(index_fields(document)).decode()
