"""A closure being applied while desks work, and a command that fails half-way (F1, I3, I10)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.phases import commands
from shuxiang.apps.phases.commands import working
from shuxiang.apps.places import queries as places
from shuxiang.kernel.decision import Refused
from shuxiang.runtime import sql
from shuxiang.statistics import closures
from tests.apps.phases.acts import applied, broken, closed, dues, finish, write
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
BARCODES = ("B001", "B002", "B003", "B004", "B005", "B006")


@pytest.fixture
def lent(stocked: Stocked, ctx: Contexts, at: Any) -> Stocked:
    for n, barcode in enumerate(BARCODES):
        circulation.check_out(
            item_barcode=barcode,
            card=stocked.cards[("adult", "other")[n % 2]],
            ctx=ctx("desk", at=at("2020-01-10", f"09:0{n}")),
        )
    return stocked


def test_i10_desks_return_and_renew_while_a_closure_moves_due_dates(
    lent: Stocked, ctx: Contexts, at: Any, together: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CHUNK", 1)
    director = ctx("director", at=at("2020-01-30"))
    phase = write(lent.library.main, closed("2020-02-01", "2020-02-29"), director)
    commands.apply(phase=phase, ctx=director)

    def act(number: int) -> Any:
        if number < 2:
            # Two workers at once: each loan is moved by one of them.
            return finish(phase, ctx("director", at=at("2020-01-30", f"11:0{number}")))
        desk = ctx("desk", at=at("2020-01-30", "11:00"), key=f"desk-{number}")
        if number == 2:
            return circulation.check_in(item_barcode="B001", ctx=desk)
        loan = loans.open_loan_of(lent.items[f"B00{number}"])
        assert loan is not None
        return circulation.renew(loan=loan.id, ctx=desk)

    outcomes = together(5, act)
    assert [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, Refused)] == []
    finish(phase, director)
    assert places.phase(phase).state == "applied"
    now = dues()
    assert set(now) == set(BARCODES) - {"B001"}
    # 9 February and 29 days is a Monday: 10 March; renewed before or after, 30 days more.
    assert {now[b] for b in ("B002", "B005", "B006")} == {date(2020, 3, 10)}
    assert all(now[b] > date(2020, 3, 10) for b in ("B003", "B004"))
    assert (closures.due_while_shut(), closures.unrecorded(), broken()) == ([], [], [])


@pytest.mark.parametrize("failing", range(1, 5))
def test_f1_a_command_that_fails_half_way_leaves_nothing_and_is_done_again(
    lent: Stocked, ctx: Contexts, at: Any, scene: Any, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    monkeypatch.setattr(working, "CHUNK", 2)
    director = ctx("director", at=at("2020-01-30"))
    terms = closed("2020-02-01", "2020-02-29", spread_most=2)
    scene("phases.races", dict)
    applied(lent.library.main, terms, director)
    whole = dues()
    scene("phases.races", dict)
    phase = write(lent.library.main, terms, director)
    commands.apply(phase=phase, ctx=director)
    plain, left = sql.many, [4 + failing]

    def many(text: str, rows: Any, **more: Any) -> None:
        # The first command writes in some six statements; the second fails in one of its own.
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError("the power went")
        plain(text, rows, **more)

    with monkeypatch.context() as patch:
        patch.setattr(sql, "many", many)
        with pytest.raises(RuntimeError):
            finish(phase, director.with_key("cut"))
    assert broken() == []
    assert dues() != whole
    assert sum(commands.step(director.with_key("again"))) in (4, 6)
    assert (dues(), broken()) == (whole, [])
