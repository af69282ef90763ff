"""您是不是要找: titles and authors near what was typed, when next to nothing was found."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import tantivy
from tantivy import Query

from shuxiang.apps.search import pinyin, rules
from shuxiang.apps.search.documents import id_from_halves
from shuxiang.apps.search.rules import Chunk, Question

FEW = 3
"""With fewer titles found than this, something else may have been meant."""

_MOST = 3
_LONGEST = 24
_LONGEST_NAME = 6
_MOST_SIMILAR = 24


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A title that may have been meant, or one by an author who may have been: ``by`` is "title" or
    "author"."""

    title_id: str
    by: str


def suggest(
    searcher: tantivy.Searcher, schema: tantivy.Schema, question: Question, found: Collection[str]
) -> tuple[Suggestion, ...]:
    """The nearest titles and authors that exist, the most borrowed first; none that is ``found``."""
    asked = _Asked(schema, question)
    made: dict[str, Suggestion] = {}
    for by, query in asked.queries():
        hits = searcher.search(query, _MOST, count=False, weight_by_field="weight").hits
        addresses = [address for _, address in hits]
        upper = searcher.fast_field_values("id_upper", addresses)
        lower = searcher.fast_field_values("id_lower", addresses)
        for a, b in zip(upper, lower, strict=True):
            title = id_from_halves(int(a or 0), int(b or 0))
            if title not in found:
                made.setdefault(title, Suggestion(title, by))
        if made:
            break
    return tuple(made.values())[:_MOST]


class _Asked:
    def __init__(self, schema: tantivy.Schema, question: Question) -> None:
        self._schema = schema
        self._question = question

    def queries(self) -> Iterator[tuple[str, Query]]:
        """What to try in turn: sounds the same, sounds much the same, a letter or two apart."""
        bare = self._question.whole.replace(" ", "")
        if not 2 <= len(bare) <= _LONGEST or bare.isdigit():
            return
        ways = self._ways(bare)
        if ways:
            joined = ["".join(way) for way in ways]
            if not bare.isascii() and len(ways[0]) <= _LONGEST_NAME:
                yield "author", self._terms("name_pinyin", joined[:1])
            if not bare.isascii():
                yield "title", self._terms("pinyin", joined[:1])
            yield "title", self._terms("pinyin", joined)
            if len(ways[0]) <= _LONGEST_NAME:
                yield "author", self._terms("name_pinyin", joined)
        if bare.isascii():
            yield "title", self._near("pinyin", bare)
            yield "author", self._near("name_pinyin", bare)
        else:
            yield "title", self._near("title_key", bare)
            yield "author", self._near("author_key", bare)
        if parts := [part for part in map(self._part, self._question.chunks) if part]:
            yield "title", Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])

    def _ways(self, bare: str) -> list[tuple[str, ...]]:
        if bare.isascii():
            said = pinyin.splits(bare)[:1] if bare.isalpha() else ()
        else:
            options = pinyin.readings(bare)
            said = (tuple(option[0] for option in options),) if options else ()
        return [w for way in said for w in (way, *pinyin.sounding_like(way, most=_MOST_SIMILAR))]

    def _terms(self, field: str, values: list[str]) -> Query:
        return Query.const_score_query(Query.term_set_query(self._schema, field, values), 1.0)

    def _near(self, field: str, value: str, long: int = 8) -> Query:
        if len(value) < 3:
            return Query.empty_query()
        distance = 1 if len(value) < (long if value.isascii() else 6) else 2
        return Query.fuzzy_term_query(self._schema, field, value, distance, True)

    def _part(self, chunk: Chunk) -> Query | None:
        """Titles with a word like this one: by sound where it is Chinese, by letters otherwise."""
        if chunk.text.isascii():
            return self._near("words", chunk.text, 5) if len(chunk.text) > 3 else None
        syllables = [option[0] for option in pinyin.readings(rules.key(chunk.text))]
        if len(syllables) < 2:
            return None
        pairs = pinyin.syllable_pairs(syllables)[1:]
        if len(pairs) == 1:
            spoken = Query.term_query(self._schema, "syllables", pairs[0], "position")
        else:
            spoken = Query.phrase_query(self._schema, "syllables", list(pairs))
        named = self._terms("name_pinyin", ["".join(syllables)])
        return Query.boolean_query([(tantivy.Occur.Should, spoken), (tantivy.Occur.Should, named)])
