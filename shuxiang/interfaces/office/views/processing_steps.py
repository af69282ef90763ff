"""What is done to a whole batch of bulk entry at once: call numbers given, books handed on and taken
over."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from shuxiang.apps.processing import commands
from shuxiang.apps.processing import queries as processing
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.office.acts import FAULTS, busy, press
from shuxiang.interfaces.office.views.processing import ENTER, HAND, found_batch
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused


@require_POST
@staff_required(HAND)
def number(request: HttpRequest, batch_id: str) -> HttpResponse:
    """Give call numbers to the books of a batch that were entered without one."""
    found = found_batch(request, batch_id)
    if not may(request, ENTER, found.place):
        raise Http404
    same_work = request.POST.get("same_work", commands.LEAVE)[:8]
    lifts = (Override("number-of-work", _("Chosen while entering")),)
    ctx = acting(
        request,
        channel="office",
        key=request.POST.get("key", "")[:64],
        overrides=lifts if same_work == "new" else (),
    )
    waiting = [line.item for line in processing.lines(found.id) if not line.call_number]
    done, most = commands.Numbered(), commands.AT_ONCE
    try:
        for start in range(0, len(waiting), most):
            done += commands.number_books(
                batch=found.id,
                items=waiting[start : start + most],
                same_work=same_work,
                ctx=ctx.with_key(str(start)),
            )
    except Refused as refused:
        messages.error(request, " ".join(refusal(refused.decision)))
    except FAULTS:
        messages.error(request, busy())
    parts = (
        (messages.SUCCESS, done.given, _("Books that got a call number: %(n)s.")),
        (messages.WARNING, done.unclassed, _("Without a class number yet: %(n)s.")),
        (messages.WARNING, done.undecided, _("Of a work that has a number, to be chosen: %(n)s.")),
    )
    for level, n, words in parts:
        if n:
            messages.add_message(request, level, words % {"n": n})
    return redirect("office:processing_batch", batch_id=batch_id)


# --- handing over ---------------------------------------------------------------------------


@require_POST
@staff_required(HAND)
def hand_over(request: HttpRequest, batch_id: str) -> HttpResponse:
    """Give the books of a batch on to the next step."""
    found = found_batch(request, batch_id)
    step = request.POST.get("step", "")[:8]
    press(
        request,
        lambda ctx: commands.hand_over(
            batch=found.id, step=step, note=request.POST.get("note", ""), ctx=ctx
        ),
        _("Handed over. It counts once it has been taken over."),
    )
    return redirect("office:processing_batch", batch_id=batch_id)


@require_POST
@staff_required(HAND)
def receive(request: HttpRequest, batch_id: str) -> HttpResponse:
    """Take over what was given on, counted."""
    found = found_batch(request, batch_id)
    counted = request.POST.get("counted", "").strip()
    missing = request.POST.get("missing", "").replace("，", " ").replace(",", " ").split()
    number = int(counted) if counted.isascii() and counted.isdigit() and len(counted) < 6 else 0
    said = ngettext("%(n)s book is taken over.", "%(n)s books are taken over.", number)
    press(
        request,
        lambda ctx: commands.receive(
            batch=found.id,
            step=request.POST.get("step", "")[:8],
            counted=number,
            missing=missing[:500],
            note=request.POST.get("note", ""),
            ctx=ctx,
        ),
        said % {"n": number},
    )
    return redirect("office:processing_batch", batch_id=batch_id)
