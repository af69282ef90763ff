"""A reader's own pages: loans and their renewal, what was given back, what is on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shuxiang.apps.circulation import commands as lending
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.notices import queries as notices
from shuxiang.apps.patrons import commands, queries
from shuxiang.apps.patrons.queries import ReaderSession
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.common.words import local_date
from shuxiang.interfaces.portal import session
from shuxiang.interfaces.portal.views import money
from shuxiang.interfaces.portal.views.sign_in import FAULTS
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import mask_number

SOON_DAYS = 3


@dataclass(frozen=True, slots=True)
class Renewal:
    """What became of renewing one loan, in words."""

    done: bool
    said: list[str]


@require_GET
@session.reader_required(family=True)
def account(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """What the reader has out, due dates in words and colour, and renewal."""
    return _account(request, reader, {})


@require_http_methods(["GET", "POST"])
@session.reader_required(family=True)
def renew(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """Renew the loan named, or every one; each says for itself what became of it. A phone that opens
    the answer's address once more (a page kept open, a bookmark) is shown the loans."""
    if request.method == "GET":
        return redirect("portal:account")
    wanted = request.POST.get("loan", "")
    ctx = session.acting(reader, request.POST.get("request_key", "")[:64])
    outcomes: dict[str, Renewal] = {}
    for view in circulation.open_loans(reader.patron):
        if wanted not in ("", view.id):
            continue
        try:
            # A key a loan: the same form sent twice is answered as the first time.
            done = lending.renew_own(loan=view.id, ctx=ctx.with_key(view.id[-12:]))
        except Refused as refused:
            outcomes[view.id] = Renewal(False, refusal(refused.decision))
        except FAULTS:
            said = [_("The system is busy. Please try again in a moment.")]
            outcomes[view.id] = Renewal(False, said)
        else:
            said = [_("Renewed until %(day)s.") % {"day": local_date(done.due_on)}]
            outcomes[view.id] = Renewal(True, said)
    return _account(request, reader, outcomes)


def _account(
    request: HttpRequest, reader: ReaderSession, outcomes: dict[str, Renewal]
) -> HttpResponse:
    today = clock.business_date(clock.now())
    loans = circulation.open_loans(reader.patron)
    card = queries.loan_reader(reader.patron)
    me = reader.own or reader.patron
    family = queries.acts_for(me, today)
    context: dict[str, Any] = {
        "name": reader.name,
        "own": reader.own,
        "shown": reader.patron,
        "family": family,
        "card": mask_number(card.number) if card else "",
        "category": card.category_name if card else "",
        "expires_on": card.expires_on if card else None,
        "against": refusal(card.opens(today)) if card else [],
        "loans": [(view, outcomes.get(view.id)) for view in loans],
        "overdue": sum(view.due_on < today for view in loans),
        "soon": sum(0 <= (view.due_on - today).days <= SOON_DAYS for view in loans),
        "ready": sum(h.state == "ready" for h in circulation.holds_of(reader.patron)),
        "today": today,
        "summary": _summary(list(outcomes.values())),
        "all_renewed": bool(outcomes) and all(o.done for o in outcomes.values()),
        "unread": notices.unread(me, *(a.patron for a in family if a.how == queries.GUARDIAN)),
        "request_key": new_id(),
        "money": money.cell(reader, card.category) if card else None,
    }
    return render(request, "portal/account.html", context)


def _summary(outcomes: list[Renewal]) -> str:
    if not outcomes:
        return ""
    done = sum(o.done for o in outcomes)
    left = len(outcomes) - done
    if not left:
        return ngettext("%(n)d book renewed.", "%(n)d books renewed.", done) % {"n": done}
    if not done:
        return ngettext(
            "%(n)d book could not be renewed; the reason stands with it.",
            "%(n)d books could not be renewed; the reason stands with each.",
            left,
        ) % {"n": left}
    return _("%(done)s renewed, %(left)s not: the reason stands with each of them.") % {
        "done": done,
        "left": left,
    }


@require_http_methods(["GET", "POST"])
@session.reader_required()
def history(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """What was given back, for readers who asked to see it; to everybody else nothing."""
    if request.method == "POST":
        shown = request.POST.get("shown") == "1"
        commands.show_history(shown=shown, ctx=session.acting(reader))
        return redirect("portal:history")
    shown = queries.history_shown(reader.patron)
    context = {
        "shown": shown,
        "loans": circulation.history(reader.patron) if shown else (),
        "kept_days": places.setting(reader.home, "privacy.history_days").value,
    }
    return render(request, "portal/history.html", context)


@require_GET
@session.reader_required()
def profile(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """What the library has on record, masked, and what names the reader at a sign-in."""
    return _profile(request, reader, [])


@require_POST
@session.reader_required()
def bind(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """Bind one of the own documents to the sign-in, or unbind it (row C6)."""
    ctx = session.acting(reader)
    try:
        if document := request.POST.get("bind"):
            commands.bind_document(patron=reader.patron, document=document, ctx=ctx)
        else:
            credential = request.POST.get("unbind", "")
            commands.unbind(patron=reader.patron, credential=credential, ctx=ctx)
    except Refused as refused:
        return _profile(request, reader, refusal(refused.decision), status=422)
    return redirect("portal:profile")


def _profile(
    request: HttpRequest, reader: ReaderSession, reasons: list[str], *, status: int = 200
) -> HttpResponse:
    found = queries.masked(reader.patron)
    context = {
        "profile": found,
        "facts": found.facts,
        "home": places.place(found.facts.home).name,
        "guardians": [g for g in found.guardians if g.ended_at is None],
        "sessions": queries.sessions_open(reader.patron, clock.now()),
        "reasons": reasons,
    }
    return render(request, "portal/profile.html", context, status=status)
