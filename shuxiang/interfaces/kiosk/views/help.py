"""呼叫馆员: a key on every screen."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from shuxiang.interfaces.kiosk import calls
from shuxiang.interfaces.kiosk import machine as machines
from shuxiang.interfaces.kiosk.machine import Machine, machine_required


@require_POST
@machine_required()
def call(request: HttpRequest, machine: Machine) -> HttpResponse:
    """Somebody is called; the visit goes on from the first screen."""
    calls.make(machine, "asked")
    return machines.show(request, "called.html", machine, {"here": reverse("kiosk:end")})
