"""Barcode ranges reserved for places, and how far conversion projects are."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.places import queries as places
from shuxiang.apps.processing import commands
from shuxiang.apps.processing import queries as processing
from shuxiang.interfaces.common.staff import may, service_point, staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, day_field, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.interfaces.office.views.processing import HAND, PLAN, STAGE_WORDS, people_by_id
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id

# --- barcode ranges -------------------------------------------------------------------------


class RangeForm(KeyedForm):
    """A range of barcodes reserved."""

    place = forms.ChoiceField(label=pgettext_lazy("processing", "For"))
    first = forms.CharField(label=gettext_lazy("First barcode"), max_length=40)
    last = forms.CharField(label=gettext_lazy("Last barcode"), max_length=40)
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=120)
    fields_of = {
        "barcode-range-unclear": "last",
        "barcode-range-taken": "first",
        "barcode-range-long": "last",
    }


@require_http_methods(["GET", "POST"])
@staff_required(PLAN)
def ranges(request: HttpRequest) -> HttpResponse:
    """The reserved ranges with what is used and left, and a new one."""
    sites = permitted_places(request, PLAN)
    form = RangeForm(
        request.POST or None,
        choices={"place": [(p.code, p.name) for p in sites]},
        initial={"place": service_point(request).code},
    )
    if request.method == "POST" and attempt(
        request,
        form,
        lambda ctx: commands.reserve_range(
            place=next(p.id for p in sites if p.code == form.cleaned_data["place"]),
            first=form.cleaned_data["first"],
            last=form.cleaned_data["last"],
            note=form.cleaned_data["note"],
            ctx=ctx,
        ),
    ):
        messages.success(request, _("The range is reserved."))
        return redirect("office:processing_ranges")
    names = {p.id: p.name for p in places.all_places()}
    people = people_by_id()
    views = processing.ranges([p.id for p in sites])
    asked_for = next((v for v in views if v.id == request.GET.get("gaps")), None)
    context = {
        "form": form,
        "rows": [
            (
                v,
                names.get(v.place, ""),
                people.get(v.reserved_by, ""),
                v.range.text(v.range.first),
                v.range.text(v.range.last),
            )
            for v in views
        ],
        "gaps_of": asked_for,
        "gaps": processing.gaps(asked_for, places.place(asked_for.place).library)
        if asked_for
        else (),
    }
    return page(request, "office/processing_ranges.html", context, 422 if form.errors else 200)


# --- projects -------------------------------------------------------------------------------


class ProjectForm(KeyedForm):
    """A project begun."""

    name = forms.CharField(label=pgettext_lazy("processing", "Name"), max_length=80)
    target = forms.IntegerField(
        label=gettext_lazy("Volumes to be done"),
        min_value=1,
        max_value=100_000_000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    begun_on = day_field(gettext_lazy("Begun on"))
    due_on = day_field(gettext_lazy("To be done by"), required=False)
    fields_of = {"project-days": "due_on", "target-number": "target"}


@require_http_methods(["GET", "POST"])
@staff_required(HAND)
def projects(request: HttpRequest) -> HttpResponse:
    """The projects with what is done, and a new one."""
    form = None
    if may(request, PLAN):
        today = clock.business_date(clock.now())
        form = ProjectForm(request.POST or None, initial={"begun_on": today})
    if request.method == "POST":
        if form is None:
            raise Http404
        if attempt(
            request,
            form,
            lambda ctx: commands.add_project(
                name=form.cleaned_data["name"],
                target=form.cleaned_data["target"],
                begun_on=form.cleaned_data["begun_on"],
                due_on=form.cleaned_data["due_on"],
                ctx=ctx,
            ),
        ):
            messages.success(request, _("The project is begun."))
            return redirect("office:processing_projects")
    context = {
        "form": form,
        "rows": [
            (each, [(STAGE_WORDS[s], each.done.get(s, 0)) for s in processing.STAGES])
            for each in processing.projects(service_point(request).library)
        ],
        "stage_words": [STAGE_WORDS[s] for s in processing.STAGES],
    }
    return page(
        request, "office/processing_projects.html", context, 422 if form and form.errors else 200
    )


WHY = {
    "few-days": gettext_lazy("Fewer than five days with work so far: too few to say."),
    "stands-still": gettext_lazy("Too little was done in the last four weeks to say."),
    "too-far": gettext_lazy("At this pace it takes more than ten years."),
    "done": gettext_lazy("Done."),
}


@require_safe
@staff_required(HAND)
def project(request: HttpRequest, project_id: str) -> HttpResponse:
    """How a project goes: by stage, day and person, and when it will be done."""
    today = clock.business_date(clock.now())
    found = processing.progress(project_id, today)
    if found is None or found.project.library != service_point(request).library:
        raise Http404
    people = people_by_id()
    stages = processing.STAGES
    target = found.project.target
    context = {
        "project": found.project,
        "today": today,
        "stages": [
            {
                "word": STAGE_WORDS[s],
                "done": found.project.done.get(s, 0),
                "share": min(100 * found.project.done.get(s, 0) / target, 100.0),
                "forecast": found.forecasts[s],
                "why": WHY.get(found.forecasts[s].why, ""),
            }
            for s in stages
        ],
        "slowest": found.slowest,
        "days": [(day, [counts.get(s, 0) for s in stages]) for day, counts in found.days],
        "people": [
            (
                people.get(person, "—"),
                days,
                [counts.get(s, 0) for s in stages],
                sum(counts.values()) / days if days else 0.0,
            )
            for person, counts, days in found.people
        ],
        "stage_words": [STAGE_WORDS[s] for s in stages],
        "may_end": may(request, PLAN) and not found.project.ended_on,
        "key": new_id(),
    }
    return page(request, "office/processing_project.html", context)


@require_POST
@staff_required(PLAN)
def end(request: HttpRequest, project_id: str) -> HttpResponse:
    """End a project."""
    press(
        request,
        lambda ctx: commands.end_project(project=project_id, ctx=ctx),
        _("The project is ended."),
    )
    return redirect(reverse("office:processing_projects"))
