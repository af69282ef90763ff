"""The pages of the manual that hang at the desk are one printed page each (issue 3: the manual)."""

from __future__ import annotations

import re
import unicodedata

import pytest

from tests.support import house

GUIDE = house.ROOT / "docs" / "guide"
COLUMNS, LINES = 100, 61
"""What an A4 page holds at 9.5 points: half-width columns, and lines. Pages up to this length were
printed and came out as one."""


def printed_lines(text: str) -> float:
    """How many lines a page of the guide takes on paper."""
    lines = 0.0
    for written in text.splitlines():
        line = re.sub(r"\[([^\]]+)\]\([^)]*\)|[*`]", r"\1", written.rstrip())
        if re.fullmatch(r"[|\-: ]+", line):
            continue
        width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
        lines += max(1, -(-width // COLUMNS)) if line else 0.5
        lines += 0.5 * line.startswith("#") + 0.2 * line.startswith("|")
    return lines


@pytest.mark.parametrize("page", ["lending", "readers", "daily", "power-cut", "moving", "install"])
def test_a_page_of_the_desk_is_one_printed_page(page: str) -> None:
    assert printed_lines((GUIDE / f"{page}.md").read_text("utf-8")) <= LINES


def test_every_page_is_in_the_contents_and_links_lead_somewhere() -> None:
    contents = (GUIDE / "README.md").read_text("utf-8")
    pages = {path.name for path in GUIDE.glob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"^\| \[[^\]]+\]\(([\w-]+\.md)\)", contents, re.M))
    for path in GUIDE.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+\.md)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), (path.name, target)
