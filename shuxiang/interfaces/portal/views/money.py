"""A reader's own money: what is owed and why, the deposit, credit points and how they were lost."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from shuxiang.apps.fees import queries as fees
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.queries import ReaderSession
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common import money as words
from shuxiang.interfaces.portal import session
from shuxiang.kernel import clock


@require_GET
@session.reader_required(family=True)
def money(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """Everything that is owed, deposited and left in points, each with its why."""
    today = clock.business_date(clock.now())
    card = patrons.loan_reader(reader.patron)
    names = {p.id: p.name for p in places.all_places()}
    open_ = fees.charges(reader.patron)
    context: dict[str, Any] = {
        "own": reader.own,
        "name": reader.name,
        "owed": sum(c.open_fen for c in open_),
        "open": [_row(c, names) for c in open_],
        "settled": [_row(c, names) for c in fees.charges(reader.patron, settled=True)[:50]],
        "held": fees.deposit_held(reader.patron),
        "credit": fees.credit(reader.patron, today),
        "points": fees.points(reader.patron, card.category, reader.home, today) if card else None,
        "points_rows": fees.points_rows(reader.patron),
    }
    return render(request, "portal/money.html", context)


def _row(charge: fees.ChargeView, names: dict[str, str]) -> dict[str, Any]:
    return {
        "charge": charge,
        "kind": words.charge_words(charge.kind),
        "why": words.working_words(charge),
        "place": names.get(charge.place, ""),
    }


def cell(reader: ReaderSession, category: str) -> dict[str, Any] | None:
    """What the reader's first page says of money; None where there is nothing to say."""
    today = clock.business_date(clock.now())
    points = fees.points(reader.patron, category, reader.home, today)
    if points is None and not fees.in_books(reader.patron):
        return None
    return {"owed": fees.owed(reader.patron), "points": points}
