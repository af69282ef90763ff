"""Which branch should hold which copies (row B3): the model, and moves that lessen what it expects.

A branch lends a title as often as it is asked for while a copy is in. With n copies lent for L days each
and D requests in W days, the share that finds none in is Erlang's loss formula B(n, a) with a = D·L/W,
so that D·B(n, a) requests go unmet. That falls with every copy, and each copy helps less than the one
before it (B is convex in n), which is why moving one copy at a time, always where it helps most, ends at
the best distribution, and why no step makes it worse.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LOAN_DAYS = 30
TINY = 1e-9


def blocked(copies: int, load: float) -> float:
    """The share of requests that find none of the copies in (Erlang B)."""
    share = 1.0
    for n in range(1, copies + 1):
        share = load * share / (n + load * share)
    return share


def unmet(copies: int, demand: float, *, window: int, loan_days: int = LOAN_DAYS) -> float:
    """How many of the requests of a window are expected to find no copy in."""
    return demand * blocked(copies, demand * loan_days / window) if demand else 0.0


@dataclass(frozen=True, slots=True)
class Site:
    """A title at a place: ``copies`` that belong there, ``free`` of them on the shelf, and how often it
    was asked for there."""

    place: str
    copies: int
    free: int
    demand: float


@dataclass(frozen=True, slots=True)
class Title:
    """A title where it is held or asked for; ``group`` is its floating group, '' for none."""

    title: str
    sites: tuple[Site, ...]
    group: str = ""


@dataclass(slots=True)
class Room:
    """How many items of a floating group a place has, and its bounds."""

    count: int
    floor: int = 0
    ceiling: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """One copy of a title goes from a place to another; ``gain``: how many requests fewer go unmet."""

    title: str
    origin: str
    destination: str
    gain: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Moves in the order in which they help, and what is expected without and with them."""

    moves: tuple[Move, ...]
    before: float
    after: float


@dataclass(slots=True)
class _State:
    """A title while it is planned."""

    title: Title
    copies: dict[str, int]
    free: dict[str, int]
    demand: dict[str, float]
    known: dict[tuple[str, int], float] = field(default_factory=dict)


def plan(
    titles: Sequence[Title],
    *,
    window: int,
    loan_days: int = LOAN_DAYS,
    least: float = 0.0,
    rooms: Mapping[tuple[str, str], Room] | None = None,
    most: int | None = None,
) -> Plan:
    """The moves that lessen the requests expected to go unmet, each by more than ``least``.

    ``rooms`` are the members of floating groups by (group, place): no move takes a place below its floor
    or above its ceiling; they are not changed. ``most`` moves at most.
    """
    left = {key: Room(r.count, r.floor, r.ceiling) for key, r in (rooms or {}).items()}
    states = [
        _State(
            t,
            {s.place: s.copies for s in t.sites},
            {s.place: s.free for s in t.sites},
            {s.place: s.demand for s in t.sites},
        )
        for t in titles
    ]

    def lost(state: _State, place: str, copies: int) -> float:
        key = (place, copies)
        if key not in state.known:
            state.known[key] = unmet(
                copies, state.demand[place], window=window, loan_days=loan_days
            )
        return state.known[key]

    def best(state: _State) -> tuple[float, str, str] | None:
        """(gain, from, to) of the move that helps a title most now."""
        group = state.title.group
        givers = [
            (lost(state, p, n - 1) - lost(state, p, n), p)
            for p, n in state.copies.items()
            if state.free[p] > 0 and _may_give(left.get((group, p)))
        ]
        takers = [
            (lost(state, p, n) - lost(state, p, n + 1), p)
            for p, n in state.copies.items()
            if state.demand[p] and _may_take(left.get((group, p)))
        ]
        pairs = [
            (gain - loss, giver, taker)
            for loss, giver in sorted(givers)[:2]
            for gain, taker in sorted(takers, reverse=True)[:2]
            if giver != taker
        ]
        return max(pairs, key=lambda pair: pair[0], default=None)

    before = sum(lost(s, p, n) for s in states for p, n in s.copies.items())
    waiting: list[tuple[float, int]] = []
    for at, state in enumerate(states):
        found = best(state)
        if found is not None and found[0] > max(least, TINY):
            heapq.heappush(waiting, (-found[0], at))
    moves: list[Move] = []
    while waiting and (most is None or len(moves) < most):
        promised, at = heapq.heappop(waiting)
        state = states[at]
        found = best(state)
        if found is None or found[0] <= max(least, TINY):
            continue
        if found[0] < -promised - TINY:
            # Another move took the room that this one counted on.
            heapq.heappush(waiting, (-found[0], at))
            continue
        gain, giver, taker = found
        _carry(state, giver, taker, left)
        moves.append(Move(state.title.title, giver, taker, gain))
        again = best(state)
        if again is not None and again[0] > max(least, TINY):
            heapq.heappush(waiting, (-again[0], at))
    after = sum(lost(s, p, n) for s in states for p, n in s.copies.items())
    return Plan(tuple(moves), before, after)


def _may_give(room: Room | None) -> bool:
    return room is None or room.count > room.floor


def _may_take(room: Room | None) -> bool:
    return room is None or room.ceiling is None or room.count < room.ceiling


def _carry(state: _State, giver: str, taker: str, rooms: Mapping[tuple[str, str], Room]) -> None:
    """A copy moves; what has moved is not moved on in the same plan."""
    state.copies[giver] -= 1
    state.free[giver] -= 1
    state.copies[taker] += 1
    for place, change in ((giver, -1), (taker, 1)):
        room = rooms.get((state.title.group, place))
        if room is not None:
            room.count += change
