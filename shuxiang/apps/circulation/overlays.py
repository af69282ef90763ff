"""What operating phases add to lending: terms on top of the rules, and the quarantine of books that
came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shuxiang.apps.circulation import rules
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.runtime import sql


def overlay(place: str, on: date) -> rules.Overlay | None:
    """What the phase in force at a place that day adds to its rules; of several the one that counts
    first and says something."""
    for phase in places.phases_at(place, on):
        if phase.extra_loans or phase.loan_days:
            return rules.Overlay(
                phase.id, phase.name, phase.last_day, phase.extra_loans, phase.loan_days or 0
            )
    return None


def quarantine_hours(place: str, on: date) -> int:
    """How long books given back at a place that day stay aside."""
    return max((p.quarantine_hours for p in places.phases_at(place, on)), default=0)


def quarantined(items: Sequence[str], at: datetime) -> dict[str, datetime]:
    """Those of the items that came back and still lie aside at a moment, and until when. Nothing has
    to end a quarantine: it is over when its hours are."""
    today = clock.business_date(at)
    hours = [
        p.quarantine_hours
        for p in places.live_phases()
        if p.quarantine_hours
        and (p.last_day is None or p.last_day + timedelta(hours=p.quarantine_hours + 24) >= today)
    ]
    if not hours or not items:
        return {}
    rows = sql.all(
        "SELECT item_id, returned_at, returned_place_id FROM circulation_loan "
        f"WHERE item_id IN ({sql.marks(len(items))}) AND returned_at > ? AND returned_at <= ? "
        "AND ended_as = 'returned'",
        *items,
        at - timedelta(hours=max(hours)),
        at,
    )
    found: dict[str, datetime] = {}
    for item, returned_at, place in rows:
        aside = quarantine_hours(place, clock.business_date(returned_at))
        until = returned_at + timedelta(hours=aside)
        if until > at:
            found[item] = max(until, found.get(item, until))
    return found


@dataclass(frozen=True, slots=True)
class Aside:
    """A copy in quarantine at a place that a reader waits for, and until when."""

    item: str
    barcode: str
    title_text: str
    until: datetime


_WAITED_FOR = (
    "SELECT i.id, i.barcode, t.title FROM circulation_quarantine q JOIN stock_item i ON i.id = "
    "q.item_id JOIN catalog_title t ON t.id = i.title_id WHERE q.place_id = ? AND EXISTS (SELECT 1 "
    "FROM circulation_hold h WHERE h.title_id = i.title_id AND h.state = 'waiting') "
    "ORDER BY q.since LIMIT ?"
)
MOST_ASIDE = 200


def waited_for_aside(place: str, at: datetime) -> tuple[Aside, ...]:
    """What lies in quarantine at a place and readers wait for, the first to be over on top."""
    rows = sql.all(_WAITED_FOR, place, MOST_ASIDE)
    until = quarantined([row[0] for row in rows], at)
    found = [Aside(row[0], row[1], row[2], until[row[0]]) for row in rows if row[0] in until]
    return tuple(sorted(found, key=lambda one: (one.until, one.barcode)))
