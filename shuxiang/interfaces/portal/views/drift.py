"""漂流: a drifting book's page behind its sticker, the list of sites, and the page of a site's keeper."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from shuxiang.apps.drift import commands, queries
from shuxiang.interfaces.common.drift_words import KINDS, STEPS
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.portal import session
from shuxiang.interfaces.portal.views.sign_in import FAULTS
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.throttle import throttle

STEPS_AT_ONCE = 60
WITHIN = timedelta(minutes=10)
"""How many steps one address may write down in how long."""
DRAWN = 20
"""Books a sample draws, or all of a smaller shelf."""


@require_safe
def sites(request: HttpRequest) -> HttpResponse:
    """Family reading bases, service points and drifting bookhouses, for everybody."""
    found = queries.sites()
    shelves = queries.shelves([s.id for s in found])
    rows = [(s, KINDS[s.kind], shelves[s.id].here) for s in found]
    return render(request, "portal/reading_sites.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
def book(request: HttpRequest, code: str) -> HttpResponse:
    """Where a drifting book is, where it has been, and one's own step. Nobody is asked who they are."""
    found = queries.book_by_code(code)
    if found is None or found.removed_on is not None:
        return render(request, "portal/drift_unknown.html", {"code": code[:12]}, status=404)
    reasons: list[str] = []
    if request.method == "POST":
        wait = throttle(
            f"drift {session.address_of(request)}", STEPS_AT_ONCE, WITHIN, at=clock.now()
        )
        if wait:
            return render_error(request, 429, retry_after=wait)
        ctx = session.visitor(request, request.POST.get("request_key", "")[:64])
        kind = request.POST.get("kind", "")
        try:
            commands.step(
                code=found.code,
                kind=kind,
                site=request.POST.get("site", "")[:32],
                where=request.POST.get("where", ""),
                ctx=ctx,
            )
        except Refused as refused:
            reasons = refusal(refused.decision)
        except FAULTS:
            reasons = [_("The system is busy. Please try again in a moment.")]
        else:
            thanks = {
                "took": _("Enjoy it! There is no due date: put it back when you are done."),
                "put": _("Thank you for putting it back."),
                "left": _("Thank you: whoever looks for it finds it now."),
            }
            messages.success(request, thanks[kind])
            return redirect("portal:drift", code=found.code)
    names = {s.id: s for s in queries.sites()}
    at, home = names.get(found.at), names.get(found.home)
    context = {
        "book": found,
        "at": at,
        "home": home,
        "sites": sorted(names.values(), key=lambda s: s.id != found.home),
        "trail": [(step, *STEPS[step.kind]) for step in queries.trail(found.id)],
        "reasons": reasons,
        "request_key": new_id(),
    }
    return render(request, "portal/drift.html", context, status=422 if reasons else 200)


@require_http_methods(["GET", "POST"])
def keeper(request: HttpRequest, token: str) -> HttpResponse:
    """The phone page of a site's keeper, behind an address of their own."""
    site = queries.site_of_link(token)
    if site is None:
        wait = throttle(f"keeper {session.address_of(request)}", 30, WITHIN, at=clock.now())
        if wait:
            return render_error(request, 429, retry_after=wait)
        raise Http404
    reasons: list[str] = []
    if request.method == "POST":
        try:
            messages.success(request, _keep(request, site, token))
        except Refused as refused:
            reasons = refusal(refused.decision)
        except FAULTS:
            reasons = [_("The system is busy. Please try again in a moment.")]
        else:
            return session.personal(redirect("portal:keeper", token=token))
    here = queries.books_here(site.id)
    drawn = sorted(
        secrets.SystemRandom().sample(here, min(DRAWN, len(here))), key=lambda b: b.title
    )
    censuses = queries.censuses(site.id, 1)
    context = {
        "site": site,
        "token": token,
        "here": here,
        "drawn": drawn if request.GET.get("way") == "sample" else (),
        "way": request.GET.get("way", ""),
        "last": censuses[0] if censuses else None,
        "problems": queries.problems((site.id,)),
        "reasons": reasons,
        "request_key": new_id(),
    }
    answer = render(request, "portal/keeper.html", context, status=422 if reasons else 200)
    return session.personal(answer)


def _keep(request: HttpRequest, site: queries.SiteView, token: str) -> str:
    posted = request.POST
    ctx = Context(
        actor=Actor("patron", ""),
        channel="portal",
        service_point=site.place,
        occurred_at=clock.now(),
        request_key=posted.get("request_key", "")[:64],
    )
    codes = tuple(posted.getlist("seen")) + tuple(posted.get("codes", "").split())

    def count() -> str:
        number = posted.get("number", "")
        said = commands.count_shelf(
            site=site.id,
            how=posted.get("how", ""),
            codes=codes,
            drawn=tuple(posted.getlist("drawn")),
            number=int(number) if number.isdigit() and len(number) < 6 else -1,
            link=token,
            ctx=ctx,
        )
        if said.low == said.high:
            return _("Counted: %(n)s books.") % {"n": said.estimate}
        return _("Noted: about %(n)s books, from %(low)s to %(high)s.") % {
            "n": said.estimate, "low": said.low, "high": said.high
        }  # fmt: skip

    def add() -> str:
        title, author = posted.get("title", ""), posted.get("author", "")
        new = commands.New(title=title, author=author)
        made = commands.add_books(site=site.id, books=(new,), link=token, ctx=ctx)
        return _("Added under the code %(code)s: write it into the book.") % {"code": made[0]}

    def remove() -> str:
        code, why = posted.get("code", "")[:12].upper(), posted.get("why", "")
        commands.remove_book(code=code, why=why, link=token, ctx=ctx)
        return _("The book drifts no more.")

    def report() -> str:
        commands.report_problem(site=site.id, text=posted.get("text", ""), link=token, ctx=ctx)
        return _("The library knows of it.")

    acts: dict[str, Callable[[], Any]] = {
        "count": count, "add": add, "remove": remove, "report": report
    }  # fmt: skip
    chosen = acts.get(posted.get("act", ""))
    if chosen is None:
        raise Http404
    return str(chosen())
