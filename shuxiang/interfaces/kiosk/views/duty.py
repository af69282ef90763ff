"""The staff's own menu: a long press on the library's name, then user name and desk PIN.

Who calls is answered here, where somebody stands; devices are asked how they are. Nothing of a reader
is to be seen, and the menu is gone with the screen.
"""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.places import commands
from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import commands as staff
from shuxiang.apps.staff import queries as accounts
from shuxiang.interfaces.common.machine_words import WHY
from shuxiang.interfaces.kiosk import bridge, words
from shuxiang.interfaces.kiosk import machine as machines
from shuxiang.interfaces.kiosk.bridge import Answer
from shuxiang.interfaces.kiosk.machine import Machine, machine_required
from shuxiang.interfaces.kiosk.views.reader import FAULTS, busy
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Refused

SALT = "shuxiang.kiosk.duty"
OPEN_FOR = 5 * 60
ANSWER = "places.answer_call"


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "POST"])
@machine_required()
def duty(request: HttpRequest, machine: Machine) -> HttpResponse:
    """User name, then PIN, then the menu."""
    name = request.POST.get("name", "").strip()[:40]
    pin = request.POST.get("pin", "")[:12]
    said = ""
    if name and pin:
        clerks = accounts.clerks_at(machine.place, ANSWER)
        account = next((c.id for c in clerks if c.username.upper() == name.upper()), "")
        try:
            taken = staff.take_desk(account=account, pin=pin, ctx=machines.acting(machine))
        except FAULTS:
            said = busy()
        else:
            if taken.account is not None:
                return _menu(request, machine, taken.account)
            said = words.refused(taken.decision)
    context = {"name": name, "said": said}
    return machines.show(request, "duty.html", machine, context, status=422 if said else 200)


@require_POST
@machine_required()
def menu(request: HttpRequest, machine: Machine) -> HttpResponse:
    """Answer a call, or ask the devices how they are."""
    try:
        account = signing.loads(request.POST.get("duty", ""), salt=SALT, max_age=OPEN_FOR)
    except signing.BadSignature:
        return redirect("kiosk:home")
    said = ""
    if call := request.POST.get("call", ""):
        try:
            commands.answer_call(call=call, ctx=_as_clerk(account, machine))
        except Refused as refused:
            said = words.refused(refused.decision)
        except FAULTS:
            said = busy()
    found = bridge.answers(request)
    return _menu(request, machine, account, said, found[0] if found else None)


def _as_clerk(account: str, machine: Machine) -> Context:
    return Context(
        actor=Actor("staff", account),
        channel="kiosk",
        service_point=machine.place,
        occurred_at=clock.now(),
    )


def _menu(
    request: HttpRequest,
    machine: Machine,
    account: str,
    said: str = "",
    status: Answer | None = None,
) -> HttpResponse:
    calls = [c for c in places.open_calls([machine.place]) if c.device == machine.id]
    context: dict[str, Any] = {
        "duty": signing.dumps(account, salt=SALT),
        "calls": [(c, WHY.get(c.code, c.code)) for c in calls[:2]],
        "asking": bridge.calls(bridge.call("status")) if machine.bridge else "",
        "devices": _devices(status) if status else (),
        "said": said,
    }
    return machines.show(request, "duty_menu.html", machine, context)


def _devices(status: Answer) -> tuple[tuple[bool, str, str], ...]:
    """(well, device, what is the matter) as the bridge tells it."""
    if not status.ok:
        return ((False, _("Device bridge"), _("does not answer")),)
    names = {
        "rfid": _("RFID pad"),
        "id": _("Identity card reader"),
        "card": _("Card dispenser"),
        "print": _("Slip printer"),
    }
    told = status.body.get("devices")
    rows = []
    for key, name in names.items():
        each = told.get(key) if isinstance(told, dict) else None
        if isinstance(each, dict):
            fault = str(each.get("fault", ""))[:32]
            blanks = each.get("blanks")
            left = _("%(n)d blank cards") % {"n": blanks} if isinstance(blanks, int) else ""
            rows.append((not fault, name, fault or left or _("ready")))
    return tuple(rows)
