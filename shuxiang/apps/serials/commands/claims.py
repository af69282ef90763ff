"""催缺: late issues are asked for, and what was answered."""

from __future__ import annotations

from shuxiang.apps.places import queries as places
from shuxiang.apps.serials import models, rules
from shuxiang.apps.serials.commands._shared import CLAIM, issue_of
from shuxiang.apps.serials.commands.coming import waited_for
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, record, require

HOWS = ("letter", "phone", "mail")


@command("serials.claim", permission=CLAIM)
def claim(*, issues: tuple[str, ...], how: str = "letter", ctx: Context) -> tuple[str, ...]:
    """Ask for the missing copies of late issues, under a number for each supplier, which are returned.
    Raises Refused: claim-nothing,
    claim-how, serial-issue-unknown, and for an issue that is not late issue-not-late."""
    day = clock.business_date(ctx.occurred_at)
    if not issues:
        raise refuse(stop("claim-nothing"))
    if how not in HOWS:
        raise refuse(stop("claim-how", how=how))
    start = f"CQ-{places.place(ctx.service_point).code}-{day:%Y%m%d}-"
    known = sql.all("SELECT DISTINCT number FROM serials_claim WHERE number LIKE ?", f"{start}%")
    last = max((int(r[0].rpartition("-")[2]) for r in known), default=0)
    numbers: dict[str | None, str] = {}
    for id_ in dict.fromkeys(issues):
        row = issue_of(id_, CLAIM, ctx)
        waiting = sum(waited_for(row).values())
        ordered = sum(row.subscription.shares.values_list("copies", flat=True))
        days = rules.late(
            expected_on=row.expected_on,
            grace_days=row.subscription.grace_days,
            copies=ordered,
            arrived=ordered - waiting,
            on=day,
        )
        if not days or row.skipped_at is not None:
            raise refuse(stop("issue-not-late", number=row.number))
        number = numbers.setdefault(
            row.subscription.supplier_id, f"{start}{last + len(numbers) + 1}"
        )
        models.Claim.objects.create(
            id=new_id(), issue=row, number=number, copies=waiting, days_late=days, how=how,
            claimed_at=ctx.occurred_at, claimed_by=ctx.actor.id,
        )  # fmt: skip
        of = row.subscription
        record("issue.claimed", ctx=ctx, library=of.library, place=of.place_id, title=of.title_id,
               subject=row.id, quantity=waiting, source=how)  # fmt: skip
    return tuple(numbers.values())


@command("serials.answer_claim", permission=CLAIM)
def answer_claim(*, claim: str, answer: str, ctx: Context) -> None:
    """What the supplier said. Raises Refused: claim-unknown, reason-missing."""
    row = models.Claim.objects.select_for_update().filter(id=claim).first()
    if row is None:
        raise refuse(stop("claim-unknown"))
    require(ctx, CLAIM, row.issue.subscription.place_id)
    if not answer.strip():
        raise refuse(stop("reason-missing"))
    models.Claim.objects.filter(id=claim).update(
        answer=answer.strip()[:200], answered_at=ctx.occurred_at
    )
