"""What a keeper does: counting the shelf, reporting what is wrong."""

from __future__ import annotations

from shuxiang.apps.drift import models, queries, rules
from shuxiang.apps.drift.commands.register import EDIT, let, open_site
from shuxiang.apps.drift.commands.trail import move
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, record, require


@command("drift.count_shelf")
def count_shelf(
    *,
    site: str,
    how: str,
    codes: tuple[str, ...] = (),
    drawn: tuple[str, ...] = (),
    number: int = 0,
    link: str = "",
    ctx: Context,
) -> rules.Counted:
    """Count a shelf. ``full``: ``codes`` are the books that stand there; what should and does not is
    out. ``sample``: of the ``drawn`` ones ``codes`` stand there, which says of all between which two
    numbers they are. ``rough``: about ``number``. Only what was seen moves on its trail.

    Raises Refused: site-unknown, not-permitted, link-unknown, and DR-6 with every reason.
    """
    found = open_site(site)
    let(found, link, ctx)
    here = {b.code: b for b in queries.books_here(site, rules.MOST_BOOKS)}
    seen = tuple(dict.fromkeys(c.strip().upper() for c in codes if c.strip()))
    asked = tuple(dict.fromkeys(drawn))
    if how == "sample" and (set(asked) - here.keys() or set(seen) - set(asked)):
        raise refuse(stop("count-sample-invalid", expected=len(here)))
    rows = {
        row.code: row
        for row in models.Book.objects.select_for_update().filter(code__in=seen, removed_on=None)
    }
    unknown = [c for c in seen if c not in rows]
    if unknown:
        raise refuse(stop("count-code-unknown", code=unknown[0][:20]))
    count = number if how == "rough" else len(seen)
    decision = rules.may_count(how, expected=len(here), drawn=len(asked), found=count)
    if not decision.allowed:
        raise Refused(decision)
    if how == "sample":
        said = rules.sampled(len(here), len(asked), count)
    elif how == "rough":
        said = rules.rough(count)
    else:
        said = rules.Counted(count, count, count)
    for row in rows.values():
        if row.at_id != site:
            move(row, "seen", found, "", ctx)
    if how == "full":
        models.Book.objects.filter(at=site, removed_on=None).exclude(code__in=seen).update(
            at=None, moved_at=ctx.occurred_at
        )
    models.Census.objects.create(
        id=new_id(),
        site_id=site,
        how=how,
        day=clock.business_date(ctx.occurred_at),
        at=ctx.occurred_at,
        expected=len(here),
        drawn=len(asked) if how == "sample" else None,
        found=count,
        estimate=said.estimate,
        low=said.low,
        high=said.high,
    )
    record(
        "drift.counted",
        ctx=ctx,
        library=found.library,
        place=found.place,
        subject=site,
        source="sample" if how == "sample" else "manual" if how == "full" else "estimate",
        data={"expected": len(here), "found": count, "low": said.low, "high": said.high},
    )
    return said


@command("drift.report_problem")
def report_problem(*, site: str, text: str, link: str = "", ctx: Context) -> str:
    """Say what is wrong at a site, or that it needs books; returns its id. Raises Refused:
    site-unknown, not-permitted, link-unknown, problem-empty, text-too-long."""
    found = open_site(site)
    let(found, link, ctx)
    text = text.strip()
    if not text:
        raise refuse(stop("problem-empty"))
    if len(text) > 200:
        raise refuse(stop("text-too-long", field="text", most=200))
    id_ = new_id()
    models.Problem.objects.create(id=id_, site_id=site, text=text, at=ctx.occurred_at)
    return id_


@command("drift.settle_problem")
def settle_problem(*, problem: str, answer: str = "", ctx: Context) -> None:
    """What was wrong is put right. Raises Refused: problem-unknown, not-permitted."""
    row = models.Problem.objects.select_related("site").filter(id=problem, settled_at=None).first()
    if row is None:
        raise refuse(stop("problem-unknown"))
    require(ctx, EDIT, row.site.place_id)
    models.Problem.objects.filter(id=problem).update(
        settled_at=ctx.occurred_at, settled_by=ctx.actor.id, answer=answer.strip()[:200]
    )
