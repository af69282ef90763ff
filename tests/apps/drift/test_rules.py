"""B5, B6: the rules as tables, without a database. Cases DR- of docs/circulation/drifting.md."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shuxiang.apps.drift import rules

D = date(2020, 6, 10)
T = datetime(2020, 6, 10, 9)


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({}, ()),
        ({"kind": "kiosk"}, ("site-kind-unknown",)),
        ({"plaque_on": D + timedelta(days=1)}, ("plaque-in-future",)),
        ({"ended_on": D + timedelta(days=1)}, ("site-end-invalid",)),
        ({"plaque_on": D, "ended_on": D - timedelta(days=1)}, ("site-end-invalid",)),
        (
            {"kind": "", "agreement_from": D, "agreement_until": date(2020, 1, 1)},
            ("site-kind-unknown", "agreement-reversed"),
        ),
    ],
)
def test_dr_1_the_register(values: dict[str, Any], codes: tuple[str, ...]) -> None:
    given = {
        "kind": "bookhouse", "plaque_on": None, "ended_on": None, "agreement_from": None,
        "agreement_until": None, "today": D,
    }  # fmt: skip
    assert rules.may_register(**(given | values)).codes == codes


@pytest.mark.parametrize(
    ("kind", "after", "again"),
    [("took", 119, True), ("took", 120, False), ("put", 5, False)],
)
def test_dr_4_said_again_on_a_bad_network(kind: str, after: int, again: bool) -> None:
    at = T + timedelta(seconds=after)
    assert rules.is_again(kind, at, ("took", T)) is again
    assert rules.is_again(kind, at, None) is False


@pytest.mark.parametrize(
    ("expected", "drawn", "found", "counted"),
    [
        # All looked for: no doubt is left.
        (10, 10, 7, (7, 7, 7)),
        # Worked out by hand: of 10, 5 drawn, all 5 there. 7 there: 21/252 = 8.3 %; 6: 2.4 %.
        (10, 5, 5, (10, 7, 10)),
        # And its mirror: none of 5 there.
        (10, 5, 0, (0, 0, 3)),
        (100, 20, 16, (80, 59, 93)),
        (1, 1, 0, (0, 0, 0)),
    ],
)
def test_dr_7_a_sample_bounds_the_whole(
    expected: int, drawn: int, found: int, counted: tuple[int, int, int]
) -> None:
    said = rules.sampled(expected, drawn, found)
    assert (said.estimate, said.low, said.high) == counted


def test_dr_7_the_interval_holds_what_it_promises() -> None:
    """For every true number of 30 books, drawing 10 puts it inside at least 95 times of 100."""
    from math import comb

    for there in range(31):
        inside = sum(
            comb(there, k) * comb(30 - there, 10 - k)
            for k in range(max(0, there - 20), min(10, there) + 1)
            if rules.sampled(30, 10, k).low <= there <= rules.sampled(30, 10, k).high
        )
        assert inside / comb(30, 10) >= 0.95


def test_dr_8_a_rough_number_is_a_fifth_either_way() -> None:
    assert rules.rough(40) == rules.Counted(40, 32, 48)
    assert rules.rough(0) == rules.Counted(0, 0, 0)


@pytest.mark.parametrize(
    ("how", "expected", "drawn", "found", "codes"),
    [
        ("full", 10, 0, 12, ()),
        ("weighed", 10, 0, 1, ("count-kind-unknown",)),
        ("rough", 10, 0, -1, ("count-number-invalid",)),
        ("rough", 10, 0, 2001, ("count-number-invalid",)),
        ("sample", 10, 0, 0, ("count-sample-invalid",)),
        ("sample", 10, 11, 3, ("count-sample-invalid",)),
    ],
)
def test_dr_6_what_can_be_no_count(
    how: str, expected: int, drawn: int, found: int, codes: tuple[str, ...]
) -> None:
    decision = rules.may_count(how, expected=expected, drawn=drawn, found=found)
    assert decision.codes == codes


def day(n: int) -> date:
    return date(2020, 6, n)


@pytest.mark.parametrize(
    ("steps", "back"),
    [
        pytest.param([("a", 5, "took"), ("a", 9, "put")], (1, 1), id="put back"),
        pytest.param([("a", 5, "took")], (1, 0), id="still out"),
        pytest.param([("a", 5, "took"), ("a", 6, "left")], (1, 0), id="left elsewhere is not back"),
        pytest.param([("a", 5, "took"), ("a", 8, "seen")], (1, 1), id="seen by a count"),
        pytest.param([("a", 5, "took"), ("a", 8, "took")], (2, 1), id="taken again: it was back"),
        pytest.param([("a", 5, "took"), ("a", 25, "put")], (1, 0), id="back after the period"),
        pytest.param([("a", 1, "took"), ("a", 5, "put")], (0, 0), id="taken before the period"),
        pytest.param([("a", 5, "put"), ("b", 5, "took")], (1, 0), id="another book"),
    ],
)
def test_dr_9_the_rate_of_coming_back(
    steps: list[tuple[str, int, str]], back: tuple[int, int]
) -> None:
    found = rules.came_back([(b, day(d), k) for b, d, k in steps], day(2), day(20))
    assert (found.taken, found.returned) == back


def test_dr_9_no_rate_of_nothing() -> None:
    assert rules.Back(0, 0).percent is None
    assert rules.Back(3, 2).percent == 66.7
