"""What others may ask of the index."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from shuxiang.apps.search.engine import Hit, Index, IndexUnreadable, Query, Result
from shuxiang.runtime import sql

__all__ = [
    "Checked",
    "Hit",
    "IndexUnreadable",
    "Query",
    "Result",
    "at",
    "check_index",
    "index",
    "search",
]


@lru_cache(maxsize=4)
def _index(path: str, _process: int) -> Index:
    return Index.open(path)


def index() -> Index:
    """This process's handle on the installation's index."""
    return _index(str(settings.INDEX_DIR), os.getpid())


def at(place: str) -> str:
    """The value of the filter and facet ``place`` for what stands at the place itself; its id alone
    stands for the place and everything below it."""
    return f"={place}"


def search(query: Query) -> Result | None:
    """Answer a question; None where no index is built yet.

    Raises ValueError for an unknown filter, facet or sort, IndexUnreadable for damaged files.
    """
    found = index()
    return found.search(query) if found.is_built else None


@dataclass(frozen=True, slots=True)
class Checked:
    """One invariant as `shuxiang check` prints it."""

    id: str
    text: str
    ok: bool
    detail: str = ""


def check_index() -> tuple[Checked, ...]:
    """I10: after catching up, the index holds exactly the titles of the catalogue."""
    text = "the search index equals the catalogue once it has caught up"
    found = index()
    if not found.is_built:
        return (Checked("I10", text, False, "there is no index; run 'shuxiang reindex'"),)
    head = sql.one("SELECT MAX(seq) FROM ledger_sequence")
    pending = sql.one("SELECT COUNT(*) FROM ledger_pending")
    titles = sql.one("SELECT COUNT(*) FROM catalog_title WHERE alias_of_id IS NULL")
    assert head is not None
    assert pending is not None
    assert titles is not None
    behind = (head[0] or 0) - found.position + pending[0]
    if behind:
        detail = f"{behind} events behind; let the worker catch up and check again"
        return (Checked("I10", text, False, detail),)
    same = found.size == titles[0]
    return (Checked("I10", text, same, "" if same else f"{found.size} of {titles[0]} titles"),)
