"""The first screen, and how a browser becomes a machine."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.addresses import address_of
from shuxiang.interfaces.kiosk import bridge
from shuxiang.interfaces.kiosk import machine as machines
from shuxiang.interfaces.kiosk import reader as readers
from shuxiang.interfaces.kiosk.machine import Machine, machine_required
from shuxiang.kernel import clock
from shuxiang.runtime.throttle import throttle

WRONG = 10
WITHIN = timedelta(minutes=15)
"""How many wrong passwords of machines an address has before it waits."""


@require_GET
@machine_required()
def home(request: HttpRequest, machine: Machine) -> HttpResponse:
    """Four tiles. Whoever stood here before is forgotten; a card that was on its way is settled."""
    makes = "card" in machine.functions and machine.bridge
    context = {"unsettled": bridge.calls(bridge.call("card")) if makes else ""}
    shown = machines.show(request, "home.html", machine, context)
    if readers.COOKIE in request.COOKIES:
        return readers.end(request, machine, shown)
    return shown


class EnrolForm(forms.Form):
    login = forms.CharField(
        label=_("Device number"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    secret = forms.CharField(
        label=_("Device password"),
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """The device's number and password, once: from then on this browser is the machine."""
    form = EnrolForm(request.POST or None)
    tried = f"kiosk enrolment {address_of(request)}"
    if request.method == "POST" and form.is_valid():
        at = clock.now()
        wait = throttle(tried, WRONG, WITHIN, at=at, count=False)
        device = places.device_by_login("kiosk", form.cleaned_data["login"].strip())
        right = not wait and places.device_secret_matches(
            device.id if device else "", form.cleaned_data["secret"].strip()
        )
        if right and device is not None:
            response = redirect("kiosk:home")
            machines.remember(response, device)
            return machines.private(response)
        if not wait:
            throttle(tried, WRONG, WITHIN, at=at)
        form.add_error(
            None,
            gettext("Too many wrong passwords. Try again in a quarter of an hour.")
            if wait
            else gettext(
                "Device number and password don't belong together, or it is switched off."
            ),
        )
    status = 200 if request.method == "GET" else 422
    return machines.private(render(request, "kiosk/enrol.html", {"form": form}, status=status))
