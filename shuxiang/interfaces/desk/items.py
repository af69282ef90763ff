"""The panel of a book that was looked up: where it is, who has it, what happened to it last."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common import staff
from shuxiang.kernel import clock
from shuxiang.statistics import desk

STATES: dict[str, tuple[str, str | Promise]] = {
    "available": ("ok", _("On the shelf")),
    "in_processing": ("notice", _("Being processed")),
    "lost": ("refused", _("Lost")),
    "missing": ("refused", _("Missing")),
    "damaged": ("notice", _("Damaged")),
    "blocked": ("notice", _("Blocked")),
    "withdrawn": ("muted", _("Withdrawn")),
}
"""What is so of an item that is not on loan: kind of badge and word."""


def panel(request: HttpRequest, item: stock.ScannedItem) -> str:
    return render_to_string("desk/item.html", panel_context(request, item), request)


def panel_context(request: HttpRequest, item: stock.ScannedItem) -> dict[str, Any]:
    """Everything the panel shows. Who has the book is masked; the record opens to who may see it."""
    loan = circulation.open_loan_of(item.id)
    reader = patrons.loan_reader(loan.patron) if loan and loan.patron else None
    view = stock.item(item.id)
    return {
        "item": item,
        "view": view,
        "owner": places.place(item.owner).name,
        "holder": places.place(item.holder).name,
        "state": STATES.get(item.status, STATES["blocked"]),
        "loan": loan,
        "lent_at": places.place(loan.place).name if loan else "",
        "reader": reader,
        "may_see": staff.may(request, "patrons.view"),
        "acts": desk.item_acts(item.id),
        "today": clock.business_date(clock.now()),
    }
