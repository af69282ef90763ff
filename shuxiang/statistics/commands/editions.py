"""Publishing the annual report and sealing a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shuxiang.apps.places import queries as places
from shuxiang.documents.report import dump
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import sequence
from shuxiang.ledger.models import YearKey
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, record, require
from shuxiang.runtime.recording import destroy_year_key
from shuxiang.statistics import daily, models, queries, report
from shuxiang.statistics.figures import SCOPES, NoData, as_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An edition: its id, its number within the year, the last ledger row it counts."""

    edition: str
    number: int
    last_seq: int


@command("statistics.publish_report")
def publish_report(
    *, year: int, place: str, scope: str = "subtree", why: str = "", ctx: Context
) -> Published:
    """Freeze the report of a finished year as its next edition (design §5).

    A later edition is a correction and needs a ``why``; the earlier ones stay. Refuses with every
    reason: a contradiction without a signed explanation, counts that are still behind the ledger, a
    year that runs, figures that are those of the last edition.
    """
    site = _place(place)
    require(ctx, "statistics.publish", place)
    if scope not in SCOPES:
        raise refuse(stop("scope-unknown", scope=scope))
    today = clock.business_date(ctx.occurred_at)
    reasons: list[Reason] = []
    if year >= today.year:
        raise refuse(stop("year-not-over", year=year))
    before = queries.latest_edition(year, place, scope)
    if before is not None and not why.strip():
        reasons.append(stop("why-missing"))
    if len(why) > 400:
        reasons.append(stop("text-too-long", field="why", most=400))
    last_seq, _ = sequence.head(sql)
    if daily.behind(date(year, 12, 31)):
        raise refuse(*reasons, stop("counts-behind"))
    number = before.number + 1 if before else 1
    try:
        draft = report.draft(year, place=place, scope=SCOPES[scope])
    except NoData:
        raise refuse(*reasons, stop("year-without-data", year=year)) from None
    if any((f.to_seq or 0) > last_seq for f in draft.figures):
        raise refuse(*reasons, stop("counts-behind"))
    unexplained = [
        stop("finding-unexplained", rule=f.rule, statement=f.statement) for f in draft.unexplained
    ]
    if unexplained:
        raise refuse(*reasons, *unexplained)
    if before and _document(draft, before.number, before.issued_on) == before.document:
        reasons.append(stop("edition-unchanged", number=before.number))
    if reasons:
        raise refuse(*reasons)
    figures = as_json(draft.figures)
    document = _document(draft, number, today)
    seal = queries.edition_seal(place, scope, year, number, last_seq, figures, document)
    row = models.Edition.objects.create(
        id=new_id(),
        place_id=place,
        scope=scope,
        year=year,
        number=number,
        issued_on=today,
        issued_at=ctx.occurred_at,
        account=ctx.actor.id,
        why=why.strip(),
        last_seq=last_seq,
        figures=figures,
        document=document,
        seal=seal,
    )
    record(
        "report.published",
        ctx=ctx,
        library=site.library,
        place=place,
        subject=row.id,
        data={"year": year, "scope": scope, "number": number, "last_seq": last_seq, "seal": seal},
    )
    return Published(edition=row.id, number=number, last_seq=last_seq)


@command("statistics.seal_year")
def seal_year(*, year: int, ctx: Context) -> None:
    """Destroy a finished year's key: its distinct counts stand, and no reader can be matched to them
    any more, not even by us. Not to be undone. Refuses a year that runs, whose counts are behind, or
    that is sealed already."""
    top = next(p for p in places.all_places() if p.parent is None)
    require(ctx, "statistics.publish", top.id)
    if year >= clock.business_date(ctx.occurred_at).year:
        raise refuse(stop("year-not-over", year=year))
    if YearKey.objects.filter(year=year, destroyed_at__isnull=False).exists():
        raise refuse(stop("year-already-sealed", year=year))
    if daily.behind(date(year, 12, 31)):
        raise refuse(stop("counts-behind"))
    destroy_year_key(year, ctx.occurred_at)
    record("year.sealed", ctx=ctx, library=top.library, place=top.id, data={"year": year})


def _document(draft: report.Draft, number: int, issued_on: date) -> str:
    return dump(draft.report(edition=number, issued_on=issued_on)).decode()


def _place(place: str) -> places.Place:
    try:
        return places.place(place)
    except places.UnknownPlace:
        raise refuse(stop("place-unknown", code=place)) from None
