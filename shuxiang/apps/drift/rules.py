"""Sites and drifting books: what may be registered, what a count says, how many come back (cases of
`docs/circulation/drifting.md`, numbered DR-)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import comb

from shuxiang.kernel.decision import Decision, Reason, stop

KINDS = ("reading_base", "service_point", "bookhouse")
STEPS = ("took", "put", "left")
"""What somebody who scans a sticker may say."""
COUNTS = ("full", "sample", "rough")
AGAIN = timedelta(minutes=2)
"""Within which the same word about a book is the same act, sent again on a bad network."""
MOST_BOOKS = 2000
CONFIDENCE = 0.95
ROUGH = 0.2
"""How far off "about 40" may be: a fifth either way."""


def may_register(
    *,
    kind: str,
    plaque_on: date | None,
    ended_on: date | None,
    agreement_from: date | None,
    agreement_until: date | None,
    today: date,
) -> Decision:
    """Every reason against a line of the register (DR-1)."""
    reasons: list[Reason] = []
    if kind not in KINDS:
        reasons.append(stop("site-kind-unknown", kind=kind[:20]))
    if plaque_on is not None and plaque_on > today:
        reasons.append(stop("plaque-in-future", day=plaque_on.isoformat()))
    if agreement_from and agreement_until and agreement_until < agreement_from:
        reasons.append(stop("agreement-reversed"))
    if ended_on is not None and (
        ended_on > today or (plaque_on is not None and ended_on < plaque_on)
    ):
        reasons.append(stop("site-end-invalid"))
    return Decision(tuple(reasons))


def is_again(kind: str, at: datetime, last: tuple[str, datetime] | None) -> bool:
    """Whether a step says once more what the last one said (DR-4)."""
    return last is not None and last[0] == kind and at - last[1] < AGAIN


@dataclass(frozen=True, slots=True)
class Counted:
    """What a count says of all books that should be there."""

    estimate: int
    low: int
    high: int


def sampled(expected: int, drawn: int, found: int) -> Counted:
    """How many of ``expected`` books are there, when ``found`` of ``drawn`` were (DR-7).

    The interval is exact for drawing without putting back: every number of which neither so many nor
    so few found has a chance of less than 2.5 %.
    """
    tail = (1 - CONFIDENCE) / 2
    ways = comb(expected, drawn)

    def chance(there: int, few: int, many: int) -> float:
        hits = (
            comb(there, k) * comb(expected - there, drawn - k)
            for k in range(max(few, drawn - expected + there, 0), min(many, there, drawn) + 1)
        )
        return sum(hits) / ways

    possible = range(found, expected - (drawn - found) + 1)
    kept = [
        there
        for there in possible
        if chance(there, found, drawn) > tail and chance(there, 0, found) > tail
    ]
    estimate = min(max(round(expected * found / drawn), possible[0]), possible[-1])
    return Counted(estimate, min([*kept, estimate]), max([*kept, estimate]))


def rough(number: int) -> Counted:
    """ "About so many" (DR-8)."""
    off = round(number * ROUGH + 0.5)
    return Counted(number, max(number - off, 0), number + off)


def may_count(how: str, *, expected: int, drawn: int, found: int) -> Decision:
    """Every reason against a count (DR-6)."""
    reasons: list[Reason] = []
    if how not in COUNTS:
        reasons.append(stop("count-kind-unknown"))
    if not 0 <= found <= MOST_BOOKS:
        reasons.append(stop("count-number-invalid", most=MOST_BOOKS))
    if how == "sample" and not (1 <= drawn <= expected and found <= drawn):
        reasons.append(stop("count-sample-invalid", expected=expected))
    return Decision(tuple(reasons))


@dataclass(frozen=True, slots=True)
class Back:
    """回漂率: of the books taken, how many had come back."""

    taken: int
    returned: int

    @property
    def percent(self) -> float | None:
        return round(100 * self.returned / self.taken, 1) if self.taken else None


def came_back(steps: Iterable[tuple[str, date, str]], first: date, last: date) -> Back:
    """回漂率 of a period (DR-9). ``steps``: (book, day, kind) in the order of their time, up to the last
    day. A taking counts on the day of taking; it has come back when the book was put back or seen at
    a site afterwards, or taken again, which shows that it had been put back."""
    taken = returned = 0
    out: dict[str, bool] = {}
    for book, day, kind in steps:
        if day > last:
            continue
        if kind in ("put", "seen", "took") and out.pop(book, False):
            returned += 1
        if kind == "took":
            counts = first <= day
            out[book] = counts
            taken += counts
    return Back(taken, returned)
