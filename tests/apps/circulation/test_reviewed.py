"""Faults that reviewers found in circulation, each with its test."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from shuxiang.apps.circulation import commands, models, queries
from shuxiang.apps.places import commands as places
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.project import subscriptions
from shuxiang.runtime.models import Request
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def test_un_2_a_return_is_not_undone_when_the_book_was_lent_and_came_back_since(
    stocked: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    at = moment("2020-06-10", "10:00")
    first = commands.check_out(
        item_barcode="B001", card=stocked.cards["adult"], ctx=ctx(at=at - timedelta(days=2))
    )
    commands.check_in(item_barcode="B001", ctx=ctx(at=at))
    commands.check_out(
        item_barcode="B001",
        card=stocked.cards["other"],
        ctx=ctx(at=at + timedelta(seconds=20)),
    )
    commands.check_in(item_barcode="B001", ctx=ctx(at=at + timedelta(seconds=40)))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.undo(
            act="check_in",
            subject=first.loan,
            done_at=at,
            ctx=ctx(at=at + timedelta(seconds=50)),
        )
    assert refused.value.decision.codes == ("nothing-to-undo",)


def test_un_2_an_act_that_was_undone_itself_does_not_stand_in_the_way(
    stocked: Stocked, ctx: Contexts
) -> None:
    at = moment("2020-06-10", "10:00")
    lent = commands.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx(at=at))
    commands.renew(loan=lent.loan, ctx=ctx(at=at + timedelta(seconds=10)))
    for act, seconds in (("renew", 10), ("check_out", 0)):
        commands.undo(
            act=act,
            subject=lent.loan,
            done_at=at + timedelta(seconds=seconds),
            ctx=ctx(at=at + timedelta(seconds=30)),
        )
    assert queries.open_loan_of(stocked.items["B001"]) is None
    assert sum(Event.objects.filter(type="loan.opened").values_list("quantity", flat=True)) == 0


def test_un_2_an_in_house_use_before_a_loan_stays(
    stocked: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    at = moment("2020-06-10", "10:00")
    commands.use_in_house(item_barcode="B001", ctx=ctx(at=at))
    later = ctx(at=at + timedelta(seconds=5))
    commands.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=later)
    with unchanged(), pytest.raises(Refused):
        commands.undo(
            act="in_house",
            subject=stocked.items["B001"],
            done_at=at,
            ctx=ctx(at=at + timedelta(seconds=9)),
        )


@pytest.mark.parametrize(
    ("most", "closed", "due"),
    [
        # 2020-06-10 + 30 + 32 days is Tuesday 11 August, open.
        (32, (), date(2020, 8, 11)),
        # A Monday is closed: the Sunday before it, never the Tuesday after.
        (31, (), date(2020, 8, 9)),
        # A closure of a week up to the bound: the last open day before it.
        (32, tuple(date(2020, 8, n) for n in range(4, 13)), date(2020, 8, 2)),
    ],
)
def test_rn_6_the_bound_of_extra_days_holds_on_closed_days_too(
    stocked: Stocked, ctx: Contexts, most: int, closed: tuple[date, ...], due: date
) -> None:
    start = moment("2020-06-01")
    commands.add_rule(
        place=stocked.library.main,
        item_category="book",
        valid_from=date(2020, 6, 1),
        loan_limit=5,
        loan_days=30,
        renewal_limit=9,
        renewal_days=60,
        most_extra_days=most,
        ctx=ctx(at=start),
    )
    for day in closed:
        places.set_day(
            place=stocked.library.main, day=day, open=False, reason="检修", ctx=ctx(at=start)
        )
    lent = commands.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx())
    assert commands.renew(loan=lent.loan, ctx=ctx()).due_on == due
    with pytest.raises(Refused) as refused:
        commands.renew(loan=lent.loan, ctx=ctx())
    assert refused.value.decision.codes == ("renewal-adds-nothing",)


def test_a_bound_inside_a_long_closure_moves_no_due_date_into_it(
    stocked: Stocked, ctx: Contexts
) -> None:
    start = moment("2020-06-01")
    commands.add_rule(
        place=stocked.library.main,
        item_category="book",
        valid_from=date(2020, 6, 1),
        loan_limit=5,
        loan_days=30,
        renewal_limit=9,
        renewal_days=200,
        most_extra_days=120,
        ctx=ctx(at=start),
    )
    lent = commands.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx())
    for n in range(130):
        places.set_day(
            place=stocked.library.main,
            day=date(2020, 7, 15) + timedelta(days=n),
            open=False,
            reason="疫情闭馆",
            ctx=ctx(at=start),
        )
    assert commands.renew(loan=lent.loan, ctx=ctx()).due_on == date(2020, 7, 14)


def test_forgetting_is_for_the_system_and_writes_nothing_where_nothing_is_due(
    stocked: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    for role in ("desk", "director", "cataloguer"):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.forget_history(ctx=ctx(role))
        assert refused.value.decision.codes == ("not-permitted",)
    before = Request.objects.count()
    assert commands.forget_due(ctx=ctx()) == 0
    assert Request.objects.count() == before


def test_forgetting_goes_on_in_batches(
    stocked: Stocked, ctx: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(1, 6):
        at = moment("2020-06-10")
        commands.check_out(item_barcode=f"B00{n}", card=stocked.cards["adult"], ctx=ctx(at=at))
        commands.check_in(item_barcode=f"B00{n}", ctx=ctx(at=at + timedelta(days=1)))
    later = moment("2021-07-01")
    small = lambda *, ctx: commands.forget_history(limit=2, ctx=ctx)  # noqa: E731
    monkeypatch.setattr("shuxiang.apps.circulation.commands.forget.forget_history", small)
    assert commands.forget_due(ctx=ctx(at=later)) == 5
    assert not models.Loan.objects.filter(patron__isnull=False).exists()
    assert not queries.remembered(later)


@pytest.mark.parametrize(("days", "kept"), [(365, 30), (30, 30), (7, 7), (0, 30)])
def test_i13_answers_are_kept_no_longer_than_loans_are_remembered(
    stocked: Stocked, ctx: Contexts, monkeypatch: pytest.MonkeyPatch, days: int, kept: int
) -> None:
    places.set_setting(
        place=stocked.library.main, key="privacy.history_days", value=days, ctx=ctx()
    )
    assert queries.answers_kept() == timedelta(days=kept)
    now = moment("2020-09-01")
    monkeypatch.setattr(clock, "now", lambda: now)
    Request.objects.all().delete()
    for age in (6, 8, 29, 31):
        Request.objects.create(
            id=f"{age:032d}",
            command="circulation.check_out",
            body="",
            outcome='{"patron": "p", "item": "i"}',
            created_at=now - timedelta(days=age),
        )
    task = next(p.task for p in subscriptions.PERIODIC if p.name == "prune-answers")
    task()
    left = sorted((now - r.created_at).days for r in Request.objects.all())
    assert left == [age for age in (6, 8, 29) if age < kept]


def test_a_request_may_write_more_events_than_a_smallint_counts(
    stocked: Stocked, ctx: Contexts
) -> None:
    """An import of one request wrote event 32,768 and failed on PostgreSQL."""
    commands.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx())
    row = Event.objects.filter(type="loan.opened").values().get()
    columns = ", ".join(row)
    marks = ", ".join(["%s"] * len(row))
    changed = row | {"id": "f" * 32, "number": 70_000, "item_seq": None}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ledger_event ({columns}) VALUES ({marks})", list(changed.values())
        )
    assert Event.objects.get(id="f" * 32).number == 70_000
