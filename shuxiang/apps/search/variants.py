"""异形词 shipped with the program: one word a line, its spellings divided by a blank.

Source: the pairs of GF 1001-2001 (第一批异形词整理表) that book titles use, and characters that
editions from Hong Kong and Taiwan have in place of another.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from shuxiang.apps.search.readings import DATA
from shuxiang.apps.search.rules import key

MOST_SPELLINGS = 5
LONGEST_SPELLING = 12


@cache
def shipped() -> frozenset[tuple[str, ...]]:
    """The shipped rows, each as `row` makes it."""
    lines = (DATA / "variants.txt").read_text("utf-8").splitlines()
    return frozenset(row(line.split(" ")) for line in lines)


def row(spellings: Iterable[str]) -> tuple[str, ...]:
    """Spellings as they are compared and kept: folded, each once, in code order."""
    return tuple(sorted({folded for folded in map(key, spellings) if folded}))
