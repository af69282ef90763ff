"""Two queues of holds become one when their titles are merged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Queued:
    """A hold that is not over. ``aside``: a copy is set aside for it (coming or ready)."""

    id: str
    title: str
    patron: str
    rank: int
    seq: int
    placed_at: datetime
    aside: bool = False


@dataclass(frozen=True, slots=True)
class OneQueue:
    """``order``: the holds that stay, in the order of the new queue; ``ended``: (hold, hold that
    stays) of readers who had one on both; ``twice``: readers with a copy set aside on both, which a
    person must settle first."""

    order: tuple[str, ...]
    ended: tuple[tuple[str, str], ...]
    twice: int


def one_queue(first: Sequence[Queued], second: Sequence[Queued]) -> OneQueue:
    """The holds of two titles as one queue.

    Within each queue nobody passes anybody; between them who was placed earlier is earlier. A reader
    with a hold on both keeps the earlier one, unless a copy is already set aside for the other: nobody
    loses the book they were told to fetch.
    """
    mine = {h.patron: h for h in first}
    ended: list[tuple[str, str]] = []
    twice = 0
    for other in second:
        one = mine.get(other.patron)
        if one is None:
            continue
        if one.aside and other.aside:
            twice += 1
            continue
        if one.aside != other.aside:
            keep, drop = (one, other) if one.aside else (other, one)
        else:
            keep, drop = sorted((one, other), key=lambda h: (h.rank, h.placed_at, h.id))
        ended.append((drop.id, keep.id))
    gone = {dropped for dropped, _ in ended}
    left, right = _ordered(first, gone), _ordered(second, gone)
    order: list[str] = []
    while left and right:
        from_left = (left[0].rank, left[0].placed_at) <= (right[0].rank, right[0].placed_at)
        order.append((left if from_left else right).pop(0).id)
    order += [h.id for h in (*left, *right)]
    return OneQueue(tuple(order), tuple(ended), twice)


def _ordered(holds: Iterable[Queued], gone: set[str]) -> list[Queued]:
    return sorted((h for h in holds if h.id not in gone), key=lambda h: (h.rank, h.seq))
