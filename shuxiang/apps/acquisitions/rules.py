"""Decisions and sums of buying (docs/circulation/acquisitions.md, numbered AQ-, SG-, DN-). Money in 分,
rates in hundredths of a percent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shuxiang.formats.identifiers import narrow, parse_isbn
from shuxiang.kernel.decision import Decision, Reason, ask, stop
from shuxiang.kernel.values import yuan

FULL = 10_000
MOST_COPIES = 200
SOURCES = ("budget", "special", "donated", "other")
LIVE = ("asked", "accepted", "ordered")


def net(price_fen: int, copies: int, rate: int) -> int:
    """实洋 of copies at a rate, half a 分 upward (AQ-1)."""
    return (price_fen * copies * rate + FULL // 2) // FULL


def spread(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """A total over weights so that the parts sum to it exactly: what is left after rounding down goes
    to the largest remainders, the earlier first (AQ-2)."""
    whole = sum(weights)
    if not weights:
        return ()
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    parts = [total * w // whole for w in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return tuple(parts)


def allot(wanted: Sequence[int], copies: int) -> tuple[int, ...]:
    """Copies that came over what places still wait for: one to each in turn, so that a short delivery
    leaves no place without any; more than all wait for goes to the first (AQ-3)."""
    got = [0] * len(wanted)
    while copies and any(g < w for g, w in zip(got, wanted, strict=True)):
        for i, want in enumerate(wanted):
            if copies and got[i] < want:
                got[i] += 1
                copies -= 1
    if got:
        got[0] += copies
    return tuple(got)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """What is so of an order line."""

    ordered: int
    price_fen: int
    rate: int
    received: int = 0
    cancelled: int = 0
    invoiced: int = 0

    @property
    def waiting(self) -> int:
        """Copies still to come."""
        return max(self.ordered - self.received - self.cancelled, 0)

    @property
    def unpaid(self) -> int:
        """Copies whose money is set aside: ordered, neither cancelled nor on an invoice."""
        return max(self.ordered - self.cancelled - self.invoiced, 0)

    @property
    def encumbered(self) -> int:
        return net(self.price_fen, self.unpaid, self.rate)


def line_reasons(*, title: str, price_fen: int | None, rate: int, copies: int) -> list[Reason]:
    """What is wrong with a line as it is written (AQ-4)."""
    reasons = []
    if not title.strip():
        reasons.append(stop("title-missing"))
    if price_fen is None or price_fen < 0:
        reasons.append(stop("price-missing"))
    if not 0 <= rate <= 2 * FULL:
        reasons.append(stop("rate-range"))
    if not 1 <= copies <= MOST_COPIES:
        reasons.append(stop("copies-number", most=MOST_COPIES))
    return reasons


def may_place(
    *, state: str, lines: int, needed: int, available: int, fund_closed: bool, on: int, year: int
) -> Decision:
    """An order goes out: not empty, from a fund of this year that is open and has enough (AQ-5)."""
    reasons = [] if state == "draft" else [stop("order-state")]
    if not lines:
        reasons.append(stop("order-empty"))
    if fund_closed or on != year:
        reasons.append(stop("fund-closed", year=year))
    if needed > available:
        reasons.append(stop("fund-exceeded", needed=yuan(needed), available=yuan(available)))
    return Decision(tuple(reasons))


def may_receive(*, state: str, line: LineFacts, copies: int, damaged: int) -> Decision:
    """Copies came: of an order that went out; more than is waited for asks (AQ-6)."""
    reasons = [] if state == "placed" else [stop("order-state")]
    if copies < 0 or damaged < 0 or not 1 <= copies + damaged <= MOST_COPIES:
        reasons.append(stop("copies-number", most=MOST_COPIES))
    if copies > line.waiting:
        reasons.append(ask("receive-surplus", waiting=line.waiting, copies=copies))
    return Decision(tuple(reasons))


def may_cancel(*, state: str, line: LineFacts, copies: int) -> Decision:
    """Copies are not waited for any more: at most those that wait and are not paid (AQ-7)."""
    reasons = [] if state == "placed" else [stop("order-state")]
    if not 1 <= copies <= min(line.waiting, line.unpaid):
        reasons.append(stop("cancel-number", most=min(line.waiting, line.unpaid)))
    return Decision(tuple(reasons))


def may_invoice(
    *,
    state: str,
    copies: Sequence[tuple[LineFacts, int]],
    total_fen: int,
    freight_fen: int,
    exists: bool,
) -> Decision:
    """An invoice of an order (AQ-8): copies not paid yet; its total is the sum of the lines' nets and
    the freight but for the rounding of each line; copies that did not come yet ask."""
    reasons = [] if state in ("placed", "closed") else [stop("order-state")]
    if exists:
        reasons.append(stop("invoice-exists"))
    if not copies:
        reasons.append(stop("invoice-empty"))
    if any(n < 1 for _f, n in copies):
        reasons.append(stop("copies-number", most=MOST_COPIES))
    over = sum(max(f.invoiced + n - max(f.ordered - f.cancelled, f.received), 0) for f, n in copies)
    if over:
        reasons.append(stop("invoice-over", copies=over))
    early = sum(max(f.invoiced + n - f.received, 0) for f, n in copies) - over
    if early > 0:
        reasons.append(ask("invoice-early", copies=early))
    computed = sum(net(f.price_fen, n, f.rate) for f, n in copies) + freight_fen
    # A supplier may round copy by copy, or only once: half a 分 a copy at most.
    allowed = (sum(n for _f, n in copies) + 1) // 2 + 1
    if freight_fen > total_fen or abs(computed - total_fen) > allowed:
        reasons.append(stop("invoice-difference", stated=yuan(total_fen), computed=yuan(computed)))
    return Decision(tuple(reasons))


_EDGE = re.compile(r"[\W_]+")


def suggestion_key(*, isbn: str, title: str, author: str) -> str:
    """What makes two suggestions one: the ISBN, else title and author without signs (SG-1)."""
    found = parse_isbn(isbn)
    if found.valid:
        return found.isbn13
    return f"{_folded(title)}|{_folded(author)}"[:120]


def _folded(text: str) -> str:
    return _EDGE.sub("", narrow(text)).casefold().removesuffix("著")


def may_decide(*, state: str, accepted: bool, why: str) -> Decision:
    """A suggestion is decided once, a refusal with a reason (SG-3)."""
    reasons = (
        []
        if state == "asked" or (state == "accepted" and not accepted)
        else [stop("suggestion-state")]
    )
    if not accepted and not why.strip():
        reasons.append(stop("reason-missing"))
    return Decision(tuple(reasons))
