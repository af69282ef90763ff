"""The search index: many readers, one writer at a time among all processes.

What lies on disk and survives a crash is said in `store`, what is found and ranked in `plan`.
"""

from __future__ import annotations

import gc
import os
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tantivy
from tantivy import Occur
from tantivy import Query as IndexQuery

from shuxiang.apps.search import schema
from shuxiang.apps.search.advanced import Tree, to_query
from shuxiang.apps.search.answers import MAX_DEPTH, SORTS, Hit, Query, Result, check
from shuxiang.apps.search.documents import TitleDocument, id_from_halves
from shuxiang.apps.search.facets import Counted, Counts, count_facets
from shuxiang.apps.search.lock import WriterLock
from shuxiang.apps.search.plan import IN_TITLE, Plan, Planner
from shuxiang.apps.search.rules import Question, read_question
from shuxiang.apps.search.store import Folder, Writer, open_index, stored_position
from shuxiang.apps.search.suggest import FEW, Suggestion, suggest

_WRITER_HEAP = 64_000_000
_REBUILD_HEAP = 128_000_000
_COUNTS_KEPT = 256
_LARGE = 300


@dataclass(frozen=True, slots=True)
class _Generation:
    """An opened generation: name, stamp of its last commit, and what answers questions."""

    name: str
    stamp: tuple[int, int]
    index: tantivy.Index
    searcher: tantivy.Searcher
    planner: Planner
    counted: OrderedDict[Any, Counted]


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
        check(query)
        generation = self._reader()
        if generation is None:
            return Result((), 0, {}, time.perf_counter() - started)
        planner = generation.planner
        question = read_question(query.text)
        filters = planner.filters(query.filters)
        if question.is_empty and query.text.strip():
            return Result((), 0, {}, time.perf_counter() - started)
        relaxed = False
        if question.is_empty:
            every = planner.everything()
            plan = Plan(every, every, ())
        else:
            other = [q for q in map(read_question, query.also) if not q.is_empty]
            plan = planner.either([planner.plan(q) for q in (question, *other)])
        counted = self._count(generation, query, plan.found, filters, relaxed)
        few = counted.total < FEW and not question.is_empty and query.page == 1 and not filters
        if counted.total == 0 and len(plan.words) > 1:
            plan, relaxed = planner.plan(question, relaxed=True), True
            counted = self._count(generation, query, plan.found, filters, relaxed)
        sort = "newest" if question.is_empty and query.sort == "relevance" else query.sort
        hits = self._top(generation, plan, filters, replace(query, sort=sort), counted.total)
        known = () if relaxed else [hit.title_id for hit in hits]
        few = few and (relaxed or not hits or hits[0].score < IN_TITLE)
        return Result(
            hits,
            counted.total,
            counted.facets,
            time.perf_counter() - started,
            plan.words,
            relaxed and counted.total > 0,
            self._meant(generation, question, known) if few else (),
        )

    def select(
        self, tree: Tree, *, offset: int = 0, limit: int = 10, sort: str = "relevance"
    ) -> tuple[tuple[str, ...], int]:
        """The ids of the titles that meet conditions, from ``offset`` on, and how many there are.

        Raises ConditionUnknown, ValueError for an unknown sort, IndexUnreadable.
        """
        generation = self._reader()
        if generation is None:
            return (), 0
        found, searcher = to_query(tree, generation.planner), generation.searcher
        total = _total(searcher.search(found, limit=1))
        if limit < 1 or offset >= total:
            return (), total
        order = SORTS[sort]
        if order is None:
            hits = searcher.search(found, limit, offset=offset, weight_by_field="weight")
        else:
            by, direction = order
            hits = searcher.search(
                found, limit, count=False, offset=offset, order_by_field=by, order=direction
            )
        return tuple(hit.title_id for hit in _hits(searcher, hits, scored=False)), total

    def terms(self, field: str, start: str, limit: int) -> tuple[tuple[str, int], ...]:
        """The terms of an unanalysed field from ``start`` on, in their order, with the number of
        titles that have each: those that begin like it first, then whatever follows."""
        generation = self._reader()
        if generation is None:
            return ()
        searcher = generation.searcher
        for length in range(len(start), -1, -1):
            begin = searcher.terms_with_prefix(field, start[:length])
            found = sorted((term, count) for term, count in begin if term >= start)
            if len(found) >= limit or not length:
                return tuple(found[:limit])
        return ()

    def _meant(
        self, generation: _Generation, question: Question, known: Collection[str]
    ) -> tuple[Suggestion, ...]:
        if question.numbers or question.class_prefix:
            return ()
        return suggest(generation.searcher, generation.index.schema, question, known)

    def _top(
        self,
        generation: _Generation,
        plan: Plan,
        filters: Mapping[str, IndexQuery],
        query: Query,
        total: int,
    ) -> tuple[Hit, ...]:
        searcher = generation.searcher
        offset = (query.page - 1) * query.size
        if offset >= total or offset + query.size > MAX_DEPTH:
            return ()
        order = SORTS[query.sort]
        if order is not None:
            by, direction = order
            whole = _narrow(plan.found, filters.values())
            found = searcher.search(
                whole, query.size, count=False, offset=offset, order_by_field=by, order=direction
            )
            return _hits(searcher, found, scored=False)
        tiers = (*plan.tiers, plan.ranked) if total > _LARGE else (plan.ranked,)
        hits: list[Hit] = []
        for at, tier in enumerate(tiers):
            whole = _narrow(_without(tier, tiers[:at]), filters.values())
            wanted = query.size - len(hits)
            found = searcher.search(whole, wanted, offset=offset, weight_by_field="weight")
            hits += _hits(searcher, found, scored=True)
            if len(hits) == query.size:
                break
            offset = max(0, offset - _total(found))
        return tuple(hits)

    def _count(
        self,
        generation: _Generation,
        query: Query,
        found: IndexQuery,
        filters: Mapping[str, IndexQuery],
        relaxed: bool,
    ) -> Counted:
        chosen = tuple(sorted((k, tuple(v)) for k, v in query.filters.items()))
        cache_key = (query.text, query.also, chosen, query.facets, relaxed)
        cached = generation.counted.get(cache_key)
        if cached is not None:
            return cached
        searcher = generation.searcher
        whole = _narrow(found, filters.values())
        free = [name for name in query.facets if name not in filters]
        if "place" in filters and "available" in free:
            free.remove("available")
        counted = count_facets(searcher, whole, free)
        facets = dict(counted.facets)
        if counted.total:
            for name in query.facets:
                # A facet that is filtered on shows its other values too, so it is counted without
                # its own filter.
                if name == "available" and "place" in filters:
                    facets[name] = self._available_there(generation, query, found, filters)
                elif name in filters:
                    others = [query for key, query in filters.items() if key != name]
                    facets |= count_facets(searcher, _narrow(found, others), [name]).facets
        ordered = {name: facets[name] for name in query.facets} if counted.total else {}
        counted = Counted(counted.total, MappingProxyType(ordered))
        with self._lock:
            generation.counted[cache_key] = counted
            while len(generation.counted) > _COUNTS_KEPT:
                generation.counted.popitem(last=False)
        return counted

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
            planner = Planner(searcher, index.schema)
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
        *,
        only_if_missing: bool = False,
    ) -> int:
        """Make the index anew beside the old one, then swap; returns the number of titles.

        `position` is the ledger sequence the documents were read at. A failure leaves the old
        generation in place. Raises LockTimeout like `writing`.
        """
        with WriterLock(self.path / "lock", wait):
            if only_if_missing and self.is_built:
                # Another process made it while this one waited.
                return self.size
            name = self._folder.new_name()
            folder = self.path / name
            folder.mkdir()
            count = 0
            try:
                index = tantivy.Index(schema.build(), str(folder))
                schema.register(index)
                writer = Writer(index.writer(_REBUILD_HEAP, 1), 0, is_new=True)
                try:
                    with _few_collections():
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


