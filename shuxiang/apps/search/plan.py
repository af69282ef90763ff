"""From what a reader typed to an index query: what counts as found, and what ranks first.

Found is decided by the clauses of `_found`; the clauses of `_ranked` only add to the score. The
scores are tiers: number 1000 > exact title 60 > exact other title or author 40 > title begins 15 >
in the title 5 + rank of the phrase > anywhere 1, so that a better kind of match is never
overtaken by the frequency of its words or by popularity (at most a few per cent).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tantivy import FieldType, Occur, Query, Schema

from shuxiang.apps.search import pinyin, rules
from shuxiang.apps.search.rules import Chunk, Question

Frequency = Callable[[str], int]

_LONGEST_WORD = 8
_MIN_PREFIX = 3
_YEARS = re.compile(r"([0-9]{1,4})?-([0-9]{1,4})?")

EXACT_FILTERS = {"author": "author_key", "subject": "topic_key", "series": "topic_key"}
RAW_FILTERS = ("place", "main_class", "kind", "language", "audience")
FILTERS = (*RAW_FILTERS, *EXACT_FILTERS, "year", "class", "available")


@dataclass(frozen=True, slots=True)
class Plan:
    """`found` selects, `ranked` is `found` with scores; `words` are what was looked for."""

    found: Query
    ranked: Query
    words: tuple[str, ...]


class Planner:
    """Builds plans for one schema; `frequency` says how many titles have a word."""

    def __init__(self, schema: Schema, frequency: Frequency, documents: int) -> None:
        self._schema = schema
        self._frequency = frequency
        self._documents = documents

    def everything(self) -> Query:
        """All titles (the index also holds a record of its own)."""
        return Query.const_score_query(self._term("live", "1"), 1.0)

    def plan(self, question: Question, *, relaxed: bool = False) -> Plan:
        """The query for a question that isn't empty; `relaxed` asks for most words, not all."""
        words = {chunk.text: self._words(chunk) for chunk in question.chunks}
        flat = tuple(dict.fromkeys(w for chunk in question.chunks for w in words[chunk.text]))
        options = self._number_options(question)
        if question.class_prefix:
            options.append(self._constant("class", question.class_prefix, 10.0))
        if question.latin:
            options += self._pinyin_options(question.latin)
            if len(question.chunks) == 1:
                options += self._partial_pinyin(question.latin)
        if relaxed:
            options.append(self._most(flat))
        elif question.chunks:
            with_pinyin = len(question.chunks) > 1
            parts = [self._chunk(c, words[c.text], with_pinyin) for c in question.chunks]
            options.append(_every(parts))
        if question.volume:
            options.append(self._phrase("title", rules.grams_of_compact(question.volume), 20.0))
        found = _any(options)
        return Plan(found, _with_rank(found, self._rank(question, flat)), flat)

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
                made[name] = _any([self._years(value) for value in values])
            elif name == "class":
                made[name] = _any([self._term("class", rules.class_key(v)) for v in values])
            elif name == "author":
                made[name] = _any([self._term("author_key", rules.person_key(v)) for v in values])
            elif name in EXACT_FILTERS:
                made[name] = _any([self._term(EXACT_FILTERS[name], rules.key(v)) for v in values])
            else:
                made[name] = _any([self._term(name, value) for value in values])
        return made

    def _available(self, places: Sequence[str]) -> Query:
        if places:
            return _any([self._term("available_at", place) for place in places])
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

    def _words(self, chunk: Chunk) -> list[str]:
        words: list[str] = []
        for run in re.findall(r"[0-9]+|[^\W0-9]+[+#]*", chunk.text):
            if run.isascii() or len(run) < 3:
                words.append(run)
                continue
            known = {}
            for start in range(len(run) - 1):
                for end in range(start + 2, min(len(run), start + _LONGEST_WORD) + 1):
                    count = self._frequency(run[start:end])
                    if count:
                        known[run[start:end]] = count
            words += rules.segment(run, known, self._documents)
        kept = [word for word in words if not rules.is_stop_word(word)]
        return kept or words

    def _number_options(self, question: Question) -> list[Query]:
        return [self._constant("number", number, 1000.0) for number in question.numbers]

    def _pinyin_options(self, letters: str) -> list[Query]:
        options = [
            self._constant("pinyin", letters, 50.0),
            self._constant("initials", letters, 25.0),
            self._constant("name_pinyin", letters, 40.0),
            self._constant("name_initials", letters, 20.0),
        ]
        if len(letters) > 1:
            options.append(self._constant("begins", letters, 6.0))
        ways = pinyin.splits(letters)
        for way in ways:
            pairs = pinyin.syllable_pairs(way)
            options.append(self._phrase("syllables", pairs[:1] if len(way) == 1 else pairs, 12.0))
            if len(way) > 1:
                options.append(self._phrase("syllables", pairs[1:], 4.0))
        return options

    def _partial_pinyin(self, letters: str) -> list[Query]:
        """Titles that begin with letters the last syllable or word of which is incomplete."""
        head, tails = pinyin.completions(letters)
        if tails:
            begin = self._phrase("syllables", pinyin.syllable_pairs(head), 8.0)
            pairs = Query.term_set_query(
                self._schema, "syllables", [head[-1] + tail for tail in tails]
            )
            return [_every([begin, Query.const_score_query(pairs, 0.0)])]
        if len(letters) < _MIN_PREFIX or pinyin.splits(letters):
            return []
        prefix = Query.regex_query(self._schema, "pinyin", letters + ".*")
        return [Query.const_score_query(prefix, 8.0)]

    def _chunk(self, chunk: Chunk, words: Sequence[str], with_pinyin: bool) -> Query:
        options = [self._anywhere(chunk.grams, 1.0)]
        if len(words) > 1:
            parts = [self._anywhere(rules.grams_of_compact(word), 0.5) for word in words]
            options.append(_every(parts))
        if chunk.is_latin and with_pinyin:
            options += self._pinyin_options(chunk.text)
        return _any(options)

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

    def _rank(self, question: Question, words: Sequence[str]) -> list[Query]:
        if not question.whole:
            return []
        bare = question.whole.replace(" ", "")
        tokens = rules.grams_of_compact(question.whole)
        begin = rules.title_grams(question.whole)
        if len(tokens) == 1 and begin[0] == "^" + tokens[0]:
            begin = begin[:1]
        ranked = [
            self._constant("title_key", bare, 60.0),
            self._constant("other_key", bare, 40.0),
            self._constant("author_key", bare, 40.0),
            self._constant("topic_key", bare, 4.0),
            self._phrase("title", begin, 15.0),
        ]
        if len(tokens) > 1 or len(tokens[0]) > 1:
            in_title = self._plain_phrase("title", tokens)
            ranked += [Query.const_score_query(in_title, 5.0), in_title]
            ranked.append(self._phrase("author", tokens, 8.0))
        ranked += [
            Query.boost_query(self._term("words", word, "freq"), 0.5)
            for word in words
            if len(word) > 1
        ]
        if len(question.chunks) > 1:
            for chunk in question.chunks:
                ranked.append(self._constant("title_key", chunk.text, 20.0))
                ranked.append(self._constant("author_key", chunk.text, 20.0))
                ranked.append(self._phrase("title", chunk.grams, 3.0))
        elif len(words) > 1:
            for word in words:
                if len(word) > 1:
                    ranked.append(self._constant("title_key", word, 20.0))
                    ranked.append(self._constant("author_key", word, 20.0))
        return ranked

    def _term(self, field: str, value: str, index_option: str = "basic") -> Query:
        return Query.term_query(self._schema, field, value, index_option)

    def _constant(self, field: str, value: str, score: float) -> Query:
        return Query.const_score_query(self._term(field, value), score)

    def _plain_phrase(self, field: str, tokens: Sequence[str]) -> Query:
        if len(tokens) == 1:
            return self._term(field, tokens[0], "position")
        return Query.phrase_query(self._schema, field, _sparse(tokens))

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


def _any(queries: list[Query]) -> Query:
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _every(queries: list[Query]) -> Query:
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def _with_rank(found: Query, ranked: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, found), *((Occur.Should, q) for q in ranked)])
