"""B2: whose calendar counts (cases CA- of docs/circulation/transits.md), as a table."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.places import commands as places
from shuxiang.kernel.decision import Refused
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
DUE = date(2020, 7, 10)
"""30 days after 2020-06-10: a Friday; Monday the 13th is closed everywhere."""

# case, lent at, days closed at main, days closed at east, given back at, on → due, days late
TABLE = [
    ("CA-1", "main", (), (), "main", date(2020, 7, 10), DUE, 0),
    ("CA-1", "main", (10, 11), (), "main", date(2020, 7, 12), date(2020, 7, 12), 0),
    ("CA-1", "main", (), (10, 11), "east", date(2020, 7, 10), DUE, 0),
    ("CA-1", "east", (), (10, 11), "main", date(2020, 7, 12), date(2020, 7, 12), 0),
    ("CA-3", "main", (), (), "main", date(2020, 7, 14), DUE, 3),
    ("CA-3", "main", (), (11, 12), "east", date(2020, 7, 14), DUE, 1),
    ("CA-3", "main", (), (11, 12), "main", date(2020, 7, 14), DUE, 3),
    ("CA-4", "main", (), (11, 12), "east", date(2020, 7, 13), DUE, 0),
]


@pytest.mark.parametrize("case", TABLE, ids=[f"{c[0]}-{n}" for n, c in enumerate(TABLE)])
def test_b2_whose_calendar(stocked: Stocked, ctx: Contexts, at: Any, case: Any) -> None:
    _, lent_at, main_closed, east_closed, back_at, on, due, late = case
    library = stocked.library
    for place, days in ((library.main, main_closed), (library.east, east_closed)):
        for day in days:
            places.set_day(
                place=place, day=date(2020, 7, day), open=False, reason="检修", ctx=ctx()
            )
    lent = commands.check_out(
        item_barcode="B001", card=stocked.cards["adult"], ctx=ctx(place=getattr(library, lent_at))
    )
    assert lent.due_on == due
    back = commands.check_in(
        item_barcode="B001", ctx=ctx(place=getattr(library, back_at), at=at(on))
    )
    assert back.overdue_days == late
    assert ("was-overdue" in {t.code for t in back.tells}) == (late > 0)


def test_ca_2_a_renewal_by_the_calendar_of_the_lending_place(
    stocked: Stocked, ctx: Contexts
) -> None:
    east = stocked.library.east
    places.set_day(place=east, day=date(2020, 8, 9), open=False, reason="检修", ctx=ctx())
    lent = commands.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx())
    # 9 August is closed in the east, where it is renewed; the main library is open.
    assert commands.renew(loan=lent.loan, ctx=ctx(place=east)).due_on == date(2020, 8, 9)


def test_ca_5_kept_to_an_open_day_of_the_pickup_place(stocked: Stocked, ctx: Contexts) -> None:
    library = stocked.library
    places.set_day(place=library.east, day=date(2020, 6, 16), open=False, reason="检修", ctx=ctx())
    held = commands.place_hold(
        title=stocked.titles[1], card=stocked.cards["adult"], pickup=library.east, ctx=ctx("desk")
    )
    commands.check_in(item_barcode="B002", ctx=ctx("desk"))
    commands.check_in(item_barcode="B002", ctx=ctx(place=library.east))
    view = queries.hold(held.hold)
    assert view is not None
    # Five days on is Monday; Tuesday is closed there alone.
    assert view.ready_until == date(2020, 6, 17)


def rule(stocked: Stocked, ctx: Contexts, at: Any, **values: Any) -> None:
    """A row of the east branch, in force since January."""
    given = {"loan_limit": 1, "loan_days": 10, "hold_limit": 1} | values
    commands.add_rule(
        place=stocked.library.east,
        valid_from=date(2020, 1, 3),
        **given,
        ctx=ctx(at=at("2020-01-03", "09:00")),
    )


def test_ca_6_how_many_and_how_long_by_the_rule_of_the_lending_place(
    stocked: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    rule(stocked, ctx, at)
    card, east = stocked.cards["adult"], stocked.library.east
    here = commands.check_out(item_barcode="B001", card=card, ctx=ctx())
    assert here.due_on == DUE
    # One book is out, lent where five may be: the east, where one may be, lends no second.
    with unchanged(), pytest.raises(Refused) as refused:
        commands.check_out(item_barcode="B002", card=card, ctx=ctx("desk", place=east))
    assert "loan-limit" in refused.value.decision.codes
    commands.check_in(item_barcode="B001", ctx=ctx())
    there = commands.check_out(item_barcode="B002", card=card, ctx=ctx(place=east))
    assert there.due_on == date(2020, 6, 20)
    # And the main library lends another, though the first is out by the east's rule.
    assert commands.check_out(item_barcode="B003", card=card, ctx=ctx()).due_on == DUE


def test_ca_7_how_many_may_be_reserved_by_the_rule_of_the_pickup_place(
    stocked: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    rule(stocked, ctx, at)
    card, library = stocked.cards["adult"], stocked.library

    def place(title: int, pickup: str) -> None:
        commands.place_hold(title=stocked.titles[title], card=card, pickup=pickup, ctx=ctx("desk"))

    place(0, library.main)
    with unchanged(), pytest.raises(Refused) as refused:
        place(1, library.east)
    assert refused.value.decision.codes == ("hold-limit",)
    place(1, library.main)
