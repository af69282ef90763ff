"""浮动馆藏: where an item of a floating group stays or goes (`docs/circulation/branches.md`, FL-)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many items of the group a member keeps at least, and at most (None: no bound)."""

    floor: int = 0
    ceiling: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An item in hand at ``at``. ``members`` are those of its floating group in the group's order, none
    where it floats in none; ``counts`` the items of the group standing at each, the one in hand counted
    where it is."""

    owner: str
    at: str
    members: Mapping[str, Bounds]
    counts: Mapping[str, int]


def destination(facts: Facts) -> str:
    """Where the item belongs now (FL-1 … FL-5)."""
    members, counts = facts.members, facts.counts
    if not members:
        return facts.owner
    here = members.get(facts.at)
    if here is not None and (here.ceiling is None or counts.get(facts.at, 0) <= here.ceiling):
        return facts.at
    others = {place: bounds for place, bounds in members.items() if place != facts.at}
    needy = _neediest(others, counts)
    if needy is not None:
        return needy
    if facts.owner in others and _room(others[facts.owner], counts.get(facts.owner, 0)):
        return facts.owner
    roomy = [p for p, bounds in others.items() if _room(bounds, counts.get(p, 0))]
    if roomy:
        return min(roomy, key=lambda p: counts.get(p, 0))
    return facts.at if here is not None else facts.owner


def _neediest(members: Mapping[str, Bounds], counts: Mapping[str, int]) -> str | None:
    """The member furthest below its floor, the first of the group's order where two are."""
    lacks = {place: bounds.floor - counts.get(place, 0) for place, bounds in members.items()}
    most = max(lacks.values(), default=0)
    return next(place for place, n in lacks.items() if n == most) if most > 0 else None


def _room(bounds: Bounds, count: int) -> bool:
    return bounds.ceiling is None or count < bounds.ceiling


def rebalance(
    members: Mapping[str, Bounds], counts: Mapping[str, int]
) -> tuple[tuple[str, str, int], ...]:
    """(from, to, how many) that bring every member to its floor and under its ceiling as far as there are
    items for it. A member gives what is above its ceiling first, and never what it needs for its floor
    (FL-6)."""
    now = {place: counts.get(place, 0) for place in members}
    moves: dict[tuple[str, str], int] = {}
    while (needy := _neediest(members, now)) is not None:
        giver = _giver(members, now, needy)
        if giver is None:
            break
        _move(moves, now, giver, needy)
    for place, bounds in members.items():
        while bounds.ceiling is not None and now[place] > bounds.ceiling:
            roomy = [p for p in members if p != place and _room(members[p], now[p])]
            if not roomy:
                break
            _move(moves, now, place, min(roomy, key=lambda p: now[p]))
    return tuple((*pair, n) for pair, n in moves.items())


def _giver(members: Mapping[str, Bounds], now: Mapping[str, int], needy: str) -> str | None:
    over = {
        place: now[place] - bounds.ceiling
        for place, bounds in members.items()
        if place != needy and bounds.ceiling is not None and now[place] > bounds.ceiling
    }
    spare = over or {
        place: now[place] - bounds.floor
        for place, bounds in members.items()
        if place != needy and now[place] > bounds.floor
    }
    return max(spare, key=lambda p: spare[p]) if spare else None


def _move(moves: dict[tuple[str, str], int], now: dict[str, int], giver: str, to: str) -> None:
    moves[giver, to] = moves.get((giver, to), 0) + 1
    now[giver] -= 1
    now[to] += 1
