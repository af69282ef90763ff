"""What others may ask of the index."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache, partial

from django.conf import settings

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.search import models, variants
from shuxiang.apps.search.advanced import POINTS, Condition, ConditionUnknown, Joined, Tree
from shuxiang.apps.search.answers import MAX_DEPTH, Hit, Query, Result
from shuxiang.apps.search.engine import Index, IndexUnreadable
from shuxiang.apps.search.pinyin import name_forms, spelled
from shuxiang.apps.search.rules import key, person_key, respelled
from shuxiang.runtime import sql, worker
from shuxiang.runtime.revision import cached

__all__ = [
    "MAX_DEPTH",
    "POINTS",
    "Checked",
    "Condition",
    "ConditionUnknown",
    "Hit",
    "IndexUnreadable",
    "Joined",
    "Query",
    "Result",
    "Status",
    "Tree",
    "at",
    "check_index",
    "folded",
    "index",
    "meant",
    "search",
    "spelling_variants",
    "status",
    "written_pinyin",
]

CONSUMER = "search"
"""The name under which the worker keeps how far the index has come."""


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


VARIANTS = "search-variants"


@cached(VARIANTS)
def spelling_variants() -> frozenset[tuple[str, ...]]:
    """Rows of spellings (异形词) in use: those shipped and the library's own, without what it has
    switched off."""
    rows = models.Variant.objects.values_list("spellings", "active")
    own = {tuple(spellings.split(" ")): active for spellings, active in rows}
    added = {row for row, active in own.items() if active}
    return (variants.shipped() | added) - {row for row, active in own.items() if not active}


@cached(VARIANTS)
def _ordered_variants() -> tuple[tuple[str, ...], ...]:
    # Long words first: 身份 says more than a single character does.
    return tuple(sorted(spelling_variants(), key=lambda row: (-len(row[0]), row)))


def search(query: Query) -> Result | None:
    """Answer a question, other spellings of it too; None where no index is built yet.

    Raises ValueError for an unknown filter, facet or sort, IndexUnreadable for damaged files.
    """
    found = index()
    if not found.is_built:
        return None
    return found.search(replace(query, also=respelled(query.text, _ordered_variants())))


def folded(text: str) -> str:
    """A text as the terms of the index are written: one width, one case, simplified, no blanks."""
    return key(text)


def written_pinyin(text: str, *, name: bool = False) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """The pinyin of a title or (``name``) a person for a record, one syllable a word, and the
    readings of each character that has several."""
    return spelled(person_key(text) if name else key(text), name=name)


def meant(text: str, result: Result) -> tuple[str, ...]:
    """What may have been meant where next to nothing was found: titles and names of authors."""
    records = catalog.documents([one.title_id for one in result.meant])
    texts = []
    for one in result.meant:
        record = records.get(one.title_id)
        if record is None:
            continue
        if one.by == "title":
            texts.append(record.title)
        elif record.authors:
            texts.append(max(map(person_key, record.authors), key=partial(_alike, text)))
    return tuple(one for one in dict.fromkeys(texts) if one)


def _alike(text: str, name: str) -> float:
    return max(
        SequenceMatcher(None, key(text), form).ratio() for form in (name, *name_forms(name)[0])
    )


@dataclass(frozen=True, slots=True)
class Status:
    """How the index does: whether there is one this program can read, how many events it is behind
    the ledger, and what its updating stumbled over ("" for nothing)."""

    is_built: bool
    position: int
    behind: int
    failing: str = ""

    @property
    def is_well(self) -> bool:
        return self.is_built and not self.failing


def status() -> Status:
    """The state of the index for health checks; never fails over the index itself."""
    head = sql.one("SELECT MAX(seq) FROM ledger_sequence")
    last = (head[0] if head else 0) or 0
    failing = worker.failing().get(CONSUMER, "")
    found = index()
    try:
        position = found.position if found.is_built else 0
    except IndexUnreadable as error:
        return Status(False, 0, last, failing or str(error))
    return Status(found.is_built, position, last - position, failing)


@dataclass(frozen=True, slots=True)
class Checked:
    """One invariant as `shuxiang check` prints it."""

    id: str
    text: str
    ok: bool
    detail: str = ""


def check_index() -> tuple[Checked, ...]:
    """Invariant 10: after catching up, the index holds exactly the titles of the catalogue."""
    text = "the search index equals the catalogue once it has caught up"
    found = index()
    if not found.is_built:
        return (Checked("10", text, False, "there is no index; run 'shuxiang reindex'"),)
    head = sql.one("SELECT MAX(seq) FROM ledger_sequence")
    pending = sql.one("SELECT COUNT(*) FROM ledger_pending")
    titles = sql.one("SELECT COUNT(*) FROM catalog_title WHERE alias_of_id IS NULL")
    assert head is not None
    assert pending is not None
    assert titles is not None
    behind = (head[0] or 0) - found.position + pending[0]
    if behind:
        detail = f"{behind} events behind; let the worker catch up and check again"
        return (Checked("10", text, False, detail),)
    same = found.size == titles[0]
    return (Checked("10", text, same, "" if same else f"{found.size} of {titles[0]} titles"),)
