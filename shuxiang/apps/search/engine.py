"""The search index: many readers, one writer at a time among all processes.

What lies on disk and survives a crash is said in `store`, what is found and ranked in `plan`.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tantivy
from tantivy import Occur, Order
from tantivy import Query as IndexQuery

from shuxiang.apps.search import schema
from shuxiang.apps.search.documents import TitleDocument, id_from_halves
from shuxiang.apps.search.facets import Counts, count_facets
from shuxiang.apps.search.lock import WriterLock
from shuxiang.apps.search.plan import Planner
from shuxiang.apps.search.rules import read_question
from shuxiang.apps.search.store import Folder, Writer, open_index, stored_position

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
_WRITER_HEAP = 64_000_000
_REBUILD_HEAP = 128_000_000
_FACET_CACHE = 64


@dataclass(frozen=True, slots=True)
class Query:
    """A question: text as typed, filters by name (`plan.FILTERS`), sort (`SORTS`), page from 1.

    `facets` names the counts wanted (`schema.FACETS`); none are counted when it is empty.
    """

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    sort: str = "relevance"
    page: int = 1
    size: int = 20
    facets: tuple[str, ...] = tuple(schema.FACETS)


@dataclass(frozen=True, slots=True)
class Hit:
    """One title found; the score is comparable only within its result, 0 when sorted by a field."""

    title_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Result:
    """`total` titles found, one page of them, counts a facet, `took` in seconds.

    `relaxed` says that no title had all the words and these have most of them. `words` are the
    words looked for, to mark them on the screen or to hint at when nothing was found.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, Counts]
    took: float
    words: tuple[str, ...] = ()
    relaxed: bool = False


@dataclass(frozen=True, slots=True)
class _Generation:
    """An opened generation: name, stamp of its last commit, and what answers questions."""

    name: str
    stamp: tuple[int, int]
    index: tantivy.Index
    searcher: tantivy.Searcher
    planner: Planner
    facets: OrderedDict[Any, Mapping[str, Counts]]


class IndexUnreadable(RuntimeError):
    """The files of the index are damaged; rebuilding it from the database is safe."""


