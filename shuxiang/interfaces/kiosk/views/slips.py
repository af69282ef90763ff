"""凭条: printed by the machine, or behind a QR code where it has no printer or no paper."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.documents.qr import qr_svg
from shuxiang.interfaces.common.words import local_time
from shuxiang.interfaces.kiosk import bridge, calls, lines
from shuxiang.interfaces.kiosk import machine as machines
from shuxiang.interfaces.kiosk.lines import Visit
from shuxiang.interfaces.kiosk.machine import Machine, machine_required
from shuxiang.kernel import clock

SALT = "shuxiang.kiosk.slip"
OPEN_FOR = 15 * 60
"""Seconds the page behind a QR code can be opened."""
MOST = 20
"""Books behind one code: more make it too fine for a phone."""


def _heading(act: str) -> str:
    return _("Loan slip") if act == "borrow" else _("Return slip")


@require_POST
@machine_required()
def slip(request: HttpRequest, machine: Machine, name: str) -> HttpResponse:
    """Have the slip of a visit printed; without a printer its code is shown at once."""
    visit = _visit(request, name)
    if not machine.printer:
        return _coded(request, machine, name, visit, out=False)
    asked = bridge.calls(bridge.call("print", {"lines": _text(machine, name, visit), "qr": ""}))
    context = {"act": name, "here": reverse(f"kiosk:{name}"), "visit": visit, "printing": asked}
    return machines.show(request, "slip.html", machine, context)


@require_POST
@machine_required()
def printed(request: HttpRequest, machine: Machine, name: str) -> HttpResponse:
    """What became of printing; without paper the code stands in, and somebody is called."""
    visit = _visit(request, name)
    found = bridge.answers(request)
    if found and found[0].ok:
        context = {"act": name, "here": reverse(f"kiosk:{name}"), "visit": visit, "printed": True}
        return machines.show(request, "slip.html", machine, context)
    calls.make(machine, "printer")
    return _coded(request, machine, name, visit, out=True)


def _visit(request: HttpRequest, name: str) -> Visit:
    if name not in ("borrow", "return"):
        raise Http404
    return lines.visit(request.POST.get("visit", ""))


def _done(visit: Visit) -> list[lines.Line]:
    return [line for line in visit.lines if line.kind != "refused"]


def _text(machine: Machine, name: str, visit: Visit) -> list[str]:
    """The slip's lines. It names no reader: whoever finds it learns nothing."""
    head = [places.place(machine.place).name, _heading(name), local_time(clock.now()), ""]
    body = []
    for line in _done(visit):
        body.append(line.title or line.barcode)
        body.append(f"  {line.barcode} {line.due}".rstrip())
    count = _("%(n)d books in all") % {"n": len(_done(visit))}
    return [*head, *body, "", count, machine.device.name]


def _coded(
    request: HttpRequest, machine: Machine, name: str, visit: Visit, *, out: bool
) -> HttpResponse:
    held = [(line.barcode, line.due) for line in _done(visit)][:MOST]
    when = int(clock.now().timestamp())
    token = signing.dumps([name, machine.place, when, held], salt=SALT, compress=True)
    url = request.build_absolute_uri(reverse("kiosk:slip_shown", args=[token]))
    context = {
        "act": name,
        "here": reverse(f"kiosk:{name}"),
        "visit": visit,
        "code": SafeString(qr_svg(url, _heading(name))),
        "out": out,
    }
    return machines.show(request, "slip.html", machine, context)


@require_GET
def shown(request: HttpRequest, token: str) -> HttpResponse:
    """The slip behind a code, on the reader's own phone: books and days, no name, no card."""
    try:
        held: list[Any] = signing.loads(token, salt=SALT, max_age=OPEN_FOR)
    except signing.BadSignature:
        raise Http404 from None
    name, place, when, books = held
    context = {
        "heading": _heading(name),
        "place": places.place(place).name,
        "at": datetime.fromtimestamp(when, UTC),
        "books": [(_title(barcode), barcode, due) for barcode, due in books],
    }
    return machines.private(render(request, "kiosk/slip_shown.html", context))


def _title(barcode: str) -> str:
    found = stock.scanned_items(barcode)
    return found[0].title_text if len(found) == 1 else ""
