"""补录 at the desk: entering a sheet of paper, and settling what did not go through."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common import staff
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.wording import refusal, say
from shuxiang.interfaces.desk import paper
from shuxiang.interfaces.desk.views.pages import FAULTS, fault_words, show
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context, Override
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

ENTER = "circulation.enter_paper"
PAGE = 25
STATES = {
    "done": "ok",
    "known": "muted",
    "conflict": "refused",
    "settled": "muted",
}


@require_http_methods(["GET", "POST"])
@staff.staff_required(ENTER)
def sheet(request: HttpRequest) -> HttpResponse:
    """The form, the lines still to be settled, and after posting what became of each line.

    Nothing is done while any row can't be read; a sheet sent twice is done once.
    """
    today = clock.business_date(clock.now())
    if request.method == "GET":
        return _page(request, paper.DayForm(initial={"day": today}), paper.blank())
    day = paper.DayForm(request.POST)
    rows = paper.read(request.POST, day.cleaned_data.get("day") if day.is_valid() else None)
    if "more" in request.POST:
        return _page(request, day, _longer(rows))
    lines = [row for row in rows if not row.empty]
    if not day.is_valid() or any(row.errors for row in rows) or not lines:
        if not lines:
            messages.warning(request, _("Nothing is filled in yet."))
        return _page(request, day, rows, status=422)
    return _entered(request, day, rows)


def _longer(rows: list[paper.Row]) -> list[paper.Row]:
    most = min(len(rows) + paper.ROWS, paper.MOST_ROWS)
    more = [paper.Row(n) for n in range(len(rows) + 1, most + 1)]
    for row in rows:
        row.errors.clear()
    return [*rows, *more]


def _entered(request: HttpRequest, day: paper.DayForm, rows: list[paper.Row]) -> HttpResponse:
    """Every line in the order of its time, each for itself. What the house itself could not take
    (busy, full) leaves the rest on the form: sent again, the lines already done are not done twice."""
    ctx = staff.context(request, channel="desk", key=request.POST.get("request_key", "")[:40])
    results: list[dict[str, Any]] = []
    wrong = False
    ordered = sorted((r for r in rows if r.line is not None), key=lambda r: _when(r, rows))
    for row in ordered:
        assert row.line is not None
        try:
            done = commands.enter_paper(line=row.line, ctx=ctx.with_key(str(row.number)))
        except Refused as refused:
            row.errors = refusal(refused.decision)
            wrong = True
        except FAULTS as fault:
            row.errors = [fault_words(fault)]
            wrong = True
        else:
            results.append({"row": row, "done": done})
    entries = queries.paper_entries([r["done"].entry for r in results])
    outcomes = [_shown(r["row"].number, entries[r["done"].entry], r["done"]) for r in results]
    left = [row for row in rows if row.errors] if wrong else []
    return _page(
        request,
        day if left else paper.DayForm(initial={"day": day.cleaned_data["day"]}),
        left or paper.blank(),
        outcomes=outcomes,
        status=422 if left else 200,
    )


def _when(row: paper.Row, rows: list[paper.Row]) -> tuple[Any, int]:
    assert row.line is not None
    return row.line.at, row.number


def _shown(number: int, view: queries.PaperView, done: commands.Entered) -> dict[str, Any]:
    words = {
        "done": _("Recorded"),
        "known": _("Was on record already"),
        "conflict": _("To be settled"),
        "settled": _("Settled"),
    }
    return {
        "number": number,
        "view": view,
        "kind": STATES[view.state],
        "word": words[view.state],
        "again": done.again,
        "says": [say(r) for r in view.reasons],
    }


def _page(
    request: HttpRequest,
    day: paper.DayForm,
    rows: list[paper.Row],
    *,
    outcomes: list[dict[str, Any]] | None = None,
    status: int = 200,
) -> HttpResponse:
    place = staff.service_point(request).id
    pages = Paginator(_Conflicts(place), PAGE)
    page = pages.get_page(request.GET.get("page"))
    shown = [_conflict(request, view) for view in page.object_list]
    return show(
        request,
        "desk/paper.html",
        {
            "day": day,
            "rows": rows,
            "acts": paper.ACTS,
            "outcomes": outcomes,
            "page": page,
            "conflicts": shown,
            "days": places.setting(place, "desk.paper_days").value,
        },
        status,
    )


class _Conflicts:
    """The open lines of a place, for a paginator."""

    ordered = True

    def __init__(self, place: str) -> None:
        self.place = place

    def count(self) -> int:
        return queries.paper_open(self.place)

    __len__ = count

    def __getitem__(self, wanted: slice) -> tuple[queries.PaperView, ...]:
        return queries.paper_conflicts(
            self.place, offset=wanted.start, limit=wanted.stop - wanted.start
        )


def _conflict(request: HttpRequest, view: queries.PaperView) -> dict[str, Any]:
    """A line to be settled, and between which libraries its codes must be told apart."""
    choices = {
        r.code: [(i, places.place(i).name) for i in str(r.data["libraries"]).split(",")]
        for r in view.reasons
        if r.code in ("item-ambiguous", "card-ambiguous")
    }
    return {
        "view": view,
        "says": [say(r) for r in view.reasons],
        "act": dict(paper.OFFLINE_ACTS)[view.act],
        "acts": [a for a in paper.OFFLINE_ACTS if a[0] != "undo" or view.act == "undo"]
        if view.device
        else paper.ACTS,
        "device": _device_name(view.device),
        "items_of": choices.get("item-ambiguous", ()),
        "cards_of": choices.get("card-ambiguous", ()),
        "at": clock.local(view.occurred_at),
        "key": new_id(),
    }


def _device_name(device_id: str) -> str:
    device = places.device(device_id) if device_id else None
    return device.name if device else ""


@require_POST
@staff.staff_required(ENTER)
def settle(request: HttpRequest, entry: str) -> HttpResponse:
    """Correct a line and try it again (``do=retry``, with ``why`` also against what may be lifted), or
    lay it aside with a note."""
    view = queries.paper_entries([entry]).get(entry)
    if view is None:
        return render_error(request, 404)
    ctx = staff.context(request, channel="desk", key=request.POST.get("request_key", "")[:64])
    try:
        if request.POST.get("do") == "retry":
            return _retried(request, view, ctx)
        commands.settle_paper(entry=entry, note=request.POST.get("why", ""), ctx=ctx)
    except Refused as refused:
        if "not-permitted" in refused.decision.codes:
            return render_error(request, 403)
        for text in refusal(refused.decision):
            messages.error(request, text)
    except FAULTS as fault:
        messages.error(request, fault_words(fault))
    else:
        messages.success(request, _("The line is laid aside; your note is kept with it."))
    return redirect("desk:paper")


def _retried(request: HttpRequest, view: queries.PaperView, ctx: Context) -> HttpResponse:
    posted = request.POST
    day = paper.DayForm(posted)
    at = None
    if day.is_valid():
        at = paper.moment_of(day.cleaned_data["day"], posted.get("time", ""))
    if at is None:
        messages.error(request, _("This is not a day and a time: 10:05 is expected."))
        return redirect("desk:paper")
    if at == view.occurred_at.replace(second=0, microsecond=0):
        # Unchanged: an offline desk's time is finer than the form's.
        at = view.occurred_at
    why = posted.get("why", "").strip()[:120]
    line = commands.PaperLine(
        act=posted.get("act", view.act),
        at=at,
        barcode=posted.get("barcode", "")[:60],
        card=posted.get("card", "")[:60],
        item_library=posted.get("item_library") or None,
        card_library=posted.get("card_library") or None,
    )
    lifts = tuple(Override(r.code, why) for r in view.reasons) if why else ()
    lifted = Context(
        actor=ctx.actor,
        channel=ctx.channel,
        service_point=ctx.service_point,
        occurred_at=ctx.occurred_at,
        session_id=ctx.session_id,
        request_key=ctx.request_key,
        overrides=lifts,
    )
    done = commands.retry_paper(entry=view.id, line=line, ctx=lifted)
    if done.state == "conflict":
        messages.warning(request, _("Something still stands against it: see the line below."))
    else:
        messages.success(
            request, _("“%(title)s” is recorded.") % {"title": done.title_text or line.barcode}
        )
    return redirect("desk:paper")


@require_GET
@staff.staff_required(ENTER)
def form_to_print(request: HttpRequest) -> HttpResponse:
    """A blank sheet to keep in the drawer before the power fails."""
    return show(request, "desk/paper_blank.html", {"numbers": range(1, 26)})
