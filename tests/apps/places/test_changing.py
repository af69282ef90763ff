"""Places changed and closed, past days kept, holidays, settings: each with its row in the log (D4)."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from shuxiang.apps.places import commands, queries
from shuxiang.apps.staff import commands as staff
from shuxiang.kernel.decision import Refused
from shuxiang.runtime import changes
from shuxiang.runtime.changes import Asked
from tests.support import stocked


def refused(call: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.decision.codes


def test_a_place_is_renamed_and_the_log_says_what_it_was(library: Any, ctx: Any) -> None:
    commands.change_place(
        place=library.east, name=" 江东分馆 ", address="江东路 1 号", ctx=ctx("director")
    )
    found = queries.place(library.east)
    assert (found.name, found.address, found.code) == ("江东分馆", "江东路 1 号", "east")
    change = changes.find(Asked(subject=library.east))[0]
    assert (change.action, change.actor) == ("changed", library.staff["director"])
    assert change.before == {"name": "东区分馆", "address": ""}
    assert change.after == {"name": "江东分馆", "address": "江东路 1 号"}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"name": " "}, "name-missing"),
        ({"name": "长" * 81}, "text-too-long"),
        ({"address": "长" * 201}, "text-too-long"),
    ],
)
def test_a_place_needs_a_name_that_fits(
    library: Any, ctx: Any, unchanged: Any, asked: dict[str, Any], code: str
) -> None:
    with unchanged():
        assert refused(
            lambda: commands.change_place(
                **({"place": library.east, "name": "x"} | asked), ctx=ctx()
            )
        ) == (code,)


def test_a_place_closes_below_first_and_opens_from_above(library: Any, ctx: Any) -> None:
    last = date(2020, 6, 30)
    assert refused(
        lambda: commands.close_place(place=library.east, closed_on=last, why="撤并", ctx=ctx())
    ) == ("place-has-places",)
    for place in (library.point, library.east):
        commands.close_place(place=place, closed_on=last, why="撤并", ctx=ctx())
    assert queries.place(library.east).closed_on == last
    assert refused(lambda: commands.reopen_place(place=library.point, ctx=ctx())) == (
        "place-closed",
    )
    commands.reopen_place(place=library.east, ctx=ctx())
    commands.reopen_place(place=library.point, ctx=ctx())
    assert refused(lambda: commands.reopen_place(place=library.point, ctx=ctx())) == (
        "place-not-closed",
    )
    acts = [c.action for c in changes.find(Asked(subject=library.point))]
    assert acts == ["reopened", "closed", "added"]


def test_what_can_not_be_closed_says_every_reason(library: Any, ctx: Any, unchanged: Any) -> None:
    with unchanged():
        assert refused(
            lambda: commands.close_place(
                place=library.network, closed_on=date(2020, 6, 30), why="", ctx=ctx()
            )
        ) == ("why-missing", "place-is-root", "place-has-places")


def test_a_place_with_items_is_not_closed(library: Any, ctx: Any) -> None:
    from shuxiang.project.wiring import wire

    wire()
    stocked.build(library)
    commands.close_place(place=library.point, closed_on=date(2020, 6, 30), why="x", ctx=ctx())
    assert refused(
        lambda: commands.close_place(
            place=library.east, closed_on=date(2020, 6, 30), why="x", ctx=ctx()
        )
    ) == ("place-has-items",)


def test_a_location_is_renamed(library: Any, ctx: Any) -> None:
    location = commands.add_location(place=library.east, code="k", name="少儿", ctx=ctx())
    commands.change_location(
        location=location, name="少儿室", open_stack=True, for_children=True, ctx=ctx("director")
    )
    [found] = queries.locations([library.east])
    assert (found.name, found.for_children, found.code) == ("少儿室", True, "k")
    assert changes.find(Asked(subject=location))[0].after == {
        "name": "少儿室",
        "for_children": True,
    }


def test_x2_a_setting_s_change_is_logged_with_both_values(library: Any, ctx: Any) -> None:
    for value in (8, 9, None):
        commands.set_setting(
            place=library.east, key="cards.number_digits", value=value, ctx=ctx("director")
        )
    commands.set_setting(place=library.east, key="cards.number_digits", value=None, ctx=ctx())
    found = changes.find(Asked(kind="setting"))
    assert [(c.before, c.after, c.action) for c in reversed(found)] == [
        ({}, {"value": 8}, "added"),
        ({"value": 8}, {"value": 9}, "changed"),
        ({"value": 9}, {}, "removed"),
    ]
    assert {c.place for c in found} == {library.east}


PAST = {"day": date(2020, 6, 9), "open": False, "reason": "停电"}


def test_d4_a_past_day_is_corrected_only_with_the_permission_and_a_why(
    library: Any, ctx: Any, unchanged: Any
) -> None:
    staff.set_role(code="calendar", name="日历员", actions=("places.edit",), ctx=ctx())
    staff.grant(account=library.staff["desk"], role="calendar", place=library.main, ctx=ctx())
    before = queries.calendar(library.main, date(2020, 6, 1), date(2020, 6, 30))
    assert before.is_open(PAST["day"])
    with unchanged():
        assert refused(
            lambda: commands.set_day(place=library.main, **PAST, why="x", ctx=ctx("desk"))
        ) == ("past-day-kept",)
        assert refused(lambda: commands.set_day(place=library.main, **PAST, ctx=ctx("admin"))) == (
            "past-day-without-why",
        )
    commands.set_day(place=library.main, **PAST, why="登记本", ctx=ctx("admin"))
    after = queries.calendar(library.main, date(2020, 6, 1), date(2020, 6, 30))
    assert not after.is_open(PAST["day"])
    change = changes.find(Asked(kind="calendar-day"))[0]
    assert (change.subject, change.why) == ("main 2020-06-09", "登记本")
    # Today may still be changed by whoever edits the calendar.
    commands.set_day(
        place=library.main, day=date(2020, 6, 10), open=False, reason="停电", ctx=ctx("desk")
    )


def test_d4_a_closure_of_many_days_is_one_act(library: Any, ctx: Any) -> None:
    first, last = date(2020, 7, 1), date(2020, 7, 5)
    assert (
        commands.set_day(
            place=library.main,
            day=first,
            last_day=last,
            open=False,
            reason="装修",
            include_branches=True,
            ctx=ctx("director"),
        )
        == 5
    )
    assert [d.day.day for d in queries.named_days(library.point, first, last)] == [1, 2, 3, 4, 5]
    assert changes.count(Asked(kind="calendar-day")) == 5
    commands.set_day(
        place=library.east,
        day=date(2020, 7, 3),
        open=True,
        reason="照常",
        opens=time(9),
        closes=time(12),
        ctx=ctx("director"),
    )
    third = queries.named_days(library.east, first, last)[2]
    assert (third.place, third.open, third.closes) == (library.east, True, time(12))
    assert queries.named_days(library.west, first, last)[2].place == library.main


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({"last_day": date(2020, 6, 30)}, ("days-reversed",)),
        ({"last_day": date(2022, 6, 30)}, ("days-reversed",)),
        ({"opens": time(9)}, ("hours-half",)),
        ({"opens": time(9), "closes": time(8)}, ("hours-reversed",)),
        ({"reason": "长" * 121}, ("text-too-long",)),
        (
            {"reason": " ", "closes": time(9), "last_day": date(2020, 6, 30)},
            ("reason-missing", "hours-half", "days-reversed"),
        ),
    ],
)
def test_days_that_do_not_fit_are_refused_with_every_reason(
    library: Any, ctx: Any, unchanged: Any, asked: dict[str, Any], codes: tuple[str, ...]
) -> None:
    values = {"place": library.main, "day": date(2020, 7, 1), "open": True, "reason": "x"} | asked
    with unchanged():
        assert refused(lambda: commands.set_day(**values, ctx=ctx())) == codes


def test_a_holiday_still_to_come_is_taken_out_and_a_past_one_stays(library: Any, ctx: Any) -> None:
    day = date(2020, 10, 1)
    commands.remove_holiday(day=day, ctx=ctx("admin"))
    commands.remove_holiday(day=day, ctx=ctx("admin"))
    assert day not in [h[0] for h in queries.holidays(2020)]
    assert refused(lambda: commands.remove_holiday(day=date(2020, 5, 1), ctx=ctx("admin"))) == (
        "past-day-kept",
    )
    assert [c.action for c in changes.find(Asked(kind="holiday", subject="2020-10-01"))] == [
        "removed"
    ]


def test_x1_holidays_are_of_the_whole_tree(library: Any, ctx: Any, unchanged: Any) -> None:
    staff.grant(account=library.staff["branch"], role="director", place=library.east, ctx=ctx())
    with unchanged():
        for act in (
            lambda c: commands.set_holiday(day=date(2020, 7, 1), name="馆庆", ctx=c),
            lambda c: commands.remove_holiday(day=date(2020, 10, 1), ctx=c),
        ):
            assert refused(lambda act=act: act(ctx("branch", place=library.east))) == (
                "not-permitted",
            )


def test_the_top_is_the_one_main_library_or_else_the_network(library: Any, ctx: Any) -> None:
    assert queries.top().id == library.main
    commands.add_place(
        kind="main_library", code="two", name="二馆", parent=library.network, ctx=ctx()
    )
    assert queries.top().id == library.network


def test_hours_said_by_a_place_and_from_above(library: Any, ctx: Any) -> None:
    commands.set_week(
        place=library.east,
        hours={0: [(time(10), time(12)), (time(14), time(18))]},
        valid_from=date(2020, 7, 1),
        ctx=ctx("director"),
    )
    own, above = queries.said_weeks(library.east)
    assert (own.place, own.week.valid_from, above.place) == (
        library.east,
        date(2020, 7, 1),
        library.main,
    )
    assert changes.find(Asked(kind="hours"))[0].after == {
        "0": "10:00-12:00, 14:00-18:00",
        "valid_from": "2020-07-01",
        "include_branches": False,
    }
