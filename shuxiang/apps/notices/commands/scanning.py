"""Loans due soon and overdue, looked through once a business day and open site."""

from __future__ import annotations

from datetime import date, timedelta

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.notices import models, rules
from shuxiang.apps.notices.commands.queueing import QUEUE, ToTell, queue
from shuxiang.apps.places import queries as places
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, require

AT_ONCE = 200
"""Notices queued in one transaction: no desk waits for a long list."""


def scan_site(*, place: str, day: date, ctx: Context) -> int:
    """Queue what the readers of loans made at a site are to be told that day: loans due within
    ``notices.due_soon_days``, and overdue ones that have reached a step of ``notices.overdue_days``.
    Done once a day and site; what a closed day left out is made up for. Cut off, it begins again and
    queues nothing twice. Returns how many are new."""
    if models.Scan.objects.filter(place=place, day=day).exists():
        return 0
    found = _due(place, day)
    new = 0
    for first in range(0, len(found), AT_ONCE):
        part = tuple(found[first : first + AT_ONCE])
        new += queue(notices=part, ctx=ctx.with_key(str(first)))
    note_scan(place=place, day=day, found=new, ctx=ctx.with_key("done"))
    return new


@command("notices.note_scan")
def note_scan(*, place: str, day: date, found: int, ctx: Context) -> None:
    """Note that a site's loans were looked through."""
    require(ctx, QUEUE, ctx.service_point)
    models.Scan.objects.create(
        id=new_id(), place_id=place, day=day, found=found, at=ctx.occurred_at
    )


def _due(place: str, day: date) -> list[ToTell]:
    ahead = int(places.setting(place, "notices.due_soon_days").value)
    steps = rules.steps(str(places.setting(place, "notices.overdue_days").value))
    found: list[ToTell] = []
    for loan in circulation.loans_due(place, day + timedelta(days=ahead)):
        overdue = (day - loan.due_on).days
        due = loan.due_on.isoformat()
        facts = {"title": loan.title_text, "day": due}
        if overdue <= 0:
            if ahead:
                key = f"due-soon:{loan.loan}:{due}"
                found.append(_told(key, "due-soon", loan, place, facts))
        elif reached := rules.step(overdue, steps):
            key = f"overdue:{loan.loan}:{due}:{reached}"
            found.append(_told(key, "overdue", loan, place, facts))
    return found


def _told(
    key: str, kind: str, loan: circulation.DueSoon, place: str, facts: dict[str, str]
) -> ToTell:
    return ToTell(
        key=key, kind=kind, patron=loan.patron, place=place, subject=loan.loan, facts=facts
    )
