"""What other libraries have of which we lack: titles gathered from their catalogues."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shuxiang.apps.exchange import queries
from shuxiang.interfaces.common.others import elsewhere as elsewhere_of

LONGEST = 100


@require_safe
def elsewhere(request: HttpRequest) -> HttpResponse:
    """Titles by their beginning or any part, by author, by ISBN, with the library that has them."""
    typed = request.GET.get("q", "").strip()[:LONGEST]
    context = {
        "typed": typed,
        "rows": elsewhere_of(typed),
        "has": queries.has_elsewhere(),
    }
    return render(request, "portal/elsewhere.html", context)
