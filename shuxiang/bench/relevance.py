"""Whether what readers type finds first what they mean, over the titles of the demo library.

`data/relevance.tsv` says what is asked and what should come first: titles divided by `|`, any title
of an @author, any title of a #class; behind `?` what need only be suggested (您是不是要找).
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from shuxiang.apps.search import variants
from shuxiang.apps.search.answers import Query
from shuxiang.apps.search.documents import TitleDocument
from shuxiang.apps.search.engine import Index
from shuxiang.apps.search.rules import person_key, respelled

Row = tuple[str, float, str]

_DEEP = 10
_SPLIT = re.compile("[；，,]")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, its kind, and where the first title expected came: 1 for first, 0 for not among
    the first ten."""

    kind: str
    text: str
    expected: str
    rank: int


def documents() -> Iterator[TitleDocument]:
    """The titles of the demo data, the best known first and so the most borrowed."""
    text = resources.files("shuxiang.demo").joinpath("data/titles.tsv").read_text("utf-8")
    lines = text.splitlines()
    for number, line in enumerate(lines):
        title, statement, clc, year, _kind = line.split("\t")
        yield TitleDocument(
            hashlib.md5(line.encode(), usedforsecurity=False).hexdigest(),
            title,
            authors=tuple(n for n in map(person_key, _SPLIT.split(statement)) if n),
            responsibility=statement,
            clc_classes=(clc,),
            main_class=clc[:1],
            year=int(year) if year else None,
            kind="book",
            language="chi",
            loans=len(lines) - number,
        )


def ask() -> list[Asked]:
    """Every question of the set, asked of an index of the demo titles."""
    known = {d.title_id: d for d in documents()}
    text = resources.files("shuxiang.bench").joinpath("data/relevance.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    spellings = tuple(sorted(variants.shipped()))
    with tempfile.TemporaryDirectory() as folder:
        index = Index.open(folder)
        index.rebuild(known.values(), position=1)
        asked = []
        for kind, typed, expected in rows:
            also = respelled(typed, spellings)
            result = index.search(Query(typed, size=_DEEP, facets=(), also=also))
            hits = [known[hit.title_id] for hit in result.hits]
            meant = [known[one.title_id] for one in result.meant]
            ranks = [_rank(hits, expected.lstrip("?"))]
            if expected[0] == "?":
                ranks.append(_rank(meant, expected.lstrip("?")))
            asked.append(Asked(kind, typed, expected, min(filter(None, ranks), default=0)))
        return asked


def _rank(found: Sequence[TitleDocument], expected: str) -> int:
    for place, document in enumerate(found, 1):
        if expected[0] == "@":
            right = expected[1:] in document.responsibility
        elif expected[0] == "#":
            right = document.clc_classes[0].startswith(expected[1:])
        else:
            right = document.title in expected.split("|")
        if right:
            return place
    return 0


def measures(asked: Sequence[Asked]) -> dict[str, tuple[int, float, float, float]]:
    """By kind, and for all of them: number, success@1, success@3, mean reciprocal rank."""
    made = {}
    for kind in (*dict.fromkeys(a.kind for a in asked), "all"):
        ranks = [a.rank for a in asked if kind in (a.kind, "all")]
        made[kind] = (
            len(ranks),
            sum(rank == 1 for rank in ranks) / len(ranks),
            sum(1 <= rank <= 3 for rank in ranks) / len(ranks),
            sum(1 / rank for rank in ranks if rank) / len(ranks),
        )
    return made


def run() -> list[Row]:
    """Rows of (name, value, unit)."""
    rows: list[Row] = []
    for kind, (count, first, third, reciprocal) in measures(ask()).items():
        rows += [
            (f"relevance: {kind}, first of {count}", round(first * 100, 1), "%"),
            (f"relevance: {kind}, in the first three", round(third * 100, 1), "%"),
            (f"relevance: {kind}, mean reciprocal rank", round(reciprocal, 3), ""),
        ]
    return rows
