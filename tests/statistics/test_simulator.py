"""规则模拟 (row D3): hand-counted plays, and a small year from the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.statistics import simulator
from shuxiang.statistics.simulator import Change, Outcome, Past, Row
from tests.support.library import Contexts
from tests.support.stocked import Stocked, build

OLD = Row(loan_limit=2, loan_days=30, renewal_limit=1, renewal_days=30)
YEAR = (date(2020, 1, 1), date(2020, 12, 31))
TODAY = date(2021, 3, 1)


def lent(day: str, back: str | None, **more: Any) -> Past:
    usual: dict[str, Any] = {
        "place": "main", "item": "i", "title": "t", "reader": "r", "reader_category": "adult",
        "item_category": "book", "clc": "I", "renewals": 0,
    }  # fmt: skip
    returned = date.fromisoformat(back) if back else None
    return Past(lent=date.fromisoformat(day), returned=returned, **(usual | more))


def play(loans: list[Past], new: Row = OLD, *, shifting: bool = False, copies: int = 9) -> Outcome:
    return simulator.played(
        loans,
        lambda loan: new,
        lambda loan: OLD,
        lambda place, day: day,
        {"t": copies},
        YEAR,
        TODAY,
        shifting=shifting,
    )


def test_d3_a_longer_term_and_who_is_overdue() -> None:
    # 40 days out: 10 overdue under 30 days, none under 60.
    loans = [lent("2020-03-01", "2020-04-10"), lent("2020-05-01", "2020-05-21")]
    was = play(loans)
    assert (was.loans, was.overdue, was.overdue_days, was.term) == (2, 1, 10, 30)
    assert (was.out_days, was.months[2], was.months[3], was.months[4]) == (60, 31, 9, 20)
    kept = play(loans, replace(OLD, loan_days=60))
    assert (kept.overdue, kept.overdue_days, kept.out_days, kept.term) == (0, 0, 60, 60)
    used = play(loans, replace(OLD, loan_days=60), shifting=True)
    # Each comes back 30 days later, as late as before.
    assert (used.overdue, used.overdue_days, used.out_days) == (1, 10, 120)


def test_d3_who_renewed_renews_as_often_as_needed_and_allowed() -> None:
    loans = [lent("2020-03-01", "2020-06-08", renewals=1)]  # 99 days
    assert (play(loans).renewals, play(loans).overdue_days) == (1, 39)
    more = play(loans, replace(OLD, renewal_limit=3))
    assert (more.renewals, more.overdue_days) == (3, 0)
    longer = play(loans, replace(OLD, loan_days=100))
    assert (longer.renewals, longer.overdue_days) == (0, 0)
    assert play([replace(loans[0], renewals=0)]).renewals == 0


def test_d3_a_limit_refuses_who_holds_as_many() -> None:
    loans = [lent("2020-03-01", "2020-03-20", item=str(n)) for n in range(3)]
    was = play(loans)
    assert (was.loans, was.refused, was.at_limit) == (2, 1, 1)
    assert play(loans, replace(OLD, loan_limit=3)).refused == 0
    # Given back the same day, it makes room.
    again = [loans[0], loans[1], lent("2020-03-20", "2020-03-30")]
    assert play(again).refused == 0
    nobody = [replace(loan, reader="") for loan in loans]
    assert (play(nobody).loans, play(nobody).refused) == (3, 0)


def test_d3_books_kept_longer_make_others_wait() -> None:
    loans = [lent("2020-03-01", "2020-03-31"), lent("2020-04-10", "2020-04-20", reader="s")]
    new = replace(OLD, loan_days=60)
    assert (play(loans, new, copies=1).waits, play(loans, new, copies=1).peak) == (0, 1)
    used = play(loans, new, shifting=True, copies=1)
    # Back on 30 April instead of 31 March: twenty days to wait.
    assert (used.waits, used.wait_days, dict(used.waiting)) == (1, 20, {"t": 1})
    assert play(loans, new, shifting=True, copies=2).waits == 0


def test_d3_loans_before_the_year_fill_the_shelves_but_are_not_counted() -> None:
    loans = [lent("2019-12-20", "2020-01-11")]
    was = play(loans)
    assert (was.loans, was.out_days, was.months[0]) == (0, 10, 10)


@pytest.mark.db
def test_d3_a_year_from_the_ledger_and_the_same_row_changes_nothing(
    library: Any, ctx: Contexts, at: Any
) -> None:
    stocked: Stocked = build(library)
    for number, (who, day, days) in enumerate(
        (("adult", "2020-03-03", 20), ("child", "2020-03-03", 45), ("other", "2020-04-07", 30)), 1
    ):
        barcode = f"B00{number}"
        circulation.check_out(
            item_barcode=barcode, card=stocked.cards[who], ctx=ctx("desk", at=at(day))
        )
        back = date.fromisoformat(day) + timedelta(days=days)
        circulation.check_in(item_barcode=barcode, ctx=ctx("desk", at=at(back)))
    done = circulation.check_out(
        item_barcode="B004", card=stocked.cards["adult"], ctx=ctx("desk", at=at("2020-05-05"))
    )
    circulation.undo(
        act="check_out", subject=done.loan, done_at=at("2020-05-05"), ctx=ctx("desk", at=at("2020-05-05"))
    )  # fmt: skip
    inside = (library.main, library.east)
    same = Change(row=Row(5, 30, 1, 30), reader_category="adult")
    found = simulator.simulate(2020, inside, same, today=TODAY)
    assert (found.loans, found.touched, found.unknown) == (3, 2, 0)
    assert found.was == found.kept == found.used
    # The child's 45 days: due on 2 April, back on 17 April.
    assert (found.was.overdue, found.was.overdue_days) == (1, 15)
    longer = Change(row=Row(3, 60, 1, 30), reader_category="child")
    found = simulator.simulate(2020, inside, longer, today=TODAY)
    assert (found.touched, found.kept.overdue, found.used.overdue) == (1, 0, 1)
    assert simulator.simulate(2018, inside, longer, today=TODAY).loans == 0