@contextmanager
def _few_collections() -> Iterator[None]:
    """Documents make no cycles: looking for some every few titles costs a seventh of the time."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _narrow(query: IndexQuery, filters: Iterable[IndexQuery]) -> IndexQuery:
    narrowing = [(Occur.Must, IndexQuery.const_score_query(f, 0.0)) for f in filters]
    return IndexQuery.boolean_query([(Occur.Must, query), *narrowing]) if narrowing else query


def _hits(
    searcher: tantivy.Searcher, found: tantivy.SearchResult, *, scored: bool
) -> tuple[Hit, ...]:
    addresses = [address for _, address in found.hits]
    upper = searcher.fast_field_values("id_upper", addresses)
    lower = searcher.fast_field_values("id_lower", addresses)
    return tuple(
        Hit(id_from_halves(int(a or 0), int(b or 0)), score if scored else 0.0)
        for (score, _), a, b in zip(found.hits, upper, lower, strict=True)
    )


def _without(query: IndexQuery, others: Sequence[IndexQuery]) -> IndexQuery:
    if not others:
        return query
    return IndexQuery.boolean_query(
        [(Occur.Must, query), *((Occur.MustNot, other) for other in others)]
    )


def _total(found: tantivy.SearchResult) -> int:
    # The library's type description leaves this attribute out.
    return int(found.count)  # type: ignore[attr-defined]
