"""赠书鸣谢: givers who agreed to be named."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shuxiang.apps.acquisitions import queries
from shuxiang.apps.places import queries as places


@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """Names by year, the newest first."""
    found = queries.thanked(places.main_library().library)
    years = [(y, list(gifts)) for y, gifts in groupby(found, lambda d: d.given_on.year)]
    return render(request, "portal/thanks.html", {"years": years})
