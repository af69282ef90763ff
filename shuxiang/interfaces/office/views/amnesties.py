"""限期免罚: previewed, applied, taken back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from shuxiang.apps.fees import commands
from shuxiang.apps.fees import queries as fees
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, day_field
from shuxiang.interfaces.office.item_words import Names
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context

ACTION = "fees.amnesty"
STATES: dict[str, tuple[str, str | Promise]] = {
    "applying": ("notice", _("Being applied")),
    "applied": ("ok", _("Applied")),
    "undoing": ("notice", _("Being taken back")),
    "undone": ("muted", _("Taken back")),
}


class AmnestyForm(KeyedForm):
    """Where, for which returns, and what is waived."""

    place = forms.ChoiceField(
        label=_("Lent at"), help_text=_("With everything below it, wherever it is given back.")
    )
    first_day = day_field(_("Given back from"))
    last_day = day_field(
        _("Given back until"), _("A day to come: later returns are waived at once.")
    )
    charges = forms.BooleanField(label=_("Waive overdue charges"), required=False, initial=True)
    lost_points = forms.BooleanField(
        label=_("Give credit points back"), required=False, initial=True
    )
    why = forms.CharField(
        label=_("Why"),
        max_length=200,
        help_text=_("Readers see it beside what was waived."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    fields_of = {"amnesty-days": "last_day", "amnesty-nothing": "charges", "reason-missing": "why"}


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def amnesties(request: HttpRequest) -> HttpResponse:
    """Every amnesty of the clerk's places, and the form for another: first counted, then applied."""
    sites = permitted_places(request, ACTION, network=True)
    choices = {"place": [(p.code, p.name) for p in sites]}
    today = clock.business_date(clock.now())
    preview: fees.Preview | None = None
    if request.method == "GET":
        first = {"first_day": today.replace(day=1), "last_day": today}
        form = AmnestyForm(initial=first, choices=choices)
    else:
        if request.POST.get("place") not in {p.code for p in sites}:
            return render_error(request, 403)
        form = AmnestyForm(request.POST, choices=choices)
        if request.POST.get("act") == "apply":
            made: list[str] = []
            if attempt(request, form, lambda ctx: made.append(_apply(form, ctx))):
                messages.success(request, gettext("The amnesty is in force."))
                return redirect("office:amnesty", amnesty_id=made[0])
        elif form.is_valid():
            preview = fees.preview(_reach(form.cleaned_data))
    names = Names()
    context = {
        "form": form,
        "preview": preview,
        "rows": [
            (one, names.places.get(one.place, ""), STATES[one.state])
            for one in fees.amnesties([p.id for p in sites])
        ],
    }
    return page(request, "office/amnesties.html", context, 422 if form.errors else 200)


def _reach(data: dict[str, Any]) -> fees.Reach:
    site = places.place_by_code(data["place"])
    return fees.Reach(
        site.id, data["first_day"], data["last_day"], data["charges"], data["lost_points"]
    )


def _apply(form: AmnestyForm, ctx: Context) -> str:
    data = form.cleaned_data
    return commands.apply_amnesty(
        place=places.place_by_code(data["place"]).id,
        first_day=data["first_day"],
        last_day=data["last_day"],
        charges=data["charges"],
        lost_points=data["lost_points"],
        why=data["why"],
        ctx=ctx,
    )


class UndoForm(KeyedForm):
    """Why an amnesty is taken back."""

    why = forms.CharField(
        label=_("Why"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    fields_of = {"reason-missing": "why"}


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def amnesty(request: HttpRequest, amnesty_id: str) -> HttpResponse:
    """One amnesty: what it waived, and taking it back or going on where it was interrupted."""
    found = fees.amnesty(amnesty_id)
    if found is None:
        raise Http404
    if not may(request, ACTION, found.place):
        return render_error(request, 403)
    form = UndoForm(request.POST if request.POST.get("act") == "undo" else None)
    if request.method == "POST":
        if request.POST.get("act") == "go-on":
            form = UndoForm({"why": "-", "key": request.POST.get("key", "")})
            if attempt(request, form, lambda ctx: commands.go_on(amnesty=amnesty_id, ctx=ctx)):
                messages.success(request, gettext("It is finished."))
                return redirect("office:amnesty", amnesty_id=amnesty_id)
        elif attempt(
            request,
            form,
            lambda ctx: commands.undo_amnesty(
                amnesty=amnesty_id, why=form.cleaned_data["why"], ctx=ctx
            ),
        ):
            messages.success(request, gettext("The amnesty is taken back."))
            return redirect("office:amnesty", amnesty_id=amnesty_id)
    names = Names()
    context = {
        "one": found,
        "place": names.places.get(found.place, ""),
        "state": STATES[found.state],
        "made_by": names.people.get(found.made_by, ""),
        "undone_by": names.people.get(found.undone_by, ""),
        "form": form,
        "interrupted": found.state in ("applying", "undoing"),
    }
    return page(request, "office/amnesty.html", context, 422 if form.errors else 200)
