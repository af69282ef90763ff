"""The tree of places: what there is, changing it, its settings and where each comes from."""

from __future__ import annotations

from dataclasses import dataclass
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
from shuxiang.apps.places.queries import Place
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, day_field, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.interfaces.office.setting_words import about, choice_words, value_words
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id

ACTION = "places.edit"
KINDS = {
    "network": _("Network"),
    "main_library": _("Main library"),
    "branch": _("Branch"),
    "service_point": _("Service point"),
}
ICONS = {
    "network": "building-community",
    "main_library": "building",
    "branch": "home",
    "service_point": "map-pin",
}


class PlaceForm(KeyedForm):
    """What a place is called and where it is."""

    name = forms.CharField(label=_("Designation"), max_length=80)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    opened_on = day_field(_("Opened on"), required=False)
    position = forms.IntegerField(
        label=_("Order among its neighbours"),
        min_value=0,
        max_value=9999,
        required=False,
        help_text=_("Smaller numbers come first."),
    )


class NewPlaceForm(KeyedForm):
    """A place to be added."""

    parent = forms.ChoiceField(label=_("Belongs to"))
    kind = forms.ChoiceField(label=_("Sort"), choices=[(k, KINDS[k]) for k in list(KINDS)[1:]])
    name = forms.CharField(label=_("Designation"), max_length=80)
    code = forms.CharField(
        label=_("Short code"),
        max_length=16,
        help_text=_("Lower-case letters, digits and -; it stays for good, as in chengdong."),
    )
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    opened_on = day_field(_("Opened on"), required=False)
    own_barcodes = forms.BooleanField(
        label=_("Keeps barcodes and card numbers of its own"),
        required=False,
        help_text=_("Only for a branch whose numbers may repeat those of the main library."),
    )
    fields_of = {
        "place-code-invalid": "code",
        "place-code-taken": "code",
        "place-kind-misplaced": "kind",
        "name-missing": "name",
    }


class CloseForm(KeyedForm):
    """When a place closes for good, and why."""

    closed_on = day_field(_("Last day"))
    why = forms.CharField(label=_("Why"), max_length=200)


