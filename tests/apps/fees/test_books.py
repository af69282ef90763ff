"""I8: whatever is done in whatever order, refused or not, the books balance."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.fees import commands, queries
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused
from shuxiang.statistics import invariants
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

TURNS = 90


@dataclass
class Desk:
    """One act: who, where, when, by chance."""

    stocked: Stocked
    chance: random.Random
    who: str
    at: Context
    day: date

    @property
    def card(self) -> str:
        return self.stocked.cards[self.who]

    @property
    def patron(self) -> str:
        return self.stocked.patrons[self.who]

    def amount(self) -> int:
        return self.chance.choice((1, 20, 60, 500, 2000))

    def book(self) -> str:
        return f"B00{self.chance.randrange(1, 9)}"

    def charge(self) -> str:
        found = (*queries.charges(self.patron), *queries.charges(self.patron, settled=True))
        return self.chance.choice(found).id if found else "0" * 32

    def payment(self) -> str:
        paid = [e for e in queries.statement(self.patron) if e.kind == "payment"]
        return self.chance.choice(paid).id if paid else "0" * 32


ACTS: dict[str, Callable[[Desk], Any]] = {
    "lend": lambda d: circulation.check_out(item_barcode=d.book(), card=d.card, ctx=d.at),
    "return": lambda d: circulation.check_in(item_barcode=d.book(), ctx=d.at),
    "charge": lambda d: commands.charge(card=d.card, amount_fen=d.amount(), kind="card", ctx=d.at),
    "pay": lambda d: commands.pay(card=d.card, amount_fen=d.amount(), ctx=d.at),
    "pay all": lambda d: commands.pay(card=d.card, amount_fen=queries.owed(d.patron), ctx=d.at),
    "waive": lambda d: commands.waive(charge=d.charge(), why="x", ctx=d.at),
    "void": lambda d: commands.void(charge=d.charge(), why="x", ctx=d.at),
    "refund": lambda d: commands.refund(charge=d.charge(), why="x", ctx=d.at),
    "reverse": lambda d: commands.reverse_payment(entry=d.payment(), why="x", ctx=d.at),
    "deposit": lambda d: commands.take_deposit(card=d.card, amount_fen=d.amount(), ctx=d.at),
    "back": lambda d: commands.refund_deposit(patron=d.patron, amount_fen=d.amount(), ctx=d.at),
    "keep": lambda d: commands.forfeit_deposit(
        patron=d.patron, amount_fen=d.amount(), why="x", ctx=d.at
    ),
    "cash": lambda d: commands.move_cash(
        way=d.chance.choice(("in", "out")), amount_fen=d.amount(), ctx=d.at
    ),
    "points": lambda d: commands.restore_points(patron=d.patron, why="x", ctx=d.at),
    "forget": lambda d: commands.forget_settled(
        before=moment(d.day - timedelta(days=30)), ctx=d.at
    ),
    "amnesty": lambda d: commands.apply_amnesty(
        place=d.stocked.library.main,
        first_day=d.day - timedelta(days=40),
        last_day=d.day,
        why="x",
        ctx=d.at,
    ),
    "undo": lambda d: commands.undo_amnesty(
        amnesty=queries.amnesties([d.stocked.library.main])[0].id, why="x", ctx=d.at
    ),
}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_i8_the_books_balance_after_anything(
    charging: Stocked, ctx: Contexts, add_rule: Callable[..., str], seed: int
) -> None:
    add_rule("points", points=10, per_day=1, restore_days=40)
    chance = random.Random(seed)
    day = date(2020, 3, 4)
    done: Counter[str] = Counter()
    for turn in range(TURNS):
        day += timedelta(days=chance.randrange(4))
        at = ctx(
            place=chance.choice((charging.library.main, charging.library.east)),
            at=moment(day),
            key=f"{seed}-{turn}",
        )
        desk = Desk(charging, chance, chance.choice(("adult", "other")), at, day)
        name = chance.choice((*ACTS, "lend", "return", "return"))
        if name == "undo" and not queries.amnesties([charging.library.main]):
            continue
        try:
            ACTS[name](desk)
            done[name] += 1
        except Refused:
            done["refused"] += 1
        assert queries.owed(desk.patron) >= 0
        assert queries.deposit_held(desk.patron) >= 0
    for proof in (invariants.money_balances, invariants.fines_stand, invariants.loans_balance):
        found = proof()
        assert found.ok, (found.detail, done)
    # Most kinds of acts went through at least once.
    assert len(done) > 10, done
