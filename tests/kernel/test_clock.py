"""UTC moments, local business dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from shuxiang.kernel import clock


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2020, 1, 1, 15, 59, 59, tzinfo=UTC), date(2020, 1, 1)),
        (datetime(2020, 1, 1, 16, 0, 0, tzinfo=UTC), date(2020, 1, 2)),
        (datetime(2020, 12, 31, 16, 0, 0, tzinfo=UTC), date(2021, 1, 1)),
    ],
)
def test_the_business_day_changes_at_local_midnight(moment: datetime, day: date) -> None:
    assert clock.business_date(moment) == day


def test_local_times_are_eight_hours_ahead() -> None:
    moment = clock.at_local(date(2020, 6, 10), time(9, 30))
    assert moment == datetime(2020, 6, 10, 1, 30, tzinfo=UTC)
    assert clock.local(moment).time() == time(9, 30)


def test_a_due_day_ends_one_second_before_midnight() -> None:
    assert clock.end_of(date(2020, 6, 10)) == datetime(2020, 6, 10, 15, 59, 59, tzinfo=UTC)


def test_now_is_aware() -> None:
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2020-01-31", 1, "2020-02-29"),
        ("2021-01-31", 1, "2021-02-28"),
        ("2020-02-29", 12, "2021-02-28"),
        ("2020-11-30", 1, "2020-12-30"),
        ("2020-12-31", 1, "2021-01-31"),
        ("2020-10-31", 1, "2020-11-30"),
        ("2020-03-31", -1, "2020-02-29"),
        ("2020-01-15", -1, "2019-12-15"),
        ("2020-05-05", 0, "2020-05-05"),
    ],
)
def test_months_keep_the_day_or_take_the_last(day: str, months: int, expected: str) -> None:
    assert clock.add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)
