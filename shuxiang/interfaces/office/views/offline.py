"""Offline desks: how far their journals have come, a journal carried here as a file, and lines to be
settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import queries as accounts
from shuxiang.formats.journal import Document, NotAJournal, read
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import context, may, staff_required
from shuxiang.interfaces.common.wording import refusal, say
from shuxiang.interfaces.office.acts import FAULTS, busy, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context, Override
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

ACTION = "circulation.enter_paper"
ACTS: dict[str, str | Promise] = {
    "check_out": _("Lend"),
    "check_in": _("Return"),
    "renew": _("Renew"),
    "in_house": _("Read in house"),
    "undo": _("Undo"),
}
PAGE = 25
REMARKED = timedelta(days=14)
MOST_BYTES = 20 * 1024 * 1024
MERGED_AT_ONCE = 500
CLOCK_WRONG = timedelta(minutes=5)
SILENT = timedelta(days=7)


@require_safe
@staff_required(ACTION)
def journals(request: HttpRequest) -> HttpResponse:
    """The offline desks of the clerk's places and what of their journals waits for a person."""
    sites = [p.id for p in permitted_places(request, ACTION, network=True)]
    names = {p.id: p.name for p in places.all_places()}
    now = clock.now()
    rows = [
        {"device": d, "place": names[d.place], "view": v, "states": _states(d, v, now)}
        for d, v in _journals(sites)
    ]
    shown = Paginator(_Conflicts(sites), PAGE).get_page(request.GET.get("page"))
    remarks = queries.journal_remarks(sites, now - REMARKED)
    return page(
        request,
        "office/offline.html",
        {
            "rows": rows,
            "page": shown,
            "conflicts": [_line(v, names) for v in shown.object_list],
            "remarks": [_line(v, names) for v in remarks],
            "key": new_id(),
        },
    )


def _journals(sites: list[str]) -> list[tuple[places.Device, queries.JournalView]]:
    """The offline desks, and the self-service machines that ever wrote a journal."""
    found = [d for d in places.devices(sites) if d.kind in ("offline", "kiosk")]
    views = [(d, queries.journal_head(d.id)) for d in found]
    return [(d, v) for d, v in views if d.kind == "offline" or v.synced_at is not None]


class _Conflicts:
    """The open lines of some places, for a paginator."""

    ordered = True

    def __init__(self, sites: list[str]) -> None:
        self.sites = sites

    def count(self) -> int:
        return queries.count_journal_conflicts(self.sites)

    __len__ = count

    def __getitem__(self, wanted: slice) -> tuple[queries.PaperView, ...]:
        return queries.journal_conflicts(
            self.sites, offset=wanted.start, limit=wanted.stop - wanted.start
        )


