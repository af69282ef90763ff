"""The card, the PIN, and the end of a visit. One question a screen."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.patrons import commands
from shuxiang.interfaces.kiosk import machine as machines
from shuxiang.interfaces.kiosk import reader as readers
from shuxiang.interfaces.kiosk import words
from shuxiang.interfaces.kiosk.machine import Machine, machine_required
from shuxiang.kernel.values import mask_number, scanned
from shuxiang.runtime.errors import Busy, KeyReused, StorageFull

FAULTS = (Busy, StorageFull, KeyReused)
PURPOSES = ("borrow", "renew", "inquiry")


def busy() -> str:
    return _("The system is busy. Please try again in a moment.")


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "POST"])
@machine_required()
def card(request: HttpRequest, machine: Machine) -> HttpResponse:
    """Ask for the card, then for the PIN where the machine asks for one, then go on."""
    given = request.POST if request.method == "POST" else request.GET
    then = given.get("then", "")
    if then not in PURPOSES or then not in machine.functions:
        return redirect("kiosk:home")
    if readers.current(request) is not None:
        return redirect(f"kiosk:{then}")
    number = scanned(request.POST.get("scan", ""))[:64]
    pin = request.POST.get("pin", "")[:64]
    said = ""
    if request.method == "POST" and number and (pin or not machine.pin):
        token = readers.new_token()
        try:
            done = _enter(machine, number, pin, readers.token_hash(token))
        except FAULTS:
            said = busy()
        else:
            if done.patron is not None:
                response = redirect(f"kiosk:{then}")
                readers.begin(response, token)
                return response
            said = words.refused(done.decision)
            if machine.pin and "sign-in-wrong" not in done.decision.codes:
                number = ""
        if not machine.pin:
            number = ""
    template = "pin.html" if number else "card.html"
    context = {"then": then, "number": number, "shown": mask_number(number), "said": said}
    return machines.show(request, template, machine, context, status=422 if said else 200)


def _enter(machine: Machine, number: str, pin: str, token_hash: str) -> commands.SignedIn:
    ctx = machines.acting(machine)
    if not machine.pin:
        return commands.present_card(card=number, token_hash=token_hash, ctx=ctx)
    return commands.sign_in(
        name=number, pin=pin, address=f"machine {machine.id}", token_hash=token_hash, ctx=ctx
    )


@require_POST
@machine_required()
def end(request: HttpRequest, machine: Machine) -> HttpResponse:
    """下一位: nothing of the visit is left, on the screen or behind it."""
    return readers.end(request, machine, redirect("kiosk:home"))


@require_POST
@machine_required()
def stay(request: HttpRequest, machine: Machine) -> HttpResponse:
    """The reader touched the screen without asking for anything; 204, or 404 once it is over."""
    reader = readers.current(request)
    if reader is None:
        return HttpResponse(status=404)
    readers.keep(machine, reader)
    return HttpResponse(status=204)
