"""续借 and 查询: what the reader has, until when, and more time for it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from shuxiang.apps.circulation import commands
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.circulation.queries import LoanView
from shuxiang.apps.fees import queries as fees
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.queries import ReaderSession
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.words import local_date, mask_name, yuan
from shuxiang.interfaces.kiosk import machine as machines
from shuxiang.interfaces.kiosk import words
from shuxiang.interfaces.kiosk.lines import Line
from shuxiang.interfaces.kiosk.machine import Machine, machine_required
from shuxiang.interfaces.kiosk.reader import reader_required
from shuxiang.interfaces.kiosk.views.reader import FAULTS, busy
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

MOST_READY = 1
SHOWN = 3
"""Loans on one screen: nothing scrolls."""


@require_http_methods(["GET", "POST"])
@machine_required("renew")
@reader_required("renew")
def renew(request: HttpRequest, machine: Machine, reader: ReaderSession) -> HttpResponse:
    """Renew one loan of the reader before the machine, or all of them; each says what became of it."""
    outcomes: dict[str, Line] = {}
    if request.method == "POST":
        ctx = machines.acting(machine, request.POST.get("request_key", "")[:40])
        wanted = request.POST.get("loan", "")
        for loan in circulation.open_loans(reader.patron):
            if wanted in ("", loan.id):
                outcomes[loan.id] = _renewed(loan, ctx.with_key(loan.id[-12:]))
    return _page(request, machine, reader, outcomes, renewing=True)


def _renewed(loan: LoanView, ctx: Context) -> Line:
    try:
        done = commands.renew(loan=loan.id, ctx=ctx)
    except Refused as refused:
        said = words.refused(refused.decision)
        return Line("refused", _("Not renewed"), loan.title_text, loan.barcode, said)
    except FAULTS:
        return Line("refused", _("Not renewed"), loan.title_text, loan.barcode, busy())
    said = _("until %(day)s") % {"day": local_date(done.due_on)}
    return Line("ok", _("Renewed"), loan.title_text, loan.barcode, said)


@require_GET
@machine_required("inquiry")
@reader_required("inquiry")
def inquiry(request: HttpRequest, machine: Machine, reader: ReaderSession) -> HttpResponse:
    """What the reader has and until when."""
    return _page(request, machine, reader, {}, renewing=False)


def _page(
    request: HttpRequest,
    machine: Machine,
    reader: ReaderSession,
    outcomes: dict[str, Line],
    *,
    renewing: bool,
) -> HttpResponse:
    today = clock.business_date(clock.now())
    loans = circulation.open_loans(reader.patron)
    card = patrons.loan_reader(reader.patron)
    facts = () if renewing else _facts(reader.patron)
    # What stands above the books takes the place of as many of them.
    shown = max(SHOWN - len(facts), 1)
    last = max(-(-len(loans) // shown), 1)
    asked = request.POST.get("page") or request.GET.get("page", "")
    at = min(max(int(asked) if asked.isdecimal() else 1, 1), last)
    rows = [(loan, outcomes.get(loan.id)) for loan in loans[(at - 1) * shown : at * shown]]
    done = sum(line.kind == "ok" for line in outcomes.values())
    context: dict[str, Any] = {
        "name": mask_name(reader.name),
        "expires": local_date(card.expires_on) if card else "",
        "rows": rows,
        "count": len(loans),
        "overdue": sum(loan.due_on < today for loan in loans),
        "today": today,
        "at": at,
        "last": last,
        "before": at - 1,
        "after": at + 1 if at < last else 0,
        "here": reverse("kiosk:renew" if renewing else "kiosk:inquiry"),
        "renewing": renewing,
        "may_renew": "renew" in machine.functions,
        "request_key": new_id(),
        "facts": facts,
    }
    if outcomes:
        context["summary"] = _summary(done, len(outcomes) - done)
        context["sound"] = "ok" if done == len(outcomes) else "refused" if not done else "notice"
    return machines.show(request, "loans.html", machine, context)


def _facts(patron: str) -> tuple[tuple[str, str, str], ...]:
    """(kind, icon, words): what is ready to be picked up, and what is to be paid."""
    found: list[tuple[str, str, str]] = []
    for hold in circulation.holds_of(patron):
        if hold.state == "ready" and len(found) < MOST_READY:
            until = local_date(hold.ready_until) if hold.ready_until else ""
            said = _("“%(title)s” is ready at %(place)s until %(day)s.") % {
                "title": hold.title_text,
                "place": places.place(hold.pickup).name,
                "day": until,
            }
            found.append(("hold", "bookmark", said))
    if owed := fees.owed(patron):
        said = _("%(amount)s to be paid at the desk.") % {"amount": yuan(owed)}
        found.append(("notice", "coin-yuan", said))
    return tuple(found)


def _summary(done: int, left: int) -> str:
    said = ngettext("%(n)d book renewed", "%(n)d books renewed", done) % {"n": done}
    if left:
        said += " · " + ngettext("%(n)d not", "%(n)d not", left) % {"n": left}
    return said
