"""取书时段 at the desk: who comes on a day, times opened and closed, booked and moved for a reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from shuxiang.apps.circulation import commands
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons import queries as patrons
from shuxiang.interfaces.common import staff
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.wording import say
from shuxiang.interfaces.common.words import local_date
from shuxiang.interfaces.desk import pickup_times
from shuxiang.interfaces.desk.views.holds import HOLD, PULL, day_of, lists_page, pressed
from shuxiang.kernel import clock

SLOTS = "circulation.slots"


@require_GET
@staff.staff_required(PULL)
def pickups(request: HttpRequest) -> HttpResponse:
    """取书时段: who comes on a day, what is to be packed, and what stands against it."""
    here = staff.service_point(request).id
    today = clock.business_date(clock.now())
    day = day_of(request.GET.get("day", "")) or today
    rows = []
    for one in circulation.pickups_at(here, day):
        reader = patrons.loan_reader(one.patron) if one.patron else None
        ready = [
            h
            for h in (circulation.holds_of(one.patron) if one.patron else ())
            if h.state == "ready" and h.pickup == here
        ]
        against = circulation.against_pickup(one.patron, here, day) if one.patron else ()
        rows.append((one, pickup_times.STATES[one.state], reader, ready, [say(r) for r in against]))
    slots = circulation.slots(here, day, day)
    context = {"rows": rows, "day": day, "slots": slots, "may_open": staff.may(request, SLOTS)}
    return lists_page(request, "pickups", context)


@require_POST
@staff.staff_required(PULL)
def pickup_act(request: HttpRequest, pickup: str, name: str) -> HttpResponse:
    """Pack, receive, hand over, give up or miss a booking."""
    ctx = staff.context(request, channel="desk", key=request.POST.get("request_key", "")[:64])

    def deliver() -> str:
        done = commands.deliver_pickup(pickup=pickup, ctx=ctx)
        for barcode, reasons in done.refused:
            messages.warning(request, f"{barcode}: " + " ".join(map(say, reasons)))
        return _("Handed over and lent: %(codes)s") % {"codes": ", ".join(done.lent)}

    acts: dict[str, Callable[[], str | None]] = {
        "stage": lambda: commands.stage_pickup(pickup=pickup, ctx=ctx),
        "arrive": lambda: commands.arrive_pickup(pickup=pickup, ctx=ctx),
        "deliver": deliver,
        "cancel": lambda: commands.cancel_pickup(pickup=pickup, ctx=ctx),
        "miss": lambda: commands.miss_pickup(pickup=pickup, ctx=ctx),
    }
    if name not in acts:
        return render_error(request, 404)
    said = "" if name == "deliver" else _("Noted.")
    found = circulation.pickup(pickup)
    return pressed(request, acts[name], said) or _of_day(found.slot.day if found else None)


def _of_day(day: date | None) -> HttpResponse:
    """Back to the list of a day."""
    where = reverse("desk:pickups")
    return redirect(f"{where}?day={day.isoformat()}" if day else where)


@require_POST
@staff.staff_required(HOLD)
def book_for(request: HttpRequest, patron: str) -> HttpResponse:
    """Book a time for a reader, move the one booked to another, or call it off, as the button says."""
    posted = request.POST
    ctx = staff.context(request, channel="desk", key=posted.get("request_key", "")[:64])
    slot, pickup = posted.get("slot", ""), posted.get("pickup", "")
    mine = {b.id for b in circulation.pickups_of(patron)}
    if pickup and pickup not in mine:
        return render_error(request, 404)

    def book() -> str:
        if pickup:
            done = commands.move_pickup(pickup=pickup, slot=slot, ctx=ctx)
        else:
            done = commands.book_pickup(slot=slot, patron=patron, ctx=ctx)
        for reason in done.tells:
            messages.warning(request, say(reason))
        return _("Booked: %(day)s, %(time)s.") % {
            "day": local_date(done.day),
            "time": f"{done.starts:%H:%M}",
        }

    def cancel() -> str:
        commands.cancel_pickup(pickup=pickup, ctx=ctx)
        return _("The time is free for others again.")

    run = cancel if posted.get("act") == "cancel" else book
    return pressed(request, run) or redirect("desk:reader_holds", patron=patron)


@require_POST
@staff.staff_required(SLOTS)
def close_slot(request: HttpRequest, slot: str) -> HttpResponse:
    """Take no more bookings of a time."""
    ctx = staff.context(request, channel="desk", key=request.POST.get("request_key", "")[:64])
    found = circulation.slot(slot)
    said = _("No more bookings are taken for that time; those there are stand.")
    return pressed(request, lambda: commands.close_slot(slot=slot, ctx=ctx), said) or _of_day(
        found.day if found else None
    )


@require_POST
@staff.staff_required(SLOTS)
def open_slots(request: HttpRequest) -> HttpResponse:
    """Open pickup times on the open days of a period."""
    posted = request.POST
    ctx = staff.context(request, channel="desk", key=posted.get("request_key", "")[:64])
    given = [day_of(posted.get(n, "")) for n in ("first", "last")]
    hours = [_time(posted.get(n, "")) for n in ("opens", "closes")]
    numbers = [_number(posted.get(n, "")) for n in ("minutes", "capacity")]

    def run() -> str:
        made = commands.open_slots(
            place=ctx.service_point,
            first=given[0] or date.min,
            last=given[1] or date.min,
            opens=hours[0] or time.max,
            closes=hours[1] or time.min,
            minutes=numbers[0],
            capacity=numbers[1],
            ctx=ctx,
        )
        return _("%(n)s times are open.") % {"n": made}

    return pressed(request, run) or redirect("desk:pickups")


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
