"""Where due dates go, as tables; case numbers of docs/circulation/phases.md."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuxiang.apps.phases import rules
from shuxiang.apps.phases.rules import Effect, Terms
from tests.support.library import moment

FIRST, LAST = date(2020, 2, 1), date(2020, 2, 29)
LENT = moment("2020-01-05")
APPLIED = moment("2020-01-30")
CLOSED = Effect(
    closed=True,
    first_day=FIRST,
    last_day=LAST,
    mode="closed_days",
    applied_at=APPLIED,
    counted={"main": ((FIRST, LAST),)},
    fresh_from=FIRST,
)


@dataclass(frozen=True)
class Held:
    """A loan as planning sees it."""

    id: str
    due_on: date
    place: str = "main"
    patron: str = "p"
    lent_on: date = date(2020, 1, 5)
    lent_at: datetime = LENT
    round: int = 0
    base: date = date.min
    after: date = date.min

    @property
    def untouched(self) -> bool:
        return self.round == 0 or self.due_on == self.after


def held(id_: str, due: date, **more: object) -> Held:
    return replace(Held(id_, due, base=due, after=due), **more)  # type: ignore[arg-type]


def always(place: str, day: date) -> date:
    return day


def no_mondays(place: str, day: date) -> date:
    """Closed on Mondays and in February."""
    while day.weekday() == 0 or FIRST <= day <= LAST:
        day += timedelta(days=1)
    return day


@pytest.mark.parametrize(
    ("case", "due", "effect", "after"),
    [
        # The reader had 4 days left when it shut, and has 4 again.
        ("PH-5a", date(2020, 2, 5), CLOSED, date(2020, 3, 5)),
        ("PH-5b", FIRST, CLOSED, date(2020, 3, 1)),
        ("PH-5c", LAST, CLOSED, date(2020, 3, 29)),
        # 9 March is a Monday.
        ("PH-5d", date(2020, 2, 9), CLOSED, date(2020, 3, 10)),
        ("PH-5e", date(2020, 5, 6), CLOSED, date(2020, 6, 4)),
        ("PH-5f", date(2020, 2, 5), replace(CLOSED, days=60), date(2020, 5, 5)),
        ("PH-6a", date(2020, 2, 5), replace(CLOSED, mode="reopening"), date(2020, 3, 1)),
        ("PH-6b", date(2020, 2, 5), replace(CLOSED, mode="reopening", days=6), date(2020, 3, 7)),
        ("PH-7", date(2020, 2, 5), replace(CLOSED, closed=False, mode="extra", days=30), date(2020, 3, 6)),
    ],
)  # fmt: skip
def test_s1_where_one_due_date_goes(case: str, due: date, effect: Effect, after: date) -> None:
    (move,) = rules.plan([held("a", due)], effect, no_mondays).moves
    assert (move.base, move.before, move.after) == (due, due, after), case


@pytest.mark.parametrize(
    ("case", "loan", "effect"),
    [
        ("PH-4a overdue before it shut", held("a", date(2020, 1, 31)), CLOSED),
        (
            "PH-4b lent after it was applied, for a later day",
            held("a", date(2020, 4, 1), lent_on=date(2020, 3, 3), lent_at=moment("2020-03-03")),
            CLOSED,
        ),
        (
            "PH-4c moved in this round",
            held("a", date(2020, 3, 5), round=1, base=date(2020, 2, 5), after=date(2020, 3, 5)),
            CLOSED,
        ),
        (
            "PH-6c due after the reopening",
            held("a", date(2020, 3, 5)),
            replace(CLOSED, mode="reopening"),
        ),
        ("PH-4d nothing is to be moved", held("a", date(2020, 3, 5)), replace(CLOSED, mode="none")),
    ],
)
def test_s1_who_stays(case: str, loan: Held, effect: Effect) -> None:
    assert rules.plan([loan], effect, always).moves == (), case


def test_ph_7_hours_that_close_a_weekday_move_what_is_due_then() -> None:
    """PH-7.1: a limited opening that moves nothing else: only what falls due on a day it does not open."""
    effect = replace(CLOSED, closed=False, mode="none", first_day=date(2020, 3, 1), last_day=None)
    loans = [held("a", date(2020, 3, 9)), held("b", date(2020, 3, 10)), held("c", date(2020, 2, 9))]
    moves = rules.plan(loans, effect, no_mondays).moves
    assert [(m.loan, m.base, m.after) for m in moves] == [
        ("a", date(2020, 3, 9), date(2020, 3, 10))
    ]


def test_ph_8_a_loan_made_after_applying_that_falls_due_while_shut_is_moved() -> None:
    loan = held("a", date(2020, 2, 10), lent_on=date(2020, 1, 31), lent_at=moment("2020-01-31"))
    (move,) = rules.plan([loan], CLOSED, no_mondays).moves
    assert move.after == date(2020, 3, 10)


def test_ph_9_at_most_n_a_day_in_order_a_readers_books_together() -> None:
    loans = [
        held("a", date(2020, 2, 4), patron="p"),
        held("b", date(2020, 2, 4), patron="q"),
        held("c", date(2020, 2, 4), patron="p"),
        held("d", date(2020, 2, 5), patron="r"),
        held("e", date(2020, 3, 8), lent_on=date(2020, 3, 1), lent_at=moment("2020-03-01")),
    ]
    plan = rules.plan(loans, replace(CLOSED, spread_most=2), no_mondays)
    assert {m.loan: m.after for m in plan.moves} == {
        "a": date(2020, 3, 4),
        "c": date(2020, 3, 4),
        "b": date(2020, 3, 5),
        "d": date(2020, 3, 5),
    }
    # One that is due anyway takes its place of the day.
    assert plan.load["main", date(2020, 3, 8)] == 1


def test_ph_9_no_room_within_reach_is_said() -> None:
    loans = [held(f"{n:04d}", date(2020, 2, 4), patron=f"p{n}") for n in range(450)]
    assert rules.plan(loans, replace(CLOSED, spread_most=1), always).crowded == 49


@settings(max_examples=60, deadline=None)
@given(
    dues=st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 6), st.sampled_from(["main", "east"])),
        max_size=60,
    ),
    most=st.integers(1, 7),
    cut=st.integers(0, 60),
)
def test_ph_9_spread_holds_its_limit_and_a_broken_off_round_ends_the_same(
    dues: list[tuple[int, int, str]], most: int, cut: int
) -> None:
    effect = replace(
        CLOSED, spread_most=most, counted=dict.fromkeys(("main", "east"), ((FIRST, LAST),))
    )
    loans = [
        held(f"{n:03d}", FIRST + timedelta(days=due), place=place, patron=f"p{who}")
        for n, (due, who, place) in enumerate(dues)
    ]
    whole = rules.plan(loans, effect, no_mondays)
    assert max(Counter((m.place, m.after) for m in whole.moves).values(), default=0) <= most
    for move in whole.moves:
        assert move.after >= move.wanted >= move.before
        assert no_mondays(move.place, move.after) == move.after
    # Killed after some readers' days: what was done counts, the rest goes where it was to go.
    moves = list(whole.moves)
    while 0 < cut < len(moves) and (
        (moves[cut - 1].patron, moves[cut - 1].after) == (moves[cut].patron, moves[cut].after)
    ):
        cut += 1
    moved = {m.loan: m for m in moves[:cut]}
    half = [
        replace(x, due_on=moved[x.id].after, round=1, base=x.due_on, after=moved[x.id].after)
        if x.id in moved
        else x
        for x in loans
    ]
    rest = rules.plan(half, effect, no_mondays)
    assert {m.loan: m.after for m in (*moves[:cut], *rest.moves)} == {
        m.loan: m.after for m in whole.moves
    }


@pytest.mark.parametrize(
    ("others", "left"),
    [
        ((), ((FIRST, LAST),)),
        (((date(2020, 2, 10), date(2020, 2, 12)),),
         ((FIRST, date(2020, 2, 9)), (date(2020, 2, 13), LAST))),
        (((date(2020, 1, 1), date(2020, 2, 5)), (date(2020, 2, 20), date(2020, 4, 1))),
         ((date(2020, 2, 6), date(2020, 2, 19)),)),
        (((date(2020, 1, 1), date(2020, 4, 1)),), ()),
    ],
)  # fmt: skip
def test_ph_10_of_overlapping_closures_each_day_counts_once(
    others: rules.Ranges, left: rules.Ranges
) -> None:
    assert rules.without(FIRST, LAST, others) == left


def test_ph_10_ranges_that_touch_are_one() -> None:
    found = rules.joined(((date(2020, 2, 10), LAST), (FIRST, date(2020, 2, 9))))
    assert found == ((FIRST, LAST),)
    assert rules.days_in(found, date(2020, 2, 20)) == 10


@pytest.mark.parametrize(
    ("terms", "codes"),
    [
        ({}, ()),
        ({"name": " "}, ("name-missing",)),
        ({"kind": "open"}, ("phase-kind-unknown", "phase-open-moved")),
        ({"last_day": None}, ("phase-closed-endless",)),
        ({"last_day": date(2020, 1, 1)}, ("days-reversed",)),
        ({"last_day": date(2022, 1, 1)}, ("days-reversed",)),
        ({"due_mode": "none"}, ("phase-closed-unmoved",)),
        ({"kind": "limited"}, ("phase-open-moved",)),
        ({"kind": "limited", "due_mode": "none", "slot_quota": 50}, ("phase-slot-half",)),
        ({"spread_most": 0}, ("phase-zero",)),
        ({"due_days": 10_000}, ("phase-number",)),
        ({"name": "长" * 41}, ("text-too-long",)),
        ({"checks": ("查",) * 21}, ("phase-lines",)),
    ],
)
def test_ph_1_what_a_phase_may_say(terms: dict[str, object], codes: tuple[str, ...]) -> None:
    usual = {
        "kind": "closed", "name": "闭馆", "first_day": FIRST, "last_day": LAST,
        "due_mode": "closed_days",
    }  # fmt: skip
    assert rules.may_write(Terms(**(usual | terms))).codes == codes  # type: ignore[arg-type]
