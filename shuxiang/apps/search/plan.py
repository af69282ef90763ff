"""From what a reader typed to an index query: what counts as found, and what ranks first.

What is found is decided by `Plan.found`, cheap clauses that the facet counts use too; the clauses
of `_rank` only add to the score. The scores are tiers: number 1000 > exact title 150 > exact other
title or author 100 > title begins 40 > in the title 12 > anywhere 1, far enough apart that a better
kind of match is never overtaken by how rare its words are (at most 6) or by popularity (a few per
cent). A large result is ranked tier by tier, so that its first pages cost no more than the upper
tiers: `Plan.tiers`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tantivy import FieldType, Occur, Query, Schema, Searcher

from shuxiang.apps.search import pinyin, rules
from shuxiang.apps.search.rules import Chunk, Question

IN_TITLE = 12.0
"""What a title that has the text scores at least."""

_LONGEST_WORD = 8
_MIN_PREFIX = 3
_MOST_TOKENS = 6
_MOST_BEGINNINGS = 50
_MOST_READINGS = 24
_LONGEST_NAME = 4
_MOST_NAMES = 48
_LETTERS_OR_NOT = re.compile(r"([a-z]+)|([^a-z0-9]+)")
_YEARS = re.compile(r"([0-9]{1,4})?-([0-9]{1,4})?")

EXACT_FILTERS = {"author": "author_key", "subject": "topic_key", "series": "topic_key"}
RAW_FILTERS = ("place", "main_class", "kind", "language", "audience")
FILTERS = (*RAW_FILTERS, *EXACT_FILTERS, "year", "class", "available")


@dataclass(frozen=True, slots=True)
class Plan:
    """`found` selects, `ranked` is `found` with scores; `words` are what was looked for.

    `tiers` are parts of `found` with scores, the best part first; a title belongs to the first it
    is in, and those in none come last.
    """

    found: Query
    ranked: Query
    words: tuple[str, ...]
    tiers: tuple[Query, ...] = ()


class Planner:
    """Builds plans for one state of the index."""

    def __init__(self, searcher: Searcher, schema: Schema) -> None:
        self._schema = schema
        self._searcher = searcher
        self._documents = searcher.num_docs

    @property
    def schema(self) -> Schema:
        return self._schema

    def term(self, field: str, value: str) -> Query:
        """What has exactly this value in an unanalysed field."""
        return self._term(field, value)

    def phrase(self, field: str, tokens: Sequence[str]) -> Query:
        """What has these tokens one after another."""
        return self._plain_phrase(field, tokens)

    def everything(self) -> Query:
        """All titles (the index also holds a record of its own)."""
        return Query.const_score_query(self._term("live", "1"), 1.0)

    def plan(self, question: Question, *, relaxed: bool = False) -> Plan:
        """The query for a question that isn't empty; `relaxed` asks for most words, not all."""
        cut = {chunk.text: self._words(chunk) for chunk in question.chunks}
        flat = tuple(dict.fromkeys(w for words, _ in cut.values() for w in words))
        strong = [self._constant("number", number, 1000.0) for number in question.numbers]
        options: list[Query] = []
        if question.class_prefix:
            options.append(self._constant("class", question.class_prefix, 25.0))
        if question.latin:
            strong += self._pinyin_whole(question.latin)
            options += self._pinyin_part(question.latin)
            options += self._sounding_like(question.latin)
            if len(question.chunks) == 1:
                options += self._partial_pinyin(question.latin)
        if len(question.chunks) == 1 and question.chunks[0].is_mixed:
            options += self._mixed(question.whole)
        if relaxed:
            options.append(self._most(flat))
        elif question.chunks:
            with_pinyin = len(question.chunks) > 1
            parts = [self._chunk(c, cut[c.text][1], with_pinyin) for c in question.chunks]
            options.append(all_of([part for some in parts for part in some]))
        options += [
            self._phrase("title", rules.grams_of_compact(form), 50.0) for form in question.volumes
        ]
        found = any_of([*strong, *options])
        exact, inside, loose = self._rank(question, flat)
        ranked = _scored([found], [*exact, *inside, *loose])
        if relaxed or not exact:
            return Plan(found, ranked, flat)
        # What has the whole of a short Chinese text is found already; otherwise it needn't be.
        short = question.whole == rules.starts(question.whole)[-1] and not question.latin
        also = [] if short and len(question.chunks) == 1 else [found]
        begun = _scored([any_of([*strong, *exact]), *also], loose)
        upper = _scored([any_of(inside), *also], loose) if inside else None
        return Plan(found, ranked, flat, (begun, upper) if upper else (begun,))

    def either(self, plans: Sequence[Plan]) -> Plan:
        """One plan for other spellings of a question, the likeliest first."""
        if len(plans) == 1:
            return plans[0]
        ranked = [Query.boost_query(p.ranked, 0.9 if at else 1.0) for at, p in enumerate(plans)]
        return Plan(
            any_of([plan.found for plan in plans]),
            Query.disjunction_max_query(ranked),
            plans[0].words,
        )

    def filters(self, chosen: Mapping[str, Sequence[str]]) -> dict[str, Query]:
        """One query a filter name; several values of a name mean any of them.

        Raises ValueError for an unknown name or a year that isn't a number or a range `a-b`.
        """
        made: dict[str, Query] = {}
        for name, values in chosen.items():
            if name not in FILTERS:
                raise ValueError(f"unknown search filter {name!r}; known: {', '.join(FILTERS)}")
            if not values:
                continue
            if name == "available":
                made[name] = self._available(chosen.get("place", ()))
            elif name == "year":
                made[name] = any_of([self._years(value) for value in values])
            elif name == "class":
                made[name] = any_of([self._term("class", rules.class_key(v)) for v in values])
            elif name == "author":
                made[name] = any_of([self._term("author_key", rules.person_key(v)) for v in values])
            elif name in EXACT_FILTERS:
                made[name] = any_of([self._term(EXACT_FILTERS[name], rules.key(v)) for v in values])
            else:
                made[name] = any_of([self._term(name, value) for value in values])
        return made

    def _available(self, places: Sequence[str]) -> Query:
        if places:
            return any_of([self._term("available_at", place) for place in places])
        return self._term("available", "1")

    def _years(self, value: str) -> Query:
        text = value.strip()
        bounds = _YEARS.fullmatch(text)
        if text.isascii() and text.isdigit() and len(text) <= 4:
            low = high = int(text)
        elif bounds and (bounds.group(1) or bounds.group(2)):
            low, high = int(bounds.group(1) or 0), int(bounds.group(2) or 9999)
        else:
            raise ValueError(
                f"a year filter is a year or a range like 2000-2010, got {text[:20]!r}"
            )
        return Query.range_query(self._schema, "year", FieldType.Unsigned, low, high)

    def _words(self, chunk: Chunk) -> tuple[list[str], list[str]]:
        """The words of a chunk, and the parts all of which a title with it must have."""
        words: list[str] = []
        parts: list[str] = []
        frequency = self._searcher.doc_freq
        for run in re.findall(r"[0-9]+|[^\W0-9]+[+#]*", chunk.text):
            if run.isascii() or len(run) < 3:
                cut = [run]
            else:
                known = {}
                for start in range(len(run) - 1):
                    for end in range(start + 2, min(len(run), start + _LONGEST_WORD) + 1):
                        count = frequency("words", run[start:end])
                        if count:
                            known[run[start:end]] = count
                cut = rules.segment(run, known, self._documents)
            words += cut
            parts += _parts(cut)
        kept = [word for word in words if not rules.is_stop_word(word)]
        return kept or words, [p for p in parts if not rules.is_stop_word(p)] or parts

    def _pinyin_whole(self, letters: str) -> list[Query]:
        return [
            self._constant("pinyin", letters, 125.0),
            self._constant("initials", letters, 62.0),
            self._constant("name_pinyin", letters, 100.0),
            self._constant("name_initials", letters, 50.0),
        ]

    def _pinyin_part(self, letters: str) -> list[Query]:
        options = []
        if len(letters) > 1:
            options.append(self._constant("begins", letters, 15.0))
        for way in pinyin.splits(letters):
            pairs = pinyin.syllable_pairs(way)
            options.append(self._phrase("syllables", pairs[:1] if len(way) == 1 else pairs, 30.0))
            if len(way) > 1:
                options.append(self._phrase("syllables", pairs[1:], 10.0))
        return options

    def _partial_pinyin(self, letters: str) -> list[Query]:
        """Titles that begin with letters the last syllable or word of which is incomplete."""
        head, tails = pinyin.completions(letters)
        if tails:
            begin = self._phrase("syllables", pinyin.syllable_pairs(head), 20.0)
            pairs = Query.term_set_query(
                self._schema, "syllables", [head[-1] + tail for tail in tails]
            )
            return [all_of([begin, Query.const_score_query(pairs, 0.0)])]
        if len(letters) < _MIN_PREFIX or pinyin.splits(letters):
            return []
        prefixes = [("starts", "^", 20.0)] + [("words", "", 8.0)] * (len(letters) > _MIN_PREFIX)
        options = []
        for field, mark, score in prefixes:
            if words := self._beginnings(field, mark + letters):
                words_query = Query.term_set_query(self._schema, field, words)
                options.append(Query.const_score_query(words_query, score))
        return options

    def _sounding_like(self, letters: str) -> list[Query]:
        """What the letters may have been meant for, where no title or name is written so."""
        frequency = self._searcher.doc_freq
        if any(frequency(field, letters) for field in ("pinyin", "name_pinyin", "begins")):
            return []
        others: dict[tuple[str, ...], None] = {}
        names: list[str] = []
        for way in pinyin.splits(letters)[:2]:
            found = pinyin.sounding_like(way, lambda pair: frequency("syllables", pair) > 0)
            others.update(dict.fromkeys(found))
            if 1 < len(way) <= _LONGEST_NAME:
                names += map("".join, pinyin.sounding_like(way, most=_MOST_NAMES))
        names = [name for name in dict.fromkeys(names) if frequency("name_pinyin", name)]
        titles = ["".join(way) for way in others]
        options = [
            Query.const_score_query(Query.term_set_query(self._schema, field, terms), score)
            for field, terms, score in (("pinyin", titles, 18.0), ("name_pinyin", names, 16.0))
            if terms
        ]
        return options + [
            self._phrase("syllables", pinyin.syllable_pairs(way)[len(way) > 1 :], 3.0)
            for way in others
        ]

    def _mixed(self, text: str) -> list[Query]:
        """Titles with the characters of a text in which some are written as pinyin: 红楼meng."""
        ways: list[tuple[str, ...]] = [()]
        written: list[Query] = []
        for letters, characters in _LETTERS_OR_NOT.findall(text):
            if letters:
                head, tails = pinyin.completions(letters)
                begun = tails or pinyin.begun(letters)
                endings = [*pinyin.splits(letters), *((*head, tail) for tail in begun)]
            else:
                written.append(self._anywhere(rules.grams_of_compact(characters), 0.0))
                endings = [tuple(option[0] for option in pinyin.readings(characters))]
            ways = [(*way, *ending) for way in ways for ending in endings][:_MOST_READINGS]
        ways = [way for way in ways if len(way) > 1]
        if not ways:
            return []
        spoken = [
            Query.const_score_query(
                Query.term_set_query(self._schema, "pinyin", ["".join(way) for way in ways]), 100.0
            )
        ]
        for way in ways:
            pairs = pinyin.syllable_pairs(way)
            spoken += [
                self._phrase("syllables", pairs, 30.0),
                self._phrase("syllables", pairs[1:], 10.0),
            ]
        return [all_of([*written, any_of(spoken)])]

    def _beginnings(self, field: str, start: str) -> list[str]:
        found = self._searcher.terms_with_prefix(field, start, limit=_MOST_BEGINNINGS)
        return [term for term, _ in found]

    def _chunk(self, chunk: Chunk, parts: Sequence[str], with_pinyin: bool) -> list[Query]:
        """Clauses all of which a title must meet to have the chunk."""
        every = [self._anywhere(rules.grams_of_compact(part), 1.0) for part in parts]
        # What has the chunk has its parts, unless one is a character alone, which is looked for
        # among titles, names and topics only.
        implied = bool(parts) and all(len(part) > 1 or part.isascii() for part in parts)
        options = [] if implied else [self._anywhere(chunk.grams, 1.0)]
        if chunk.is_latin and with_pinyin:
            options += self._pinyin_whole(chunk.text) + self._pinyin_part(chunk.text)
        return [any_of([*options, all_of(every)])] if options else every

    def _most(self, words: Sequence[str]) -> Query:
        parts = [self._anywhere(rules.grams_of_compact(word), 1.0) for word in words]
        needed = max(1, (len(parts) * 2 + 2) // 3) if len(parts) > 1 else 1
        return Query.boolean_query(
            [(Occur.Should, part) for part in parts], minimum_number_should_match=needed
        )

    def _anywhere(self, tokens: Sequence[str], score: float) -> Query:
        if len(tokens) == 1 and len(tokens[0]) == 1 and not tokens[0].isascii():
            return self._constant("characters", tokens[0], score)
        return self._phrase("text", tokens, score)

    def _rank(
        self, question: Question, words: Sequence[str]
    ) -> tuple[list[Query], list[Query], list[Query]]:
        """Clauses that score: the whole title or author or its begin, in the title, the rest."""
        if not question.whole:
            return [], [], []
        bare = question.whole.replace(" ", "")
        tokens = rules.grams_of_compact(question.whole)
        exact = [
            self._constant("title_key", bare, 150.0),
            self._constant("other_key", bare, 100.0),
            self._constant("author_key", bare, 100.0),
            self._begin(question.whole),
        ]
        long = [word for word in words if len(word) > 1]
        loose = [self._constant("topic_key", bare, 4.0)]
        if len(question.chunks) > 1:
            exact += self._keys([chunk.text for chunk in question.chunks])
        elif len(long) > 1:
            loose += self._keys(long)
        inside: list[Query] = []
        if len(tokens) > 1 or len(tokens[0]) > 1:
            inside.append(
                all_of([self._phrase("title", c.grams, IN_TITLE) for c in question.chunks])
            )
            inside.append(self._phrase("author", tokens, 16.0))
        loose += [
            Query.boost_query(self._term("words", word, "freq"), 0.25 / len(long)) for word in long
        ]
        return exact, inside, loose

    def _keys(self, parts: Sequence[str]) -> list[Query]:
        return [
            self._constant(f, part, 50.0) for part in parts for f in ("title_key", "author_key")
        ]

    def _begin(self, whole: str) -> Query:
        # The first four units and all the words found somewhere say as much as the whole phrase,
        # for a fraction of the time.
        return self._constant("starts", rules.starts(whole)[-1], 40.0)

    def _term(self, field: str, value: str, index_option: str = "basic") -> Query:
        return Query.term_query(self._schema, field, value, index_option)

    def _constant(self, field: str, value: str, score: float) -> Query:
        return Query.const_score_query(self._term(field, value), score)

    def _plain_phrase(self, field: str, tokens: Sequence[str]) -> Query:
        if len(tokens) == 1:
            return self._term(field, tokens[0], "position")
        sparse = len(tokens) > _MOST_TOKENS
        return Query.phrase_query(self._schema, field, _sparse(tokens) if sparse else list(tokens))

    def _phrase(self, field: str, tokens: Sequence[str], score: float) -> Query:
        return Query.const_score_query(self._plain_phrase(field, tokens), score)


def _sparse(tokens: Sequence[str]) -> list[str | tuple[int, str]]:
    """The phrase without the 2-grams that its neighbours imply: 人民 民文 文学 → 人民 _ 文学."""
    kept: list[str | tuple[int, str]] = []
    skipped = False
    for position, token in enumerate(tokens):
        if (
            not skipped
            and 0 < position < len(tokens) - 1
            and _overlap(tokens[position - 1], token)
            and _overlap(token, tokens[position + 1])
        ):
            skipped = True
            continue
        skipped = False
        kept.append((position, token))
    return kept


def _overlap(left: str, right: str) -> bool:
    return len(left) == 2 == len(right) and left[1] == right[0] and not left.isascii()


def any_of(queries: list[Query]) -> Query:
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def all_of(queries: list[Query]) -> Query:
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def _scored(must: list[Query], should: list[Query]) -> Query:
    return Query.boolean_query(
        [*((Occur.Must, query) for query in must), *((Occur.Should, query) for query in should)]
    )


def _parts(words: Sequence[str]) -> list[str]:
    """Words, but a character alone together with its neighbour: alone it is found too often."""
    parts = []
    last = len(words) - 1
    for at, word in enumerate(words):
        if len(word) > 1 or word.isascii() or rules.is_stop_word(word):
            parts.append(word)
        elif at > 0 and not rules.is_stop_word(words[at - 1]):
            parts.append(words[at - 1][-1] + word)
        elif at < last and not rules.is_stop_word(words[at + 1]):
            parts.append(word + words[at + 1][0])
        else:
            parts.append(word)
    return parts
