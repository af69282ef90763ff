"""What the commands of this app share."""

from __future__ import annotations

from shuxiang.apps.serials import models
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.commands import require

EDIT, CHECK_IN = "serials.edit", "serials.check_in"
CLAIM, BIND = "serials.claim", "serials.bind"


def locked(subscription: str, action: str, ctx: Context) -> models.Subscription:
    """Refuses with ``subscription-unknown`` and ``not-permitted``."""
    row = models.Subscription.objects.select_for_update().filter(id=subscription).first()
    if row is None:
        raise refuse(stop("subscription-unknown"))
    require(ctx, action, row.place_id)
    return row


def issue_of(issue: str, action: str, ctx: Context) -> models.Issue:
    """An issue, its subscription locked. Refuses with ``serial-issue-unknown`` and ``not-permitted``."""
    row = models.Issue.objects.filter(id=issue).first()
    if row is None:
        raise refuse(stop("serial-issue-unknown"))
    locked(row.subscription_id, action, ctx)
    row.refresh_from_db()
    return row


def label(issue: models.Issue) -> str:
    """How an issue is called on its label: 2020年第5期."""
    if issue.kind == "supplement":
        return f"{issue.year}年{issue.number}"
    return f"{issue.year}年第{issue.number}期"
