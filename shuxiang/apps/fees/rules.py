"""Decisions about money and points (tables in `docs/circulation/fees.md`, numbered FE-, PT-, DE-)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shuxiang.kernel.decision import Reason, stop
from shuxiang.kernel.values import yuan

ANY = "*"
KINDS = ("overdue", "points", "deposit", "limit", "card")
CHARGES = ("overdue", "replacement", "damage", "card", "brought", "other")
METHODS = ("cash", "wechat", "alipay", "unionpay", "transfer")
MOST_FEN = 10_000_000
"""What no single amount exceeds: 100,000 yuan is a slip of the finger."""
MOST_DAYS = 3660
"""Overdue days looked at: a book ten years late costs what it cost after ten years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One dated row (`models.FeeRule`); ``valid_to`` is its last day."""

    id: str
    kind: str
    place: str
    depth: int
    reader_category: str = ANY
    item_category: str = ANY
    valid_from: date
    valid_to: date | None = None
    amount_fen: int = 0
    cap_fen: int | None = None
    grace_days: int = 0
    points: int = 0
    per_day: int = 0
    restore_days: int | None = None
    price_cap: bool = False
    note: str = ""

    @property
    def specificity(self) -> tuple[int, bool, bool]:
        """Depth of place beats reader category beats item category, as with loan rules."""
        return (self.depth, self.reader_category != ANY, self.item_category != ANY)


def choose(
    rules: Iterable[Rule], kind: str, *, reader_category: str, item_category: str = ANY, on: date
) -> Rule | None:
    """The row of a kind in force that day: the most specific, of two of a cell the later begun."""
    found = [
        r
        for r in rules
        if r.kind == kind
        and r.valid_from <= on
        and (r.valid_to is None or on <= r.valid_to)
        and r.reader_category in (ANY, reader_category)
        and r.item_category in (ANY, item_category)
    ]
    return max(found, key=lambda r: (r.specificity, r.valid_from), default=None)


@dataclass(frozen=True, slots=True)
class Overdue:
    """What an overdue book costs: the days that count, at how many 分 each (``10x20+2x30``), the cap,
    and the sum. Nothing to charge: ``amount_fen`` 0."""

    amount_fen: int = 0
    days: int = 0
    working: str = ""
    cap_fen: int | None = None


def late_days(due_on: date, on: date, open_on: Callable[[date], bool]) -> list[date]:
    """The days after the due date, up to and with the day of return, on which it could have been
    given back (FE-2): closed days are not among them."""
    span = min((on - due_on).days, MOST_DAYS)
    days = (due_on + timedelta(days=n) for n in range(1, span + 1))
    return [day for day in days if open_on(day)]


def overdue(late: Sequence[date], price: Callable[[date], Rule | None], *, on: date) -> Overdue:
    """What the late days cost (FE-1 … FE-5): each at the row in force that day, the row of the day of
    return deciding whether anything is charged, the days of grace and the cap."""
    last = price(on)
    if last is None or not late:
        return Overdue()
    counted = late[last.grace_days :]
    priced: dict[int, int] = {}
    for day in counted:
        row = price(day)
        if row is not None and row.amount_fen:
            priced[row.amount_fen] = priced.get(row.amount_fen, 0) + 1
    whole = sum(days * fen for fen, days in priced.items())
    amount = min(whole, MOST_FEN if last.cap_fen is None else last.cap_fen)
    if not amount:
        return Overdue()
    working = "+".join(f"{days}x{fen}" for fen, days in priced.items())
    return Overdue(amount, sum(priced.values()), working, last.cap_fen)


def worked_out(working: str, cap_fen: int | None) -> int:
    """What a frozen working comes to: the check of I9 recomputes with it."""
    pieces = (piece.partition("x") for piece in working.split("+"))
    whole = sum(int(days) * int(fen) for days, _, fen in pieces)
    return min(whole, MOST_FEN if cap_fen is None else cap_fen)


@dataclass(frozen=True, slots=True)
class Loss:
    """Credit points a book given back late costs: for how many days, and the day from which they
    count no more (None: until they are given back)."""

    points: int = 0
    days: int = 0
    until: date | None = None


def points_lost(late: Sequence[date], rule: Rule | None, *, left: int, on: date) -> Loss:
    """PT-1 … PT-3: ``per_day`` for each late day since the row came into force, after the days of
    grace; never more than are left."""
    if rule is None:
        return Loss()
    days = sum(day >= rule.valid_from for day in late[rule.grace_days :])
    points = min(days * rule.per_day, left)
    if points <= 0:
        return Loss()
    until = on + timedelta(days=rule.restore_days) if rule.restore_days else None
    return Loss(points, days, until)


def points_left(rule: Rule, losses: Iterable[tuple[int, date | None]], *, on: date) -> int:
    """Points to begin with, less those lost that still count on a day; never below 0."""
    lost = sum(points for points, until in losses if until is None or on < until)
    return max(rule.points - lost, 0)


def thaws_on(rule: Rule, losses: Iterable[tuple[int, date | None]], *, on: date) -> date | None:
    """The first day on which points are back, for a reader who has none; None: not by themselves."""
    known = list(losses)
    for day in sorted({until for _, until in known if until is not None and until > on}):
        if points_left(rule, known, on=day) > 0:
            return day
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A reader's side of the money. ``losses``: (points, until) that stand."""

    owed_fen: int = 0
    deposit_fen: int = 0
    credit: bool = False
    losses: tuple[tuple[int, date | None], ...] = ()


