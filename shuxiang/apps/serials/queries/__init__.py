"""What others may ask about periodicals and newspapers. Frozen values only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Max

from shuxiang.apps.serials import models, rules
from shuxiang.apps.serials.rules import FREQUENCIES, Pattern, Predicted, predict
from shuxiang.runtime import sql

__all__ = [
    "FREQUENCIES",
    "ClaimView",
    "CopyView",
    "Holding",
    "IssueView",
    "LetterView",
    "Pattern",
    "Predicted",
    "SubscriptionView",
    "VolumeView",
    "claim_letters",
    "claims",
    "copies",
    "holdings",
    "issue",
    "issues",
    "late_issues",
    "predict",
    "subscription",
    "subscriptions",
    "volumes",
]


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """A subscription; ``shares`` copies by place, ``issues`` expected and ``came`` of them complete."""

    id: str
    library: str
    place: str
    title: str
    title_text: str
    kind: str
    supplier: str | None
    supplier_name: str
    fund: str | None
    post_code: str
    first_day: date
    last_day: date
    frequency: str
    price_fen: int
    paid_fen: int | None
    lendable: bool
    grace_days: int
    ended: bool
    shares: tuple[tuple[str, int], ...]

    @property
    def copies(self) -> int:
        return sum(n for _place, n in self.shares)


def _subscriptions(rows: list[models.Subscription]) -> tuple[SubscriptionView, ...]:
    shares: dict[str, list[tuple[str, int]]] = {}
    for one in models.Share.objects.filter(subscription__in=[r.id for r in rows]).order_by("id"):
        shares.setdefault(one.subscription_id, []).append((one.place_id, one.copies))
    titles = {
        r[0]: r[1]
        for r in (
            sql.all(
                f"SELECT id, title FROM catalog_title WHERE id IN ({sql.marks(len(rows))})",
                *(r.title_id for r in rows),
            )
            if rows
            else []
        )
    }
    return tuple(
        SubscriptionView(
            r.id,
            r.library,
            r.place_id,
            r.title_id,
            titles.get(r.title_id, ""),
            r.kind,
            r.supplier_id,
            r.supplier.name if r.supplier else "",
            r.fund_id,
            r.post_code,
            r.first_day,
            r.last_day,
            str(r.pattern.get("frequency", "")),
            r.price_fen,
            r.paid_fen,
            r.lendable,
            r.grace_days,
            r.ended_at is not None,
            tuple(shares.get(r.id, ())),
        )
        for r in rows
    )


def subscriptions(places: Collection[str], year: int | None = None) -> tuple[SubscriptionView, ...]:
    """Subscriptions checked in at places, those of a year only, by title."""
    rows = models.Subscription.objects.filter(place__in=list(places)).select_related("supplier")
    if year is not None:
        rows = rows.filter(first_day__year__lte=year, last_day__year__gte=year)
    return tuple(
        sorted(
            _subscriptions(list(rows[:1000])), key=lambda s: (s.ended, s.title_text, s.first_day)
        )
    )


def subscription(subscription_id: str) -> SubscriptionView | None:
    rows = models.Subscription.objects.filter(id=subscription_id).select_related("supplier")
    return next(iter(_subscriptions(list(rows))), None)


@dataclass(frozen=True, slots=True)
class IssueView:
    """An issue with how many of its copies came, and how often it was claimed."""

    id: str
    subscription: str
    expected_on: date
    year: int
    volume: int
    number: str
    total: int
    kind: str
    skipped: bool
    why: str
    copies: int
    arrived: int
    bound: int
    claims: int
    grace_days: int

    @property
    def missing(self) -> int:
        """Copies that have not come."""
        return max(self.copies - self.arrived, 0)

    def late(self, on: date) -> int:
        """Days it is late, 0 for not."""
        if self.skipped:
            return 0
        return rules.late(
            expected_on=self.expected_on,
            grace_days=self.grace_days,
            copies=self.copies,
            arrived=self.arrived,
            on=on,
        )


_WANTED = "(SELECT COALESCE(SUM(h.copies), 0) FROM serials_share h WHERE h.subscription_id = s.id)"
_CAME = "(SELECT COUNT(*) FROM serials_copy c WHERE c.issue_id = i.id)"
_ISSUE = (
    "SELECT i.id, i.subscription_id, i.expected_on, i.year, i.volume, i.number, i.total, i.kind, "
    f"i.skipped_at, i.why, {_WANTED}, {_CAME}, "
    "(SELECT COUNT(*) FROM serials_copy c WHERE c.issue_id = i.id AND c.volume_id IS NOT NULL), "
    "(SELECT COUNT(*) FROM serials_claim k WHERE k.issue_id = i.id), s.grace_days "
    "FROM serials_issue i JOIN serials_subscription s ON s.id = i.subscription_id WHERE "
)


def _issue(row: tuple[Any, ...]) -> IssueView:
    values = list(row)
    values[8] = values[8] is not None
    values[10:14] = [int(v) for v in values[10:14]]
    return IssueView(*values)


def issues(subscription_id: str) -> tuple[IssueView, ...]:
    """The issues of a subscription in the order they are expected."""
    rows = sql.all(
        _ISSUE + "i.subscription_id = ? ORDER BY i.expected_on, i.position", subscription_id
    )
    return tuple(map(_issue, rows))


def issue(issue_id: str) -> IssueView | None:
    row = sql.one(_ISSUE + "i.id = ?", issue_id)
    return _issue(row) if row else None


def late_issues(places: Collection[str], on: date, limit: int = 500) -> tuple[IssueView, ...]:
    """Issues of running subscriptions checked in at places that are late, those waited for longest first."""
    there = list(places)
    if not there:
        return ()
    # Complete ones stay out of the count: years of daily papers must not hide this week's gaps.
    rows = sql.all(
        _ISSUE + f"s.place_id IN ({sql.marks(len(there))}) AND s.ended_at IS NULL "
        "AND i.skipped_at IS NULL AND i.expected_on < ? "
        f"AND {_CAME} < {_WANTED} ORDER BY i.expected_on, i.id LIMIT ?",
        *there,
        on,
        limit * 4,
    )
    return tuple(i for i in map(_issue, rows) if i.late(on))[:limit]


@dataclass(frozen=True, slots=True)
class CopyView:
    """A copy of an issue that came."""

    id: str
    issue: str
    place: str
    item: str | None
    barcode: str
    volume: str | None


def copies(subscription_id: str) -> tuple[CopyView, ...]:
    """Every copy that came of a subscription, by issue."""
    rows = sql.all(
        "SELECT c.id, c.issue_id, c.place_id, c.item_id, COALESCE(t.barcode, ''), c.volume_id "
        "FROM serials_copy c JOIN serials_issue i ON i.id = c.issue_id "
        "LEFT JOIN stock_item t ON t.id = c.item_id WHERE i.subscription_id = ? "
        "ORDER BY i.expected_on, i.position, c.id",
        subscription_id,
    )
    return tuple(CopyView(*r) for r in rows)


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One issue asked for again."""

    id: str
    issue: str
    subscription: str
    number: str
    issue_number: str
    year: int
    copies: int
    days_late: int
    how: str
    claimed_at: datetime
    answer: str
    answered_at: datetime | None

    @property
    def issue_name(self) -> str:
        """As it is asked for: 2020年第5期, 2020年增刊1."""
        numbered = self.issue_number[:1].isdigit()
        return f"{self.year}年" + (f"第{self.issue_number}期" if numbered else self.issue_number)


