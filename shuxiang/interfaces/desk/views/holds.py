"""预约 at the desk: what to fetch, the hold shelf, what is on its way, what can't be filled; and the
holds of one reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shuxiang.apps.circulation import commands
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common import catalogue, finding, hold_words, staff
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.common.words import local_date
from shuxiang.interfaces.desk import holds, pickup_times
from shuxiang.interfaces.desk.views.pages import FAULTS, fault_words, show
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context, Override
from shuxiang.kernel.decision import Decision, Refused, Severity
from shuxiang.kernel.values import scanned

HOLD = "circulation.hold"
PULL = "circulation.pull"
ORDER = "circulation.order_holds"
FOUND = 12

CAUSES: dict[str, str | Promise] = {
    "no-copy": gettext_lazy("No copy is left."),
    "copy-gone": gettext_lazy("The copy wanted is no longer there."),
    "out-of-use": gettext_lazy("Every copy is lost, missing, damaged or blocked."),
    "not-lendable": gettext_lazy("No copy is lent to this reader at the pickup place."),
    "card": gettext_lazy("The reader's card is not valid, or the reader is suspended."),
    "overdue": gettext_lazy("Every copy is overdue for more than 30 days."),
}
LIFTABLE = ("hold-limit", "hold-not-allowed", "hold-on-shelf", "overdue-loans", "age-marked")


@require_GET
@staff.staff_required(PULL)
def fetch(request: HttpRequest) -> HttpResponse:
    """取书单: copies to be fetched here, in the order of the shelves."""
    here = staff.service_point(request).id
    lines = circulation.pull_list(here, clock.now())
    names = {p.id: p.name for p in places.all_places()}
    rows = [
        (
            line,
            names.get(line.holder, "") if line.holder != here or not line.location else "",
            names.get(line.pickup, ""),
        )
        for line in lines
    ]
    return lists_page(request, "fetch", {"rows": rows})


@require_GET
@staff.staff_required(PULL)
def shelf(request: HttpRequest) -> HttpResponse:
    """The hold shelf: what waits for its reader, and what is to be taken away."""
    found = circulation.hold_shelf(staff.service_point(request).id)
    readers = {h.patron: patrons.loan_reader(h.patron) for h in found if h.patron}
    moving = circulation.transits_of([h.item for h in found])
    names = {p.id: p.name for p in places.all_places()}

    def shown(hold: circulation.HoldView) -> dict[str, Any]:
        reader = readers.get(hold.patron)
        goes = moving.get(hold.item)
        return {
            "hold": hold,
            "reader": reader,
            "tail": reader.number[-4:] if reader else "",
            "to": names.get(goes.destination, "") if goes else "",
        }

    context = {
        "aside": circulation.waited_for_aside(staff.service_point(request).id, clock.now()),
        "ready": [shown(h) for h in found if h.active],
        "away": [shown(h) for h in found if not h.active],
    }
    return lists_page(request, "shelf", context)


@require_GET
@staff.staff_required(PULL)
def transits(request: HttpRequest) -> HttpResponse:
    """What is on its way from here or to here, the longest under way first."""
    here = staff.service_point(request).id
    found = circulation.open_transits([here])
    names = {p.id: p.name for p in places.all_places()}
    at = clock.now()

    def shown(view: circulation.TransitView) -> tuple[Any, ...]:
        return view, names.get(view.origin, ""), names.get(view.destination, ""), view.days(at)

    context = {
        "to_come": [shown(t) for t in found if t.destination == here],
        "sent": [shown(t) for t in found if t.origin == here],
    }
    return lists_page(request, "transits", context)


@require_GET
@staff.staff_required(PULL)
def unfilled(request: HttpRequest) -> HttpResponse:
    """Holds to be picked up here that nothing can fill, each with its cause."""
    found = circulation.unfilled([staff.service_point(request).id], clock.now())
    rows = []
    for one in found:
        hold = circulation.hold(one.hold)
        reader = patrons.loan_reader(hold.patron) if hold else None
        rows.append((one, CAUSES[one.cause], hold, reader))
    return lists_page(request, "unfilled", {"rows": rows})


def lists_page(request: HttpRequest, tab: str, context: dict[str, Any]) -> HttpResponse:
    tabs = (
        ("fetch", "desk:holds", _("To fetch")),
        ("shelf", "desk:hold_shelf", _("Hold shelf")),
        ("transits", "desk:transits", _("On their way")),
        ("unfilled", "desk:unfilled", _("Can't be filled")),
        ("pickups", "desk:pickups", _("Pickup times")),
    )
    own = {"tab": tab, "tabs": tabs, "now": clock.now()}
    return show(request, "desk/holds.html", own | context)


@require_POST
@staff.staff_required(PULL)
def not_found(request: HttpRequest, item: str) -> HttpResponse:
    """A copy of the list is not on its shelf: the next one is chosen."""
    ctx = staff.context(request, channel="desk", key=request.POST.get("request_key", "")[:64])
    pressed(
        request,
        lambda: commands.not_on_shelf(item=item, ctx=ctx),
        _("It counts as missing until it is scanned; the next copy is chosen."),
    )
    return redirect("desk:holds")


@require_GET
@staff.staff_required(HOLD)
def slip(request: HttpRequest, hold: str) -> HttpResponse:
    """The slip of a copy set aside, to print."""
    found = circulation.hold(hold)
    if found is None or not found.item or not found.active:
        return render_error(request, 404)
    return show(request, "desk/hold_slip_page.html", {"slip": holds.slip_of(request, found)})


@require_http_methods(["GET", "POST"])
@staff.staff_required(HOLD)
def of_reader(request: HttpRequest, patron: str) -> HttpResponse:
    """A reader's holds; a title looked for, and reserved for the reader."""
    reader = patrons.loan_reader(patron) if catalogue.is_id(patron) else None
    if reader is None:
        return render_error(request, 404)
    if request.method == "GET":
        return _reader_page(request, reader, request.GET.get("q", ""))
    posted = request.POST
    why = posted.get("why", "").strip()[:120]
    ctx = staff.context(
        request,
        channel="desk",
        key=posted.get("request_key", "")[:64],
        overrides=tuple(Override(c, why) for c in posted.get("codes", "").split(",") if c and why),
    )
    barcode = posted.get("barcode", "")[:60]
    try:
        done = commands.place_hold(
            title=None if barcode else posted.get("title", ""),
            item_barcode=barcode or None,
            card=reader.number,
            card_library=reader.library,
            pickup=posted.get("pickup", ""),
            ctx=ctx,
        )
    except Refused as refused:
        return _reader_page(request, reader, posted.get("q", ""), refused=refused.decision)
    except FAULTS as fault:
        messages.error(request, fault_words(fault))
    else:
        text = (
            _("“%(title)s” is reserved; it is to be fetched from the shelf.")
            if done.kind == "shelf"
            else _("“%(title)s” is reserved, number %(n)s in the queue.")
        )
        messages.success(request, text % {"title": done.title_text, "n": done.position})
    return redirect("desk:reader_holds", patron=patron)


