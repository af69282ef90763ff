"""Pages every surface links to: the view preference and the first help page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from shuxiang.interfaces.common import preferences
from shuxiang.interfaces.common.errors import render_error


@require_http_methods(["GET", "POST"])
def view_settings(request: HttpRequest) -> HttpResponse:
    """Choose the standard or elder view and the text size; works without script."""
    if request.method == "GET":
        return render(request, "common/view_settings.html", {"next": request.GET.get("next", "")})
    chosen = preferences.read_preference(request)
    response = HttpResponseRedirect(_safe_next(request))
    try:
        preferences.write_preference(
            response,
            view=request.POST.get("view", chosen["view"]),
            text=request.POST.get("text", chosen["text"]),
        )
    except ValueError:
        return render_error(request, 400)
    return response


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "common/help.html")


def _safe_next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if target and allowed else "/"
