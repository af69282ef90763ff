"""One scan, command or answered question: translated into one act, answered in the desk's form."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shuxiang.interfaces.common import staff
from shuxiang.interfaces.common.scanbox import COMMAND_BARCODES, words
from shuxiang.interfaces.desk import answers, counts, reader
from shuxiang.interfaces.desk.answers import Outcome
from shuxiang.interfaces.desk.scans import Scan, items, lending, orders, readers
from shuxiang.interfaces.desk.views.home import DESK, page
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.kernel.values import scanned
from shuxiang.runtime.errors import Busy, KeyReused, OutcomeUnknown, StorageFull

LIFTABLE = (
    "loan-limit",
    "overdue-loans",
    "patron-suspended",
    "renewal-limit",
    "renewal-overdue",
    "renewal-too-early",
    "item-not-lendable",
    "rule-not-lendable",
    "age-marked",
    "item-on-hold-shelf",
    "renewal-held",
    "visitor-unchecked",
    "interloan-for-another",
)
"""Reasons the desk offers to lift where the clerk may; those that only ask are always offered."""

LAST_KEY = "desk_last"

ACTS: dict[str, Callable[[Scan], Outcome]] = {
    "checkout": lending.check_out,
    "checkin": lending.check_in,
    "renew": lending.renew,
    "reader": readers.look_up,
    "for": readers.act_for,
    "inhouse": lending.in_house,
    "item": items.look_up,
}
ORDERS: dict[str, Callable[[Scan], Outcome]] = {
    "next": orders.next_reader,
    "slip": orders.slip,
}


@require_POST
@staff.staff_required(DESK)
def scan(request: HttpRequest) -> HttpResponse:
    """Take one scan. Script gets JSON, a plain form the whole page again."""
    posted = request.POST
    script = request.headers.get("X-Requested-With") == "scanbox"
    taken = _taken(request, script)
    command, undoes = posted.get("command", ""), posted.get("undoes", "")
    if not script:
        order = COMMAND_BARCODES.get(taken.code, {})
        if "mode" in order:
            return _as_page(
                taken, Outcome("reader", taken.held, "", word=_("Ready")), order["mode"]
            )
        if "do" in order:
            return redirect("desk:clerk")
        command = order.get("command", "")
        undoes = request.session.get(LAST_KEY, "")
    outcome = _outcome(taken, command, undoes)
    if script:
        html = outcome.panel_html or None
        if html is None and outcome.reader_changed:
            html = reader.panel(request, outcome.held)
        at = taken.ctx.occurred_at
        # Only what made a row of the log can have changed a count.
        counted = counts.strip(request) if outcome.code else ""
        return JsonResponse(
            answers.as_json(outcome, at=at, reader_html=html, counts_html=counted),
            status=outcome.status,
        )
    if outcome.undo and request.session.get(LAST_KEY) != taken.ctx.request_key:
        request.session[LAST_KEY] = taken.ctx.request_key
    return _as_page(taken, outcome, outcome.mode or taken.mode)


def _taken(request: HttpRequest, script: bool) -> Scan:
    posted = request.POST
    overrides: tuple[Override, ...] = ()
    if posted.get("ask") == "override":
        why = posted.get("why", "")[:120]
        overrides = tuple(Override(c, why) for c in posted.get("codes", "").split(",") if c)
    text = unicodedata.normalize("NFKC", posted.get("scan", "")).strip()[:100]
    return Scan(
        request=request,
        mode=posted.get("mode", "checkout"),
        text=text,
        code=scanned(text),
        held=reader.held(posted.get("state", "")),
        ctx=staff.context(
            request, channel="desk", key=posted.get("request_key", "")[:64], overrides=overrides
        ),
        library=posted.get("library") or None,
        patron=posted.get("patron", ""),
        script=script,
    )


def _as_page(taken: Scan, outcome: Outcome, mode: str) -> HttpResponse:
    return page(
        taken.request,
        held=outcome.held,
        mode=mode,
        result={
            "kind": outcome.kind,
            "word": outcome.word or words()["kinds"][outcome.kind],
            "say": outcome.line,
        },
        log_rows=(outcome.log_row(taken.ctx.occurred_at),),
        prompt_html=outcome.prompt_html,
        slip_html=outcome.slip_html,
        panel_html=outcome.panel_html,
    )


def _outcome(taken: Scan, command: str, undoes: str) -> Outcome:
    status = 200
    try:
        return _act(taken, command, undoes)
    except Refused as refused:
        liftable = frozenset(
            c for c in LIFTABLE if staff.may(taken.request, f"circulation.override.{c}")
        )
        return answers.refused(
            taken.asked(), refused.decision, shown=taken.shown, liftable=liftable
        )
    except OutcomeUnknown:
        status = 503
        said = _("The connection to the database was lost. Scan again, then look at the loans.")
    except Busy:
        said = _("The database is busy. Nothing was done: scan again.")
    except StorageFull:
        status = 507
        said = _("The storage is full. Nothing was saved.")
    except KeyReused:
        said = _("This page is out of date. Reload it, then scan again.")
    return Outcome("error", taken.held, said, word=_("Fault"), status=status)


def _act(taken: Scan, command: str, undoes: str) -> Outcome:
    if command == "undo":
        return orders.undo(taken, undoes)
    if command in ORDERS:
        return ORDERS[command](taken)
    if taken.patron:
        return readers.of_patron(taken, taken.patron)
    if not taken.code:
        raise refuse(stop("scan-empty"))
    if readers.is_document(taken):
        return readers.by_document(taken)
    act = ACTS.get(taken.mode)
    if act is None:
        raise refuse(stop("mode-unknown", mode=taken.mode))
    return act(taken)
