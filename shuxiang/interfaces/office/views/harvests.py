"""Other libraries' catalogues gathered by OAI-PMH, and what they have that we lack."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from shuxiang.apps.exchange import commands, queries
from shuxiang.apps.exchange.commands import gathering
from shuxiang.interfaces.common.others import elsewhere as elsewhere_of
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.common.wording import say
from shuxiang.interfaces.office.acts import KeyedForm, attempt
from shuxiang.interfaces.office.pages import page
from shuxiang.kernel import clock
from shuxiang.kernel.decision import stop

ACTION = "exchange.edit"
BORROW = "circulation.interloan"
LONGEST = 100


class HarvestForm(KeyedForm):
    """A catalogue to be gathered."""

    name = forms.CharField(label=_("Designation"), max_length=60)
    address = forms.CharField(
        label=_("OAI-PMH address"), max_length=300, help_text=_("Such as https://example.cn/oai")
    )
    prefix = forms.CharField(
        label=_("Form of the records"),
        max_length=40,
        initial="oai_dc",
        help_text=_("A metadataPrefix of theirs: marcxchange, marcxml or oai_dc."),
    )
    set_spec = forms.CharField(
        label=_("Set"), max_length=120, required=False, help_text=_("Left empty: everything.")
    )
    partner = forms.ChoiceField(
        label=_("Partner library"),
        required=False,
        choices=(),
        help_text=_("Whose catalogue it is: books can then be asked for from here."),
    )
    every_hours = forms.IntegerField(
        label=_("Gathered every so many hours"), min_value=1, max_value=744, initial=24
    )
    fields_of = {
        "name-missing": "name",
        "harvest-exists": "name",
        "harvest-address": "address",
        "harvest-every": "every_hours",
        "partner-unknown": "partner",
    }


class ChangeForm(HarvestForm):
    """A catalogue that is gathered already."""

    active = forms.BooleanField(label=_("In use"), required=False)
    again = forms.BooleanField(label=_("Gather all of it anew, now"), required=False)


def _partners() -> dict[str, list[tuple[str, str]]]:
    return {"partner": [("", "—"), *((p.id, p.name) for p in queries.partners())]}


_LINK = {"unreachable", "closed", "refused"}
_SAID = {"badArgument", "badVerb", "cannotDisseminateFormat", "noSetHierarchy", "idDoesNotExist"}
"""Faults of the way to them, and error codes of the protocol that they answer with."""


def _fault(error: str) -> str:
    """What went wrong with a source, in words."""
    code, _space, number = error.partition(" ")
    if code in _LINK:
        return str(say(stop(f"target-{code}")))
    if code == "http":
        return str(say(stop("target-http", status=number)))
    if code == "silent":
        return str(say(stop("target-silent", seconds=gathering.SECONDS)))
    if code == "badResumptionToken":
        return gettext("Its resumption token is no longer good: the listing begins anew.")
    if code.rstrip(",") in _SAID:
        return gettext("It says: %(said)s") % {"said": error}
    return str(say(stop("target-garbled")))


def _given(form: HarvestForm) -> dict[str, Any]:
    given = {k: v for k, v in form.cleaned_data.items() if k != "key"}
    return given | {"partner": given["partner"] or None}


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def harvests(request: HttpRequest) -> HttpResponse:
    """Every source with how far it is, and a form to add one."""
    form = HarvestForm(request.POST or None, choices=_partners())
    if request.method == "POST" and attempt(
        request, form, lambda ctx: commands.add_harvest(**_given(form), ctx=ctx)
    ):
        messages.success(
            request, gettext("The source is added. The worker begins within a minute.")
        )
        return redirect("office:harvests")
    rows = [
        (s, queries.foreign_titles(s.id), _fault(s.error) if s.error else "")
        for s in queries.harvests()
    ]
    context = {"form": form, "rows": rows, "now": clock.now()}
    return page(request, "office/harvests.html", context, 422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def harvest(request: HttpRequest, harvest_id: str) -> HttpResponse:
    """How a source is gathered."""
    found = queries.harvest(harvest_id)
    if found is None:
        raise Http404
    initial = {
        name: getattr(found, name) for name in (*HarvestForm.base_fields, "active") if name != "key"
    }
    form = ChangeForm(request.POST or None, initial=initial, choices=_partners())
    if request.method == "POST" and attempt(
        request,
        form,
        lambda ctx: commands.change_harvest(harvest=found.id, **_given(form), ctx=ctx),
    ):
        messages.success(request, gettext("The change is saved."))
        return redirect("office:harvests")
    context = {
        "source": found, "form": form, "titles": queries.foreign_titles(found.id),
        "fault": _fault(found.error) if found.error else "",
    }  # fmt: skip
    return page(request, "office/harvest.html", context, 422 if form.errors else 200)


@require_safe
@staff_required(BORROW)
def elsewhere(request: HttpRequest) -> HttpResponse:
    """What other libraries have, to be asked for where loans between us are agreed."""
    typed = request.GET.get("q", "").strip()[:LONGEST]
    today = clock.business_date(clock.now())
    lending = {t.partner for t in queries.in_force(today) if t.lending}
    rows = [(t, t.partner in lending) for t in elsewhere_of(typed)]
    context = {"typed": typed, "rows": rows, "has": queries.has_elsewhere()}
    return page(request, "office/elsewhere.html", context)
