"""Today's counts under the scan box: 借, 还, 续, 办证, 阅览, mine and the place's."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shuxiang.interfaces.common.staff import service_point
from shuxiang.kernel import clock
from shuxiang.statistics import desk

WORDS: dict[str, str | Promise] = {
    "loan.opened": _("Lend"),
    "loan.closed": _("Return"),
    "loan.renewed": _("Renew"),
    "card.issued": _("New cards"),
    "item.used": _("Read in house"),
}


def strip_context(request: HttpRequest) -> dict[str, Any]:
    """(word, mine, all) of everything counted."""
    today = clock.business_date(clock.now())
    found = desk.day_counts(service_point(request).id, today, str(request.user.pk))
    return {"counts": [(WORDS[c.type], c.mine, c.all) for c in found]}


def strip(request: HttpRequest) -> str:
    return render_to_string("desk/counts.html", strip_context(request), request)
