"""What somebody who scans a sticker says: I take it, I put it back, I left it at …. Never a loan, and
nobody is asked who they are."""

from __future__ import annotations

from shuxiang.apps.drift import models, queries, rules
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, record

TAKEN, RETURNED, LEFT, SEEN = "drift.taken", "drift.returned", "drift.left", "drift.seen"
TYPES = {"took": TAKEN, "put": RETURNED, "left": LEFT, "seen": SEEN}
WHERE_MOST = 60


@command("drift.step")
def step(*, code: str, kind: str, site: str = "", where: str = "", ctx: Context) -> bool:
    """Add a step to a book's trail; False when it only says again what was said two minutes ago.
    ``site``: where it was put back; ``where``: in one's own words, where it was left.

    Raises Refused: drift-book-unknown, step-unknown, site-unknown, where-missing, text-too-long.
    """
    row = models.Book.objects.select_for_update().filter(code=code, removed_on=None).first()
    if row is None:
        raise refuse(stop("drift-book-unknown"))
    if kind not in rules.STEPS:
        raise refuse(stop("step-unknown"))
    where = where.strip()
    if kind == "left" and not where:
        raise refuse(stop("where-missing"))
    if len(where) > WHERE_MOST:
        raise refuse(stop("text-too-long", field="where", most=WHERE_MOST))
    at = None
    if kind == "put":
        at = queries.site(site)
        if at is None or at.ended_on is not None:
            raise refuse(stop("site-unknown"))
    last = models.Move.objects.filter(book=row).order_by("-at", "-id").first()
    if rules.is_again(kind, ctx.occurred_at, (last.kind, last.at) if last else None):
        return False
    move(row, kind, at, where if kind == "left" else "", ctx)
    return True


def move(
    row: models.Book, kind: str, at: queries.SiteView | None, where: str, ctx: Context
) -> None:
    """Inside a command: a step of the trail with its ledger row, at the site it is about: where it was
    put or seen, else where it stood, else its home."""
    about = at or queries.site(row.at_id or row.home_id)
    assert about is not None, "a book's sites stay in the register"
    models.Move.objects.create(
        id=new_id(),
        book=row,
        kind=kind,
        site_id=at.id if at else (row.at_id if kind == "took" else None),
        where=where,
        at=ctx.occurred_at,
        day=clock.business_date(ctx.occurred_at),
    )
    models.Book.objects.filter(id=row.id).update(at=at.id if at else None, moved_at=ctx.occurred_at)
    record(TYPES[kind], ctx=ctx, library=row.library, place=about.place, subject=row.id)
