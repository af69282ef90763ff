"""How long the search for duplicates takes over the whole catalogue, and what memory it adds."""

from __future__ import annotations

import resource
import time

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import batches, duplicates
from shuxiang.bench import library
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import bulk

Row = tuple[str, float, str]
ONE_IN = 100
"""One title in so many has a twin with the same ISBN."""


def run(place: str) -> list[Row]:
    """Search the library that is there, after twins have been put beside some of its titles."""
    planted = _plant(place)
    ctx = library.context(place)
    before = _memory()
    started = time.perf_counter()
    search = duplicates.begin_search(ctx=ctx)
    for _read in duplicates.search(search, ctx):
        pass
    seconds = time.perf_counter() - started
    found = catalog.newest_search()
    assert found is not None, "it was just done"
    return [
        ("duplicate search: titles", found.read, "titles"),
        ("duplicate search: pairs compared", found.compared, "pairs"),
        ("duplicate search: pairs found", found.found, "pairs"),
        ("duplicate search: twins planted", planted, "pairs"),
        ("duplicate search: time", round(seconds, 1), "s"),
        ("duplicate search: memory added", round(_memory() - before, 1), "MB"),
    ]


def _plant(place: str) -> int:
    columns = ", ".join(catalog.TEXT_COLUMNS)
    count = max(catalog.count() // ONE_IN, 1)
    rows = sql.all(
        f"SELECT {columns} FROM catalog_title WHERE isbn <> '' ORDER BY id LIMIT ?", count
    )
    at = catalog.TEXT_COLUMNS.index("isbn")
    twins = [
        catalog.NewTitle(new_id(), 0, tuple(row), [("isbn", str(row[at]))], "cnmarc", "utf-8", b"")
        for row in rows
    ]
    with bulk():
        batches.insert_titles(twins, library=place, batch=None, at=clock.now())
    return len(twins)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
