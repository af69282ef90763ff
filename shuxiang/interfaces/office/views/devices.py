"""Devices: terminals, self-service machines, gates, offline desks; added, changed, given a new secret."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.places import commands
from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Device
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office import terminal_form
from shuxiang.interfaces.office.acts import KeyedForm, attempt, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel.ids import new_id

ACTION = "places.devices"
KINDS: dict[str, str | Promise] = {
    "sip2": _("Self-service terminal (SIP2)"),
    "kiosk": _("Self-service pages"),
    "gate": _("Gate"),
    "offline": _("Offline desk"),
    "screen": _("Screen"),
    "client": _("Discovery system (PAIA, ILS-DI)"),
}


class AddForm(KeyedForm):
    """A new device."""

    kind = forms.ChoiceField(label=_("Sort"), choices=list(KINDS.items()))
    login = forms.CharField(
        label=_("Device number"),
        max_length=40,
        help_text=_("Letters, digits and - . _, as in main-kiosk-1; it stays for good."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Designation"), max_length=40)
    place = forms.ChoiceField(label=_("Stands at"))
    secret = forms.CharField(
        label=_("Its own password"),
        max_length=128,
        required=False,
        help_text=_("Only where the machine can't take a long one; empty: one is drawn."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    fields_of = {
        "device-login-invalid": "login",
        "device-login-taken": "login",
        "device-secret-short": "secret",
        "place-unknown": "place",
    }


class ChangeForm(KeyedForm):
    """What a device is called and where it stands."""

    name = forms.CharField(label=_("Designation"), max_length=40)
    place = forms.ChoiceField(label=_("Stands at"))


def _sites(request: HttpRequest) -> tuple[places.Place, ...]:
    return permitted_places(request, ACTION, network=True)


def _choices(request: HttpRequest) -> dict[str, Any]:
    return {"place": [(p.code, p.name) for p in _sites(request)]}


def _state(device: Device) -> tuple[str, str]:
    return ("ok", gettext("Active")) if device.active else ("muted", gettext("Switched off"))


@require_safe
@staff_required(ACTION)
def devices(request: HttpRequest) -> HttpResponse:
    """The devices of the places whose devices the clerk keeps."""
    names = {p.id: p.name for p in places.all_places()}
    rows = [
        (d, KINDS[d.kind], names[d.place], _state(d))
        for d in places.devices(p.id for p in _sites(request))
    ]
    return page(request, "office/devices.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def add(request: HttpRequest) -> HttpResponse:
    """Add a device; its secret is shown once, on the answer."""
    form = AddForm(request.POST or None, choices=_choices(request))
    if request.method == "POST":
        if request.POST.get("place") not in {p.code for p in _sites(request)}:
            return render_error(request, 403)
        made: list[commands.NewDevice] = []

        def act(ctx: Any) -> None:
            given = form.cleaned_data
            made.append(
                commands.add_device(
                    kind=given["kind"],
                    login=given["login"].strip(),
                    name=given["name"],
                    place=places.place_by_code(given["place"]).id,
                    secret=given["secret"] or None,
                    ctx=ctx,
                )
            )

        if attempt(request, form, act):
            return _once(request, made[0].id, made[0].secret)
    context = {
        "form": form,
        "title": _("Add a device"),
        "back": "office:devices",
        "back_label": _("Devices"),
        "about": _("Its password is shown once: type it into the machine."),
    }
    return page(request, "office/form.html", context, 422 if form.errors else 200)


def _once(request: HttpRequest, device_id: str, secret: str) -> HttpResponse:
    context = {"device": places.device(device_id), "secret": secret}
    return page(request, "office/device_secret.html", context)


def _mine(request: HttpRequest, device_id: str) -> Device | HttpResponse:
    """The device; 403 unless the clerk keeps the devices of its place. Raises Http404."""
    found = places.device(device_id)
    if found is None:
        raise Http404
    return found if may(request, ACTION, found.place) else render_error(request, 403)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def device(request: HttpRequest, device_id: str) -> HttpResponse:
    """A device; posting changes what it is called and where it stands."""
    found = _mine(request, device_id)
    if isinstance(found, HttpResponse):
        return found
    initial = {"name": found.name, "place": places.place(found.place).code}
    if request.POST.get("part") == terminal_form.PART and found.kind == "sip2":
        return _speak(request, found)
    form = ChangeForm(request.POST or None, choices=_choices(request), initial=initial)
    if request.method == "POST" and attempt(
        request,
        form,
        lambda ctx: commands.change_device(
            device=found.id,
            name=form.cleaned_data["name"],
            place=places.place_by_code(form.cleaned_data["place"]).id,
            ctx=ctx,
        ),
    ):
        messages.success(request, gettext("Saved."))
        return redirect("office:device", device_id=found.id)
    return _page(request, found, form, None)


def _speak(request: HttpRequest, found: Device) -> HttpResponse:
    """How a terminal speaks and what it may."""
    form = terminal_form.TerminalForm(request.POST, auto_id=terminal_form.IDS)
    if attempt(
        request,
        form,
        lambda ctx: commands.change_device(
            device=found.id, settings=terminal_form.settings(found, form.cleaned_data), ctx=ctx
        ),
    ):
        messages.success(request, gettext("Saved."))
        return _back(found)
    return _page(request, found, None, form)


def _page(
    request: HttpRequest,
    found: Device,
    form: ChangeForm | None,
    speech: terminal_form.TerminalForm | None,
) -> HttpResponse:
    """A device's page with its forms, one of them as it was posted."""
    initial = {"name": found.name, "place": places.place(found.place).code}
    if speech is None and found.kind == "sip2":
        speech = terminal_form.TerminalForm(
            initial=terminal_form.initial(found), auto_id=terminal_form.IDS
        )
    form = form or ChangeForm(None, choices=_choices(request), initial=initial)
    context = {
        "device": found,
        "kind": KINDS[found.kind],
        "place": places.place(found.place),
        "state": _state(found),
        "form": form,
        "speech": speech,
        "part": terminal_form.PART,
        "key": new_id(),
    }
    wrong = form.errors or (speech is not None and speech.errors)
    return page(request, "office/device.html", context, 422 if wrong else 200)


@require_POST
@staff_required(ACTION)
def act(request: HttpRequest, device_id: str, name: str) -> HttpResponse:
    """Switch a device off or on, or give it a new secret."""
    found = _mine(request, device_id)
    if isinstance(found, HttpResponse):
        return found
    if name == "renew":
        drawn: list[str] = []
        done = press(
            request,
            lambda ctx: drawn.append(commands.renew_secret(device=found.id, ctx=ctx)),
            gettext("The old password no longer opens anything."),
        )
        return _once(request, found.id, drawn[0]) if done else _back(found)
    if name in ("trust", "distrust") and found.kind == "client":
        return _trust(request, found, name == "trust")
    if name not in ("on", "off"):
        raise Http404
    press(
        request,
        lambda ctx: commands.change_device(device=found.id, active=name == "on", ctx=ctx),
        gettext("The device is switched on.")
        if name == "on"
        else gettext("The device is switched off."),
    )
    return _back(found)


def _trust(request: HttpRequest, found: Device, trusted: bool) -> HttpResponse:
    """Let a client act for readers without their PIN, or no longer."""
    settings = {"trusted": True} if trusted else {}
    press(
        request,
        lambda ctx: commands.change_device(device=found.id, settings=settings, ctx=ctx),
        gettext("It may act for readers without their PIN.")
        if trusted
        else gettext("It needs each reader's PIN."),
    )
    return _back(found)


def _back(found: Device) -> HttpResponse:
    return redirect("office:device", device_id=found.id)
