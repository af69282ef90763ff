"""Cards on their way out of a machine."""

from __future__ import annotations

from dataclasses import dataclass

from shuxiang.apps.patrons import models


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue of a machine: ``state`` reserved, dispensed, active or ended."""

    id: str
    device: str
    number: str
    state: str
    why: str


def issue(issue_id: str) -> Issue | None:
    row = models.CardIssue.objects.filter(id=issue_id).first() if issue_id else None
    return Issue(row.id, row.device, row.number, row.state, row.ended_why) if row else None


def open_issues(device: str) -> tuple[Issue, ...]:
    """What a machine began and never settled, oldest first."""
    rows = models.CardIssue.objects.filter(device=device, state__in=("reserved", "dispensed"))
    return tuple(
        Issue(r.id, r.device, r.number, r.state, r.ended_why) for r in rows.order_by("reserved_at")
    )
