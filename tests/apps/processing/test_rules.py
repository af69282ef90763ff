"""A6, A7: ranges, handing over and forecasts as tables."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shuxiang.apps.processing.rules import (
    Range,
    forecast,
    may_enter,
    may_hand_over,
    may_receive,
    parse_range,
    range_reasons,
)


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("YC00001", "YC00500", Range("YC", 5, 1, 500)),
        ("0001", "0999", Range("", 4, 1, 999)),
        ("YC00001", "YC0500", None),
        ("YC00001", "YD00500", None),
        ("YC", "YC", None),
        ("YC0001", "YC00A1", None),
    ],
)
def test_a6_a_range_between_two_barcodes(first: str, last: str, found: Range | None) -> None:
    assert parse_range(first, last) == found


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        (Range("YC", 5, 501, 600), []),
        (Range("YC", 5, 500, 600), ["barcode-range-taken"]),
        (Range("YC", 5, 1, 1), ["barcode-range-taken"]),
        (Range("YC", 6, 1, 500), []),
        (Range("ZC", 5, 1, 500), []),
        (Range("YC", 5, 700, 650), ["barcode-range-unclear"]),
        (Range("YC", 9, 1_000, 2_000_000), ["barcode-range-long"]),
        (Range("Y" * 38, 5, 1, 5), ["barcode-too-long"]),
        (None, ["barcode-range-unclear"]),
    ],
)
def test_a6_what_stands_against_a_range(wanted: Range | None, codes: list[str]) -> None:
    there = [Range("YC", 5, 1, 500)]
    assert [r.code for r in range_reasons(wanted, there, most_length=40)] == codes


def test_barcodes_of_a_range() -> None:
    span = Range("YC", 5, 1, 500)
    assert (span.text(7), span.count) == ("YC00007", 500)
    assert [span.number(c) for c in ("YC00007", "YC00501", "YC0007", "YC0000X", "ZC00007")] == [
        7,
        None,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("lines", "barcode", "has_range", "codes"),
    [
        (499, "YC1", False, []),
        (500, "YC1", False, ["batch-full"]),
        (0, "", True, []),
        (0, "", False, ["barcode-missing"]),
        (0, "9787506365437", False, ["barcode-is-isbn"]),
        (0, "9787506365430", False, []),
    ],
)
def test_a6_who_may_be_entered(lines: int, barcode: str, has_range: bool, codes: list[str]) -> None:
    found = may_enter(lines=lines, barcode=barcode, has_range=has_range)
    assert [r.code for r in found] == codes


@pytest.mark.parametrize(
    ("step", "waiting", "under_way", "codes"),
    [
        ("label", 3, False, []),
        ("shelve", 1, False, []),
        ("label", 0, False, ["handover-empty"]),
        ("label", 3, True, ["handover-under-way"]),
        ("burn", 3, False, ["handover-step"]),
    ],
)
def test_a7_handing_over(step: str, waiting: int, under_way: bool, codes: list[str]) -> None:
    found = may_hand_over(step=step, waiting=waiting, under_way=under_way)
    assert [r.code for r in found] == codes


@pytest.mark.parametrize(
    ("counted", "missing", "codes"),
    [
        (3, (), []),
        (2, ("A",), []),
        (2, (), ["handover-differs"]),
        (3, ("A",), ["handover-differs"]),
        (4, (), ["handover-differs"]),
        (1, ("A", "X"), ["handover-foreign"]),
    ],
)
def test_a7_taking_over(counted: int, missing: tuple[str, ...], codes: list[str]) -> None:
    found = may_receive(handed=3, counted=counted, missing=missing, known={"A", "B", "C"})
    assert [r.code for r in found] == codes


TODAY = date(2021, 3, 2)


def days(*counts: int) -> dict[date, int]:
    """So many a day, the last one yesterday."""
    return {TODAY - timedelta(days=n): c for n, c in enumerate(reversed(counts), 1)}


def test_a7_a_forecast_by_the_pace_of_four_weeks() -> None:
    pace = days(*([100] * 5 + [0, 0]) * 4)
    found = forecast(230_000, 2_000, pace, TODAY)
    # 2,000 in 28 days; 228,000 left.
    assert (found.left, found.days, found.worked) == (228_000, 28, 20)
    assert found.per_day == pytest.approx(2_000 / 28)
    assert found.done_on == TODAY + timedelta(days=3192 - 1)
    assert found.soonest == found.done_on == found.latest


def test_a7_a_forecast_says_how_far_weeks_differ() -> None:
    pace = days(*[70] * 7, *[140] * 7, *[210] * 7, *[140] * 7)
    found = forecast(10_000, 5_800, pace, TODAY)
    assert (found.done_on, found.soonest, found.latest) == (
        TODAY + timedelta(days=29),
        TODAY + timedelta(days=19),
        TODAY + timedelta(days=59),
    )


@pytest.mark.parametrize(
    ("done", "by_day", "why"),
    [
        (230_000, {}, "done"),
        (100, {}, "few-days"),
        (400, days(100, 100, 100, 100), "few-days"),
        (9, days(*[1] * 9), "too-far"),
        (500, {TODAY - timedelta(days=60): 500}, "stands-still"),
        # What was done today says nothing yet.
        (100, {TODAY: 100}, "few-days"),
    ],
)
def test_a7_a_forecast_that_cannot_be_given(done: int, by_day: dict[date, int], why: str) -> None:
    found = forecast(230_000, done, by_day, TODAY)
    assert (found.why, found.done_on) == (why, None)
