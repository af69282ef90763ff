"""Counts a value of each facet among the titles found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

import tantivy

from shuxiang.apps.search import schema

Counts = tuple[tuple[str, int], ...]


def count_facets(
    searcher: tantivy.Searcher, query: tantivy.Query, names: Collection[str]
) -> dict[str, Counts]:
    """Value and number of titles for each name of `schema.FACETS`, the largest first."""
    wanted: dict[str, Any] = {
        name: {"terms": {"field": name, "size": schema.FACETS[name]}}
        for name in names
        if name != "place"
    }
    if "place" in names:
        wanted["place"] = {"terms": {"field": "place_set", "size": schema.MAX_PLACE_SETS}}
    answer = searcher.aggregate(query, wanted)
    counted = {
        name: tuple((_value(b["key"]), int(b["doc_count"])) for b in answer[name]["buckets"])
        for name in wanted
    }
    if "place" in counted:
        counted["place"] = _each_place(counted["place"])
    return counted


def _each_place(sets: Iterable[tuple[str, int]]) -> Counts:
    places: Counter[str] = Counter()
    for value, titles in sets:
        for place in value.split(schema.SET_SEPARATOR):
            places[place] += titles
    return tuple(places.most_common(schema.FACETS["place"]))


def _value(key: Any) -> str:
    return str(int(key)) if isinstance(key, float) else str(key)
