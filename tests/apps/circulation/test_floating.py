"""浮动馆藏 (row B3; cases FL- of docs/circulation/branches.md)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.circulation.rules.floating import Bounds, Facts, destination, rebalance
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.floating import add_floating, end_floating
from shuxiang.kernel.decision import Refused
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

Unchanged = Callable[[], AbstractContextManager[None]]
A, B, C = Bounds(2, 4), Bounds(2, 4), Bounds(1, None)
GROUP = {"a": A, "b": B, "c": C}


@pytest.mark.parametrize(
    ("case", "owner", "at", "members", "counts", "answer"),
    [
        ("FL-1", "a", "b", {}, {}, "a"),
        ("FL-2", "a", "b", GROUP, {"a": 0, "b": 4, "c": 0}, "b"),
        ("FL-2 no most", "a", "c", GROUP, {"a": 0, "b": 0, "c": 900}, "c"),
        ("FL-3", "b", "b", GROUP, {"a": 1, "b": 5, "c": 1}, "a"),
        ("FL-3 furthest", "b", "b", {"a": Bounds(3), "b": B, "c": Bounds(9)}, {"b": 5}, "c"),
        ("FL-3 first of two", "b", "b", {"c": Bounds(2), "b": B, "a": Bounds(2)}, {"b": 5}, "c"),
        ("FL-3 outside", "a", "x", GROUP, {"a": 2, "b": 1, "c": 1, "x": 1}, "b"),
        ("FL-4 owner", "a", "b", GROUP, {"a": 3, "b": 5, "c": 1}, "a"),
        ("FL-4 fewest", "b", "b", GROUP, {"a": 3, "b": 5, "c": 2}, "c"),
        ("FL-5", "a", "b", {"a": A, "b": B}, {"a": 4, "b": 5}, "b"),
        ("FL-5 outside", "a", "x", {"a": A, "b": B}, {"a": 4, "b": 4, "x": 1}, "a"),
    ],
)
def test_fl_destination(
    case: str, owner: str, at: str, members: Any, counts: dict[str, int], answer: str
) -> None:
    found = destination(Facts(owner=owner, at=at, members=members, counts=counts))
    assert found == answer, case


@pytest.mark.parametrize(
    ("counts", "moves"),
    [
        ({"a": 2, "b": 2, "c": 1}, ()),
        ({"a": 6, "b": 0, "c": 1}, (("a", "b", 2),)),
        ({"a": 3, "b": 0, "c": 3}, (("c", "b", 1), ("a", "b", 1))),
        ({"a": 0, "b": 0, "c": 1}, ()),
        ({"a": 6, "b": 4, "c": 1}, (("a", "c", 2),)),
    ],
)
def test_fl_6_rebalancing_never_takes_what_a_member_needs(
    counts: dict[str, int], moves: tuple[tuple[str, str, int], ...]
) -> None:
    assert rebalance(GROUP, counts) == moves


@pytest.fixture
def floating(stocked: Stocked, ctx: Contexts) -> str:
    """Main 2–8, east 1–2; west is no member. Eight items of main, one of east."""
    return add_floating(
        name="文学流动组",
        members=[(stocked.library.main, 2, 8), (stocked.library.east, 1, 2)],
        item_category="book",
        valid_from=date(2020, 6, 10),
        ctx=ctx("director"),
    )


def give_back(stocked: Stocked, ctx: Contexts, barcode: str, place: str) -> commands.CheckedIn:
    commands.check_out(item_barcode=barcode, card=stocked.cards["adult"], ctx=ctx())
    later = moment("2020-06-11")
    return commands.check_in(item_barcode=barcode, ctx=ctx(place=place, at=later))


@pytest.mark.db
def test_b3_it_stays_where_it_came_back_until_there_are_too_many(
    stocked: Stocked, ctx: Contexts, floating: str
) -> None:
    east = stocked.library.east
    first = give_back(stocked, ctx, "B001", east)
    assert (first.transit_to, [t.code for t in first.tells]) == ("", [])
    (group,) = stock.floating_groups()
    assert queries.floating_counts(group) == {stocked.library.main: 7, east: 2}
    # A third at east is one too many; main lacks none, but owns it and has room.
    second = give_back(stocked, ctx, "B002", east)
    assert second.transit_to == stocked.library.main
    assert queries.floating_counts(group) == {stocked.library.main: 7, east: 2}


@pytest.mark.db
def test_b3_outside_the_group_and_after_it_an_item_goes_home(
    stocked: Stocked, ctx: Contexts, floating: str
) -> None:
    assert give_back(stocked, ctx, "B001", stocked.library.west).transit_to == stocked.library.main
    stays = give_back(stocked, ctx, "B002", stocked.library.east)
    assert stays.transit_to == ""
    end_floating(
        group=floating, last_day=date(2020, 6, 11), ctx=ctx("director", at=moment("2020-06-11"))
    )
    scanned = commands.check_in(
        item_barcode="B002", ctx=ctx(place=stocked.library.east, at=moment("2020-06-12"))
    )
    assert scanned.transit_to == stocked.library.main


@pytest.mark.db
def test_b3_what_can_be_no_group(stocked: Stocked, ctx: Contexts, unchanged: Unchanged) -> None:
    main, east = stocked.library.main, stocked.library.east
    day = date(2020, 6, 10)
    for values, code in (
        ({"members": [(main, 0, None)]}, "floating-members"),
        ({"members": [(main, 0, None), (main, 0, None)]}, "floating-members"),
        ({"members": [(main, 3, 2), (east, 0, None)]}, "floating-bounds"),
        ({"valid_from": date(2020, 6, 9)}, "floating-dates"),
        ({"main_class": "II"}, "class-unknown"),
        ({"item_category": "x"}, "category-unknown"),
        ({"name": " "}, "name-missing"),
    ):
        given = {
            "name": "组", "members": [(main, 0, None), (east, 0, None)], "valid_from": day,
        } | values  # fmt: skip
        with unchanged(), pytest.raises(Refused) as refused:
            add_floating(**given, ctx=ctx("director"))  # type: ignore[arg-type]
        assert code in [r.code for r in refused.value.decision.refusing]
