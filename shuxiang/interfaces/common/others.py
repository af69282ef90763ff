"""What other libraries have, for readers and the desk."""

from __future__ import annotations

from shuxiang.apps.exchange import queries
from shuxiang.apps.exchange.queries import ElsewhereView
from shuxiang.apps.search import queries as search


def elsewhere(typed: str) -> tuple[ElsewhereView, ...]:
    """Titles of other libraries as typed; where there is none, in simplified characters."""
    found = queries.elsewhere(typed) if typed else ()
    simplified = " ".join(map(search.folded, typed.split()))
    return found or (queries.elsewhere(simplified) if simplified != typed else ())
