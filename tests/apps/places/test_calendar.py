"""Weeks, named days and holidays of places, as commands keep them (row D4)."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest

from shuxiang.apps.places import commands, queries
from shuxiang.kernel.decision import Refused

NINE = [(time(9), time(17))]
LONG = [(time(8), time(21))]
YEAR = (date(2020, 1, 1), date(2020, 12, 31))


def refused(call: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.decision.codes


def open_days(place: str, first: date = YEAR[0], last: date = YEAR[1]) -> int:
    return queries.calendar(place, first, last).open_days(first, last)


def test_d4_the_year_2020_has_314_open_days_with_monday_closed(library: Any) -> None:
    """366 days, 52 Mondays."""
    for place in (library.main, library.east, library.west, library.point):
        assert open_days(place) == 314


def test_d4_a_closure_reaches_the_branches_only_when_they_are_included(
    library: Any, ctx: Any
) -> None:
    day = date(2020, 7, 1)
    commands.set_day(place=library.main, day=day, open=False, reason="停电", ctx=ctx())
    assert (open_days(library.main), open_days(library.east)) == (313, 314)
    commands.set_day(
        place=library.main, day=day, open=False, reason="停电", include_branches=True, ctx=ctx()
    )
    assert open_days(library.east) == open_days(library.point) == 313
    commands.set_day(place=library.east, day=day, open=True, reason="照常开放", ctx=ctx())
    assert (open_days(library.east), open_days(library.west)) == (314, 313)
    # The service point below the branch hears the nearest place that speaks to it.
    assert open_days(library.point) == 313


def test_d4_a_branch_s_own_week_counts_from_its_day_on_and_changes_no_day_before(
    library: Any, ctx: Any
) -> None:
    before = open_days(library.east, date(2020, 1, 1), date(2020, 6, 30))
    commands.set_week(
        place=library.east,
        hours=dict.fromkeys(range(7), LONG),
        valid_from=date(2020, 7, 1),
        ctx=ctx(),
    )
    calendar = queries.calendar(library.east, *YEAR)
    assert calendar.open_days(date(2020, 1, 1), date(2020, 6, 30)) == before == 156
    assert calendar.hours(date(2020, 6, 30)) == tuple(NINE)
    assert not calendar.is_open(date(2020, 6, 29))
    assert calendar.hours(date(2020, 7, 6)) == tuple(LONG)
    assert open_days(library.west) == 314


def test_d4_the_week_before_ends_the_day_before(library: Any, ctx: Any) -> None:
    commands.set_week(place=library.main, hours={0: NINE}, valid_from=date(2020, 8, 1), ctx=ctx())
    calendar = queries.calendar(library.main, *YEAR)
    assert calendar.is_open(date(2020, 7, 31))
    assert [d for d in range(1, 8) if calendar.is_open(date(2020, 8, d))] == [3]
    # A later thought about the same time replaces it, as long as it is still to come.
    commands.set_week(place=library.main, hours={1: LONG}, valid_from=date(2020, 7, 1), ctx=ctx())
    calendar = queries.calendar(library.main, *YEAR)
    assert calendar.open_days(date(2020, 7, 1), date(2020, 8, 31)) == 8
    assert calendar.hours(date(2020, 8, 4)) == tuple(LONG)


def test_d4_past_days_keep_the_week_they_had(library: Any, ctx: Any, unchanged: Any) -> None:
    with unchanged():
        for first in (date(2018, 1, 1), date(2020, 1, 1), date(2020, 6, 9)):
            assert refused(
                lambda first=first: commands.set_week(
                    place=library.main, hours={0: NINE}, valid_from=first, ctx=ctx()
                )
            ) == ("past-day-kept",)
    commands.set_week(place=library.main, hours={0: NINE}, valid_from=date(2020, 6, 10), ctx=ctx())


def test_d4_a_past_day_is_never_deleted(library: Any, ctx: Any, unchanged: Any) -> None:
    for day in (date(2020, 6, 9), date(2020, 6, 10), date(2020, 6, 11)):
        commands.set_day(
            place=library.main, day=day, open=False, reason="停电", why="当日登记本", ctx=ctx()
        )
    assert open_days(library.main) == 311
    with unchanged():
        for day in (date(2020, 6, 9), date(2020, 6, 10)):
            assert refused(
                lambda day=day: commands.clear_day(place=library.main, day=day, ctx=ctx())
            ) == ("past-day-kept",)
    commands.clear_day(place=library.main, day=date(2020, 6, 11), ctx=ctx())
    assert open_days(library.main) == 312


@pytest.mark.parametrize(
    ("hours", "codes"),
    [
        ({}, ("hours-missing",)),
        ({0: []}, ("hours-missing",)),
        ({7: NINE}, ("hours-missing",)),
        ({0: [(time(17), time(9))]}, ("hours-reversed",)),
        ({0: [(time(9), time(9))]}, ("hours-reversed",)),
        ({0: [(time(9), time(12)), (time(11), time(17))]}, ("hours-overlap",)),
        ({0: [(time(9), time(17)), (time(9), time(12))]}, ("hours-overlap",)),
    ],
)
def test_hours_that_can_not_be_are_refused(
    library: Any, ctx: Any, unchanged: Any, hours: Any, codes: tuple[str, ...]
) -> None:
    with unchanged():
        assert (
            refused(
                lambda: commands.set_week(
                    place=library.main, hours=hours, valid_from=date(2020, 7, 1), ctx=ctx()
                )
            )
            == codes
        )


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"reason": " "}, "reason-missing"),
        ({"opens": time(17), "closes": time(9)}, "hours-reversed"),
        ({"place": "0" * 32}, "place-unknown"),
    ],
)
def test_a_named_day_needs_a_reason_a_place_and_possible_hours(
    library: Any, ctx: Any, unchanged: Any, asked: dict[str, Any], code: str
) -> None:
    values = {"place": library.main, "day": date(2020, 7, 1), "open": True, "reason": "x", **asked}
    with unchanged():
        assert refused(lambda: commands.set_day(**values, ctx=ctx())) == (code,)


def test_i10_a_due_date_finds_its_day_behind_a_long_closure(library: Any, ctx: Any) -> None:
    """疫情闭馆: shut for 150 days from the day the loan is due."""
    due = date(2020, 7, 1)
    for n in range(150):
        commands.set_day(
            place=library.network,
            day=due + timedelta(days=n),
            open=False,
            reason="疫情闭馆",
            include_branches=True,
            ctx=ctx(),
        )
    calendar = queries.calendar(library.east, date(2020, 6, 10), due)
    assert calendar.next_open(due) == date(2020, 11, 28)


def test_the_holidays_of_2020_are_rows_with_their_working_weekends(library: Any) -> None:
    rows = queries.holidays(2020)
    free = [day for day, _, working in rows if not working]
    worked = [day for day, _, working in rows if working]
    assert [d for d in free if d.month == 10] == [date(2020, 10, n) for n in range(1, 9)]
    assert {d: n for d, n, _ in rows}[date(2020, 1, 25)] == "春节"
    # The spring holiday of 2020 was extended to 2 February against the epidemic.
    assert date(2020, 2, 2) in free
    assert date(2020, 9, 27) in worked
    assert [d for d in worked if d.weekday() < 5] == []


def test_holidays_close_a_place_only_where_it_says_so(library: Any, ctx: Any) -> None:
    national = date(2020, 10, 2)
    assert queries.calendar(library.east, national, national).is_open(national)
    commands.set_setting(
        place=library.east, key="calendar.open_on_holidays", value=False, ctx=ctx()
    )
    calendar = queries.calendar(library.east, national, national)
    assert not calendar.is_open(national)
    assert calendar.why_closed(national) == "国庆节"
    assert queries.calendar(library.west, national, national).is_open(national)


def test_holidays_are_editable_and_seeding_leaves_the_library_s_own(library: Any, ctx: Any) -> None:
    own = date(2021, 1, 1)
    commands.set_holiday(day=own, name="馆庆", ctx=ctx())
    added = commands.seed_holidays(first_year=2021, last_year=2021, ctx=ctx())
    assert added > 20
    assert {d: n for d, n, _ in queries.holidays(2021)}[own] == "馆庆"
    assert commands.seed_holidays(first_year=2021, last_year=2021, ctx=ctx()) == 0
    assert refused(lambda: commands.set_holiday(day=own, name=" ", ctx=ctx())) == ("name-missing",)
