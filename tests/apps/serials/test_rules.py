"""How issues come, as tables (row J1; cases SE-)."""

from __future__ import annotations

from datetime import date

import pytest

from shuxiang.apps.serials import rules
from shuxiang.apps.serials.rules import Pattern, predict


def said(pattern: Pattern, first: str, last: str) -> list[str]:
    """Month-day and number of each issue."""
    found = predict(pattern, date.fromisoformat(first), date.fromisoformat(last))
    return [f"{i.expected_on:%m-%d} {i.number}" for i in found]


@pytest.mark.parametrize(
    ("pattern", "first", "last", "count"),
    [
        (Pattern(frequency="daily"), "2020-01-01", "2020-12-31", 366),
        (Pattern(frequency="daily"), "2021-01-01", "2021-12-31", 365),
        (Pattern(frequency="daily", weekdays=(1, 2, 3, 4, 5)), "2020-02-24", "2020-03-01", 5),
        (Pattern(frequency="weekly"), "2020-01-01", "2020-12-31", 53),
        (Pattern(frequency="weekly", weekdays=(2, 5)), "2020-01-01", "2020-01-31", 9),
        (Pattern(frequency="ten_days"), "2020-01-01", "2020-12-31", 36),
        (Pattern(frequency="half_month"), "2020-01-01", "2020-12-31", 24),
        (Pattern(frequency="monthly"), "2020-01-05", "2020-12-31", 12),
        (Pattern(frequency="bimonthly"), "2020-01-05", "2020-12-31", 6),
        (Pattern(frequency="quarterly"), "2020-01-05", "2020-12-31", 4),
        (Pattern(frequency="monthly", combined=((1, 2), (7, 8))), "2020-01-05", "2020-12-31", 10),
        (Pattern(frequency="monthly", skipped=(date(2020, 2, 5),)), "2020-01-05", "2020-12-31", 11),
    ],
)
def test_se_2_how_many_issues_a_period_has(
    pattern: Pattern, first: str, last: str, count: int
) -> None:
    assert len(said(pattern, first, last)) == count


@pytest.mark.parametrize(
    ("pattern", "first", "last", "issues"),
    [
        # A monthly of the 31st, in a leap year and in another.
        (Pattern(frequency="monthly"), "2020-01-31", "2020-04-30",
         ["01-31 1", "02-29 2", "03-31 3", "04-30 4"]),
        (Pattern(frequency="monthly"), "2021-01-31", "2021-03-31",
         ["01-31 1", "02-28 2", "03-31 3"]),
        # The turn of the year: numbers begin again, or go on.
        (Pattern(frequency="monthly", number=11), "2020-11-05", "2021-01-31",
         ["11-05 11", "12-05 12", "01-05 1"]),
        (Pattern(frequency="monthly", number=299, yearly=False), "2020-12-05", "2021-01-31",
         ["12-05 299", "01-05 300"]),
        (Pattern(frequency="weekly", number=52), "2020-12-24", "2021-01-07",
         ["12-24 52", "12-31 53", "01-07 1"]),
        (Pattern(frequency="monthly", combined=((1, 2), (7, 8))), "2020-01-05", "2020-09-30",
         ["01-05 1-2", "03-05 3", "04-05 4", "05-05 5", "06-05 6", "07-05 7-8", "09-05 9"]),
        (Pattern(frequency="monthly", skipped=(date(2020, 2, 5),)), "2020-01-05", "2020-03-31",
         ["01-05 1", "03-05 2"]),
        (Pattern(frequency="half_month", month_days=(15, 31)), "2020-02-01", "2020-03-31",
         ["02-15 1", "02-29 2", "03-15 3", "03-31 4"]),
        (Pattern(frequency="ten_days"), "2020-02-10", "2020-03-05",
         ["02-15 1", "02-25 2", "03-05 3"]),
        (Pattern(frequency="quarterly"), "2020-11-15", "2021-03-01",
         ["11-15 1", "02-15 1"]),
        (Pattern(frequency="daily", weekdays=(7,)), "2020-02-24", "2020-03-08",
         ["03-01 1", "03-08 2"]),
    ],
)  # fmt: skip
def test_se_2_days_and_numbers(pattern: Pattern, first: str, last: str, issues: list[str]) -> None:
    assert said(pattern, first, last) == issues


