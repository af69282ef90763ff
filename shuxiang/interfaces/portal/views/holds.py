"""预约: a reader reserves a title, and looks after what is reserved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.circulation import commands
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons.queries import ReaderSession
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common import catalogue, hold_words
from shuxiang.interfaces.common.wording import refusal, say
from shuxiang.interfaces.common.words import local_date
from shuxiang.interfaces.portal import session
from shuxiang.interfaces.portal.views.sign_in import FAULTS
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

PICKUP_COOKIE = "shuxiang_pickup"
YEAR = 365 * 24 * 3600


@require_http_methods(["GET", "POST"])
@session.reader_required(family=True)
def reserve(request: HttpRequest, reader: ReaderSession, title_id: str) -> HttpResponse:
    """Where to pick the title up, and the reservation."""
    title = catalog.title(title_id)
    if title is None:
        raise Http404
    if title.alias_of:
        return redirect("portal:reserve", title_id=title.alias_of)
    reasons: list[str] = []
    if request.method == "POST":
        pickup = request.POST.get("pickup", "")
        ctx = session.acting(reader, request.POST.get("request_key", "")[:64])
        try:
            done = commands.place_own_hold(
                title=title_id, patron=reader.patron, pickup=pickup, ctx=ctx
            )
        except Refused as refused:
            reasons = refusal(refused.decision)
        except FAULTS:
            reasons = [_("The system is busy. Please try again in a moment.")]
        else:
            text = (
                _("“%(title)s” is reserved: it is fetched from the shelf for you.")
                if done.kind == "shelf"
                else _("“%(title)s” is reserved. You are number %(n)s in the queue.")
            )
            messages.success(request, text % {"title": done.title_text, "n": done.position})
            answer = redirect("portal:holds")
            answer.set_cookie(PICKUP_COOKIE, pickup, max_age=YEAR, httponly=True, samesite="Lax")
            return answer
    today = clock.business_date(clock.now())
    pickups = circulation.pickup_places(today)
    usual = request.POST.get("pickup") or request.COOKIES.get(PICKUP_COOKIE) or reader.home
    copies = catalogue.copies_of([title_id]).get(title_id, ())
    context = {
        "title": title,
        "found": catalogue.Found(title, copies, catalogue.standings_of(copies)),
        "waiting": circulation.waiting_by_title([title_id]).get(title_id, 0),
        "pickups": pickups,
        "usual": usual,
        "reasons": reasons,
        "name": reader.name if reader.own else "",
        "request_key": new_id(),
    }
    return render(request, "portal/reserve.html", context, status=422 if reasons else 200)


@require_GET
@session.reader_required(family=True)
def holds(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """我的预约: what is ready, on its way and waited for."""
    shown = hold_words.of_reader(reader.patron)
    booked = circulation.pickups_of(reader.patron)
    ready = {h.hold.pickup for h in shown if h.hold.state == "ready"}
    free = ready - {b.slot.place for b in booked}
    today = clock.business_date(clock.now())
    names = {p.id: p.name for p in places.all_places()}
    context: dict[str, Any] = {
        "holds": shown,
        "booked": [(b, names.get(b.slot.place, ""), b.slot.day == today) for b in booked],
        "slots": [
            (place, names.get(place, ""), found)
            for place in sorted(free)
            if (found := circulation.slots_to_book([place], clock.now()))
        ],
        "against": [
            text
            for place in sorted(ready)
            for text in map(say, circulation.against_pickup(reader.patron, place, today))
        ],
        "past": [hold_words.shown(h) for h in circulation.past_holds(reader.patron, 5)],
        "pickups": circulation.pickup_places(clock.business_date(clock.now())),
        "name": reader.name if reader.own else "",
        "request_key": new_id(),
        "today": today,
    }
    return render(request, "portal/holds.html", context)


@require_POST
@session.reader_required(family=True)
def book(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """Book a time to pick up what is ready."""
    slot = request.POST.get("slot", "")
    ctx = session.acting(reader, request.POST.get("request_key", "")[:64])

    def run() -> str:
        done = commands.book_own_pickup(slot=slot, patron=reader.patron, ctx=ctx)
        for reason in done.tells:
            messages.warning(request, say(reason))
        return _("Booked: %(day)s, %(time)s.") % {
            "day": local_date(done.day),
            "time": f"{done.starts:%H:%M}",
        }

    return _done(request, run)


@require_POST
@session.reader_required(family=True)
def pickup_act(request: HttpRequest, reader: ReaderSession, pickup: str, name: str) -> HttpResponse:
    """Say "I am here", or give a booked time up."""
    ctx = session.acting(reader, request.POST.get("request_key", "")[:64])

    def here() -> str:
        commands.arrive_own_pickup(pickup=pickup, ctx=ctx)
        return _("The library knows that you are here.")

    def cancel() -> str:
        commands.cancel_own_pickup(pickup=pickup, ctx=ctx)
        return _("The time is free for others again.")

    acts = {"here": here, "cancel": cancel}
    if name not in acts:
        raise Http404
    return _done(request, acts[name])


def _done(request: HttpRequest, run: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, run())
    except Refused as refused:
        for text in refusal(refused.decision):
            messages.error(request, text)
    except FAULTS:
        messages.error(request, _("The system is busy. Please try again in a moment."))
    return redirect("portal:holds")


@require_POST
@session.reader_required(family=True)
def act(request: HttpRequest, reader: ReaderSession, hold: str, name: str) -> HttpResponse:
    """Cancel, suspend, resume or send elsewhere a hold of one's own."""
    acts: dict[str, Callable[[HttpRequest, str, Context], str]] = {
        "cancel": _cancel,
        "suspend": _suspend,
        "resume": _resume,
        "pickup": _pickup,
    }
    if name not in acts:
        raise Http404
    ctx = session.acting(reader, request.POST.get("request_key", "")[:64])
    return _done(request, lambda: acts[name](request, hold, ctx))


def _cancel(request: HttpRequest, hold: str, ctx: Context) -> str:
    commands.cancel_own_hold(hold=hold, ctx=ctx)
    return _("The reservation is cancelled.")


def _suspend(request: HttpRequest, hold: str, ctx: Context) -> str:
    try:
        until = date.fromisoformat(request.POST.get("until", ""))
    except ValueError:
        until = date.min
    commands.suspend_own_hold(hold=hold, until=until, ctx=ctx)
    return _("Others may pass until %(day)s; then you are back at your place by yourself.") % {
        "day": local_date(until)
    }


def _resume(request: HttpRequest, hold: str, ctx: Context) -> str:
    commands.suspend_own_hold(hold=hold, until=None, ctx=ctx)
    return _("The reservation takes part again.")


def _pickup(request: HttpRequest, hold: str, ctx: Context) -> str:
    commands.change_own_pickup(hold=hold, pickup=request.POST.get("pickup", ""), ctx=ctx)
    return _("The pickup place is changed.")
