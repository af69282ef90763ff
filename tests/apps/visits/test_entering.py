"""R3: may somebody come in? Races on both databases (F15)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.phases.queries import Terms
from shuxiang.apps.places import commands as places
from shuxiang.apps.visits import commands, models, queries
from shuxiang.kernel.context import SYSTEM
from shuxiang.kernel.decision import Refused
from tests.apps.patrons import people
from tests.apps.phases.acts import applied, closed
from tests.apps.visits.conftest import Gates, passed
from tests.support.library import Contexts, moment


def limited(gates: Gates, limit: int) -> None:
    places.set_setting(
        place=gates.library.main, key="visits.limit", value=limit, ctx=Contexts(gates.library)()
    )


def enter(gates: Gates, gate: str = "", *, at: str = "10:00", card: str = "") -> commands.Admitted:
    return commands.may_enter(card=card, ctx=gates.ctx(gate, at=moment("2020-06-10", at)))


def test_r3_only_as_many_as_may_be_inside(gates: Gates) -> None:
    limited(gates, 3)
    gates.send(passed(1, count=2))
    first = enter(gates)
    assert (first.inside, first.limit) == (3, 3)
    with pytest.raises(Refused) as refused:
        enter(gates, gates.south)
    assert [(r.code, r.data) for r in refused.value.decision.reasons] == [
        ("site-full", {"inside": 3, "limit": 3})
    ]
    # 出一进一.
    gates.send(passed(2, "out", "09:59"), gate=gates.north)
    assert enter(gates, gates.south).inside == 2


def test_r3_who_was_let_in_and_did_not_pass_gives_the_place_back(gates: Gates) -> None:
    limited(gates, 1)
    enter(gates, at="10:00:00")
    with pytest.raises(Refused, match="site-full"):
        enter(gates, at="10:00:29")
    assert enter(gates, at="10:00:30").ticket


def test_r3_the_pass_takes_the_place_that_was_kept(gates: Gates) -> None:
    limited(gates, 2)
    enter(gates)
    gates.send(passed(1, at="10:00"), at=moment("2020-06-10", "10:00:05"))
    assert models.Admission.objects.count() == 0
    assert enter(gates, at="10:00:06").inside == 2


def test_f15_thirty_places_for_a_hundred_at_two_turnstiles(
    gates: Gates, together: Callable[..., list[Any]]
) -> None:
    limited(gates, 30)

    def come(number: int) -> str:
        try:
            return enter(gates, gates.north if number % 2 else gates.south).ticket
        except Refused as refused:
            return refused.decision.codes[0]

    outcomes = [
        word
        for part in together(10, lambda n: [come(n * 10 + k) for k in range(10)])
        for word in part
    ]
    assert outcomes.count("site-full") == 70
    assert len({o for o in outcomes if o != "site-full"}) == 30


def test_g3_many_gates_at_once_lose_nobody(
    gates: Gates, together: Callable[..., list[Any]]
) -> None:
    def send(number: int) -> int:
        gate = gates.north if number % 2 else gates.south
        first = number // 2 * 5
        events = [passed(first + n, at=f"09:{number:02}:{n:02}") for n in range(5)]
        return gates.send(*events, gate=gate).accepted

    assert together(8, send) == [5] * 8
    live = queries.live((gates.library.main,), Contexts(gates.library)())
    assert [(x.inside, x.came_in) for x in live] == [(40, 40)]
    assert queries.in_and_out(gates.library.main, moment("2020-06-10").date()) == (40, 0)


def test_r3_cards_at_the_door(gates: Gates) -> None:
    ctx = Contexts(gates.library)
    at = moment("2020-06-01")
    patrons.seed_categories(ctx=ctx(at=at))
    reader = people.adult(ctx(at=at))
    assert enter(gates, card=reader.number).told == ()
    with pytest.raises(Refused, match="card-unknown"):
        enter(gates, card="X99")
    # Out of date: reading in the library stays free, the screen says so.
    years_later = gates.ctx(at=moment("2029-06-10"))
    told = commands.may_enter(card=reader.number, ctx=years_later).told
    assert [r.code for r in told] == ["card-expired"]
    patrons.report_lost(card=reader.card, ctx=ctx())
    with pytest.raises(Refused, match="card-lost"):
        enter(gates, card=reader.number)


def test_s1_an_operating_phase_may_say_less(gates: Gates) -> None:
    limited(gates, 500)
    terms = Terms(kind="limited", name="有序开放", first_day=date(2020, 6, 10), moment_quota=1)
    applied(gates.library.main, terms, Contexts(gates.library)("director"))
    gates.send(passed(1))
    with pytest.raises(Refused, match="site-full"):
        enter(gates)
    live = queries.live((gates.library.main,), Contexts(gates.library)(SYSTEM))
    assert [(x.inside, x.limit) for x in live] == [(1, 1)]


def test_s1_a_closure_by_itself_lets_nobody_in(gates: Gates, unchanged: Callable[..., Any]) -> None:
    """Whoever stands there; staff who let somebody in are told. The gate decides so offline too."""
    ctx = Contexts(gates.library)
    applied(gates.library.main, closed("2020-06-10", "2020-06-12"), ctx("director"))
    for card in ("", "X99"):
        with pytest.raises(Refused) as refused:
            enter(gates, card=card)
        assert refused.value.decision.codes[-1 if not card else 0] == "entry-closed"
    inside = commands.may_enter(ctx=ctx("director", at=moment("2020-06-10", "10:00")))
    assert [r.code for r in inside.told] == ["entry-closed"]
    assert queries.shut(gates.library.main, date(2020, 6, 12)) == "暂停开放"
    assert queries.shut(gates.library.main, date(2020, 6, 13)) is None
    assert commands.may_enter(ctx=gates.ctx(at=moment("2020-06-13", "10:00"))).told == ()


def test_s1_a_phases_number_for_a_day_is_kept(gates: Gates) -> None:
    terms = Terms(kind="limited", name="有序开放", first_day=date(2020, 6, 10), day_quota=3)
    applied(gates.library.main, terms, Contexts(gates.library)("director"))
    gates.send(passed(1, count=2), passed(2, "out", "09:59"))
    # Two came, one has left: one more may.
    enter(gates)
    with pytest.raises(Refused) as refused:
        enter(gates, gates.south)
    assert [(r.code, r.data) for r in refused.value.decision.reasons] == [
        ("entry-day-full", {"came": 2, "limit": 3})
    ]
