"""Every numbered case of docs/circulation is named by a test, so that holes are visible.

A test names a case by its number ("HD-7"), by a range ("PU-1 … PU-4") or in its own name
(``test_hd_7_…``), and asserts what the case says.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from pathlib import Path

from tests.support import house

DOCS = house.ROOT / "docs" / "circulation"
_CASE = re.compile(r"^\|(?:[^|]*\|)*? ([A-Z]{2}-L?\d+(?:\.\d+)?) \|", re.M)
_NUMBER = re.compile(r"\b([A-Z]{2})-(L?)(\d+)((?:\.\d+)?)")
_RANGE = re.compile(r"\b([A-Z]{2})-(\d+)(?:\.\d+)? … (?:[A-Z]{2}-)?(\d+)")
_NAMES = re.compile(r"def test_([a-z]{2})_((?:\d+_)+)")


def documented(text: str) -> set[str]:
    return set(_CASE.findall(text))


def named(source: str, cases: Container[str] = ()) -> Iterator[str]:
    """The numbers a test's source names; ``test_hx_2_1_…`` means HX-2.1 where there is that case."""
    for prefix, letter, number, part in _NUMBER.findall(source):
        yield f"{prefix}-{letter}{number}{part}"
    for prefix, first, last in _RANGE.findall(source):
        for number in range(int(first), int(last) + 1):
            yield f"{prefix}-{number}"
    for prefix, numbers in _NAMES.findall(source):
        parts = numbers.strip("_").split("_")
        narrow = f"{prefix.upper()}-{'.'.join(parts[:2])}"
        yield narrow if narrow in cases else f"{prefix.upper()}-{parts[0]}"


def test_every_numbered_case_is_named_by_a_test() -> None:
    cases = {c for path in sorted(DOCS.glob("*.md")) for c in documented(path.read_text("utf-8"))}
    tests = [p for p in (house.ROOT / "tests").rglob("*.py") if p != Path(__file__)]
    found = {name for path in tests for name in named(path.read_text("utf-8"), cases)}
    assert sorted(cases - found) == [], "cases that no test names"


def test_what_counts_as_naming() -> None:
    table = (
        "| HD-1 | a | b |\n| how many | whose | CA-6 |\n| PA-L1 | x | y |\n| no case | at all |\n"
    )
    assert documented(table) == {"HD-1", "CA-6", "PA-L1"}
    source = '"""HX-2.1, PU-1 … PU-3."""\ndef test_ph_17_1_ready_by_itself() -> None:'
    found = set(named(source, {"PH-17.1"}))
    assert found == {"HX-2.1", "PU-1", "PU-3", "PU-2", "PH-17.1"}
    assert "PH-17" in set(named(source))