def _states(device: places.Device, view: queries.JournalView, now: Any) -> list[tuple[str, str]]:
    states: list[tuple[str, str]] = []
    if not device.active:
        states.append(("muted", gettext("Switched off")))
    if view.synced_at is None:
        states.append(("muted", gettext("Never synced")))
    elif now - view.synced_at > SILENT:
        states.append(("notice", gettext("Silent for days")))
    if view.waiting:
        told = ngettext("%(n)s line waits", "%(n)s lines wait", view.waiting)
        states.append(("notice", told % {"n": view.waiting}))
    if view.conflicts:
        told = ngettext("%(n)s line to settle", "%(n)s lines to settle", view.conflicts)
        states.append(("refused", told % {"n": view.conflicts}))
    wrong = timedelta(milliseconds=abs(view.offset_ms))
    if wrong >= CLOCK_WRONG:
        told = gettext("Clock %(n)s minutes wrong")
        states.append(("notice", told % {"n": wrong // timedelta(minutes=1)}))
    return states or [("ok", gettext("In order"))]


def _line(view: queries.PaperView, names: dict[str, str]) -> dict[str, Any]:
    device = places.device(view.device)
    clerk = accounts.account(view.clerk) if view.clerk else None
    told = [r for r in view.reasons if view.state == "conflict" or _remarkable(r)]
    return {
        "view": view,
        "act": ACTS[view.act],
        "clerk": clerk.name if clerk else "",
        "device": device.name if device else "",
        "place": names.get(view.place, ""),
        "says": [say(r) for r in told],
        "key": new_id(),
    }


def _remarkable(reason: Any) -> bool:
    return reason.code == "journal-clock" or bool(reason.data.get("overridden"))


@require_POST
@staff_required(ACTION)
def bring(request: HttpRequest) -> HttpResponse:
    """Take in a journal that was carried here as a file; the same file twice is the same journal."""
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or file.size is None or file.size > MOST_BYTES:
        messages.error(request, gettext("Choose the file that the offline desk exported."))
        return redirect("office:offline")
    try:
        journal = read(file.read())
    except NotAJournal as wrong:
        said = gettext("Line %(line)s of the journal can't be read; nothing was taken.")
        messages.error(request, said % {"line": wrong.line})
        return redirect("office:offline")
    return _taken(request, journal)


def _taken(request: HttpRequest, journal: Document) -> HttpResponse:
    device = places.device(journal.device)
    if device is not None and not may(request, ACTION, device.place):
        return render_error(request, 403)
    ctx = context(request, channel="office", key=request.POST.get("key", "")[:64])
    try:
        got = commands.receive_journal(journal=journal, live=False, ctx=ctx)
        commands.merge_pending(ctx=ctx, most=MERGED_AT_ONCE)
    except Refused as refused:
        messages.error(request, " ".join(refusal(refused.decision)))
    except FAULTS:
        messages.error(request, busy())
    else:
        said = gettext("%(new)s lines taken, %(again)s were here already.")
        messages.success(request, said % {"new": got.new, "again": got.again})
    return redirect("office:offline")


@require_POST
@staff_required(ACTION)
def let_in(request: HttpRequest, device_id: str) -> HttpResponse:
    """Let in the lines of a device that wait for missing ones or stand beside its own."""
    device = places.device(device_id)
    if device is None or device.kind not in ("offline", "kiosk"):
        raise Http404
    if not may(request, ACTION, device.place):
        return render_error(request, 403)

    def act(ctx: Context) -> None:
        commands.let_in_journal(device=device_id, why=request.POST.get("why", "")[:200], ctx=ctx)
        commands.merge_pending(ctx=ctx, most=MERGED_AT_ONCE)

    press(request, act, gettext("The lines are let in."))
    return redirect("office:offline")


@require_POST
@staff_required(ACTION)
def settle(request: HttpRequest, entry: str) -> HttpResponse:
    """Try a line again (``do=retry``: corrected, or with a why against what may be lifted), or lay it
    aside with a note."""
    view = queries.paper_entries([entry]).get(entry)
    if view is None or not view.device:
        raise Http404
    if not may(request, ACTION, view.place):
        return render_error(request, 403)
    posted = request.POST
    why = posted.get("why", "").strip()[:120]
    if posted.get("do") != "retry":
        press(
            request,
            lambda ctx: commands.settle_paper(entry=entry, note=why, ctx=ctx),
            gettext("The line is laid aside; your note is kept with it."),
        )
        return redirect("office:offline")
    line = commands.PaperLine(
        act=view.act,
        at=view.occurred_at,
        barcode=posted.get("barcode", view.barcode)[:60],
        card=posted.get("card", view.card)[:60],
    )
    lifts = tuple(Override(r.code, why) for r in view.reasons) if why else ()
    done: list[commands.Entered] = []
    tried = press(
        request,
        lambda ctx: done.append(
            commands.retry_paper(entry=entry, line=line, ctx=replace(ctx, overrides=lifts))
        ),
        gettext("The line was tried again."),
    )
    if tried and done[0].state == "conflict":
        messages.warning(request, gettext("Something still stands against it: see the line below."))
    return redirect("office:offline")
