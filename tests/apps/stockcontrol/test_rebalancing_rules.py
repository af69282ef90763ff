"""Rebalancing never makes it worse, and is the best there is (row B3): against brute force."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuxiang.apps.stockcontrol.rules import rebalancing
from shuxiang.apps.stockcontrol.rules.rebalancing import Room, Site, Title, plan, unmet

WINDOW = 180
PLACES = ("a", "b", "c")


@pytest.mark.parametrize(
    ("copies", "load", "share"),
    [(0, 1.0, 1.0), (1, 1.0, 0.5), (2, 1.0, 0.2), (1, 0.0, 0.0), (3, 2.0, 4 / 19)],
)
def test_b3_erlang_s_formula(copies: int, load: float, share: float) -> None:
    assert rebalancing.blocked(copies, load) == pytest.approx(share)


@given(st.integers(0, 12), st.floats(0.01, 40))
def test_b3_each_copy_helps_less_than_the_one_before(copies: int, demand: float) -> None:
    first, second, third = (unmet(copies + n, demand, window=WINDOW) for n in range(3))
    assert first >= second >= third
    assert first - second >= second - third - 1e-9


sites = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=len(PLACES), max_size=len(PLACES)
).map(lambda rows: tuple(Site(p, n, n, d) for p, (n, d) in zip(PLACES, rows, strict=True)))


def total(copies: dict[str, int], title: Title) -> float:
    return sum(unmet(copies[s.place], s.demand, window=WINDOW) for s in title.sites)


def moved(title: Title, moves: tuple[rebalancing.Move, ...]) -> dict[str, int]:
    copies = {s.place: s.copies for s in title.sites}
    for move in moves:
        copies[move.origin] -= 1
        copies[move.destination] += 1
    return copies


@given(sites)
def test_b3_as_good_as_trying_every_distribution(rows: tuple[Site, ...]) -> None:
    title = Title("t", rows)
    made = plan([title], window=WINDOW)
    copies = moved(title, made.moves)
    books = sum(s.copies for s in rows)
    best = min(
        total(dict(zip(PLACES, tried, strict=True)), title)
        for tried in itertools.product(range(books + 1), repeat=len(PLACES))
        if sum(tried) == books
    )
    assert made.after == pytest.approx(total(copies, title))
    assert made.after == pytest.approx(best, abs=1e-6)
    assert sum(copies.values()) == books
    assert all(n >= 0 for n in copies.values())


rooms = st.fixed_dictionaries(
    {p: st.tuples(st.integers(0, 3), st.none() | st.integers(0, 5)) for p in PLACES}
)


@settings(max_examples=60)
@given(
    st.lists(sites, min_size=1, max_size=4), rooms, st.sampled_from([0.0, 0.3]), st.integers(0, 9)
)
def test_b3_never_worse_and_never_past_a_bound(
    many: list[tuple[Site, ...]],
    bounds: dict[str, tuple[int, int | None]],
    least: float,
    most: int,
) -> None:
    titles = [Title(str(n), rows, "g") for n, rows in enumerate(many)]
    counts = {p: sum(s.copies for t in titles for s in t.sites if s.place == p) for p in PLACES}
    given_rooms = {("g", p): Room(counts[p], *bounds[p]) for p in PLACES}
    made = plan(titles, window=WINDOW, least=least, rooms=given_rooms, most=most)
    assert len(made.moves) <= most
    assert made.after <= made.before + 1e-9
    assert made.before - made.after == pytest.approx(sum(m.gain for m in made.moves), abs=1e-6)
    now = dict(counts)
    for move in made.moves:
        assert move.gain > least
        now[move.origin] -= 1
        now[move.destination] += 1
    for place, (floor, ceiling) in bounds.items():
        assert now[place] >= min(floor, counts[place])
        assert ceiling is None or now[place] <= max(ceiling, counts[place])
    assert {key: room.count for key, room in given_rooms.items()} == {
        ("g", p): n for p, n in counts.items()
    }


def test_b3_what_is_lent_or_kept_is_not_moved() -> None:
    lent = Title("t", (Site("a", 3, 0, 1), Site("b", 0, 0, 30)))
    assert plan([lent], window=WINDOW).moves == ()
    one_in = Title("t", (Site("a", 3, 1, 1), Site("b", 0, 0, 30)))
    (move,) = plan([one_in], window=WINDOW).moves
    assert (move.origin, move.destination) == ("a", "b")


def test_b3_the_move_that_helps_most_comes_first() -> None:
    titles = [
        Title("little", (Site("a", 2, 2, 1), Site("b", 0, 0, 3))),
        Title("much", (Site("a", 4, 4, 1), Site("b", 0, 0, 40))),
    ]
    made = plan(titles, window=WINDOW)
    assert made.moves[0].title == "much"
    gains = [m.gain for m in made.moves]
    assert gains == sorted(gains, reverse=True)