class LocationForm(KeyedForm):
    """A 馆藏地点 to be added or changed."""

    code = forms.CharField(
        label=_("Code"), max_length=24, help_text=_("As it stands in imports; it stays.")
    )
    name = forms.CharField(label=_("Designation"), max_length=80)
    open_stack = forms.BooleanField(label=_("Open shelves"), required=False, initial=True)
    for_children = forms.BooleanField(label=_("For children"), required=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A place of the tree as the list shows it."""

    place: Place
    kind: Any
    icon: str
    indent: int
    closed: bool
    may_edit: bool


@require_safe
@staff_required(ACTION)
def tree(request: HttpRequest) -> HttpResponse:
    """Every place, those the clerk may edit with a way in."""
    mine = {p.id for p in permitted_places(request, ACTION, network=True)}
    today = clock.business_date(clock.now())
    lines = [
        Line(
            p,
            KINDS[p.kind],
            ICONS[p.kind],
            p.depth - 1,
            p.closed_on is not None and p.closed_on < today,
            p.id in mine,
        )
        for p in places.all_places()
    ]
    return page(request, "office/places.html", {"lines": lines})


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def add(request: HttpRequest) -> HttpResponse:
    """Add a place below one the clerk may edit."""
    above = permitted_places(request, ACTION, network=True)
    options = {"parent": [(p.code, p.name) for p in above if p.kind != "service_point"]}
    if request.method == "GET":
        usual = request.GET.get("parent", "")
        form = NewPlaceForm(initial={"parent": usual, "kind": "branch"}, choices=options)
        return _form(request, form, _("Add a place"))
    form = NewPlaceForm(request.POST, choices=options)
    if request.POST.get("parent") not in {p.code for p in above}:
        return render_error(request, 403)
    made = attempt(
        request,
        form,
        lambda ctx: commands.add_place(
            kind=form.cleaned_data["kind"],
            code=form.cleaned_data["code"].strip(),
            name=form.cleaned_data["name"],
            parent=places.place_by_code(form.cleaned_data["parent"]).id,
            own_barcodes=form.cleaned_data["own_barcodes"],
            address=form.cleaned_data["address"],
            phone=form.cleaned_data["phone"],
            opened_on=form.cleaned_data["opened_on"],
            ctx=ctx,
        ),
    )
    if not made:
        return _form(request, form, _("Add a place"), 422)
    messages.success(request, gettext("The place is added."))
    return redirect("office:place", code=form.cleaned_data["code"].strip())


def _form(request: HttpRequest, form: KeyedForm, title: Any, status: int = 200) -> HttpResponse:
    context = {"form": form, "title": title, "back": "office:places", "back_label": _("Places")}
    return page(request, "office/form.html", context, status)


def site_or_answer(request: HttpRequest, code: str, action: str) -> Place | HttpResponse:
    """The place of an address; 403 where the clerk lacks the action there. Raises Http404."""
    try:
        site = places.place_by_code(code)
    except places.UnknownPlace:
        raise Http404 from None
    if site.kind == "partner":
        # It has a page of its own, and neither hours nor settings.
        raise Http404
    return site if may(request, action, site.id) else render_error(request, 403)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def place(request: HttpRequest, code: str) -> HttpResponse:
    """A place: its own data, 馆藏地点, settings with their origin; posting changes its data."""
    site = site_or_answer(request, code, ACTION)
    if isinstance(site, HttpResponse):
        return site
    if request.method == "POST":
        form = PlaceForm(request.POST)
        if attempt(
            request,
            form,
            lambda ctx: commands.change_place(
                place=site.id,
                name=form.cleaned_data["name"],
                address=form.cleaned_data["address"],
                phone=form.cleaned_data["phone"],
                opened_on=form.cleaned_data["opened_on"],
                position=form.cleaned_data["position"],
                ctx=ctx,
            ),
        ):
            messages.success(request, gettext("Saved."))
            return redirect("office:place", code=code)
    else:
        form = PlaceForm(
            initial={
                "name": site.name,
                "address": site.address,
                "phone": site.phone,
                "opened_on": site.opened_on,
                "position": site.position,
            }
        )
    return _place_page(request, site, form, CloseForm(), 422 if form.errors else 200)


def _place_page(
    request: HttpRequest, site: Place, form: PlaceForm, closing: CloseForm, status: int
) -> HttpResponse:
    context = {
        "site": site,
        "kind": KINDS[site.kind],
        "form": form,
        "closing": closing,
        "above": places.ancestors(site)[1:],
        "locations": places.locations([site.id]),
        "location_form": LocationForm(auto_id="loc_%s"),
        "settings": setting_lines(site),
        "root": site.parent is None,
        "key": new_id(),
        "extra_errors": closing.errors,
    }
    return page(request, "office/place.html", context, status)


@dataclass(frozen=True, slots=True)
class SettingLine:
    """A setting in force at a place, in words, and where it is said."""

    key: str
    about: str
    value: str
    origin: str
    here: bool


def setting_lines(site: Place) -> list[SettingLine]:
    """Every setting in force at a place."""
    lines = []
    for key, known in places.KNOWN.items():
        found = places.setting(site.id, key)
        here = found.origin is not None and found.origin.id == site.id
        origin = gettext("as delivered") if found.origin is None else found.origin.name
        lines.append(SettingLine(key, about(known), value_words(known, found.value), origin, here))
    return lines


@require_POST
@staff_required(ACTION)
def close(request: HttpRequest, code: str) -> HttpResponse:
    """Close a place for good, or take that back."""
    site = site_or_answer(request, code, ACTION)
    if isinstance(site, HttpResponse):
        return site
    if request.POST.get("reopen"):
        press(
            request,
            lambda ctx: commands.reopen_place(place=site.id, ctx=ctx),
            gettext("The place is open again."),
        )
        return redirect("office:place", code=code)
    form = CloseForm(request.POST)
    if attempt(
        request,
        form,
        lambda ctx: commands.close_place(
            place=site.id,
            closed_on=form.cleaned_data["closed_on"],
            why=form.cleaned_data["why"],
            ctx=ctx,
        ),
    ):
        messages.success(request, gettext("The place is closed; what was done there stays."))
        return redirect("office:place", code=code)
    first = PlaceForm(initial={"name": site.name, "address": site.address, "phone": site.phone})
    return _place_page(request, site, first, form, 422)


@require_POST
@staff_required(ACTION)
def location(request: HttpRequest, code: str) -> HttpResponse:
    """Add a 馆藏地点, or change the one whose code is known there."""
    site = site_or_answer(request, code, ACTION)
    if isinstance(site, HttpResponse):
        return site
    form = LocationForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("A location needs a code and a name."))
        return redirect("office:place", code=code)
    given = form.cleaned_data
    values = {k: given[k] for k in ("name", "open_stack", "for_children")}
    known = {loc.code: loc for loc in places.locations([site.id])}.get(given["code"])
    press(
        request,
        lambda ctx: (
            commands.change_location(location=known.id, ctx=ctx, **values)
            if known
            else commands.add_location(place=site.id, code=given["code"], ctx=ctx, **values)
        ),
        gettext("Saved."),
    )
    return redirect("office:place", code=code)


class SettingForm(KeyedForm):
    """A setting said at a place; ``value`` is made for the kind of value it takes."""

    def __init__(self, *args: Any, known: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        label = about(known)
        field: forms.Field
        if known.kind is bool:
            choices = [("1", _("Yes")), ("", _("No"))]
            field = forms.TypedChoiceField(
                label=label, choices=choices, coerce=bool, required=False, empty_value=False
            )
        elif known.kind is int:
            field = forms.IntegerField(label=label, min_value=0, max_value=10_000)
        elif known.choices:
            field = forms.ChoiceField(
                label=label, choices=[(c, choice_words(known, c)) for c in known.choices]
            )
        else:
            field = forms.CharField(label=label, required=False, max_length=200)
        self.fields["value"] = field


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def setting(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Say one setting at a place, or take it back so that the place inherits again."""
    site = site_or_answer(request, code, ACTION)
    if isinstance(site, HttpResponse):
        return site
    known = places.KNOWN.get(key)
    if known is None:
        raise Http404
    if request.POST.get("inherit"):
        press(
            request,
            lambda ctx: commands.set_setting(place=site.id, key=key, value=None, ctx=ctx),
            gettext("The place inherits this setting again."),
        )
        return redirect("office:place", code=code)
    found = places.setting(site.id, key)
    if request.method == "POST":
        form = SettingForm(request.POST, known=known)
        if attempt(
            request,
            form,
            lambda ctx: commands.set_setting(
                place=site.id, key=key, value=form.cleaned_data["value"], ctx=ctx
            ),
        ):
            messages.success(request, gettext("Saved."))
            return redirect("office:place", code=code)
    else:
        now = "1" if found.value is True else "" if found.value is False else found.value
        form = SettingForm(initial={"value": now}, known=known)
    here = found.origin is not None and found.origin.id == site.id
    origin = found.origin.name if found.origin else gettext("as delivered")
    context = {
        "form": form,
        "site": site,
        "now": value_words(known, found.value),
        "origin": origin,
        "here": here,
        "key": new_id(),
    }
    return page(request, "office/setting.html", context, 422 if form.errors else 200)
