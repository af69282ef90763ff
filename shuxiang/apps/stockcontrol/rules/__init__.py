"""Pure decisions of stock control: shelf order, who may sign a withdrawal, which copy stands where."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from shuxiang.kernel.decision import Decision, Reason, ask, stop

SOURCES = ("file", "rfid", "phone", "hand")
CAUSES = ("worn", "outdated", "duplicate", "lost", "missing", "unfit", "other")
"""破损 · 内容陈旧 · 复本过多 · 丢失 · 清点未见 · 不宜流通 · 其他"""
MOST_LINES = 20_000
DOUBTFUL_SHARE = 5
"""One in so many not found is asked about: scans are more likely missing than books."""
DOUBTFUL_LEAST = 20


def out_of_order(keys: Sequence[str]) -> tuple[int, ...]:
    """Which of the books along a shelf stand in the wrong place, by position: the fewest that would have
    to be taken out for the others to be in order. Books without a call number are never among them."""
    tails: list[str] = []
    ends: list[int] = []
    before: list[int] = [-1] * len(keys)
    for at, key in enumerate(keys):
        if not key:
            continue
        place = bisect_right(tails, key)
        before[at] = ends[place - 1] if place else -1
        if place == len(tails):
            tails.append(key)
            ends.append(at)
        else:
            tails[place], ends[place] = key, at
    kept = set()
    at = ends[-1] if ends else -1
    while at >= 0:
        kept.add(at)
        at = before[at]
    return tuple(at for at, key in enumerate(keys) if key and at not in kept)


def may_close(*, state: str, expected: int, missing: int, scans: int) -> Decision:
    """Whether an inventory may be closed: once, with scans, and not where far more is missing than books
    get lost, unless somebody says that it is so (SC reasons in `docs/circulation/inventory.md`)."""
    reasons: list[Reason] = []
    if state != "open":
        reasons.append(stop("inventory-closed"))
    elif scans == 0:
        reasons.append(stop("inventory-empty"))
    elif missing >= DOUBTFUL_LEAST and missing * DOUBTFUL_SHARE > expected:
        reasons.append(ask("inventory-much-missing", missing=missing, expected=expected))
    return Decision(tuple(reasons))


@dataclass(frozen=True, slots=True)
class Signed:
    """Who put their name under a proposal so far, '' for nobody."""

    state: str
    proposed_by: str = ""
    reviewed_by: str = ""


_BEFORE = {"propose": "draft", "review": "proposed", "approve": "reviewed"}


def may_sign(step: str, signed: Signed, actor: str, *, lines: int) -> Decision:
    """Whether somebody may take the next step of a withdrawal: in order, each another person."""
    reasons: list[Reason] = []
    if signed.state != _BEFORE[step]:
        reasons.append(stop("withdrawal-state", state=signed.state))
    if not lines:
        reasons.append(stop("withdrawal-empty"))
    earlier = {"propose": (), "review": (signed.proposed_by,)}.get(
        step, (signed.proposed_by, signed.reviewed_by)
    )
    if actor in earlier:
        reasons.append(stop("withdrawal-same-person"))
    return Decision(tuple(reasons))


def against_withdrawing(
    *, status: str, on_loan: bool, under_way: bool, held: bool
) -> Reason | None:
    """Why an item can't be withdrawn now; None when it can."""
    if status == "withdrawn":
        return stop("item-withdrawn")
    if on_loan:
        return stop("withdrawal-on-loan")
    if under_way:
        return stop("withdrawal-under-way")
    return stop("withdrawal-held") if held else None


CHANGED = stop("withdrawal-changed")
"""Against an item that somebody else changed while its list was being approved."""
