"""Words of people beside the figures: signed explanations and the report's own text."""

from __future__ import annotations

from shuxiang.apps.places import queries as places
from shuxiang.documents.errors import DocumentError
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, require
from shuxiang.statistics import models, report
from shuxiang.statistics.figures import SCOPES, NoData

LONGEST = 1000
LONGEST_NARRATIVE = 20_000


@command("statistics.explain_finding")
def explain_finding(
    *, year: int, place: str, scope: str, fingerprint: str, text: str, ctx: Context
) -> str:
    """Sign an explanation of a contradiction that stands now; returns its id.

    ``scope`` is main or subtree, ``fingerprint`` that of the finding: an explanation is good for the
    numbers it was signed for, and a finding with other numbers needs another.
    """
    _place(place)
    require(ctx, "statistics.publish", place)
    if scope not in SCOPES:
        raise refuse(stop("scope-unknown", scope=scope))
    if not text.strip():
        raise refuse(stop("why-missing"))
    if len(text.strip()) > LONGEST:
        raise refuse(stop("text-too-long", field="text", most=LONGEST))
    try:
        found = report.draft(year, place=place, scope=SCOPES[scope]).checked
    except NoData:
        raise refuse(stop("year-without-data", year=year)) from None
    finding = next((f for f in found if f.fingerprint == fingerprint), None)
    if finding is None:
        raise refuse(stop("finding-unknown"))
    row = models.Explanation.objects.create(
        id=new_id(),
        place_id=place,
        year=year,
        rule=finding.rule,
        fingerprint=fingerprint,
        statement=finding.statement,
        text=text.strip(),
        account=ctx.actor.id,
        signed_at=ctx.occurred_at,
    )
    return str(row.id)


@command("statistics.write_narrative")
def write_narrative(*, year: int, place: str, section: str, text: str, ctx: Context) -> None:
    """Set the library's own text of a report section (`report.SECTIONS`); '' takes it back.

    A paragraph a line. Numbers are tokens such as ``{visit_gate.unit}``; a token without its own
    scope takes the report's.
    """
    _place(place)
    require(ctx, "statistics.publish", place)
    if section not in report.SECTIONS:
        raise refuse(stop("section-unknown", section=section))
    if len(text) > LONGEST_NARRATIVE:
        raise refuse(stop("text-too-long", field="text", most=LONGEST_NARRATIVE))
    body = text.strip()
    try:
        report.check_tokens(body, year)
    except DocumentError:
        raise refuse(stop("token-unknown")) from None
    if not body:
        models.Narrative.objects.filter(place=place, year=year, section=section).delete()
        return
    models.Narrative.objects.update_or_create(
        place_id=place,
        year=year,
        section=section,
        defaults={"text": body, "account": ctx.actor.id, "changed_at": ctx.occurred_at},
    )


def _place(place: str) -> None:
    try:
        places.place(place)
    except places.UnknownPlace:
        raise refuse(stop("place-unknown", code=place)) from None
