"""Self-service machines: who calls, and what each is set to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.places import commands
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.machine_words import WHY
from shuxiang.interfaces.common.machines import ANSWER
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.without_network import machine_choice
from shuxiang.interfaces.office.acts import KeyedForm, attempt, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel.ids import new_id

DEVICES = "places.devices"
FUNCTIONS = (
    ("borrow", _("Borrow")),
    ("return", _("Return")),
    ("renew", _("Renew")),
    ("inquiry", _("Look at loans")),
    ("card", _("Issue cards")),
)


@require_safe
@staff_required(ANSWER)
def machines(request: HttpRequest) -> HttpResponse:
    """Machines that wait for somebody, the longest first."""
    names = {p.id: p.name for p in permitted_places(request, ANSWER)}
    rows = [(c, WHY.get(c.code, c.code), names[c.place]) for c in places.open_calls(names)]
    return page(request, "office/machines.html", {"rows": rows, "key": new_id()})


@require_POST
@staff_required(ANSWER)
def answer(request: HttpRequest, call_id: str) -> HttpResponse:
    """Somebody is there."""
    found = places.call(call_id)
    if found is None:
        raise Http404
    if not may(request, ANSWER, found.place):
        return render_error(request, 403)
    press(
        request,
        lambda ctx: commands.answer_call(call=call_id, ctx=ctx),
        gettext("Noted: somebody is there."),
    )
    return redirect("office:machines")


class MachineForm(KeyedForm):
    """What a machine offers and which devices it has."""

    functions = forms.MultipleChoiceField(
        label=_("It offers"), choices=FUNCTIONS, widget=forms.CheckboxSelectMultiple
    )
    pin = forms.ChoiceField(
        label=_("Readers show"),
        choices=(("always", _("card and PIN")), ("never", _("the card alone"))),
        help_text=_("With the card alone, whoever finds a card can borrow with it."),
    )
    bridge = forms.RegexField(
        label=_("Device bridge"),
        regex=r"^http://(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$",
        required=False,
        help_text=_("As in http://127.0.0.1:7071; empty: a barcode scanner alone."),
        error_messages={"invalid": _("The bridge runs on the machine itself: http://127.0.0.1:…")},
    )
    pad = forms.BooleanField(label=_("It has an RFID pad"), required=False)
    printer = forms.BooleanField(label=_("It has a slip printer"), required=False)
    offline = forms.ChoiceField(
        label=_("Without a network"),
        choices=(
            ("lend", _("it lends and takes books back")),
            ("return", _("it takes books back")),
            ("none", _("it waits for the network")),
        ),
        help_text=_(
            "By the data it keeps; recorded when the network is back. PINs can't be checked meanwhile: "
            "where it lends, whoever holds a card can borrow with it."
        ),
    )
    cards = forms.ChoiceField(
        label=_("Blank cards"),
        choices=(
            ("written", _("the machine writes the number on them")),
            ("printed", _("the number is printed on them")),
        ),
    )


@require_http_methods(["GET", "POST"])
@staff_required(DEVICES)
def settings(request: HttpRequest, device_id: str) -> HttpResponse:
    """What a self-service machine is set to."""
    found = places.device(device_id)
    if found is None or found.kind != "kiosk":
        raise Http404
    if not may(request, DEVICES, found.place):
        return render_error(request, 403)
    initial: dict[str, Any] = {
        "functions": [f for f, _word in FUNCTIONS[:4]],
        "pin": "always",
        "pad": True,
        "printer": True,
        "cards": "written",
        **found.settings,
        "offline": machine_choice(found.settings),
    }
    form = MachineForm(request.POST or None, initial=initial)
    if request.method == "POST" and attempt(
        request,
        form,
        lambda ctx: commands.change_device(
            device=found.id,
            settings={k: v for k, v in form.cleaned_data.items() if k != "key"},
            ctx=ctx,
        ),
    ):
        messages.success(request, gettext("Saved. The machine follows at its next screen."))
        return redirect("office:device", device_id=found.id)
    context = {
        "form": form,
        "title": found.name,
        "back": "office:devices",
        "back_label": _("Devices"),
        "about": _("What the machine offers, and which devices stand beside it."),
    }
    return page(request, "office/form.html", context, 422 if form.errors else 200)
