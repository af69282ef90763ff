"""进馆人次: counts entered by hand for a day or a month of a site, and their corrections."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Place
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.office.pages import chosen_place, chosen_year, page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.statistics import commands
from shuxiang.statistics import queries as statistics

ACTION = "statistics.enter_visits"
SOURCES = {"device": _("Device"), "manual": _("Counted by hand"), "estimate": _("Estimate")}


class VisitsForm(forms.Form):
    """How many people came in at a site on a day or in a month."""

    place = forms.ChoiceField(label=_("Site"))
    span = forms.ChoiceField(
        label=_("Period"),
        choices=(("day", _("One day")), ("month", _("A whole month"))),
        widget=forms.RadioSelect,
        initial="day",
    )
    day = forms.DateField(
        label=_("Day"),
        help_text=_("For a whole month any day of it."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    number = forms.IntegerField(
        label=_("People who came in"),
        min_value=0,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    source = forms.ChoiceField(label=_("Source"), choices=tuple(SOURCES.items()))
    counter = forms.CharField(
        label=_("Door or counter"),
        required=False,
        max_length=40,
        help_text=_("Only where a site has several."),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=200,
        help_text=_("How an estimate was made must be written here."),
    )
    evidence = forms.CharField(
        label=_("Evidence"),
        required=False,
        max_length=200,
        help_text=_("Where the sheet or file is kept."),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, sites: tuple[Place, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(p.code, p.name) for p in sites]


class CorrectForm(forms.Form):
    """Another number in place of the one entered, and why."""

    number = forms.IntegerField(
        label=_("Right number"),
        min_value=0,
        help_text=_("0 takes the entry back."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    why = forms.CharField(label=_("Why it is corrected"), max_length=200)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def visits(request: HttpRequest) -> HttpResponse:
    """The entries of a year at the sites open to the clerk, and the form for a new one."""
    sites = permitted_places(request, ACTION)
    today = clock.business_date(clock.now())
    try:
        site = chosen_place(request, sites)
    except LookupError:
        return render_error(request, 403)
    first = {"place": site.code, "day": today, "span": "day", "key": new_id()}
    form = VisitsForm(request.POST or None, sites=sites, initial=first)
    if request.method == "POST" and form.is_valid() and _enter(request, form, sites):
        query = urlencode({"place": site.code, "year": form.cleaned_data["day"].year})
        return HttpResponseRedirect(f"{reverse('office:visits')}?{query}")
    if form.is_bound:
        # A refused request keeps its answer: sent again, changed, it is another request.
        form.data = form.data.copy()
        form.data["key"] = new_id()
    year = chosen_year(request, today.year)
    inside = tuple(p.id for p in places.subtree(site.id))
    entries = statistics.entries(inside, date(year, 1, 1), date(year, 12, 31))
    context = {
        "form": form,
        "entries": [(e, SOURCES.get(e.source, e.source)) for e in entries],
        "total": sum(e.number for e in entries if e.standing),
        "year": year,
        "years": range(today.year, today.year - 11, -1),
        "sites": sites,
        "site": site,
        "with_branches": len(inside) > 1,
    }
    return page(request, "office/visits.html", context, 422 if form.errors else 200)


def _enter(request: HttpRequest, form: VisitsForm, sites: tuple[Place, ...]) -> bool:
    values = form.cleaned_data
    site = next(p for p in sites if p.code == values["place"])
    try:
        entered = commands.enter_visits(
            place=site.id,
            day=values["day"],
            number=values["number"],
            source=values["source"],
            whole_month=values["span"] == "month",
            counter=values["counter"],
            note=values["note"],
            evidence=values["evidence"],
            ctx=acting(request, channel="office", key=values["key"]),
        )
    except Refused as refused:
        for said in refusal(refused.decision):
            form.add_error(None, said)
        return False
    said = _("%(place)s, %(first)s to %(last)s: %(number)s people entered.")
    messages.success(
        request,
        said
        % {
            "place": site.name,
            "first": entered.first_day.isoformat(),
            "last": entered.last_day.isoformat(),
            "number": entered.number,
        },
    )
    return True


@require_http_methods(["GET", "POST"])
@staff_required()
def correct(request: HttpRequest, entry_id: str) -> HttpResponse:
    """Correct an entry; the old number stays to be seen."""
    entry = statistics.entry(entry_id)
    if entry is None:
        raise Http404
    if not may(request, ACTION, entry.place):
        return render_error(request, 403)
    form = CorrectForm(request.POST or None, initial={"key": new_id()})
    if request.method == "POST" and form.is_valid():
        try:
            commands.correct_visits(
                entry=entry.id,
                number=form.cleaned_data["number"],
                why=form.cleaned_data["why"],
                ctx=acting(request, channel="office", key=form.cleaned_data["key"]),
            )
        except Refused as refused:
            for said in refusal(refused.decision):
                form.add_error(None, said)
        else:
            messages.success(request, _("The entry was corrected; the old number is kept."))
            code = places.place(entry.place).code
            target = redirect("office:visits")
            query = urlencode({"place": code, "year": entry.first_day.year})
            target["Location"] += f"?{query}"
            return target
    if form.is_bound:
        form.data = form.data.copy()
        form.data["key"] = new_id()
    context = {"entry": entry, "source": SOURCES.get(entry.source, entry.source), "form": form}
    return page(request, "office/correct.html", context, 422 if form.errors else 200)
