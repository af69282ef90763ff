"""Asking the search index, or the database where there is no index to ask."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.places import queries as places
from shuxiang.apps.search import queries as search
from shuxiang.formats import clc

logger = logging.getLogger(__name__)

LONGEST = 200
DEEPEST = 10_000
"""Characters of a question; how far into a result pages go."""

_CLASS = re.compile(r"[A-Z]{1,2}[0-9A-Z./()\"=:+<>-]{0,20}\Z")
_YEARS = re.compile(r"(?:\d{4}|\d{4}-|-\d{4}|\d{4}-\d{4})\Z", re.ASCII)
_BELOW_LIST = 50

Filters = Mapping[str, tuple[str, ...]]
Counts = tuple[tuple[str, int], ...]


class TooLong(ValueError):
    """The question is longer than `LONGEST`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One page of title ids, how many there are in all, and counts by facet.

    ``degraded``: the index could not be asked; these are titles that begin with the words or carry
    the number, without facets and at most `_BELOW_LIST`. ``relaxed``: nothing had all the words.
    ``meant``: titles and authors that may have been meant, where next to nothing was found.
    """

    ids: tuple[str, ...]
    total: int
    facets: Mapping[str, Counts] = field(default_factory=dict)
    relaxed: bool = False
    degraded: bool = False
    meant: tuple[str, ...] = ()


def question(typed: str) -> str:
    """The text to look for: control characters are blanks. Raises TooLong."""
    text = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in typed).strip()
    if len(text) > LONGEST:
        raise TooLong(typed)
    return text


def class_filters(given: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The filters of class numbers, main classes and second-level codes such as ``I3/7``."""
    if given and all(clc.main_class(c) == c for c in given):
        return {"main_class": given}
    known = clc.by_code()
    wanted = [p for c in given for p in (known[c].prefixes if c in known else (c,))]
    return {"class": tuple(dict.fromkeys(wanted))} if wanted else {}


def is_class(text: str) -> bool:
    """Whether a text can be a class number or a code of the two upper levels."""
    return bool(_CLASS.match(text)) and bool(clc.main_class(text))


def is_years(text: str) -> bool:
    """Whether a text is a year or a range of years, open or closed."""
    return bool(_YEARS.match(text))


BELOW = "*"
"""After the code of a place: with everything below it."""


def place_ids(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Ids of the places among the codes that exist, `BELOW` or not."""
    known = {p.code: p.id for p in places.all_places()}
    return tuple(known[c] for c in (code.removesuffix(BELOW) for code in codes) if c in known)


def place_filter(codes: tuple[str, ...]) -> tuple[str, ...]:
    """The values of the filter ``place`` for codes such as ``main``, and ``main*`` for the main
    library with its branches. Unknown ones are left out."""
    known = {p.code: p.id for p in places.all_places()}
    found = [(known.get(code.removesuffix(BELOW)), code.endswith(BELOW)) for code in codes]
    return tuple(id_ if below else search.at(id_) for id_, below in found if id_)


def ask(
    text: str,
    filters: Filters,
    *,
    sort: str = "relevance",
    page: int = 1,
    size: int = 20,
    facets: tuple[str, ...] = (),
) -> Outcome:
    """Look for titles. Without an index a question is answered from the database, unfiltered."""
    query = search.Query(text, filters, sort, page, size, facets)
    try:
        result = search.search(query)
    except ValueError:
        raise
    except Exception:
        logger.exception("the search index could not be asked")
        result = None
    if result is None:
        return _from_database(text, size)
    ids = tuple(hit.title_id for hit in result.hits)
    meant = search.meant(text, result) if result.meant else ()
    return Outcome(ids, result.total, result.facets, result.relaxed, meant=meant)


def _from_database(text: str, size: int) -> Outcome:
    if not text:
        return Outcome((), 0, degraded=True)
    numbered = [t.id for t in catalog.by_identifier(text)]
    begun = catalog.titles_beginning(text, _BELOW_LIST) if not numbered else ()
    ids = tuple(dict.fromkeys((*numbered, *begun)))[:_BELOW_LIST]
    return Outcome(ids, len(ids), degraded=True)
