"""Age marks as a signed-in minor meets them (公共图书馆法 37)."""

from __future__ import annotations

from django.http import HttpRequest

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons import queries
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.catalogue import Found
from shuxiang.interfaces.portal import session
from shuxiang.kernel import clock


def too_young(request: HttpRequest, least_age: int | None) -> int:
    """The age from which the signed-in reader, or whom they act for, may borrow what is marked; 0 where
    nothing is against it or nobody is signed in."""
    if least_age is None:
        return 0
    reader = session.current(request)
    if reader is None:
        return 0
    shown = session.as_chosen(reader)
    card = queries.loan_reader(shown.patron)
    today = clock.business_date(clock.now())
    return circulation.too_young(card, least_age, shown.home, today) if card else 0


def shown(request: HttpRequest, rows: tuple[Found, ...]) -> tuple[tuple[Found, ...], int]:
    """The rows a signed-in minor is shown, and how many are left out (setting
    ``portal.age_marked``)."""
    if not any(row.title.least_age for row in rows):
        return rows, 0
    reader = session.current(request)
    if reader is None or places.setting(reader.home, "portal.age_marked").value != "hide":
        return rows, 0
    kept = tuple(row for row in rows if not too_young(request, row.title.least_age))
    return kept, len(rows) - len(kept)