def test_se_3_volume_and_whole_number_at_the_turn_of_the_year() -> None:
    pattern = Pattern(frequency="bimonthly", number=6, volume=12, total=72)
    found = predict(pattern, date(2020, 11, 10), date(2021, 3, 31))
    assert [(i.volume, i.number, i.total) for i in found] == [
        (12, "6", 72), (13, "1", 73), (13, "2", 74),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "last", "codes"),
    [
        (Pattern(frequency="monthly"), date(2020, 12, 31), []),
        (Pattern(frequency="yearly"), date(2020, 12, 31), ["serial-frequency"]),
        (Pattern(frequency="monthly"), date(2019, 12, 31), ["serial-period"]),
        (Pattern(frequency="monthly"), date(2022, 3, 2), ["serial-period"]),
        (Pattern(frequency="weekly", weekdays=(8,)), date(2020, 12, 31), ["serial-pattern"]),
        (Pattern(frequency="weekly", combined=((1, 2),)), date(2020, 12, 31), ["serial-pattern"]),
        (Pattern(frequency="monthly", combined=((1,),)), date(2020, 12, 31), ["serial-pattern"]),
        (Pattern(frequency="monthly", number=0), date(2020, 12, 31), ["serial-pattern"]),
        (Pattern(frequency="monthly", number=10**20), date(2020, 12, 31), ["serial-pattern"]),
        (Pattern(frequency="monthly", volume=10**11), date(2020, 12, 31), ["serial-pattern"]),
        (Pattern(frequency="monthly", total=3 * 10**9), date(2020, 12, 31), ["serial-pattern"]),
        (Pattern(frequency="x", number=0), date(2019, 1, 1),
         ["serial-frequency", "serial-period", "serial-pattern"]),
    ],
)  # fmt: skip
def test_se_1_a_pattern(pattern: Pattern, last: date, codes: list[str]) -> None:
    found = rules.pattern_reasons(pattern, date(2020, 1, 1), last)
    assert [r.code for r in found] == codes


@pytest.mark.parametrize(
    ("on", "arrived", "days"),
    [
        (date(2020, 5, 5), 0, 0),
        (date(2020, 5, 12), 0, 0),
        (date(2020, 5, 13), 0, 1),
        (date(2020, 6, 5), 1, 24),
        (date(2020, 6, 5), 2, 0),
    ],
)
def test_se_4_late_by_days(on: date, arrived: int, days: int) -> None:
    found = rules.late(expected_on=date(2020, 5, 5), grace_days=7, copies=2, arrived=arrived, on=on)
    assert found == days


@pytest.mark.parametrize(
    ("copies", "places", "bound", "years", "codes"),
    [
        (2, ["a", "a"], ["", ""], [2020, 2020], []),
        (0, [], [], [], ["bind-nothing"]),
        (2, ["a", "b"], ["", ""], [2020, 2020], ["bind-mixed"]),
        (2, ["a", "a"], ["", ""], [2020, 2021], ["bind-mixed"]),
        (2, ["a", "a"], ["", "v"], [2020, 2020], ["bind-bound"]),
    ],
)
def test_se_5_what_is_bound_together(
    copies: int, places: list[str], bound: list[str], years: list[int], codes: list[str]
) -> None:
    found = rules.bind_reasons(copies=copies, places=places, bound=bound, years=years)
    assert [r.code for r in found] == codes


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        (["1", "2", "3", "5", "7-8", "9"], "1-3, 5, 7-9"),
        (["1", "1"], "1"),
        (["12"], "12"),
        (["6", "增刊1"], "6, 增刊1"),
        ([], ""),
    ],
)
def test_se_6_numbers_in_short(numbers: list[str], text: str) -> None:
    assert rules.runs(numbers) == text
