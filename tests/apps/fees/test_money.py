"""L1, C4, C5, I8: charges, payments, refunds, waivers, deposits and points through their commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import F

from shuxiang.apps.fees import commands, queries
from shuxiang.apps.fees.models import Deposit, Posting
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons.models import Patron
from shuxiang.kernel.decision import Refused
from shuxiang.ledger import triggers
from shuxiang.ledger.models import Event, Reader
from shuxiang.statistics import invariants
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked


def refused(act: Callable[[], Any]) -> tuple[str, ...]:
    with pytest.raises(Refused) as found:
        act()
    return found.value.decision.codes


def sound() -> None:
    for proof in (invariants.money_balances, invariants.fines_stand):
        found = proof()
        assert found.ok, found.detail


def story() -> list[tuple[str, int, int | None, str]]:
    rows = Event.objects.filter(type__regex="^(fee|deposit|points|cash|credit)").order_by("id")
    return [(e.type, e.quantity, e.amount, e.source) for e in rows]


@pytest.fixture
def owing(charging: Stocked, ctx: Contexts) -> list[str]:
    """The adult owes 30.00 brought along, 12.50 for a card, 1.00 for something: three charges."""
    card = charging.cards["adult"]
    return [
        commands.charge(card=card, amount_fen=amount, kind=kind, note=note, ctx=ctx()).charge
        for amount, kind, note in (
            (3000, "brought", ""),
            (1250, "card", ""),
            (100, "other", "复印"),
        )
    ]


def test_l1_a_payment_goes_to_the_oldest_first(
    charging: Stocked, owing: list[str], ctx: Contexts
) -> None:
    """PA-L1."""
    done = commands.pay(card=charging.cards["adult"], amount_fen=3200, ctx=ctx("desk"))
    assert [(line.charge, line.amount_fen) for line in done.lines] == [
        (owing[0], 3000),
        (owing[1], 200),
    ]
    assert (done.receipt, done.owed_fen) == ("main-20200610-001", 1150)
    patron = charging.patrons["adult"]
    assert [(c.id, c.open_fen) for c in queries.charges(patron)] == [
        (owing[1], 1050),
        (owing[2], 100),
    ]
    assert [c.id for c in queries.charges(patron, settled=True)] == [owing[0]]
    desk = charging.library.staff["desk"]
    assert queries.cash_in_drawer(charging.library.main, "staff", desk) == 3200
    assert story()[3:] == [("fee.paid", 1, 3000, "cash"), ("fee.paid", 1, 200, "cash")]
    paid = Event.objects.filter(type="fee.paid").first()
    assert paid is not None
    assert (paid.reader_category, paid.age_band) == ("adult", "18-59")
    assert Reader.objects.get(event=paid.id).patron == patron
    sound()


def test_l1_the_same_request_never_pays_twice(
    charging: Stocked, owing: list[str], ctx: Contexts
) -> None:
    """PA-L2."""
    card = charging.cards["adult"]
    twice = [
        commands.pay(
            card=card, amount_fen=500, method="wechat", reference="4200001", ctx=ctx(key="k1")
        )
        for _ in range(2)
    ]
    assert twice[0] == twice[1]
    assert [e for e in story() if e[0] == "fee.paid"] == [("fee.paid", 1, 500, "wechat")]
    assert queries.owed(charging.patrons["adult"]) == 3850
    sound()


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"amount_fen": 0}, ("amount-missing",)),
        ({"amount_fen": -5}, ("amount-missing",)),
        ({"amount_fen": 4351}, ("pay-too-much",)),
        ({"amount_fen": 10**8}, ("amount-too-large", "pay-too-much")),
        ({"amount_fen": 1, "method": "gold"}, ("pay-method-unknown",)),
        ({"amount_fen": 1, "card": "nobody"}, ("card-unknown",)),
        ({"amount_fen": 1, "charges": ("0" * 32,)}, ("pay-too-much",)),
    ],
)
def test_l1_a_payment_that_cannot_be_changes_nothing(
    charging: Stocked,
    owing: list[str],
    ctx: Contexts,
    unchanged: Callable[[], Any],
    values: dict[str, Any],
    codes: tuple[str, ...],
) -> None:
    with unchanged():
        given = {"card": charging.cards["adult"]} | values
        assert refused(lambda: commands.pay(**given, ctx=ctx())) == codes


def test_l1_a_payment_taken_back_is_owed_again(
    charging: Stocked, owing: list[str], ctx: Contexts
) -> None:
    """PA-L3, PA-L5."""
    desk, director = ctx("desk"), ctx("director")
    done = commands.pay(card=charging.cards["adult"], amount_fen=3200, ctx=desk)
    # The director's own drawer is empty: the money is in the clerk's.
    assert refused(
        lambda: commands.reverse_payment(entry=done.entry, why="收错人", ctx=director)
    ) == ("drawer-short",)
    commands.move_cash(way="in", amount_fen=5000, note="备用金", ctx=ctx("director"))
    back = commands.reverse_payment(entry=done.entry, why="收错人", ctx=ctx("director"))
    assert (back.receipt, back.owed_fen) == ("main-20200610-002", 4350)
    # It left the drawer of whoever took it back; the clerk's still holds it.
    main, staff = charging.library.main, charging.library.staff
    drawers = [queries.cash_in_drawer(main, "staff", staff[who]) for who in ("desk", "director")]
    assert drawers == [3200, 1800]
    assert refused(
        lambda: commands.reverse_payment(entry=done.entry, why="又", ctx=ctx("director"))
    ) == ("payment-reversed",)
    assert [e for e in story() if e[0] == "fee.paid"] == [
        ("fee.paid", 1, 3000, "cash"),
        ("fee.paid", 1, 200, "cash"),
        ("fee.paid", -1, 3000, "cash"),
        ("fee.paid", -1, 200, "cash"),
    ]
    sound()


def test_l1_a_refund_is_owed_no_more_and_never_exceeds_what_was_paid(
    charging: Stocked, owing: list[str], ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """PA-L4."""
    boss = ctx("director")
    commands.pay(card=charging.cards["adult"], amount_fen=3000, ctx=boss)
    with unchanged():
        assert refused(
            lambda: commands.refund(charge=owing[0], amount_fen=3001, why="误", ctx=ctx("director"))
        ) == ("refund-too-much",)
        assert refused(lambda: commands.refund(charge=owing[1], why="误", ctx=ctx("director"))) == (
            "amount-missing",
        )
        assert refused(lambda: commands.refund(charge=owing[0], why="误", ctx=ctx("desk"))) == (
            "not-permitted",
        )
    done = commands.refund(charge=owing[0], amount_fen=1000, why="多收", ctx=ctx("director"))
    assert (done.amount_fen, done.owed_fen) == (1000, 1350)
    found = queries.charge(owing[0])
    assert found is not None
    assert (found.paid_fen, found.voided_fen, found.open_fen) == (2000, 1000, 0)
    assert refused(
        lambda: commands.reverse_payment(
            entry=str(queries.statement(charging.patrons["adult"])[1].id),
            why="x",
            ctx=ctx("director"),
        )
    ) == ("charge-refunded",)
    sound()


def test_l1_waived_by_who_may_and_voided(
    charging: Stocked, owing: list[str], ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """PA-L6."""
    with unchanged():
        assert refused(lambda: commands.waive(charge=owing[0], why="困难", ctx=ctx("desk"))) == (
            "not-permitted",
        )
        assert refused(lambda: commands.waive(charge=owing[0], why=" ", ctx=ctx("director"))) == (
            "reason-missing",
        )
        assert refused(
            lambda: commands.waive(
                charge=owing[0], amount_fen=3001, why="困难", ctx=ctx("director")
            )
        ) == ("waive-too-much",)
    commands.waive(charge=owing[0], amount_fen=1000, why="困难", ctx=ctx("director"))
    commands.void(charge=owing[1], why="录错", ctx=ctx("director"))
    assert queries.owed(charging.patrons["adult"]) == 2100
    assert refused(lambda: commands.void(charge=owing[1], why="录错", ctx=ctx("director"))) == (
        "charge-settled",
    )
    assert story()[3:] == [("fee.waived", 1, 1000, "brought"), ("fee.voided", 1, 1250, "card")]
    sound()


def test_pa_l1_to_the_charges_named_and_never_more_than_they_are(
    charging: Stocked, owing: list[str], ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """PA-L1."""
    card = charging.cards["adult"]
    with unchanged():
        assert refused(
            lambda: commands.pay(card=card, amount_fen=101, charges=(owing[2],), ctx=ctx("desk"))
        ) == ("pay-too-much",)
    done = commands.pay(card=card, amount_fen=90, charges=(owing[2],), ctx=ctx("desk"))
    assert [(line.charge, line.amount_fen) for line in done.lines] == [(owing[2], 90)]
    # Several are paid in the order they are named.
    named = (owing[2], owing[1])
    done = commands.pay(card=card, amount_fen=1255, charges=named, ctx=ctx("desk"))
    assert [(line.charge, line.amount_fen) for line in done.lines] == [
        (owing[2], 10),
        (owing[1], 1245),
    ]
    assert queries.owed(charging.patrons["adult"]) == 3005
    sound()


def test_pa_l5_no_drawer_gives_what_it_does_not_hold(
    charging: Stocked, owing: list[str], ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """PA-L5."""
    card, patron = charging.cards["adult"], charging.patrons["adult"]
    commands.take_deposit(card=card, amount_fen=5000, ctx=ctx("desk"))
    commands.pay(card=card, amount_fen=3000, ctx=ctx("desk"))
    for act in (
        lambda: commands.refund_deposit(patron=patron, amount_fen=1, ctx=ctx("director")),
        lambda: commands.refund(charge=owing[0], amount_fen=1, why="误", ctx=ctx("director")),
        lambda: commands.move_cash(way="out", amount_fen=1, ctx=ctx("director")),
    ):
        with unchanged():
            assert refused(act) == ("drawer-short",)
    commands.move_cash(way="in", amount_fen=1, ctx=ctx("director"))
    commands.refund_deposit(patron=patron, amount_fen=1, ctx=ctx("director"))
    sound()


def test_pa_l6_only_the_open_part_is_voided_with_permission_and_a_why(
    charging: Stocked, owing: list[str], ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """PA-L6."""
    commands.pay(card=charging.cards["adult"], amount_fen=1000, ctx=ctx("desk"))
    for actor, why, code in (
        ("desk", "录错", "not-permitted"),
        ("director", " ", "reason-missing"),
    ):
        with unchanged():
            assert refused(
                lambda actor=actor, why=why: commands.void(charge=owing[0], why=why, ctx=ctx(actor))
            ) == (code,)
    assert commands.void(charge=owing[0], why="录错", ctx=ctx("director")) == 2000
    found = queries.charge(owing[0])
    assert found is not None
    assert (found.paid_fen, found.voided_fen, found.open_fen) == (1000, 2000, 0)
    assert queries.owed(charging.patrons["adult"]) == 1350
    sound()


def test_de_4_the_database_itself_keeps_a_deposit_from_going_below_0(
    charging: Stocked, ctx: Contexts
) -> None:
    patron = charging.patrons["other"]
    commands.take_deposit(card=charging.cards["other"], amount_fen=100, ctx=ctx("desk"))
    with pytest.raises(IntegrityError):
        Deposit.objects.filter(patron=patron).update(held_fen=F("held_fen") - 101)
    assert queries.deposit_held(patron) == 100


def test_de_5_a_deposit_kept_pays_the_oldest_charge_first(charging: Stocked, ctx: Contexts) -> None:
    card, patron = charging.cards["other"], charging.patrons["other"]
    commands.take_deposit(card=card, amount_fen=10000, ctx=ctx("desk"))
    older, newer = (
        commands.charge(card=card, amount_fen=fen, kind=kind, ctx=ctx("desk")).charge
        for fen, kind in ((2500, "damage"), (1000, "card"))
    )

    def keep(fen: int) -> list[tuple[str, int]]:
        kept = commands.forfeit_deposit(
            patron=patron, amount_fen=fen, why="抵扣", ctx=ctx("director")
        )
        return [(line.charge, line.amount_fen) for line in kept.lines]

    assert keep(3000) == [(older, 2500), (newer, 500)]
    assert (queries.owed(patron), queries.deposit_held(patron)) == (500, 7000)
    # What is beyond the charges goes to the library.
    assert keep(2000) == [(newer, 500)]
    assert (queries.owed(patron), queries.deposit_held(patron)) == (0, 5000)
    sound()


def test_l1_receipts_are_numbered_by_place_and_day(
    charging: Stocked, owing: list[str], ctx: Contexts
) -> None:
    card, east = charging.cards["adult"], charging.library.east
    numbers = [
        commands.pay(card=card, amount_fen=10, ctx=at).receipt
        for at in (
            ctx(),
            ctx(),
            ctx(place=east),
            ctx(at=moment("2020-06-11")),
            ctx(),
        )
    ]
    assert numbers == [
        "main-20200610-001",
        "main-20200610-002",
        "east-20200610-001",
        "main-20200611-001",
        "main-20200610-003",
    ]


def test_l1_a_day_of_each_drawer(charging: Stocked, owing: list[str], ctx: Contexts) -> None:
    card, main = charging.cards["adult"], charging.library.main
    commands.move_cash(way="in", amount_fen=5000, ctx=ctx("desk", at=moment("2020-06-09")))
    commands.pay(card=card, amount_fen=700, ctx=ctx("desk"))
    commands.pay(card=card, amount_fen=300, method="wechat", ctx=ctx("desk"))
    commands.take_deposit(card=card, amount_fen=1000, ctx=ctx("desk"))
    commands.refund_deposit(patron=charging.patrons["adult"], amount_fen=400, ctx=ctx("desk"))
    commands.pay(card=card, amount_fen=11, ctx=ctx("director"))
    day = queries.drawers((main,), date(2020, 6, 10))
    assert [(d.operator, d.before_fen, d.after_fen, d.taken, d.given) for d in day] == sorted(
        [
            (
                charging.library.staff["desk"],
                5000,
                6300,
                {"cash": 1700, "wechat": 300},
                {"cash": 400},
            ),
            (charging.library.staff["director"], 0, 11, {"cash": 11}, {}),
        ]
    )
    assert [e.amount_fen for e in next(d for d in day if d.before_fen).entries] == [
        700,
        300,
        1000,
        400,
    ]
    with pytest.raises(Refused):
        commands.move_cash(way="out", amount_fen=6301, ctx=ctx("desk"))
    commands.move_cash(way="out", amount_fen=6300, note="交财务", ctx=ctx("desk"))
    assert queries.cash_in_drawer(main, "staff", charging.library.staff["desk"]) == 0
    sound()


def test_c4_deposit_taken_returned_forfeited_is_what_is_held(
    charging: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """DE-4, DE-5."""
    card, patron = charging.cards["other"], charging.patrons["other"]
    commands.take_deposit(card=card, amount_fen=10000, ctx=ctx("desk"))
    assert queries.deposit_held(patron) == 10000
    with unchanged():
        assert refused(
            lambda: commands.refund_deposit(patron=patron, amount_fen=10001, ctx=ctx("desk"))
        ) == ("deposit-too-little",)
        assert refused(
            lambda: commands.forfeit_deposit(patron=patron, amount_fen=1, why="赔", ctx=ctx("desk"))
        ) == ("not-permitted",)
    commands.charge(card=card, amount_fen=2500, kind="damage", ctx=ctx("desk"))
    kept = commands.forfeit_deposit(
        patron=patron, amount_fen=4000, why="污损抵扣", ctx=ctx("director")
    )
    # What is owed is paid first; the rest goes to the library.
    assert (kept.owed_fen, [line.amount_fen for line in kept.lines]) == (0, [2500])
    assert queries.deposit_held(patron) == 6000
    commands.refund_deposit(patron=patron, ctx=ctx("desk"))
    assert queries.deposit_held(patron) == 0
    with unchanged():
        assert refused(lambda: commands.refund_deposit(patron=patron, ctx=ctx("desk"))) == (
            "deposit-none",
        )
    assert story() == [
        ("deposit.taken", 1, 10000, "cash"),
        ("fee.charged", 1, 2500, "damage"),
        ("deposit.kept", 1, 4000, ""),
        ("fee.paid", 1, 2500, "deposits"),
        ("deposit.refunded", 1, 6000, "cash"),
    ]
    sound()


def test_c4_a_deposit_brought_along_is_taken_over_once(
    charging: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """DE-6."""
    ids = [charging.patrons["adult"], charging.patrons["child"]]
    Patron.objects.filter(id__in=ids).update(deposit_fen=5000)
    assert commands.take_over_deposit(patron=ids[0], ctx=ctx("desk")) == 5000
    assert commands.take_over_deposits(place=charging.library.main, ctx=ctx()) == (1, 5000)
    assert [queries.deposit_held(p) for p in ids] == [5000, 5000]
    assert not Patron.objects.filter(deposit_fen__gt=0).exists()
    with unchanged():
        assert refused(lambda: commands.take_over_deposit(patron=ids[0], ctx=ctx("desk"))) == (
            "deposit-none",
        )
    sound()


def test_c4_an_account_closes_only_when_nothing_is_owed_or_held(
    charging: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """DE-7."""
    card, patron = charging.cards["other"], charging.patrons["other"]
    from shuxiang.project.wiring import wire

    wire()
    commands.take_deposit(card=card, amount_fen=10000, ctx=ctx("desk"))
    commands.charge(card=card, amount_fen=100, kind="card", ctx=ctx("desk"))
    with unchanged():
        assert refused(lambda: patrons.close_account(patron=patron, ctx=ctx("desk"))) == (
            "charges-open",
            "deposit-in-books",
        )
    commands.pay(card=card, amount_fen=100, ctx=ctx("desk"))
    commands.refund_deposit(patron=patron, ctx=ctx("desk"))
    patrons.close_account(patron=patron, ctx=ctx("desk"))
    with unchanged():
        assert refused(lambda: commands.take_deposit(card=card, amount_fen=1, ctx=ctx("desk"))) == (
            "patron-closed",
        )


def test_c4_credit_stands_for_a_deposit_from_day_to_day(
    charging: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    patron = charging.patrons["adult"]
    made = commands.give_credit(
        patron=patron,
        basis="信易借",
        valid_from=date(2020, 6, 10),
        valid_to=date(2020, 12, 31),
        ctx=ctx("desk"),
    )
    assert queries.credit(patron, date(2020, 6, 9)) is None
    assert queries.credit(patron, date(2020, 12, 31)) is not None
    with unchanged():
        assert refused(
            lambda: commands.give_credit(
                patron=patron,
                basis="",
                valid_from=date(2020, 7, 1),
                valid_to=date(2020, 6, 1),
                ctx=ctx("desk"),
            )
        ) == ("credit-basis-missing", "credit-days", "credit-exists")
    commands.end_credit(credit=made, ctx=ctx("desk"))
    assert queries.credit(patron, date(2020, 6, 10)) is None


def test_i8_a_planted_fault_is_found(charging: Stocked, owing: list[str], ctx: Contexts) -> None:
    commands.pay(card=charging.cards["adult"], amount_fen=700, ctx=ctx("desk"))
    sound()
    one = Posting.objects.filter(account__kind="till").get()
    with triggers.lifted():
        Posting.objects.filter(id=one.id).update(amount_fen=699)
    found = invariants.money_balances()
    assert not found.ok
    assert "its postings sum to -1" in found.detail
    assert "holds 700, its postings sum to 699" in found.detail


def test_i13_what_is_settled_forgets_its_reader_what_is_owed_does_not(
    charging: Stocked, owing: list[str], ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    card, patron = charging.cards["adult"], charging.patrons["adult"]
    # One payment settles the first charge and a part of the second, which stays open.
    commands.pay(card=card, amount_fen=3200, ctx=ctx())
    commands.take_deposit(card=card, amount_fen=5000, ctx=ctx())
    with unchanged():
        assert not queries.remembered(moment("2020-06-01"))
    later = moment("2021-08-01")
    assert queries.remembered(later)
    assert commands.forget_settled(before=later, ctx=ctx()) == 1
    assert commands.forget_settled(before=later, ctx=ctx()) == 0
    assert [c.id for c in queries.charges(patron)] == owing[1:]
    assert queries.charges(patron, settled=True) == ()
    assert (queries.owed(patron), queries.deposit_held(patron)) == (1150, 5000)
    # The payment still names who owes the rest; paid in full, it forgets too.
    assert [e.kind for e in queries.statement(patron)].count("payment") == 1
    commands.pay(card=card, amount_fen=1150, ctx=ctx())
    commands.forget_settled(before=later, ctx=ctx())
    assert [e.kind for e in queries.statement(patron)] == ["deposit-taken"]
    assert refused(lambda: commands.refund(charge=owing[0], why="x", ctx=ctx())) == (
        "charge-unknown",
    )
    sound()
