"""Hold decisions (decision tables in `docs/circulation/holds.md`, numbered HD- and HQ-)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from shuxiang.apps.circulation.rules import Borrower, Rule
from shuxiang.kernel.decision import Decision, Reason, stop

NORMAL = 10
"""The class of a hold as placed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A copy as a reader who wants to place a hold finds it: the rule they would borrow it under at
    the pickup place, whether it stands on its shelf there or elsewhere, whether it is for lending."""

    rule: Rule | None
    lendable: bool
    on_shelf: bool
    at_pickup: bool

    @property
    def possible(self) -> bool:
        return self.lendable and self.rule is not None and self.rule.lendable


def may_place_hold(
    *,
    borrower: Borrower,
    offers: tuple[Offer, ...],
    already: bool,
    borrowed: bool,
    open_holds: int,
    pickup_open: bool,
) -> Decision:
    """Every reason against a hold (HD-1 … HD-8). ``offers`` are the copies it could be filled by."""
    reasons: list[Reason] = list(borrower.reasons)
    if not pickup_open:
        reasons.append(stop("pickup-not-here"))
    if already:
        reasons.append(stop("hold-already"))
    if borrowed:
        reasons.append(stop("hold-borrowed"))
    rules = [o.rule for o in offers if o.possible and o.rule is not None]
    if not rules:
        reasons.append(stop("hold-no-copy"))
        return Decision(tuple(reasons))
    limit = max(r.hold_limit for r in rules)
    if limit == 0:
        reasons.append(stop("hold-not-allowed"))
    elif open_holds >= limit:
        reasons.append(stop("hold-limit", limit=limit, open=open_holds))
    if borrower.overdue_loans and all(r.overdue_blocks for r in rules):
        reasons.append(stop("overdue-loans", count=borrower.overdue_loans))
    reasons += on_shelf_reasons(offers)
    return Decision(tuple(reasons))


def on_shelf_reasons(offers: tuple[Offer, ...]) -> tuple[Reason, ...]:
    """Why a title that stands on a shelf can't be reserved (HD-7): never, or not where it can be
    fetched in person."""
    shelf = [o for o in offers if o.possible and o.on_shelf and o.rule is not None]
    for offer in shelf:
        how = offer.rule.hold_on_shelf if offer.rule else "always"
        if how == "never" or (how == "elsewhere" and offer.at_pickup):
            return (stop("hold-on-shelf"),)
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A hold that waits for a copy, as the matching sees it. ``wanted``: only this copy will do."""

    id: str
    patron: str
    pickup: str
    rank: int
    seq: int
    wanted: str | None = None
    suspended_until: date | None = None
    expires_on: date | None = None

    def active(self, on: date) -> bool:
        """Whether it takes part that day: neither suspended nor expired."""
        return (self.suspended_until is None or self.suspended_until <= on) and (
            self.expires_on is None or on <= self.expires_on
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A copy that could be set aside now, and where it stands."""

    item: str
    place: str


def assign(
    holds: Iterable[Waiting],
    copies: Iterable[Shelf],
    *,
    distance: Callable[[str, str], int],
    fits: Callable[[Waiting, Shelf], bool],
    in_hand: str = "",
) -> dict[str, str]:
    """Which copy goes to which hold: {hold: item}. Holds in the order of their queue; each takes the
    nearest copy that is left (HQ-3), of equally near ones the one ``in_hand``, then the first given."""
    left = list(copies)
    found: dict[str, str] = {}
    for hold in sorted(holds, key=lambda h: (h.rank, h.seq)):
        best = min(
            (
                (distance(copy.place, hold.pickup), copy.item != in_hand, n)
                for n, copy in enumerate(left)
                if hold.wanted in (None, copy.item) and fits(hold, copy)
            ),
            default=None,
        )
        if best is not None:
            found[hold.id] = left.pop(best[2]).item
    return found


@dataclass(frozen=True, slots=True)
class Spot:
    """A hold's spot in its queue, for moving it."""

    id: str
    rank: int
    seq: int


def moved(queue: Iterable[Spot], hold: str, position: int) -> dict[str, tuple[int, int]]:
    """The (rank, seq) of the holds that change when one is put at a position (from 1): those between
    shift by one and pass their numbers on, so that none is given twice (I7)."""
    order = sorted(queue, key=lambda s: (s.rank, s.seq))
    numbers = [(s.rank, s.seq) for s in order]
    before = next(n for n, s in enumerate(order) if s.id == hold)
    after = min(max(position - 1, 0), len(order) - 1)
    order.insert(after, order.pop(before))
    return {
        s.id: number for s, number in zip(order, numbers, strict=True) if (s.rank, s.seq) != number
    }