def _reader_page(
    request: HttpRequest,
    reader: patrons.LoanReader,
    asked: str,
    *,
    refused: Decision | None = None,
) -> HttpResponse:
    try:
        text = finding.question(asked)
    except finding.TooLong:
        text = ""
    copies = stock.items_by_barcode(scanned(text)) if text else ()
    ids = [i.title for i in copies] or (finding.ask(text, {}, size=FOUND).ids if text else ())
    lifts = [
        r.code
        for r in (refused.refusing if refused else ())
        if r.severity is Severity.ASK
        or (r.code in LIFTABLE and staff.may(request, f"circulation.override.{r.code}"))
    ]
    today = clock.business_date(clock.now())
    return show(
        request,
        "desk/reader_holds.html",
        {
            "reader": reader,
            "holds": hold_words.of_reader(reader.patron),
            "past": [hold_words.shown(h) for h in circulation.past_holds(reader.patron, 5)],
            "asked": text,
            "found": catalogue.found(ids),
            "barcode": copies[0].barcode if len(copies) == 1 else "",
            "waiting": circulation.waiting_by_title(ids),
            "pickups": circulation.pickup_places(today),
            "here": staff.service_point(request).id,
            **pickup_times.of_reader(reader.patron),
            "refused": refusal(refused) if refused else [],
            "lifts": ",".join(lifts) if refused and len(lifts) == len(refused.refusing) else "",
            "again": request.POST,
            "may_order": staff.may(request, ORDER),
            "today": today,
        },
        422 if refused else 200,
    )


