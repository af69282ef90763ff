"""订阅: begun with its issues predicted, changed issue by issue, paid, ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date

from shuxiang.apps.acquisitions import commands as acquisitions
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.places import queries as places
from shuxiang.apps.serials import models, rules
from shuxiang.apps.serials.commands._shared import EDIT, issue_of, locked
from shuxiang.apps.serials.rules import Pattern
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, record, reverse


@command("serials.subscribe", permission=EDIT)
def subscribe(
    *,
    title: str,
    first_day: date,
    last_day: date,
    pattern: Pattern,
    shares: Mapping[str, int],
    kind: str = "periodical",
    supplier: str = "",
    fund: str = "",
    post_code: str = "",
    price_fen: int = 0,
    lendable: bool = True,
    category: str = "periodical",
    grace_days: int = 7,
    ctx: Context,
) -> str:
    """Subscribe to a title for a period at the service point; its issues are predicted and its money is
    set aside. Returns its id.

    Raises Refused: title-unknown, serial-kind, SE-1, copies-number, place-unknown, category-unknown,
    serial-many, and with a fund fund-unknown, fund-closed, fund-exceeded.
    """
    found = catalog.title(title)
    known = {p.id for p in places.all_places() if p.kind not in ("network", "partner")}
    reasons: list[Reason] = [] if found else [stop("title-unknown")]
    if kind not in ("periodical", "newspaper"):
        reasons.append(stop("serial-kind", kind=kind))
    wrong = rules.pattern_reasons(pattern, first_day, last_day)
    reasons += wrong
    issues = rules.predict(pattern, first_day, last_day) if not wrong else ()
    if not wrong and not 1 <= len(issues) <= rules.MOST_ISSUES:
        reasons.append(stop("serial-many", issues=len(issues), most=rules.MOST_ISSUES))
    copies = sum(shares.values())
    if not 1 <= copies <= rules.MOST_COPIES:
        reasons.append(stop("copies-number", most=rules.MOST_COPIES))
    reasons += [stop("place-unknown", code=p) for p in shares if p not in known]
    if category not in {code for code, _name, _lend in stock.categories()}:
        reasons.append(stop("category-unknown", category=category))
    if reasons:
        raise refuse(*reasons)
    library = places.place(ctx.service_point).library
    year = first_day.year
    counted = not models.Subscription.objects.filter(
        library=library, title=title, counted=True, first_day__year=year, ended_at__isnull=True
    ).exists()
    row = models.Subscription.objects.create(
        id=new_id(),
        library=library,
        place_id=ctx.service_point,
        title_id=title,
        kind=kind,
        supplier_id=supplier or None,
        fund_id=fund or None,
        post_code=post_code.strip()[:20],
        first_day=first_day,
        last_day=last_day,
        pattern=_stored(pattern),
        price_fen=price_fen,
        lendable=lendable,
        category=category,
        grace_days=min(grace_days, 365),
        counted=counted,
        opened_at=ctx.occurred_at,
        opened_by=ctx.actor.id,
    )
    models.Share.objects.bulk_create(
        models.Share(id=new_id(), subscription=row, place_id=p, copies=n)
        for p, n in shares.items()
        if n
    )
    models.Issue.objects.bulk_create(
        models.Issue(
            id=new_id(), subscription=row, position=n, expected_on=i.expected_on,
            year=i.expected_on.year, volume=i.volume, number=i.number, total=i.total, kind=i.kind,
        )
        for n, i in enumerate(issues, start=1)
    )  # fmt: skip
    if fund:
        acquisitions.set_aside(
            fund=fund, amount_fen=price_fen * copies, subject=row.id,
            note=found.title[:80] if found else "", ctx=ctx,
        )  # fmt: skip
    # 报刊种数: a title once a year, however many subscriptions there are to it.
    record("subscription.begun", ctx=ctx, library=library, title=title, subject=row.id,
           quantity=int(counted), amount=price_fen * copies, source=kind, on=first_day)  # fmt: skip
    return str(row.id)


def _stored(pattern: Pattern) -> dict[str, object]:
    return asdict(pattern) | {"skipped": [d.isoformat() for d in pattern.skipped]}


@command("serials.pay", permission=EDIT)
def pay(*, subscription: str, total_fen: int, number: str, ctx: Context) -> None:
    """The subscription is paid: what was set aside is free, what was paid is spent. Raises Refused:
    subscription-unknown, subscription-paid, invoice-number."""
    row = locked(subscription, EDIT, ctx)
    reasons = [] if row.paid_fen is None else [stop("subscription-paid")]
    if not number.strip():
        reasons.append(stop("invoice-number"))
    if reasons:
        raise refuse(*reasons)
    models.Subscription.objects.filter(id=row.id).update(paid_fen=total_fen)
    if row.fund_id:
        acquisitions.spend_aside(
            fund=row.fund_id, subject=row.id, total_fen=total_fen, note=number.strip(), ctx=ctx
        )
    record("subscription.paid", ctx=ctx, library=row.library, title=row.title_id, subject=row.id,
           amount=total_fen)  # fmt: skip


@command("serials.end", permission=EDIT)
def end_subscription(*, subscription: str, why: str, ctx: Context) -> int:
    """No more issues are waited for; those expected and not come are removed. Returns how many. One of
    which nothing came and that was not paid is as if it had not been. Raises Refused:
    subscription-unknown, subscription-ended, reason-missing."""
    row = locked(subscription, EDIT, ctx)
    reasons = [] if row.ended_at is None else [stop("subscription-ended")]
    if not why.strip():
        reasons.append(stop("reason-missing"))
    if reasons:
        raise refuse(*reasons)
    came = models.Copy.objects.filter(issue__subscription=row).exists()
    gone, _by = models.Issue.objects.filter(
        subscription=row, copies__isnull=True, claims__isnull=True, skipped_at__isnull=True
    ).delete()
    models.Subscription.objects.filter(id=row.id).update(ended_at=ctx.occurred_at)
    if row.fund_id and row.paid_fen is None:
        acquisitions.free_aside(fund=row.fund_id, subject=row.id, note=why.strip(), ctx=ctx)
    if row.counted and not came and row.paid_fen is None:
        reverse("subscription.begun", ctx=ctx, item_seq=None, subject=row.id)
    record("subscription.ended", ctx=ctx, library=row.library, title=row.title_id, subject=row.id,
           data={"why": why.strip()[:120]})  # fmt: skip
    return int(gone)


@command("serials.skip", permission=EDIT)
def skip(*, issue: str, why: str, ctx: Context) -> None:
    """休刊: an issue does not appear. Raises Refused: serial-issue-unknown, issue-came, reason-missing."""
    row = issue_of(issue, EDIT, ctx)
    reasons = [stop("issue-came")] if row.copies.exists() else []
    if not why.strip():
        reasons.append(stop("reason-missing"))
    if reasons:
        raise refuse(*reasons)
    models.Issue.objects.filter(id=row.id).update(skipped_at=ctx.occurred_at, why=why.strip()[:120])


@command("serials.combine", permission=EDIT)
def combine(*, issue: str, ctx: Context) -> str:
    """合刊: an issue appears together with the one after it, as one. Returns its number. Raises
    Refused: serial-issue-unknown, issue-came, combine-nothing."""
    row = issue_of(issue, EDIT, ctx)
    following = (
        models.Issue.objects.filter(
            subscription=row.subscription_id, year=row.year, position__gt=row.position
        )
        .exclude(kind="supplement")
        .order_by("position")
        .first()
    )
    reasons = []
    if row.copies.exists() or (following is not None and following.copies.exists()):
        reasons.append(stop("issue-came"))
    if following is None or row.kind == "supplement":
        reasons.append(stop("combine-nothing"))
    if reasons or following is None:
        raise refuse(*reasons)
    number = f"{row.number.partition('-')[0]}-{following.number.rpartition('-')[2]}"
    models.Claim.objects.filter(issue=following).update(issue=row)
    models.Issue.objects.filter(id=following.id).delete()
    models.Issue.objects.filter(id=row.id).update(number=number, kind="combined")
    return number


@command("serials.add_supplement", permission=EDIT)
def add_supplement(*, subscription: str, number: str, expected_on: date, ctx: Context) -> str:
    """增刊: an issue out of the row, such as 增刊1. Raises Refused: subscription-unknown,
    subscription-ended, issue-number, issue-exists."""
    row = locked(subscription, EDIT, ctx)
    name = number.strip()[:20]
    reasons = [] if row.ended_at is None else [stop("subscription-ended")]
    if not name:
        reasons.append(stop("issue-number"))
    same = models.Issue.objects.filter(subscription=row, year=expected_on.year, number=name)
    if same.exists():
        reasons.append(stop("issue-exists", number=name))
    if reasons:
        raise refuse(*reasons)
    last = row.issues.order_by("-position").values_list("position", flat=True).first() or 0
    made = models.Issue.objects.create(
        id=new_id(), subscription=row, position=last + 1, expected_on=expected_on,
        year=expected_on.year, number=name, kind="supplement",
    )  # fmt: skip
    return str(made.id)
