"""Calendars as tables (row D4)."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from shuxiang.apps.places.rules import HORIZON_DAYS, Calendar, Day, Week

NINE = ((time(9), time(17)),)
LATE = ((time(9), time(12)), (time(14), time(21)))
WEEK = Week(dict.fromkeys(range(1, 7), NINE), date(2019, 1, 1), date(2020, 6, 30))
SUMMER = Week(dict.fromkeys(range(7), LATE), date(2020, 7, 1))
CALENDAR = Calendar(
    weeks=(SUMMER, WEEK),
    days={
        date(2020, 6, 10): Day(False, reason="停电"),
        date(2020, 6, 15): Day(True, ((time(10), time(12)),), "读书日"),
        date(2020, 6, 22): Day(True, reason="加开"),
        date(2020, 6, 23): Day(True, reason="照常"),
    },
    holidays={date(2020, 6, 25): "端午节", date(2020, 6, 23): "假日"},
    open_on_holidays=False,
)


@pytest.mark.parametrize(
    ("day", "hours", "why"),
    [
        ("2018-12-31", ((time.min, time.max),), ""),  # before any hours were known
        ("2020-06-08", (), ""),  # Monday
        ("2020-06-09", NINE, ""),
        ("2020-06-10", (), "停电"),
        ("2020-06-15", ((time(10), time(12)),), "读书日"),  # a Monday with hours of its own
        ("2020-06-22", NINE, "加开"),  # a Monday opened without saying when
        ("2020-06-23", NINE, "照常"),  # a named day beats a holiday
        ("2020-06-25", (), "端午节"),
        ("2020-06-30", NINE, ""),
        ("2020-07-01", LATE, ""),
        ("2020-07-06", LATE, ""),
    ],
)
def test_d4_a_named_day_beats_a_holiday_beats_the_week(
    day: str, hours: tuple[tuple[time, time], ...], why: str
) -> None:
    on = date.fromisoformat(day)
    assert CALENDAR.hours(on) == hours
    assert CALENDAR.is_open(on) is bool(hours)
    assert CALENDAR.why_closed(on) == why


@pytest.mark.parametrize(
    ("day", "next_open"),
    [
        ("2020-06-09", "2020-06-09"),
        ("2020-06-08", "2020-06-09"),
        ("2020-06-10", "2020-06-11"),
        ("2020-06-25", "2020-06-26"),
    ],
)
def test_i10_a_date_on_a_closed_day_moves_to_the_next_open_one(day: str, next_open: str) -> None:
    assert CALENDAR.next_open(date.fromisoformat(day)) == date.fromisoformat(next_open)


def test_a_place_closed_for_good_does_not_push_dates_to_infinity() -> None:
    first = date(2020, 1, 1)
    shut = {first + timedelta(days=n): Day(False, reason="停业") for n in range(HORIZON_DAYS)}
    assert Calendar(days=shut).next_open(first) == first
    del shut[first + timedelta(days=HORIZON_DAYS - 1)]
    assert Calendar(days=shut).next_open(first) == first + timedelta(days=HORIZON_DAYS - 1)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2020-06-08", "2020-06-14", 5),
        ("2020-06-10", "2020-06-10", 0),
        ("2020-06-09", "2020-06-09", 1),
        ("2020-07-01", "2020-07-31", 31),
        ("2020-06-09", "2020-06-08", 0),
    ],
)
def test_d4_open_days_are_counted_with_both_ends(first: str, last: str, days: int) -> None:
    assert CALENDAR.open_days(date.fromisoformat(first), date.fromisoformat(last)) == days


def test_a_place_that_keeps_no_hours_is_always_open() -> None:
    assert Calendar().open_days(date(2020, 1, 1), date(2020, 12, 31)) == 366