def against_lending(
    standing: Standing,
    *,
    limit: Rule | None,
    points: Rule | None,
    deposit: Rule | None,
    price_fen: int | None,
    on: date,
) -> tuple[Reason, ...]:
    """What money and points have against lending an item (FE-6, PT-4, DE-1, DE-2)."""
    reasons: list[Reason] = []
    if limit is not None and standing.owed_fen > limit.amount_fen:
        reasons.append(
            stop("fees-owed", owed=yuan(standing.owed_fen), limit=yuan(limit.amount_fen))
        )
    if points is not None and not points_left(points, standing.losses, on=on):
        thaw = thaws_on(points, standing.losses, on=on)
        reasons.append(
            stop("points-frozen", until=thaw.isoformat())
            if thaw
            else stop("points-frozen-for-good")
        )
    if deposit is not None and not standing.credit:
        if standing.deposit_fen < deposit.amount_fen:
            reasons.append(
                stop(
                    "deposit-missing",
                    needed=yuan(deposit.amount_fen),
                    held=yuan(standing.deposit_fen),
                )
            )
        if deposit.price_cap and price_fen is not None and price_fen > standing.deposit_fen:
            reasons.append(
                stop("price-above-deposit", price=yuan(price_fen), held=yuan(standing.deposit_fen))
            )
    return tuple(reasons)


def allocate(amount_fen: int, charges: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """(charge, 分) of an amount over open charges in the order given, until nothing is left."""
    found = []
    for charge, open_fen in charges:
        part = min(amount_fen, open_fen)
        if part > 0:
            found.append((charge, part))
            amount_fen -= part
    return found


def against_row(
    *,
    kind: str,
    valid_from: date,
    valid_to: date | None,
    amount_fen: int,
    cap_fen: int | None,
    grace_days: int,
    points: int,
    per_day: int,
    restore_days: int | None,
) -> tuple[Reason, ...]:
    """What is wrong with a row that is being entered."""
    reasons: list[Reason] = []
    if kind not in KINDS:
        reasons.append(stop("fee-rule-kind", kind=kind))
    if valid_to is not None and valid_to < valid_from:
        reasons.append(stop("rule-dates"))
    money = [n for n in (amount_fen, cap_fen) if n is not None]
    days = [n for n in (grace_days, points, per_day, restore_days) if n is not None]
    fits = all(0 <= n <= MOST_FEN for n in money) and all(0 <= n <= 9999 for n in days)
    if not fits or (kind == "points" and not (points and per_day)):
        reasons.append(stop("fee-rule-numbers"))
    return tuple(reasons)
