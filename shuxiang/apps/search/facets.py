"""Counts a value of each facet among the titles found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tantivy

from shuxiang.apps.search import schema

Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many titles there are, and how many of each value of each facet."""

    total: int
    facets: Mapping[str, Counts]


def count_facets(
    searcher: tantivy.Searcher, query: tantivy.Query, names: Collection[str]
) -> Counted:
    """Value and number of titles for each name of `schema.FACETS`, the largest first."""
    wanted: dict[str, Any] = {
        name: {"terms": {"field": name, "size": schema.FACETS[name]}}
        for name in names
        if name != "place"
    }
    if "place" in names:
        wanted["place"] = {"terms": {"field": "place_set", "size": schema.MAX_PLACE_SETS}}
    if "available" not in names:
        wanted["available"] = {"value_count": {"field": "available"}}
    answer = searcher.aggregate(query, wanted)
    facets = {name: _values(answer[name]["buckets"]) for name in names if name != "place"}
    if "place" in names:
        facets["place"] = _each_place(answer["place"]["buckets"])
    # Every title says whether it is available.
    if "available" in names:
        return Counted(sum([titles for _, titles in facets["available"]]), facets)
    return Counted(int(answer["available"]["value"]), facets)


def _values(buckets: Sequence[Mapping[str, Any]]) -> Counts:
    if buckets and not isinstance(buckets[0]["key"], str):
        return tuple([(str(int(bucket["key"])), bucket["doc_count"]) for bucket in buckets])
    return tuple([(bucket["key"], bucket["doc_count"]) for bucket in buckets])


def _each_place(buckets: Sequence[Mapping[str, Any]]) -> Counts:
    places: Counter[str] = Counter()
    for bucket in buckets:
        for place in bucket["key"].split(schema.SET_SEPARATOR):
            places[place] += bucket["doc_count"]
    return tuple(places.most_common(schema.FACETS["place"]))
