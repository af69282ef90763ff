"""B2: whose calendar counts (cases CA- of docs/circulation/transits.md), as a table."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.places import commands as places
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
