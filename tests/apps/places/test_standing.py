"""Open or closed at a moment, and what departs from the week."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from shuxiang.apps.places import commands, queries
from shuxiang.apps.places.rules import (
    Calendar,
    Day,
    Departure,
    Standing,
    Week,
    departures,
    standing,
)
from tests.support.library import Contexts, Library

MORNING, AFTERNOON = (time(9), time(12)), (time(14), time(17))
WEEK = Week(dict.fromkeys(range(1, 7), (MORNING, AFTERNOON)), date(2019, 1, 1))
CLOSED = Day(False, (), "设备检修")
CALENDAR = Calendar(
    weeks=(WEEK,),
    days={
        date(2020, 6, 11): CLOSED,
        date(2020, 6, 12): CLOSED,
        date(2020, 6, 13): Day(True, ((time(8), time(22)),), "读书节"),
        date(2020, 6, 15): Day(True, (), "读书节"),
    },
    holidays={date(2020, 6, 25): "端午节", date(2020, 6, 26): "端午节"},
    open_on_holidays=False,
)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2020-06-10T08:59", Standing(False, None, date(2020, 6, 10), time(9))),
        ("2020-06-10T09:00", Standing(True, time(12))),
        ("2020-06-10T12:00", Standing(False, None, date(2020, 6, 10), time(14))),
        ("2020-06-10T16:59", Standing(True, time(17))),
        # Closed for two days after it, then open at other hours.
        ("2020-06-10T17:00", Standing(False, None, date(2020, 6, 13), time(8))),
        ("2020-06-11T10:00", Standing(False, None, date(2020, 6, 13), time(8), "设备检修")),
        ("2020-06-13T21:59", Standing(True, time(22))),
        # A Monday that is open as an exception has no hours of its own: nine to five.
        ("2020-06-15T10:00", Standing(True, time(17))),
        ("2020-06-22T10:00", Standing(False, None, date(2020, 6, 23), time(9))),
        ("2020-06-25T10:00", Standing(False, None, date(2020, 6, 27), time(9), "端午节")),
    ],
)
def test_open_or_closed_at_a_moment(at: str, expected: Standing) -> None:
    assert standing(CALENDAR, datetime.fromisoformat(at)) == expected


def test_a_place_without_hours_is_always_open() -> None:
    assert standing(Calendar(), datetime(2020, 6, 10, 3)) == Standing(True, always=True)


def test_a_place_closed_for_good_promises_nothing() -> None:
    shut = Calendar(weeks=(Week({}, date(2019, 1, 1)),))
    assert standing(shut, datetime(2020, 6, 10, 10)) == Standing(False)


def test_departures_of_consecutive_days_are_one() -> None:
    found = departures(CALENDAR, date(2020, 6, 10), date(2020, 6, 30))
    assert found == (
        Departure(date(2020, 6, 11), date(2020, 6, 12), False, (), "设备检修"),
        Departure(date(2020, 6, 13), date(2020, 6, 13), True, ((time(8), time(22)),), "读书节"),
        Departure(date(2020, 6, 15), date(2020, 6, 15), True, (), "读书节"),
        Departure(date(2020, 6, 25), date(2020, 6, 26), False, (), "端午节"),
    )
    assert departures(CALENDAR, date(2020, 6, 12), date(2020, 6, 12))[0].first == date(2020, 6, 12)


def test_all_calendars_at_once_are_those_asked_for_one_by_one(
    library: Library, ctx: Contexts
) -> None:
    commands.set_day(
        place=library.main, day=date(2020, 6, 12), open=False, reason="检修", include_branches=True,
        ctx=ctx("director"),
    )  # fmt: skip
    commands.set_day(
        place=library.main, day=date(2020, 6, 13), open=False, reason="总馆盘点",
        ctx=ctx("director"),
    )  # fmt: skip
    commands.set_day(
        place=library.east, day=date(2020, 6, 12), open=True, reason="照常开放",
        ctx=ctx("director"),
    )  # fmt: skip
    commands.set_setting(
        place=library.west, key="calendar.open_on_holidays", value=False, ctx=ctx("director")
    )
    first, last = date(2020, 6, 1), date(2020, 7, 5)
    every = queries.calendars(first, last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    for place in (library.main, library.east, library.west, library.point):
        one = queries.calendar(place, first, last)
        for day in days:
            assert every[place].hours(day) == one.hours(day), (place, day)
            assert every[place].why_closed(day) == one.why_closed(day), (place, day)
    closed = {
        place: [d.day for d in days if not every[place].is_open(d) and d.weekday() != 0]
        for place in (library.main, library.east, library.west)
    }
    assert closed[library.main] == [12, 13]
    assert closed[library.east] == []
    assert closed[library.west] == [12, 25, 26, 27]
