"""L1, C4, C5, I9: what money and points do to lending and returning, and that by default they do
nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.fees import commands, queries
from shuxiang.apps.fees.models import Charge, Entry
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons import queries as readers
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock.models import Item
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.project.wiring import wire
from shuxiang.statistics import invariants
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

LENT = moment("2020-05-06")
"""A Wednesday; due 30 days later, on Friday 2020-06-05."""
LATE = moment("2020-06-12")
"""Seven days after; Monday 06-08 is closed, so six count."""


def refused(act: Callable[[], Any]) -> tuple[str, ...]:
    with pytest.raises(Refused) as found:
        act()
    return found.value.decision.codes


def sound() -> None:
    for proof in (
        invariants.money_balances,
        invariants.fines_stand,
        invariants.one_row_a_change,
        invariants.loans_balance,
    ):
        found = proof()
        assert found.ok, found.detail


def lend(stocked: Stocked, ctx: Contexts, barcode: str = "B001", **values: Any) -> str:
    card = stocked.cards["adult"]
    given = {"at": LENT} | values
    return circulation.check_out(item_barcode=barcode, card=card, ctx=ctx(**given)).loan


def give_back(ctx: Contexts, barcode: str = "B001", **values: Any) -> circulation.CheckedIn:
    return circulation.check_in(item_barcode=barcode, ctx=ctx(**({"at": LATE} | values)))


def test_l1_by_default_a_late_return_costs_nothing(
    stocked: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    with unchanged():
        assert commands.note_closed(ctx=ctx()) == 0
    lend(stocked, ctx)
    done = give_back(ctx)
    assert [t.code for t in done.tells] == ["was-overdue"]
    assert (queries.owed(stocked.patrons["adult"]), Charge.objects.count()) == (0, 0)
    assert (Entry.objects.count(), queries.at_desk(stocked.library.main)) == (0, False)
    assert queries.points(stocked.patrons["adult"], "adult", stocked.library.main, date.max) is None
    assert not Event.objects.filter(type__regex="^(fee|deposit|points|cash|credit)").exists()
    lend(stocked, ctx, at=LATE)


def test_l1_a_late_return_is_charged_once_and_frozen(
    charging: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    loan = lend(charging, ctx)
    done = give_back(ctx)
    told = {t.code: t.data for t in done.tells}
    assert told["fee-charged"] == {"amount": "1.20", "owed": "1.20"}
    (found,) = queries.charges(charging.patrons["adult"])
    assert (found.kind, found.amount_fen, found.days, found.working, found.due_on) == (
        "overdue",
        120,
        6,
        "6x20",
        date(2020, 6, 5),
    )
    charged = Event.objects.get(type="fee.charged")
    assert (
        charged.amount,
        charged.loan,
        charged.item,
        charged.item_seq,
        charged.lending_place,
    ) == (
        120,
        loan,
        charging.items["B001"],
        None,
        charging.library.main,
    )
    # Scanned again, nothing more is charged.
    give_back(ctx, at=moment("2020-06-12", "10:05"))
    assert Charge.objects.count() == 1
    # I9: a calendar corrected afterwards changes nothing that was charged.
    boss = ctx("director", at=moment("2020-06-13"))
    with pytest.raises(Refused):
        places.set_day(
            place=charging.library.main, day=date(2020, 6, 9), open=False, reason="停电", ctx=boss
        )
    places.set_day(
        place=charging.library.main,
        day=date(2020, 6, 9),
        open=False,
        reason="停电",
        why="补登",
        ctx=ctx(at=moment("2020-06-13")),
    )
    (again,) = queries.charges(charging.patrons["adult"])
    assert again == found
    sound()


def test_i9_a_day_that_was_closed_never_becomes_chargeable(
    charging: Stocked, ctx: Contexts
) -> None:
    wire()
    lend(charging, ctx)
    main = charging.library.main
    # Tuesday 06-09 was closed; afterwards somebody calls it open, and the Monday too.
    places.set_day(
        place=main,
        day=date(2020, 6, 9),
        open=False,
        reason="停电",
        include_branches=True,
        ctx=ctx(at=moment("2020-06-01")),
    )
    places.set_day(
        place=main,
        day=date(2020, 6, 8),
        last_day=date(2020, 6, 9),
        open=True,
        reason="更正",
        why="日历更正",
        include_branches=True,
        ctx=ctx(at=moment("2020-06-11")),
    )
    done = give_back(ctx, place=charging.library.east)
    assert {t.code: t.data for t in done.tells}["fee-charged"]["amount"] == "1.00"
    sound()


def test_i9_closed_days_are_noted_as_they_pass(
    charging: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """FE-2: a closure of a phase, or a holiday, taken back later is no day on which a book was late."""
    lend(charging, ctx)
    main = charging.library.main
    places.set_setting(place=main, key="calendar.open_on_holidays", value=False, ctx=ctx(at=LENT))
    # 2020-06-25 and 26 are 端午 and the day after it; Monday 06-22 and 29 are closed by the week.
    commands.note_closed(ctx=ctx(at=moment("2020-06-27")))
    with unchanged():
        assert commands.note_closed(ctx=ctx(at=moment("2020-06-27", "12:00"))) == 0
    places.set_setting(
        place=main, key="calendar.open_on_holidays", value=True, ctx=ctx(at=moment("2020-06-28"))
    )
    noted = queries.exempt_days((main,), date(2020, 6, 1), date(2020, 6, 30))
    assert {date(2020, 6, 15), date(2020, 6, 22), date(2020, 6, 25), date(2020, 6, 26)} <= noted
    done = give_back(ctx, at=moment("2020-06-28"))
    late = {t.code: t.data for t in done.tells}["fee-charged"]["amount"]
    # 23 days after the due date: Mondays 8, 15, 22 and the two holidays do not count.
    assert late == "3.60"
    sound()


def test_i9_a_day_counts_only_where_both_places_were_open(charging: Stocked, ctx: Contexts) -> None:
    """FE-2."""
    lend(charging, ctx)
    places.set_day(
        place=charging.library.east,
        day=date(2020, 6, 6),
        last_day=date(2020, 6, 7),
        open=False,
        reason="装修",
        ctx=ctx(at=moment("2020-06-01")),
    )
    done = give_back(ctx, place=charging.library.east)
    assert {t.code: t.data for t in done.tells}["fee-charged"]["amount"] == "0.80"


def test_l1_undoing_the_return_takes_the_charge_back(charging: Stocked, ctx: Contexts) -> None:
    """FE-7."""
    loan = lend(charging, ctx)
    give_back(ctx)
    circulation.undo(act="check_in", subject=loan, done_at=LATE, ctx=ctx(at=LATE))
    assert queries.owed(charging.patrons["adult"]) == 0
    sound()
    # Given back again it is charged anew, and once.
    give_back(ctx, at=moment("2020-06-13"))
    assert queries.owed(charging.patrons["adult"]) == 140
    sound()
    at = moment("2020-06-13")
    commands.pay(card=charging.cards["adult"], amount_fen=40, ctx=ctx(at=at))
    assert refused(
        lambda: circulation.undo(act="check_in", subject=loan, done_at=at, ctx=ctx(at=at))
    ) == ("fee-already-paid",)
    sound()


def test_l1_an_overdue_book_renewed_has_been_late_till_then(
    charging: Stocked, ctx: Contexts
) -> None:
    circulation.add_rule(
        place=charging.library.main,
        valid_from=date(2020, 2, 1),
        loan_limit=5,
        loan_days=30,
        renewal_limit=2,
        renew_overdue=True,
        renew_from="today",
        ctx=ctx(at=moment("2020-02-01")),
    )
    loan = lend(charging, ctx)
    done = circulation.renew(loan=loan, ctx=ctx(at=LATE))
    assert [t.code for t in done.tells] == ["fee-charged"]
    assert queries.owed(charging.patrons["adult"]) == 120
    circulation.undo(act="renew", subject=loan, done_at=LATE, ctx=ctx(at=LATE))
    assert queries.owed(charging.patrons["adult"]) == 0
    sound()


def test_l1_owing_too_much_stops_lending_until_lifted_or_paid(
    charging: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    card = charging.cards["adult"]
    commands.charge(card=card, amount_fen=501, kind="brought", ctx=ctx())
    with unchanged():
        assert refused(lambda: lend(charging, ctx, actor="desk", at=LATE)) == ("fees-owed",)
        lifting = (Override("fees-owed", "明天来交"),)
        assert refused(lambda: lend(charging, ctx, actor="desk", at=LATE, overrides=lifting)) == (
            "fees-owed",
            "override-not-permitted",
        )
    lend(charging, ctx, actor="director", at=LATE, overrides=lifting)
    commands.pay(card=card, amount_fen=1, ctx=ctx())
    lend(charging, ctx, "B002", actor="desk", at=LATE)


def test_c5_points_instead_of_money(stocked: Stocked, ctx: Contexts, add_rule: Any) -> None:
    """PT-5."""
    add_rule("points", points=10, per_day=1, restore_days=30)
    patron, main = stocked.patrons["adult"], stocked.library.main
    lend(stocked, ctx)
    lend(stocked, ctx, "B002")
    done = give_back(ctx)
    assert {t.code: t.data for t in done.tells}["points-lost"] == {"points": 6, "left": 4}
    assert queries.owed(patron) == 0
    give_back(ctx, "B002")
    left = queries.points(patron, "adult", main, date(2020, 6, 12))
    assert left is not None
    assert (left.left, left.of, left.frozen, left.thaws_on) == (0, 10, True, date(2020, 7, 12))
    assert refused(lambda: lend(stocked, ctx, at=moment("2020-07-11"))) == ("points-frozen",)
    lend(stocked, ctx, at=moment("2020-07-12"))
    sound()
    # Given back by somebody who may, with a why.
    assert (
        commands.restore_points(
            patron=patron, why="住院", ctx=ctx("director", at=moment("2020-06-20"))
        )
        == 10
    )
    left = queries.points(patron, "adult", main, date(2020, 6, 20))
    assert left is not None
    assert left.left == 10
    assert refused(
        lambda: commands.restore_points(patron=patron, why="再", ctx=ctx("director"))
    ) == ("points-complete",)
    sound()


def test_c5_undoing_the_return_gives_the_points_back(
    stocked: Stocked, ctx: Contexts, add_rule: Any
) -> None:
    """PT-5."""
    add_rule("points", points=10, per_day=1)
    loan = lend(stocked, ctx)
    give_back(ctx)
    circulation.undo(act="check_in", subject=loan, done_at=LATE, ctx=ctx(at=LATE))
    assert queries.losses(stocked.patrons["adult"]) == ()
    sound()


def test_c4_a_deposit_is_needed_and_caps_the_price(
    stocked: Stocked, ctx: Contexts, add_rule: Any, unchanged: Callable[[], Any]
) -> None:
    add_rule("deposit", amount_fen=10000, price_cap=True)
    add_rule("deposit", amount_fen=0, reader_category="child")
    Item.objects.filter(barcode="B002").update(price_fen=12800)
    card, patron = stocked.cards["adult"], stocked.patrons["adult"]
    with unchanged():
        assert refused(lambda: lend(stocked, ctx, "B002", at=LATE)) == (
            "deposit-missing",
            "price-above-deposit",
        )
    commands.take_deposit(card=card, amount_fen=10000, ctx=ctx())
    lend(stocked, ctx, "B001", at=LATE)
    with unchanged():
        assert refused(lambda: lend(stocked, ctx, "B002", at=LATE)) == ("price-above-deposit",)
    commands.give_credit(patron=patron, basis="信用免押", valid_from=date(2020, 6, 1), ctx=ctx())
    lend(stocked, ctx, "B002", at=LATE)
    circulation.check_out(item_barcode="B003", card=stocked.cards["child"], ctx=ctx(at=LATE))


@pytest.fixture
def lost(charging: Stocked, ctx: Contexts) -> str:
    """The case of B001, lost by the adult."""
    lend(charging, ctx)
    return circulation.report_lost(
        item=charging.items["B001"], kind="lost", why="搬家丢失", ctx=ctx("desk", at=LATE)
    )


def test_l1_a_lost_book_paid_for_is_in_the_books(
    charging: Stocked, lost: str, ctx: Contexts
) -> None:
    patron = charging.patrons["adult"]
    at = ctx("director", at=LATE)
    circulation.settle_lost(
        case=lost, how="paid", amount_fen=5980, method="wechat", why="按价赔", ctx=at
    )
    (charge,) = queries.charges(patron, settled=True)
    assert (charge.kind, charge.paid_fen, charge.open_fen) == ("replacement", 5980, 0)
    sound()
    # A mistake: neither paid nor charged, the reader still answers for the book.
    circulation.cancel_settlement(case=lost, why="选错", ctx=ctx("director", at=LATE))
    assert queries.owed(patron) == 0
    sound()
    circulation.settle_lost(
        case=lost, how="paid", amount_fen=5000, why="按价赔", ctx=ctx("director", at=LATE)
    )
    circulation.found_again(case=lost, why="找到了", refunded=True, ctx=ctx("director", at=LATE))
    assert (
        queries.cash_in_drawer(charging.library.main, "staff", charging.library.staff["director"])
        == 0
    )
    assert queries.owed(patron) == 0
    sound()


def test_l1_where_no_money_is_handled_the_amount_is_a_note(
    stocked: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    lend(stocked, ctx)
    case = circulation.report_lost(
        item=stocked.items["B001"], kind="lost", why="丢", ctx=ctx("desk", at=LATE)
    )
    at = ctx("desk", at=LATE)
    circulation.settle_lost(case=case, how="paid", amount_fen=5980, why="收据 12", ctx=at)
    assert (Charge.objects.count(), Entry.objects.count()) == (0, 0)
    card = stocked.cards["adult"]
    with unchanged():
        assert refused(
            lambda: commands.charge(card=card, amount_fen=1, kind="card", ctx=ctx("desk"))
        ) == ("fees-off",)
        assert refused(lambda: commands.take_deposit(card=card, amount_fen=1, ctx=ctx("desk"))) == (
            "fees-off",
        )


def test_mr_money_stops_renewals_and_holds_only_where_the_place_says_so(
    charging: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """MR-1 … MR-4: off as delivered, each by its own setting."""
    main, card = charging.library.main, charging.cards["adult"]
    loan = lend(charging, ctx, actor="desk")
    lend(charging, ctx, "B003", actor="desk")
    commands.charge(card=card, amount_fen=501, kind="brought", ctx=ctx())
    day = moment("2020-06-03")

    def renew(actor: str = "desk", **values: Any) -> Any:
        return circulation.renew(loan=loan, ctx=ctx(actor, at=day, **values))

    def hold() -> str:
        return circulation.place_hold(
            title=charging.titles[1], card=card, pickup=main, ctx=ctx("desk", at=day)
        ).hold

    for key, act in (("fees.stop_renewals", renew), ("fees.stop_holds", hold)):
        places.set_setting(place=main, key=key, value=True, ctx=ctx())
        with unchanged():
            assert refused(act) == ("fees-owed",)
        places.set_setting(place=main, key=key, value=False, ctx=ctx())
        act()
    # Who may lift it for lending may lift it here.
    places.set_setting(place=main, key="fees.stop_renewals", value=True, ctx=ctx())
    second = circulation.check_out(
        item_barcode="B002", card=card, ctx=ctx("director", at=day, overrides=(LIFT,))
    ).loan
    circulation.renew(loan=second, ctx=ctx("director", at=moment("2020-06-25"), overrides=(LIFT,)))
    give_back(ctx)


def test_mr_2_no_points_left_stops_renewing(stocked: Stocked, ctx: Contexts, add_rule: Any) -> None:
    add_rule("points", points=6, per_day=1, restore_days=30)
    lend(stocked, ctx)
    other = lend(stocked, ctx, "B002", at=moment("2020-05-20"))
    give_back(ctx)
    day = moment("2020-06-13")
    places.set_setting(place=stocked.library.main, key="fees.stop_renewals", value=True, ctx=ctx())
    assert refused(lambda: circulation.renew(loan=other, ctx=ctx("desk", at=day))) == (
        "points-frozen",
    )


LIFT = Override("fees-owed", "明天来交")


@pytest.mark.parametrize(
    ("at_desk", "category", "amount", "charged"),
    [
        (True, "*", 1000, [("card", 1000)]),
        (True, "adult", 500, [("card", 500)]),
        (True, "child", 500, []),
        (True, "*", 0, []),
        (False, "*", 1000, []),
    ],
)
def test_c4_a_replaced_card_costs_what_the_row_in_force_says(
    stocked: Stocked,
    ctx: Contexts,
    add_rule: Callable[..., str],
    at_desk: bool,
    category: str,
    amount: int,
    charged: list[tuple[str, int]],
) -> None:
    main = stocked.library.main
    places.set_setting(place=main, key="fees.at_desk", value=at_desk, ctx=ctx())
    add_rule("card", reader_category=category, amount_fen=amount)
    old = readers.card_for_loan(stocked.cards["adult"])[0]
    patrons.replace_card(card=old.card, ctx=ctx("desk"))
    found = queries.charges(stocked.patrons["adult"])
    assert [(c.kind, c.open_fen) for c in found] == charged
    assert invariants.money_balances().ok


def test_c4_without_a_row_a_card_costs_nothing(charging: Stocked, ctx: Contexts) -> None:
    old = readers.card_for_loan(charging.cards["adult"])[0]
    patrons.replace_card(card=old.card, ctx=ctx("desk"))
    assert queries.charges(charging.patrons["adult"]) == ()