@require_POST
@staff.staff_required(HOLD)
def act(request: HttpRequest, hold: str, name: str) -> HttpResponse:
    """Cancel, suspend, resume, move or send elsewhere a hold."""
    view = circulation.hold(hold)
    acts = {
        "cancel": _cancel,
        "suspend": _suspend,
        "resume": _resume,
        "pickup": _pickup,
        "move": _move,
    }
    if view is None or name not in acts:
        return render_error(request, 404)
    ctx = staff.context(request, channel="desk", key=request.POST.get("request_key", "")[:64])
    answer = pressed(request, lambda: acts[name](request, hold, ctx))
    if answer is not None:
        return answer
    if request.POST.get("back") == "shelf":
        return redirect("desk:hold_shelf")
    where = reverse("desk:reader_holds", args=[view.patron]) if view.patron else "desk:holds"
    return redirect(where)


def _cancel(request: HttpRequest, hold: str, ctx: Context) -> str:
    done = commands.cancel_hold(hold=hold, why=request.POST.get("why", ""), ctx=ctx)
    if done.transit_to:
        to = places.place(done.transit_to).name
        return _("Cancelled. The book goes to %(place)s.") % {"place": to}
    if done.next_hold:
        return _("Cancelled. The book is for the next reader: print its slip.")
    return _("Cancelled.")


def _suspend(request: HttpRequest, hold: str, ctx: Context) -> str:
    until = day_of(request.POST.get("until", ""))
    done = commands.suspend_hold(hold=hold, until=until or date.min, ctx=ctx)
    day = local_date(until or date.min)
    if done.transit_to:
        to = places.place(done.transit_to).name
        text = _("Suspended until %(day)s. The book goes to %(place)s.")
        return text % {"day": day, "place": to}
    if done.next_hold:
        text = _("Suspended until %(day)s. The book is for the next reader: print its slip.")
    elif done.item and circulation.transit_of(done.item) is None:
        # No list of the hold shelf names it any more.
        text = _("Suspended until %(day)s. Put the book back on its shelf.")
    else:
        text = _("Suspended until %(day)s.")
    return text % {"day": day}


def _resume(request: HttpRequest, hold: str, ctx: Context) -> str:
    commands.suspend_hold(hold=hold, until=None, ctx=ctx)
    return _("It takes part again.")


def _pickup(request: HttpRequest, hold: str, ctx: Context) -> str:
    commands.change_pickup(hold=hold, pickup=request.POST.get("pickup", ""), ctx=ctx)
    return _("The pickup place is changed.")


def _move(request: HttpRequest, hold: str, ctx: Context) -> str:
    text = request.POST.get("position", "")
    position = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 1
    commands.move_hold(hold=hold, position=position, why=request.POST.get("why", ""), ctx=ctx)
    return _("The queue is changed.")


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def pressed(
    request: HttpRequest, run: Callable[[], str | Any], said: str = ""
) -> HttpResponse | None:
    try:
        done = run()
    except Refused as refused:
        if "not-permitted" in refused.decision.codes:
            return render_error(request, 403)
        for text in refusal(refused.decision):
            messages.error(request, text)
    except FAULTS as fault:
        messages.error(request, fault_words(fault))
    else:
        messages.success(request, said or str(done))
    return None
