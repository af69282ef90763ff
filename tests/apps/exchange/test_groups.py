"""集体外借 by batch: one act an item, 300 册 / 90 天 as rule rows, volumes but no visits of persons
(issue row 集体外借; cases GB- of docs/circulation/branches.md)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.exchange import commands, queries
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.commands import report_lost, suspend
from shuxiang.documents.report import BRANCHES_TOO
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.statistics import daily
from shuxiang.statistics.figures import figures
from tests.apps.patrons import people
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
Unchanged = Callable[[], AbstractContextManager[None]]


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [r.code for r in refused.value.decision.refusing]


@pytest.fixture
def group(stocked: Stocked, ctx: Contexts) -> str:
    """The card of a class; groups borrow 300 books for 90 days."""
    circulation.add_rule(
        place=stocked.library.main,
        reader_category="group",
        valid_from=date(2020, 1, 1),
        loan_limit=300,
        loan_days=90,
        ctx=ctx(at=moment("2020-01-01")),
    )
    return people.group(ctx(at=moment("2020-02-03"))).number


def test_gb_4_a_batch_lends_a_list_and_comes_back_by_scan(
    stocked: Stocked, ctx: Contexts, group: str
) -> None:
    """GB-4, GB-6."""
    batch = commands.open_batch(card=group, note="阅读节", ctx=ctx("desk"))
    for barcode in ("B001", "B002", "B003"):
        done = commands.lend_in_batch(batch=batch, item_barcode=barcode, ctx=ctx("desk"))
    # 90 days after 2020-06-10 is a Tuesday, open; the rule of 300 leaves 297.
    assert (done.due_on, done.remaining) == (date(2020, 9, 8), 297)
    found = queries.batch(batch)
    assert found is not None
    assert (found.number, found.group) == ("JT-main-20200610-1", "实验小学三(2)班")
    assert (found.lent, found.out, found.due) == (3, 3, date(2020, 9, 8))
    person = queries.responsible(found.patron)
    assert person is not None
    assert person.name == "王芳"
    elsewhere = ctx("branch", place=stocked.library.east, at=moment("2020-06-20"))
    assert circulation.check_in(item_barcode="B002", ctx=elsewhere).kind == "returned"
    commands.close_batch(batch=batch, ctx=ctx("desk"))
    lines = queries.batch_lines(batch)
    assert [(li.barcode, li.returned_on) for li in lines] == [
        ("B001", None),
        ("B002", date(2020, 6, 20)),
        ("B003", None),
    ]
    assert queries.batches([stocked.library.main])[0].out == 2


def test_gb_an_undone_loan_leaves_the_batch(stocked: Stocked, ctx: Contexts, group: str) -> None:
    batch = commands.open_batch(card=group, ctx=ctx("desk"))
    done = commands.lend_in_batch(batch=batch, item_barcode="B001", ctx=ctx("desk"))
    circulation.undo(
        act="check_out", subject=done.loan, done_at=moment("2020-06-10"), ctx=ctx("desk")
    )
    assert queries.batch_lines(batch) == ()
    assert (
        commands.lend_in_batch(batch=batch, item_barcode="B001", ctx=ctx("desk")).loan != done.loan
    )


def test_gb_what_is_refused(
    stocked: Stocked, ctx: Contexts, group: str, unchanged: Unchanged
) -> None:
    """GB-1, GB-3."""
    with unchanged(), pytest.raises(Refused) as refused:
        commands.open_batch(card=stocked.cards["adult"], ctx=ctx("desk"))
    assert codes(refused) == ["batch-not-group"]
    batch = commands.open_batch(card=group, ctx=ctx("desk"))
    commands.lend_in_batch(batch=batch, item_barcode="B001", ctx=ctx("desk"))
    commands.close_batch(batch=batch, ctx=ctx("desk"))
    for act in (
        lambda: commands.lend_in_batch(batch=batch, item_barcode="B002", ctx=ctx("desk")),
        lambda: commands.close_batch(batch=batch, ctx=ctx("desk")),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            act()
        assert codes(refused) == ["batch-closed"]
    second = commands.open_batch(card=group, ctx=ctx("desk"))
    later = ctx("desk", at=moment("2020-06-10", "10:05"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.lend_in_batch(batch=second, item_barcode="B001", ctx=later)
    assert codes(refused) == ["item-on-loan"]
    with unchanged(), pytest.raises(Refused) as refused:
        commands.lend_in_batch(
            batch=second, item_barcode="B002", ctx=ctx("branch", place=stocked.library.east)
        )
    assert codes(refused) == ["not-permitted"]


def test_gb_2_no_batch_on_a_card_that_does_not_open(
    stocked: Stocked, ctx: Contexts, group: str, unchanged: Unchanged
) -> None:
    (reader,) = patrons.card_for_loan(group)
    suspend(patron=reader.patron, until=date(2020, 7, 1), why="整改", ctx=ctx("desk"))
    for card, wanted in (
        (group, ["patron-suspended"]),
        (stocked.cards["adult"], ["batch-not-group"]),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.open_batch(card=card, ctx=ctx("desk"))
        assert codes(refused) == wanted
    report_lost(card=reader.card, ctx=ctx("desk"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.open_batch(card=group, ctx=ctx("desk"))
    assert codes(refused) == ["card-lost", "patron-suspended"]


def test_gb_5_volumes_but_no_visit_of_a_person(stocked: Stocked, ctx: Contexts, group: str) -> None:
    """外借册次 5 of which 集体 3; 外借人次 2."""
    batch = commands.open_batch(card=group, ctx=ctx("desk"))
    for barcode in ("B001", "B002", "B003"):
        commands.lend_in_batch(batch=batch, item_barcode=barcode, ctx=ctx("desk"))
    for barcode, who in (("B004", "adult"), ("B005", "other")):
        circulation.check_out(item_barcode=barcode, card=stocked.cards[who], ctx=ctx("desk"))
    assert {e.source for e in Event.objects.filter(type="loan.opened")} == {"group", ""}
    daily.refresh()
    made = figures(2020, place=stocked.library.main, scope=BRANCHES_TOO)
    assert {c: made[c].value for c in ("loan_vol", "loan_group", "loan_person")} == {
        "loan_vol": 5,
        "loan_group": 3,
        "loan_person": 2,
    }
