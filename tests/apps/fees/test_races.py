"""I8: money at many desks in the same instant, on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

from shuxiang.apps.fees import commands, queries
from shuxiang.kernel.decision import Refused
from shuxiang.statistics import invariants
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def sound() -> None:
    found = invariants.money_balances()
    assert found.ok, found.detail


def codes(outcomes: list[Any]) -> list[tuple[str, ...]]:
    assert all(isinstance(o, Refused | commands.Paid) for o in outcomes), outcomes
    return [o.decision.codes for o in outcomes if isinstance(o, Refused)]


def test_i8_a_deposit_is_given_back_once(charging: Stocked, ctx: Contexts, together: Any) -> None:
    card, patron = charging.cards["adult"], charging.patrons["adult"]
    commands.take_deposit(card=card, amount_fen=10000, ctx=ctx())
    main, east = charging.library.main, charging.library.east
    for place in (main, east):
        commands.move_cash(way="in", amount_fen=50000, ctx=ctx(place=place))

    def give_back(number: int) -> Any:
        at = ctx(place=(main, east)[number % 2])
        return commands.refund_deposit(patron=patron, amount_fen=6000, ctx=at)

    refusals = codes(together(8, give_back))
    assert refusals == [("deposit-too-little",)] * 7
    assert queries.deposit_held(patron) == 4000
    sound()


def test_i8_a_drawer_never_pays_out_what_it_does_not_hold(
    charging: Stocked, ctx: Contexts, together: Any
) -> None:
    """Two readers' deposits out of one drawer that holds enough for one."""
    who = ("adult", "other")
    for name in who:
        at = ctx(place=charging.library.east)
        commands.take_deposit(card=charging.cards[name], amount_fen=10000, ctx=at)
    commands.move_cash(way="in", amount_fen=15000, ctx=ctx())
    refusals = codes(
        together(2, lambda n: commands.refund_deposit(patron=charging.patrons[who[n]], ctx=ctx()))
    )
    assert refusals == [("drawer-short",)]
    sound()


def test_i8_a_debt_is_paid_once_and_receipts_have_no_gap(
    charging: Stocked, ctx: Contexts, together: Any
) -> None:
    for name in ("adult", "other"):
        commands.charge(card=charging.cards[name], amount_fen=400, kind="brought", ctx=ctx())

    def pay(number: int) -> Any:
        card = charging.cards[("adult", "other")[number % 2]]
        return commands.pay(card=card, amount_fen=100, ctx=ctx(key=f"pay-{number}"))

    outcomes = together(12, pay)
    assert codes(outcomes) == [("pay-too-much",)] * 4
    receipts = sorted(o.receipt for o in outcomes if isinstance(o, commands.Paid))
    assert receipts == [f"main-20200610-{n:03d}" for n in range(1, 9)]
    assert queries.owed(charging.patrons["adult"]) == 0
    sound()


def test_l1_one_key_pays_once_however_often_it_is_sent(
    charging: Stocked, ctx: Contexts, together: Any
) -> None:
    card = charging.cards["adult"]
    commands.charge(card=card, amount_fen=1000, kind="brought", ctx=ctx())
    outcomes = together(6, lambda _n: commands.pay(card=card, amount_fen=100, ctx=ctx(key="same")))
    assert len({o.entry for o in outcomes}) == 1
    assert queries.owed(charging.patrons["adult"]) == 900
    sound()
