"""What operating phases add to lending: terms on top of the rules, and the quarantine of books that
came back."""

from __future__ import annotations

from collections.abc import Sequence
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
