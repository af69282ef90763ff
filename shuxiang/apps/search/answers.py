"""What is asked of the index, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tantivy import Order

from shuxiang.apps.search import schema
from shuxiang.apps.search.facets import Counts
from shuxiang.apps.search.suggest import Suggestion

SORTS = {
    "relevance": None,
    "newest": ("by_added", Order.Desc),
    "year": ("by_year", Order.Desc),
    "oldest": ("by_year", Order.Asc),
    "loans": ("by_loans", Order.Desc),
    "title": ("by_pinyin", Order.Asc),
}
"""Sort name → the field and direction; relevance of an empty question is `newest`."""

MAX_DEPTH = 10_000
MAX_PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class Query:
    """A question: text as typed, filters by name (`plan.FILTERS`), sort (`SORTS`), page from 1.

    `facets` names the counts wanted (`schema.FACETS`); none are counted when it is empty. `also`
    are other spellings of the text, which count for a little less.
    """

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    sort: str = "relevance"
    page: int = 1
    size: int = 20
    facets: tuple[str, ...] = tuple(schema.FACETS)
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One title found; the score is comparable only within its result, 0 when sorted by a field."""

    title_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Result:
    """`total` titles found, one page of them, counts a facet, `took` in seconds.

    `relaxed` says that no title had all the words and these have most of them. `words` are the
    words looked for, to mark them on the screen or to hint at when nothing was found. `meant` are
    titles and authors that may have been meant where next to nothing was found.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, Counts]
    took: float
    words: tuple[str, ...] = ()
    relaxed: bool = False
    meant: tuple[Suggestion, ...] = ()


def check(query: Query) -> None:
    """Raises ValueError for an unknown sort or facet, or a page or size that can't be."""
    if query.sort not in SORTS:
        raise ValueError(f"unknown sort {query.sort!r}; known: {', '.join(SORTS)}")
    unknown = set(query.facets) - set(schema.FACETS)
    if unknown:
        raise ValueError(f"unknown facets {sorted(unknown)}; known: {', '.join(schema.FACETS)}")
    if query.page < 1 or not 1 <= query.size <= MAX_PAGE_SIZE:
        raise ValueError(f"page is from 1, size from 1 to {MAX_PAGE_SIZE}")