def claims(*, subscription: str = "", number: str = "") -> tuple[ClaimView, ...]:
    """The claims of a subscription, or those under one number, the newest first."""
    rows = models.Claim.objects.select_related("issue").order_by("-claimed_at", "-id")
    rows = rows.filter(number=number) if number else rows.filter(issue__subscription=subscription)
    return tuple(
        ClaimView(
            r.id, r.issue_id, r.issue.subscription_id, r.number, r.issue.number, r.issue.year,
            r.copies, r.days_late, r.how, r.claimed_at, r.answer, r.answered_at,
        )
        for r in rows[:500]
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LetterView:
    """A claim letter: to whom, of how many issues, how many of them were answered."""

    number: str
    supplier: str
    claimed_at: datetime
    issues: int
    answered: int


def claim_letters(places: Collection[str], limit: int = 10) -> tuple[LetterView, ...]:
    """The newest claim letters about subscriptions checked in at places."""
    there = list(places)
    if not there:
        return ()
    rows = models.Claim.objects.filter(issue__subscription__place__in=there).values_list("number")
    made = rows.annotate(
        to=Max("issue__subscription__supplier__name"),
        at=Max("claimed_at"),
        issues=Count("id"),
        answered=Count("answered_at"),
    ).order_by("-at", "-number")
    return tuple(LetterView(n, to or "", at, i, a) for n, to, at, i, a in made[:limit])


@dataclass(frozen=True, slots=True)
class VolumeView:
    """A bound volume."""

    id: str
    place: str
    item: str
    barcode: str
    label: str
    issues: int


def volumes(subscription_id: str) -> tuple[VolumeView, ...]:
    """The volumes bound of a subscription."""
    rows = sql.all(
        "SELECT v.id, v.place_id, v.item_id, t.barcode, v.label, "
        "(SELECT COUNT(*) FROM serials_copy c WHERE c.volume_id = v.id) "
        "FROM serials_volume v JOIN stock_item t ON t.id = v.item_id "
        "WHERE v.subscription_id = ? ORDER BY v.bound_at, v.id",
        subscription_id,
    )
    return tuple(VolumeView(*r) for r in rows)


@dataclass(frozen=True, slots=True)
class Holding:
    """馆藏说明: what a place has of a year, and which issues that came out it lacks."""

    place: str
    year: int
    held: str
    lacking: str


def holdings(title: str, on: date) -> tuple[Holding, ...]:
    """What is held of a title, by place and year, the newest year first (SE-6)."""
    rows = sql.all(
        "SELECT h.place_id, i.year, i.number, i.expected_on, s.grace_days, "
        "(SELECT COUNT(*) FROM serials_copy c WHERE c.issue_id = i.id AND c.place_id = h.place_id) "
        "FROM serials_share h JOIN serials_subscription s ON s.id = h.subscription_id "
        "JOIN serials_issue i ON i.subscription_id = s.id "
        "WHERE s.title_id = ? AND i.skipped_at IS NULL ORDER BY i.expected_on, i.position",
        title,
    )
    held: dict[tuple[str, int], list[str]] = {}
    lacking: dict[tuple[str, int], list[str]] = {}
    for place, year, number, expected, grace, came in rows:
        if came:
            held.setdefault((place, year), []).append(number)
        elif rules.late(expected_on=expected, grace_days=grace, copies=1, arrived=0, on=on):
            lacking.setdefault((place, year), []).append(number)
    return tuple(
        Holding(place, year, rules.runs(numbers), rules.runs(lacking.get((place, year), ())))
        for (place, year), numbers in sorted(held.items(), key=lambda x: (-x[0][1], x[0][0]))
    )
