"""The loan commands on a real database; case numbers of docs/circulation/loans.md."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import items
from shuxiang.kernel.context import Actor, Context, Override
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event, Reader
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def events(of: str) -> list[Event]:
    return list(Event.objects.filter(type=of).order_by("id"))


def codes(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {r.code for r in refused.value.decision.refusing}


def lend(stocked: Stocked, barcode: str, who: str, ctx: Context) -> commands.CheckedOut:
    return commands.check_out(item_barcode=barcode, card=stocked.cards[who], ctx=ctx)


def test_co_8_a_loan_with_its_ledger_row(stocked: Stocked, ctx: Contexts) -> None:
    done = lend(stocked, "B001", "adult", ctx("desk"))
    # 2020-07-10 is a Friday, open.
    assert (done.due_on, done.open_loans, done.remaining) == (date(2020, 7, 10), 1, 4)
    assert queries.open_loan_of(stocked.items["B001"]) is not None
    (row,) = events("loan.opened")
    assert (row.item, row.loan, row.quantity, row.clc) == (done.item, done.loan, 1, "I")
    assert (row.reader_category, row.age_band, row.channel) == ("adult", "18-59", "desk")
    assert row.item_seq == 2  # its accession was 1
    link = Reader.objects.get(event=row.id)
    assert link.patron == stocked.patrons["adult"]
    assert stocked.patrons["adult"] not in row.data


def test_d4_due_dates_fall_on_open_days(stocked: Stocked, ctx: Contexts, at: Any) -> None:
    # 30 days after Saturday 2020-06-13 is a Monday, closed.
    done = lend(stocked, "B001", "adult", ctx(at=at("2020-06-13")))
    assert done.due_on == date(2020, 7, 14)


def test_d4_a_closing_announced_later_moves_new_due_dates(
    stocked: Stocked, ctx: Contexts, at: Any
) -> None:
    lend(stocked, "B001", "adult", ctx(at=at("2020-06-10")))
    for day in (10, 11, 12):
        places.set_day(
            place=stocked.library.main,
            day=date(2020, 7, day),
            open=False,
            reason="设备检修",
            ctx=ctx(at=at("2020-06-10", "11:00")),
        )
    done = lend(stocked, "B002", "adult", ctx(at=at("2020-06-10", "12:00")))
    assert done.due_on == date(2020, 7, 14)  # 13 July is a Monday


def test_e1_every_reason_at_once_and_nothing_changes(
    stocked: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    lend(stocked, "B001", "other", ctx())
    for number in range(2, 7):
        lend(stocked, f"B00{number}", "adult", ctx(at=at("2020-04-01")))
    with unchanged(), pytest.raises(Refused) as refused:
        lend(stocked, "B001", "adult", ctx())
    assert codes(refused) == {"item-on-loan", "loan-limit", "overdue-loans"}


@pytest.mark.parametrize(
    ("item", "card", "code"),
    [
        ("X999", "adult", "item-unknown"),
        ("adult", "adult", "scan-is-card"),
        ("B001", "B002", "scan-is-item"),
        ("B001", "9999", "card-unknown"),
        ("  ", "adult", "scan-empty"),
        ("R001", "adult", "item-not-lendable"),
    ],
)
def test_sc_scans_that_mean_something_else(
    stocked: Stocked, ctx: Contexts, unchanged: Any, item: str, card: str, code: str
) -> None:
    """SC-1, SC-3, SC-4."""
    with unchanged(), pytest.raises(Refused) as refused:
        commands.check_out(
            item_barcode=stocked.cards.get(item, item),
            card=stocked.cards.get(card, card),
            ctx=ctx(),
        )
    assert codes(refused) == {code}


def test_sc_2_a_foreign_barcode_is_named_as_such(stocked: Stocked, ctx: Contexts) -> None:
    places.set_setting(
        place=stocked.library.network, key="items.barcode_length", value=4, ctx=ctx()
    )
    with pytest.raises(Refused) as refused:
        commands.check_in(item_barcode="9787020002207", ctx=ctx())
    assert codes(refused) == {"barcode-foreign"}


def test_sc_full_width_digits_and_lower_case_are_the_same_scan(
    stocked: Stocked, ctx: Contexts
) -> None:
    assert (
        commands.check_out(item_barcode="ｂ００１\r", card=stocked.cards["adult"], ctx=ctx()).item
        == stocked.items["B001"]
    )


def test_b4_two_libraries_with_one_barcode_are_asked_never_guessed(
    stocked: Stocked, ctx: Contexts
) -> None:
    """B4, SC-5."""
    joined = places.add_place(
        kind="branch",
        code="joined",
        name="并入馆",
        parent=stocked.library.main,
        own_barcodes=True,
        ctx=ctx(),
    )
    items.add_item(
        title=stocked.titles[1], barcode="B001", owner=joined, category="book", ctx=ctx()
    )
    with pytest.raises(Refused) as refused:
        lend(stocked, "B001", "adult", ctx())
    (reason,) = refused.value.decision.refusing
    assert reason.code == "item-ambiguous"
    assert set(str(reason.data["libraries"]).split(",")) == {
        joined,
        stock.scanned_item(stocked.items["B001"]).library,
    }  # type: ignore[union-attr]
    done = commands.check_out(
        item_barcode="B001", card=stocked.cards["adult"], item_library=joined, ctx=ctx()
    )
    assert done.title_text == "三体"


def test_co_1_a_lost_card_lends_nothing(stocked: Stocked, ctx: Contexts, unchanged: Any) -> None:
    done = lend(stocked, "B001", "adult", ctx())
    patrons.report_lost(card=done.card, ctx=ctx())
    with unchanged(), pytest.raises(Refused) as refused:
        lend(stocked, "B002", "adult", ctx())
    assert codes(refused) == {"card-lost"}


def test_e4_an_override_needs_permission_and_a_why_and_is_kept(
    stocked: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    for number in range(1, 6):
        lend(stocked, f"B00{number}", "adult", ctx("desk"))
    for actor, why, code in (
        ("desk", " ", "override-without-why"),
        ("branch", "读者急用", "override-not-permitted"),
    ):
        place = stocked.library.east if actor == "branch" else ""
        with unchanged(), pytest.raises(Refused) as refused:
            lend(
                stocked,
                "B006",
                "adult",
                ctx(actor, place=place, overrides=(Override("loan-limit", why),)),
            )
        assert codes(refused) == {"loan-limit", code}
    done = lend(
        stocked, "B006", "adult", ctx("desk", overrides=(Override("loan-limit", "读者急用"),))
    )
    assert done.open_loans == 6
    row = events("loan.opened")[-1]
    assert row.data == '{"overrides": [{"code": "loan-limit", "why": "读者急用"}]}'
    assert row.actor == stocked.library.staff["desk"]


def test_e4_nobody_lends_an_item_that_is_out(stocked: Stocked, ctx: Contexts) -> None:
    lend(stocked, "B001", "other", ctx())
    with pytest.raises(Refused) as refused:
        lend(stocked, "B001", "adult", ctx("director", overrides=(Override("item-on-loan", "急"),)))
    assert codes(refused) == {"item-on-loan", "override-impossible"}


def test_co_2_1_an_item_found_again_needs_only_a_word(stocked: Stocked, ctx: Contexts) -> None:
    items.set_item_status(item=stocked.items["B001"], status="missing", ctx=ctx())
    with pytest.raises(Refused) as refused:
        lend(stocked, "B001", "adult", ctx("branch", place=stocked.library.east))
    assert codes(refused) == {"item-found-again"}
    lend(
        stocked,
        "B001",
        "adult",
        ctx(
            "branch",
            place=stocked.library.east,
            overrides=(Override("item-found-again", "书架后找到"),),
        ),
    )
    found = stock.scanned_item(stocked.items["B001"])
    assert found is not None
    assert (found.status, found.event_seq) == ("available", 4)


def test_co_3_1_the_same_scan_within_five_seconds_is_the_first_answer(
    stocked: Stocked, ctx: Contexts, at: Any
) -> None:
    first = lend(stocked, "B001", "adult", ctx(at=at("2020-06-10", "10:00:00")))
    again = lend(stocked, "B001", "adult", ctx(at=at("2020-06-10", "10:00:04")))
    assert (again.loan, again.due_on, again.repeated) == (first.loan, first.due_on, True)
    assert len(events("loan.opened")) == 1
    with pytest.raises(Refused):
        lend(stocked, "B001", "adult", ctx(at=at("2020-06-10", "10:00:06")))


def test_b2_given_back_anywhere(stocked: Stocked, ctx: Contexts, at: Any) -> None:
    lent = lend(stocked, "B001", "adult", ctx())
    back = commands.check_in(
        item_barcode="B001",
        ctx=ctx("branch", place=stocked.library.east, at=at("2020-07-13", "10:00")),
    )
    assert (back.kind, back.loan, back.patron) == ("returned", lent.loan, lent.patron)
    assert {t.code: t.data for t in back.tells} == {
        "was-overdue": {"days": 3},
        "belongs-elsewhere": {"owner": stocked.library.main},
    }
    item = stock.scanned_item(stocked.items["B001"])
    assert item is not None
    assert (item.holder, item.owner) == (stocked.library.east, stocked.library.main)
    (row,) = events("loan.closed")
    assert (row.place, row.lending_place) == (stocked.library.east, stocked.library.main)


def test_ci_4_to_ci_6_an_item_that_was_not_on_loan(
    stocked: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    """CI-4, CI-5, CI-6."""
    lend(stocked, "B001", "adult", ctx())
    commands.check_in(item_barcode="B001", ctx=ctx(at=at("2020-06-11", "10:00")))
    with unchanged():
        again = commands.check_in(item_barcode="B001", ctx=ctx(at=at("2020-06-11", "10:09")))
        idle = commands.check_in(item_barcode="B001", ctx=ctx(at=at("2020-06-11", "10:10")))
    (told,) = again.tells
    assert (again.kind, told.code) == ("again", "already-returned")
    assert told.data == {"at": at("2020-06-11", "10:00").isoformat()}
    assert (idle.kind, [t.code for t in idle.tells]) == ("idle", ["not-on-loan"])
    moved = commands.check_in(
        item_barcode="B001", ctx=ctx(place=stocked.library.west, at=at("2020-06-12"))
    )
    assert moved.kind == "moved"
    assert [t.code for t in moved.tells] == ["belongs-elsewhere", "moved-here", "not-on-loan"]
    assert len(events("loan.closed")) == 1


@pytest.mark.parametrize("status", ["lost", "missing"])
@pytest.mark.parametrize("where", ["main", "west"])
def test_ci_7_what_was_thought_gone_is_available_again(
    stocked: Stocked, ctx: Contexts, status: str, where: str
) -> None:
    items.set_item_status(item=stocked.items["B001"], status=status, ctx=ctx())
    place = getattr(stocked.library, where)
    done = commands.check_in(item_barcode="B001", ctx=ctx(place=place))
    assert ("was-missing", {"status": status}) in [(t.code, t.data) for t in done.tells]
    found = stock.scanned_item(stocked.items["B001"])
    assert found is not None
    assert (found.status, found.holder) == ("available", place)
    told = events("item.status")[-1]
    assert told.data == f'{{"after": "available", "before": "{status}"}}'
    assert done.transit_to == ("" if where == "main" else stocked.library.main)


def test_ci_8_withdrawn(stocked: Stocked, ctx: Contexts) -> None:
    items.withdraw_item(item=stocked.items["B001"], why="破损", ctx=ctx())
    for act in (
        lambda: commands.check_in(item_barcode="B001", ctx=ctx()),
        lambda: lend(stocked, "B001", "adult", ctx()),
        lambda: commands.use_in_house(item_barcode="B001", ctx=ctx()),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert codes(refused) == {"item-withdrawn"}


def test_rn_renewal_counts_from_the_due_date_and_once(
    stocked: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    lent = lend(stocked, "B001", "adult", ctx())
    done = commands.renew(loan=lent.loan, ctx=ctx(at=at("2020-06-20")))
    # 10 July + 30 days is Sunday 9 August.
    assert (done.due_before, done.due_on, done.remaining) == (
        date(2020, 7, 10),
        date(2020, 8, 9),
        0,
    )
    with unchanged(), pytest.raises(Refused) as refused:
        commands.renew(loan=lent.loan, ctx=ctx(at=at("2020-06-21")))
    assert codes(refused) == {"renewal-limit"}
    other = lend(stocked, "B002", "adult", ctx())
    with unchanged(), pytest.raises(Refused) as refused:
        commands.renew(loan=other.loan, ctx=ctx(at=at("2020-07-11")))
    assert codes(refused) == {"renewal-overdue"}


def test_rn_1_a_reader_renews_only_what_is_theirs(
    stocked: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    lent = lend(stocked, "B001", "adult", ctx())
    mine = Actor("patron", stocked.patrons["adult"])
    theirs = Actor("patron", stocked.patrons["other"])
    with unchanged(), pytest.raises(Refused) as refused:
        commands.renew_own(loan=lent.loan, ctx=ctx(theirs, channel="portal"))
    assert codes(refused) == {"loan-not-open"}
    assert commands.renew_own(loan=lent.loan, ctx=ctx(mine, channel="portal")).renewals == 1
    (row,) = events("loan.renewed")
    assert (row.actor_kind, row.actor, row.session) == ("patron", "", "")


def test_rn_5_extra_days_are_bounded(stocked: Stocked, ctx: Contexts, at: Any) -> None:
    commands.add_rule(
        place=stocked.library.main,
        item_category="book",
        valid_from=date(2020, 6, 1),
        loan_limit=5,
        loan_days=30,
        renewal_limit=9,
        renewal_days=30,
        most_extra_days=40,
        ctx=ctx(at=at("2020-06-01")),
    )
    lent = lend(stocked, "B001", "adult", ctx())
    first = commands.renew(loan=lent.loan, ctx=ctx())
    second = commands.renew(loan=lent.loan, ctx=ctx())
    assert (first.due_on, second.due_on) == (date(2020, 8, 9), date(2020, 8, 19))
    with pytest.raises(Refused) as refused:
        commands.renew(loan=lent.loan, ctx=ctx())
    assert codes(refused) == {"renewal-adds-nothing"}


def test_e3_in_house_use(stocked: Stocked, ctx: Contexts, at: Any, unchanged: Any) -> None:
    commands.use_in_house(item_barcode="R001", ctx=ctx(at=at("2020-06-10", "10:00")))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.use_in_house(item_barcode="R001", ctx=ctx(at=at("2020-06-10", "10:09:59")))
    assert codes(refused) == {"just-used"}
    commands.use_in_house(item_barcode="R001", ctx=ctx(at=at("2020-06-10", "10:10")))
    lend(stocked, "B001", "adult", ctx())
    with unchanged(), pytest.raises(Refused) as refused:
        commands.use_in_house(item_barcode="B001", ctx=ctx())
    assert codes(refused) == {"in-house-on-loan"}
    assert [e.quantity for e in events("item.used")] == [1, 1]


def test_d2_more_books_for_longer_as_a_dated_row_that_ends_by_itself(
    stocked: Stocked, ctx: Contexts, at: Any
) -> None:
    commands.add_rule(
        place=stocked.library.main,
        valid_from=date(2020, 7, 1),
        valid_to=date(2020, 8, 31),
        loan_limit=8,
        loan_days=60,
        note="暑期增册延期",
        ctx=ctx(at=at("2020-06-15")),
    )
    before = lend(stocked, "B001", "adult", ctx(at=at("2020-06-30")))
    during = lend(stocked, "B002", "adult", ctx(at=at("2020-07-01")))
    after = lend(stocked, "B003", "other", ctx(at=at("2020-09-01")))
    assert (before.due_on, before.remaining) == (date(2020, 7, 30), 4)
    assert (during.due_on, during.remaining) == (date(2020, 8, 30), 6)
    assert (after.due_on, after.remaining) == (date(2020, 10, 1), 4)


def test_d1_explain_names_the_row_that_decides(stocked: Stocked) -> None:
    explained = queries.explain(stocked.library.point, "child", "book", date(2020, 6, 1))
    assert explained.rule is not None
    assert (explained.rule.loan_limit, explained.rule.place) == (3, stocked.library.main)
    assert [r.loan_limit for r in explained.others] == [5]


def test_c3_a_child_borrows_by_the_child_rule(stocked: Stocked, ctx: Contexts) -> None:
    for number in (1, 2, 3):
        lend(stocked, f"B00{number}", "child", ctx())
    with pytest.raises(Refused) as refused:
        lend(stocked, "B004", "child", ctx())
    assert codes(refused) == {"loan-limit"}
    assert events("loan.opened")[0].age_band == "0-6"


@pytest.mark.parametrize("act", ["check_out", "check_in", "renew", "in_house"])
def test_undo_reverses_the_last_act_within_a_minute(
    stocked: Stocked, ctx: Contexts, at: Any, unchanged: Any, act: str
) -> None:
    """UN-1, UN-3."""
    done_at = at("2020-06-10", "11:00")
    lent = lend(stocked, "B001", "adult", ctx(at=at("2020-06-10", "10:00")))
    subject = lent.loan
    if act == "check_in":
        commands.check_in(item_barcode="B001", ctx=ctx(place=stocked.library.east, at=done_at))
    elif act == "renew":
        commands.renew(loan=lent.loan, ctx=ctx(at=done_at))
    elif act == "in_house":
        commands.use_in_house(item_barcode="B002", ctx=ctx(at=done_at))
        subject = stocked.items["B002"]
    else:
        done_at = at("2020-06-10", "10:00")
    with unchanged(), pytest.raises(Refused) as refused:
        commands.undo(
            act=act, subject=subject, done_at=done_at, ctx=ctx(at=done_at + timedelta(seconds=61))
        )
    assert codes(refused) == {"undo-too-late"}
    commands.undo(
        act=act, subject=subject, done_at=done_at, ctx=ctx(at=done_at + timedelta(seconds=60))
    )
    with unchanged(), pytest.raises(Refused) as refused:
        commands.undo(act=act, subject=subject, done_at=done_at, ctx=ctx(at=done_at))
    assert codes(refused) == {"nothing-to-undo"}
    type_ = {
        "check_out": "loan.opened",
        "check_in": "loan.closed",
        "renew": "loan.renewed",
        "in_house": "item.used",
    }[act]
    first, second = events(type_)
    assert (first.quantity, second.quantity, second.reverses) == (1, -1, first.id)
    assert (first.visit_key, first.clc) == (second.visit_key, second.clc)
    loan = queries.open_loan_of(stocked.items["B001"])
    if act == "check_out":
        assert loan is None
    else:
        assert loan is not None
        assert (loan.due_on, loan.renewals) == (lent.due_on, 0)
    found = stock.scanned_item(stocked.items["B001"])
    assert found is not None
    assert (found.status, found.holder) == ("available", stocked.library.main)


def test_i13_forgetting_history_changes_no_figure(stocked: Stocked, ctx: Contexts, at: Any) -> None:
    places.set_setting(place=stocked.library.main, key="privacy.history_days", value=365, ctx=ctx())
    for barcode, who in (("B001", "adult"), ("B002", "adult"), ("B003", "other")):
        lend(stocked, barcode, who, ctx(at=at("2020-06-10")))
        commands.check_in(item_barcode=barcode, ctx=ctx(at=at("2020-06-20")))
    kept = lend(stocked, "B004", "adult", ctx(at=at("2020-06-10")))

    def figures() -> tuple[int, int, int]:
        rows = events("loan.opened")
        return len(rows), len({r.visit_key for r in rows}), len({r.year_key for r in rows})

    before = figures()
    assert before == (4, 2, 2)
    assert commands.forget_history(ctx=ctx(at=at("2021-06-19"))) == 0
    assert commands.forget_history(ctx=ctx(at=at("2021-06-21"))) == 3
    assert figures() == before
    assert queries.history(stocked.patrons["adult"]) == ()
    assert [v.id for v in queries.open_loans(stocked.patrons["adult"])] == [kept.loan]
    linked = Reader.objects.filter(event__in=[e.id for e in events("loan.closed")])
    assert not linked.exists()


def test_c1_an_account_with_loans_is_not_closed(
    stocked: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    lend(stocked, "B001", "adult", ctx())
    with unchanged(), pytest.raises(Refused) as refused:
        patrons.close_account(patron=stocked.patrons["adult"], ctx=ctx())
    assert codes(refused) == {"loans-open"}
    commands.check_in(item_barcode="B001", ctx=ctx())
    patrons.close_account(patron=stocked.patrons["adult"], ctx=ctx(at=moment("2020-06-11")))


def test_rules_are_refused_with_every_reason(
    stocked: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        commands.add_rule(
            place=stocked.library.main,
            valid_from=date(2020, 1, 1),
            valid_to=date(2019, 1, 1),
            loan_limit=0,
            loan_days=0,
            renew_from="never",
            ctx=ctx("director"),
        )
    assert codes(refused) == {"rule-renew-from", "rule-numbers", "rule-dates", "rule-exists"}
    with unchanged(), pytest.raises(Refused) as refused:
        commands.add_rule(
            place=stocked.library.main,
            valid_from=date(2021, 1, 1),
            loan_limit=1,
            loan_days=1,
            ctx=ctx("desk"),
        )
    assert codes(refused) == {"not-permitted"}


def test_undoing_an_in_house_use_twice_leaves_the_use_before_it(
    stocked: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    item = stocked.items["B002"]
    commands.use_in_house(item_barcode="B002", ctx=ctx(at=at("2020-06-09", "11:00")))
    done_at = at("2020-06-10", "11:00")
    commands.use_in_house(item_barcode="B002", ctx=ctx(at=done_at))
    commands.undo(act="in_house", subject=item, done_at=done_at, ctx=ctx(at=done_at))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.undo(act="in_house", subject=item, done_at=done_at, ctx=ctx(at=done_at))
    assert codes(refused) == {"nothing-to-undo"}
    assert sum(e.quantity for e in events("item.used")) == 1
    # Taken back by mistake: it may be counted again at once.
    commands.use_in_house(item_barcode="B002", ctx=ctx(at=done_at + timedelta(seconds=30)))
    assert sum(e.quantity for e in events("item.used")) == 2


def test_a_rule_that_has_ended_can_not_be_revived(
    stocked: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    rule = commands.add_rule(
        place=stocked.library.main,
        valid_from=date(2020, 7, 1),
        valid_to=date(2020, 8, 31),
        loan_limit=8,
        loan_days=60,
        ctx=ctx(at=at("2020-06-15")),
    )
    commands.end_rule(rule=rule, last_day=date(2020, 8, 20), ctx=ctx(at=at("2020-08-20")))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.end_rule(rule=rule, last_day=date(2020, 9, 30), ctx=ctx(at=at("2020-08-21")))
    assert codes(refused) == {"rule-dates"}


@pytest.mark.parametrize(
    "numbers",
    [
        {"loan_limit": 0},
        {"loan_days": 40_000},
        {"renewal_days": -1},
        {"renewal_limit": -1, "lendable": False},
        {"most_extra_days": -5},
        {"renew_within_days": 10_000},
    ],
)
def test_a_rule_with_impossible_numbers_is_refused(
    stocked: Stocked, ctx: Contexts, unchanged: Any, numbers: dict[str, Any]
) -> None:
    given = {"loan_limit": 5, "loan_days": 30, **numbers}
    with unchanged(), pytest.raises(Refused) as refused:
        commands.add_rule(
            place=stocked.library.main, valid_from=date(2020, 7, 1), **given, ctx=ctx()
        )
    assert codes(refused) == {"rule-numbers"}