class Index:
    """The search index in one folder; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = Folder(path)
        self._lock = threading.Lock()
        self._generation: _Generation | None = None

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Index:
        """Open the folder, making it when absent. Nothing is read until the first search."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    @property
    def is_built(self) -> bool:
        """Whether there is a generation of this program's schema version to search."""
        return self._folder.current_name() is not None

    @property
    def position(self) -> int:
        """The ledger sequence the index has reached; 0 when it must be rebuilt."""
        generation = self._reader()
        return 0 if generation is None else stored_position(generation.index)

    @property
    def size(self) -> int:
        """How many titles are in the index."""
        generation = self._reader()
        if generation is None:
            return 0
        # A term's document frequency would count replaced titles too, until their segment is merged.
        return _total(generation.searcher.search(generation.planner.everything(), limit=1))

    # --- reading ---------------------------------------------------------------------------

    def search(self, query: Query) -> Result:
        """Answer a question. Any text is accepted.

        Raises ValueError for an unknown sort, filter or facet, or a page or size below 1, and
        IndexUnreadable when the files are damaged.
        """
        started = time.perf_counter()
        _check(query)
        generation = self._reader()
        if generation is None:
            return Result((), 0, {}, time.perf_counter() - started)
        planner = generation.planner
        question = read_question(query.text)
        filters = planner.filters(query.filters)
        if question.is_empty and query.text.strip():
            return Result((), 0, {}, time.perf_counter() - started)
        relaxed = False
        words: tuple[str, ...] = ()
        if question.is_empty:
            found = ranked = planner.everything()
            hits, total = self._top(generation, ranked, filters, query, by_score=False)
        else:
            plan = planner.plan(question)
            found, words = plan.found, plan.words
            hits, total = self._top(generation, plan.ranked, filters, query, by_score=True)
            if total == 0 and len(words) > 2:
                plan = planner.plan(question, relaxed=True)
                found = plan.found
                hits, total = self._top(generation, plan.ranked, filters, query, by_score=True)
                relaxed = total > 0
        facets = self._facets(generation, query, found, filters, relaxed) if total else {}
        return Result(hits, total, facets, time.perf_counter() - started, words, relaxed)

    def _top(
        self,
        generation: _Generation,
        ranked: IndexQuery,
        filters: Mapping[str, IndexQuery],
        query: Query,
        *,
        by_score: bool,
    ) -> tuple[tuple[Hit, ...], int]:
        searcher = generation.searcher
        order = SORTS[query.sort] or (None if by_score else SORTS["newest"])
        offset = (query.page - 1) * query.size
        whole = _narrow(ranked, filters.values())
        if offset + query.size > MAX_DEPTH:
            return (), _total(searcher.search(whole, limit=1))
        if order is None:
            found = searcher.search(whole, query.size, offset=offset, weight_by_field="weight")
        else:
            by, direction = order
            found = searcher.search(
                whole, query.size, offset=offset, order_by_field=by, order=direction
            )
        addresses = [address for _, address in found.hits]
        upper = searcher.fast_field_values("id_upper", addresses)
        lower = searcher.fast_field_values("id_lower", addresses)
        hits = tuple(
            Hit(id_from_halves(int(a or 0), int(b or 0)), score if order is None else 0.0)
            for (score, _), a, b in zip(found.hits, upper, lower, strict=True)
        )
        return hits, _total(found)

    def _facets(
        self,
        generation: _Generation,
        query: Query,
        found: IndexQuery,
        filters: Mapping[str, IndexQuery],
        relaxed: bool,
    ) -> Mapping[str, Counts]:
        if not query.facets:
            return {}
        chosen = tuple(sorted((k, tuple(v)) for k, v in query.filters.items()))
        cache_key = (query.text, chosen, query.facets, relaxed)
        cached = generation.facets.get(cache_key)
        if cached is not None:
            return cached
        counted: dict[str, Counts] = {}
        free = [name for name in query.facets if name not in filters]
        if "place" in filters and "available" in query.facets:
            free = [name for name in free if name != "available"]
            counted["available"] = self._available_there(generation, query, found, filters)
        if free:
            whole = _narrow(found, filters.values())
            counted |= count_facets(generation.searcher, whole, free)
        for name in query.facets:
            # A facet that is filtered on shows its other values too, so it is counted without
            # its own filter.
            if name not in counted:
                others = [query for key, query in filters.items() if key != name]
                counted |= count_facets(generation.searcher, _narrow(found, others), [name])
        facets = MappingProxyType({name: counted[name] for name in query.facets})
        with self._lock:
            generation.facets[cache_key] = facets
            while len(generation.facets) > _FACET_CACHE:
                generation.facets.popitem(last=False)
        return facets

    def _available_there(
        self,
        generation: _Generation,
        query: Query,
        found: IndexQuery,
        filters: Mapping[str, IndexQuery],
    ) -> Counts:
        # With a place chosen, "available" means in that place, which the field can't say.
        others = [q for name, q in filters.items() if name != "available"]
        there = generation.planner.filters({"place": query.filters["place"], "available": ("1",)})
        searcher = generation.searcher
        total = _total(searcher.search(_narrow(found, others), limit=1))
        available = _total(searcher.search(_narrow(found, [*others, *there.values()]), limit=1))
        counts = (("1", available), ("0", total - available))
        return tuple((value, titles) for value, titles in counts if titles)

    def _reader(self) -> _Generation | None:
        # Files vanish between being named and being opened when another process rebuilds.
        failure: Exception | None = None
        for attempt in range(5):
            name = self._folder.current_name()
            if name is None:
                return None
            try:
                return self._opened(name)
            except (OSError, ValueError) as error:
                failure = error
                time.sleep(0.01 * attempt)
                self._generation = None
        raise IndexUnreadable(
            f"the search index in {self.path} can't be read ({failure}); rebuild it with reindex"
        )

    def _opened(self, name: str) -> _Generation:
        stamp = self._folder.stamp(name)
        generation = self._generation
        if generation and generation.name == name and generation.stamp == stamp:
            return generation
        with self._lock:
            generation = self._generation
            if generation and generation.name == name and generation.stamp == stamp:
                return generation
            if generation and generation.name == name:
                index = generation.index
                index.reload()
            else:
                index = open_index(self.path / name)
            searcher = index.searcher()

            def frequency(word: str) -> int:
                return int(searcher.doc_freq("words", word))

            planner = Planner(index.schema, frequency, searcher.num_docs)
            self._generation = _Generation(name, stamp, index, searcher, planner, OrderedDict())
            return self._generation

    # --- writing ---------------------------------------------------------------------------

    @contextmanager
    def writing(self, wait: float = 60.0) -> Iterator[Writer]:
        """Hold the writer lock and change titles; several commits may follow one another.

        Raises LockTimeout when another process keeps the lock longer than `wait` seconds, and
        LookupError when nothing is built yet (`rebuild` first).
        """
        with WriterLock(self.path / "lock", wait):
            name = self._folder.current_name()
            if name is None:
                raise LookupError("the search index isn't built yet; rebuild it first")
            index = open_index(self.path / name)
            writer = Writer(index.writer(_WRITER_HEAP, 1), stored_position(index))
            try:
                yield writer
            finally:
                writer.close()

    def apply(
        self, upserts: Iterable[TitleDocument], deletes: Iterable[str], position: int
    ) -> None:
        """Put titles in, take others out and move the position, all in one commit."""
        with self.writing() as writer:
            for document in upserts:
                writer.put(document)
            for title_id in deletes:
                writer.remove(title_id)
            writer.commit(position)

    def rebuild(
        self,
        documents: Iterable[TitleDocument],
        position: int,
        progress: Callable[[int], None] | None = None,
        wait: float = 60.0,
    ) -> int:
        """Make the index anew beside the old one, then swap; returns the number of titles.

        `position` is the ledger sequence the documents were read at. A failure leaves the old
        generation in place. Raises LockTimeout like `writing`.
        """
        with WriterLock(self.path / "lock", wait):
            name = self._folder.next_name()
            folder = self.path / name
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            count = 0
            try:
                index = tantivy.Index(schema.build(), str(folder))
                schema.register(index)
                writer = Writer(index.writer(_REBUILD_HEAP, 1), 0, is_new=True)
                try:
                    for document in documents:
                        writer.put(document)
                        count += 1
                        if progress is not None and count % 1_000 == 0:
                            progress(count)
                    writer.commit(position)
                finally:
                    writer.close()
                self._folder.point_to(name)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            self._folder.remove_old(name)
            if progress is not None:
                progress(count)
            return count


def _check(query: Query) -> None:
    if query.sort not in SORTS:
        raise ValueError(f"unknown sort {query.sort!r}; known: {', '.join(SORTS)}")
    unknown = set(query.facets) - set(schema.FACETS)
    if unknown:
        raise ValueError(f"unknown facets {sorted(unknown)}; known: {', '.join(schema.FACETS)}")
    if query.page < 1 or not 1 <= query.size <= MAX_PAGE_SIZE:
        raise ValueError(f"page is from 1, size from 1 to {MAX_PAGE_SIZE}")


def _narrow(query: IndexQuery, filters: Iterable[IndexQuery]) -> IndexQuery:
    narrowing = [(Occur.Must, IndexQuery.const_score_query(f, 0.0)) for f in filters]
    return IndexQuery.boolean_query([(Occur.Must, query), *narrowing]) if narrowing else query


def _total(found: tantivy.SearchResult) -> int:
    # The library's type description leaves this attribute out.
    return int(found.count)  # type: ignore[attr-defined]
