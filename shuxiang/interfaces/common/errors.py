"""Error pages in calm words: what happened, what is kept, what to do next.

`handler400` … `handler500` are for the URL configuration; `render_error` is for views that
answer a status themselves (409, 429, 503). htmx and JSON callers get the same words in their form.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass

from django.db import Error as DatabaseFault
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shuxiang.runtime import sql
from shuxiang.runtime.errors import Busy, KeyReused, StorageFull
from shuxiang.runtime.writer import as_runtime_error

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ErrorWords:
    """Texts of an error page, lazily translated."""

    title: str | Promise
    what: str | Promise
    next: str | Promise
    icon: str = "info-circle"


WORDS: dict[int, ErrorWords] = {
    400: ErrorWords(
        _("This request could not be read"),
        _("Something in the address or the form was not complete. Nothing was changed."),
        _("Go back, check what you entered and send it again."),
        "alert-circle",
    ),
    403: ErrorWords(
        _("This page is not open to you"),
        _("You may have been signed out, or this work needs another permission. Nothing changed."),
        _("Sign in again and repeat the step, or ask the library's staff."),
        "lock",
    ),
    404: ErrorWords(
        _("There is nothing at this address"),
        _("The page may have moved, or the address was cut when it was copied."),
        _("Start from the home page, or search for what you need."),
        "search",
    ),
    409: ErrorWords(
        _("Someone was a little faster"),
        _("The record changed while this page was open. Your entry was not applied."),
        _("Open the page again, look at the new state, and repeat what is still needed."),
        "refresh",
    ),
    422: ErrorWords(
        _("This form was sent before"),
        _("It was sent with other entries then, and those count. These entries were not applied."),
        _("Open the page again, look at what is there now, and enter what is still needed."),
        "refresh",
    ),
    429: ErrorWords(
        _("Too many requests at once"),
        _("The library is taking requests one after another. Nothing you did is lost."),
        _("Wait a minute and try again."),
        "hourglass",
    ),
    500: ErrorWords(
        _("A fault on our side"),
        _("The request was not finished. What you did before it is kept."),
        _("Try again in a moment. If it happens again, tell the staff the time shown below."),
        "alert-triangle",
    ),
    503: ErrorWords(
        _("The library system is busy or being looked after"),
        _("Nothing you did before is lost."),
        _("Try again in a few minutes. The desk can help you meanwhile."),
        "hourglass",
    ),
    507: ErrorWords(
        _("The storage is full, nothing was saved"),
        _("Looking things up goes on. What was saved before is kept."),
        _("Tell whoever looks after the server; once there is room, send it again."),
        "alert-triangle",
    ),
}
RETRY_SECONDS = 5


def status_of(fault: BaseException | None) -> int | None:
    """The status a fault at any door is answered with: 507 where the disk is full, 503 where the
    database is busy or gone, 422 for a form sent again with other entries (the browser's back
    button keeps its request key); None for anything else."""
    if isinstance(fault, DatabaseFault):
        fault = as_runtime_error(fault)
    if isinstance(fault, StorageFull):
        return 507
    if isinstance(fault, Busy):
        return 503
    if isinstance(fault, KeyReused):
        return 422
    # SQLite says so too when a statement is wrong; a server that is gone says nothing else.
    lost = isinstance(fault, (OperationalError, InterfaceError)) and not sql.is_sqlite()
    return 503 if lost else None


def fault_response(request: HttpRequest, fault: BaseException | None) -> HttpResponse | None:
    """The answer to a fault that `status_of` knows, else None."""
    status = status_of(fault)
    if status is None:
        return None
    level = logging.WARNING if status < 500 else logging.ERROR
    logger.log(level, "%s %s: %s", request.method, request.path, fault)
    return render_error(request, status, retry_after=RETRY_SECONDS if status == 503 else None)


def render_error(
    request: HttpRequest, status: int, *, retry_after: int | None = None
) -> HttpResponse:
    """The error page of `status` (a key of WORDS, else KeyError).

    `retry_after` is in seconds and becomes the Retry-After header.
    """
    words = WORDS[status]
    response: HttpResponse
    if _wants_json(request):
        response = JsonResponse(
            {"kind": "error", "status": status, "say": str(words.title), "next": str(words.next)},
            status=status,
        )
    else:
        context = {"status": status, "words": words}
        fragment = request.headers.get("HX-Request") == "true"
        name = "common/error_fragment.html" if fragment else "common/error.html"
        response = HttpResponse(_render(name, context, request, status), status=status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _render(name: str, context: dict[str, object], request: HttpRequest, status: int) -> str:
    try:
        return render_to_string(name, context, request)
    except TemplateDoesNotExist:
        raise
    except Exception:
        # The fault may sit in a context processor (no database): the page must still come.
        if status < 500:
            raise
        logger.exception("error page rendered without its request")
        return render_to_string(name, context)


def _wants_json(request: HttpRequest) -> bool:
    accept = request.headers.get("Accept", "")
    return "application/json" in accept and "text/html" not in accept


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_error(request, 400)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_error(request, 403)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_error(request, 404)


def handler500(request: HttpRequest) -> HttpResponse:
    # A fault outside any view (a session that can't be saved) comes by here alone.
    return fault_response(request, sys.exc_info()[1]) or render_error(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For the CSRF_FAILURE_VIEW setting."""
    return render_error(request, 403)
