"""荐购: a reader asks for a book. What is here already is offered instead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.acquisitions import commands, queries
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons.queries import ReaderSession
from shuxiang.interfaces.common.wording import refusal, say
from shuxiang.interfaces.portal import session
from shuxiang.interfaces.portal.views.sign_in import FAULTS
from shuxiang.kernel import clock
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

STATES: dict[str, tuple[str, str | Promise]] = {
    "asked": ("notice", gettext_lazy("Waits for an answer")),
    "accepted": ("hold", gettext_lazy("To be bought")),
    "ordered": ("hold", gettext_lazy("Ordered")),
    "arrived": ("ok", gettext_lazy("It has come")),
    "declined": ("muted", gettext_lazy("Not bought")),
}
LENGTHS = {"title": 200, "author": 120, "isbn": 40, "publisher": 120, "note": 300}


@require_http_methods(["GET", "POST"])
@session.reader_required()
def suggest(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """The form, and what became of what was asked for before."""
    given = request.POST if request.method == "POST" else request.GET
    values: dict[str, Any] = {n: given.get(n, "")[:most] for n, most in LENGTHS.items()}
    values["hold"] = bool(given.get("hold")) or request.method == "GET"
    values["pickup"] = given.get("pickup", "")[:32] or reader.home
    reasons: list[str] = []
    here = None
    if request.method == "POST":
        ctx = session.acting(reader, request.POST.get("request_key", "")[:64])
        if request.POST.get("anyway"):
            ctx = replace(ctx, overrides=(Override("suggestion-held", "读者仍要荐购"),))
        try:
            commands.suggest(**values, ctx=ctx)
        except Refused as refused:
            for reason in refused.decision.refusing:
                if reason.code == "suggestion-held":
                    here = catalog.title(str(reason.data["id"]))
                else:
                    reasons.append(say(reason))
        except FAULTS:
            reasons = [_("The system is busy. Please try again in a moment.")]
        else:
            messages.success(request, _("Thank you. You are told what becomes of it."))
            return redirect("portal:suggest")
    context = {
        "values": values,
        "reasons": reasons,
        "here": here,
        "pickups": circulation.pickup_places(clock.business_date(clock.now())),
        "mine": [(s, STATES[s.state]) for s in queries.suggestions_of(reader.patron)],
        "request_key": new_id(),
    }
    return render(request, "portal/suggest.html", context, status=422 if reasons or here else 200)


@require_POST
@session.reader_required()
def withdraw(request: HttpRequest, reader: ReaderSession, suggestion_id: str) -> HttpResponse:
    """No longer asked for."""
    try:
        commands.withdraw_suggestion(
            suggestion=suggestion_id,
            ctx=session.acting(reader, request.POST.get("request_key", "")[:64]),
        )
    except Refused as refused:
        messages.error(request, " ".join(refusal(refused.decision)))
    except FAULTS:
        messages.error(request, _("The system is busy. Please try again in a moment."))
    else:
        messages.success(request, _("It is no longer asked for."))
    return redirect("portal:suggest")
