"""What readers type finds first what they mean: the set of questions, by kind."""

from __future__ import annotations

from importlib import resources

import pytest

from shuxiang.bench import relevance

FLOORS = {
    # kind: success@1, success@3
    "exact": (1.0, 1.0),
    "part": (0.9, 1.0),
    "begin": (1.0, 1.0),
    "author": (1.0, 1.0),
    "author-title": (1.0, 1.0),
    "pinyin": (1.0, 1.0),
    "pinyin-author": (1.0, 1.0),
    "initials": (0.87, 1.0),
    "partial": (1.0, 1.0),
    "surname": (1.0, 1.0),
    "fuzzy": (1.0, 1.0),
    "mixed": (1.0, 1.0),
    "spelling": (1.0, 1.0),
    "volume": (1.0, 1.0),
    "class": (1.0, 1.0),
    "typo": (1.0, 1.0),
    "words": (1.0, 1.0),
    "all": (0.98, 1.0),
}


@pytest.fixture(scope="module")
def asked() -> list[relevance.Asked]:
    return relevance.ask()


@pytest.mark.parametrize("kind", FLOORS)
def test_each_kind_of_question_reaches_its_floor(asked: list[relevance.Asked], kind: str) -> None:
    _, first, third, _ = relevance.measures(asked)[kind]
    missed = [a for a in asked if a.rank != 1 and kind in (a.kind, "all")]
    assert first >= FLOORS[kind][0], missed
    assert third >= FLOORS[kind][1], missed


def test_the_set_is_large_and_every_kind_has_its_floor(asked: list[relevance.Asked]) -> None:
    assert len(asked) >= 100
    assert {a.kind for a in asked} | {"all"} == set(FLOORS)


def test_every_title_expected_is_in_the_demo() -> None:
    text = resources.files("shuxiang.bench").joinpath("data/relevance.tsv").read_text("utf-8")
    titles = {d.title for d in relevance.documents()}
    for line in text.splitlines()[1:]:
        _, _, expected = line.split("\t")
        bare = expected.lstrip("?")
        assert bare[0] in "@#" or set(bare.split("|")) <= titles, line


def test_measures() -> None:
    asked = [relevance.Asked("a", "x", "y", rank) for rank in (1, 2, 0, 4)]
    assert relevance.measures(asked)["a"] == (4, 0.25, 0.5, 1.75 / 4)
