"""公告 and 本馆概况: what the office writes for readers."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.places import commands
from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Place
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.wording import refusal, say
from shuxiang.interfaces.office.pages import chosen_place, page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.errors import Busy, KeyReused, StorageFull

ACTION = "places.announce"
A_PAGE = 20
Form = TypeVar("Form", bound=forms.Form)
FAULTS = (Busy, StorageFull, KeyReused)

_FIELD_OF = {
    "announcement-title-missing": "title",
    "announcement-text-missing": "text",
    "announcement-places-missing": "places",
    "announcement-days-reversed": "last_day",
}


def _day(label: Any, help_text: Any = "", *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class AnnouncementForm(forms.Form):
    """An announcement: plain text, from a day to a day, about some places."""

    title = forms.CharField(label=_("Headline"), max_length=200, required=False)
    text = forms.CharField(
        label=_("Text"),
        required=False,
        help_text=_("Plain text; an empty line begins a new paragraph."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    first_day = _day(_("Shown from"))
    last_day = _day(
        _("Shown until"), _("Left empty, it stays until it is withdrawn."), required=False
    )
    places = forms.MultipleChoiceField(
        label=_("Places"),
        required=False,
        help_text=_("A place stands for everything below it."),
        widget=forms.CheckboxSelectMultiple,
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, options: tuple[Place, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["places"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(p.code, p.name) for p in options]


class AboutForm(forms.Form):
    """本馆概况 in the library's own words."""

    text = forms.CharField(
        label=_("About the library"),
        required=False,
        help_text=_("Plain text; an empty line begins a new paragraph. Figures stand below it."),
        widget=forms.Textarea(attrs={"rows": 12}),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)


def _state(one: places.AnnouncementView, today: date) -> tuple[str, str]:
    if one.in_force(today):
        return "ok", gettext("Shown now")
    return (
        ("notice", gettext("Still to come"))
        if one.first_day > today
        else ("muted", gettext("Over"))
    )


class _Mine:
    """Announcements about the places that the clerk may announce at, a page at a time."""

    def __init__(self, ids: list[str]) -> None:
        self.ids = ids

    def count(self) -> int:
        return places.count_announcements(about=self.ids)

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> tuple[places.AnnouncementView, ...]:
        start = part.start or 0
        return places.announcements(about=self.ids, offset=start, limit=part.stop - start)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def news(request: HttpRequest) -> HttpResponse:
    """Every announcement of the clerk's places, and the form for another."""
    options = permitted_places(request, ACTION)
    today = clock.business_date(clock.now())
    if request.method == "POST":
        form = AnnouncementForm(request.POST, options=options)
        if _written(request, form, ""):
            return redirect("office:news")
        return _list(request, _again(form), options, today, 422)
    here = options[0].code if options else ""
    form = AnnouncementForm(
        initial={"first_day": today, "places": [here], "key": new_id()}, options=options
    )
    return _list(request, form, options, today, 200)


def _list(
    request: HttpRequest,
    form: AnnouncementForm,
    options: tuple[Place, ...],
    today: date,
    status: int,
) -> HttpResponse:
    found = Paginator(_Mine([p.id for p in options]), A_PAGE).get_page(request.GET.get("page"))
    names = {p.id: p.name for p in places.all_places()}
    rows = [
        (one, [names[p] for p in one.places if p in names], _state(one, today))
        for one in found.object_list
    ]
    context = {"form": form, "rows": rows, "page": found}
    return page(request, "office/news.html", context, status)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def edit(request: HttpRequest, announcement_id: str) -> HttpResponse:
    """Change an announcement."""
    one = places.announcement(announcement_id)
    if one is None:
        raise Http404
    options = permitted_places(request, ACTION)
    if not _mine(request, one):
        return render_error(request, 403)
    if request.method == "POST":
        form = AnnouncementForm(request.POST, options=options)
        if _written(request, form, one.id):
            return redirect("office:news")
        context = {"form": _again(form), "one": one, "key": new_id()}
        return page(request, "office/news_edit.html", context, 422)
    codes = [p.code for p in options if p.id in one.places]
    initial = {
        "title": one.title,
        "text": one.text,
        "first_day": one.first_day,
        "last_day": one.last_day,
        "places": codes,
        "key": new_id(),
    }
    form = AnnouncementForm(initial=initial, options=options)
    over = not one.in_force(clock.business_date(clock.now())) and one.last_day is not None
    context = {"form": form, "one": one, "over": over, "key": new_id()}
    return page(request, "office/news_edit.html", context)


@require_POST
@staff_required(ACTION)
def withdraw(request: HttpRequest, announcement_id: str) -> HttpResponse:
    """Readers no longer see it."""
    one = places.announcement(announcement_id)
    if one is None:
        raise Http404
    if not _mine(request, one):
        return render_error(request, 403)
    ctx = acting(request, channel="office", key=request.POST.get("key", "")[:64])
    try:
        commands.withdraw_announcement(announcement=announcement_id, ctx=ctx)
    except Refused as refused:
        messages.error(request, " ".join(refusal(refused.decision)))
    else:
        messages.success(request, gettext("The announcement is no longer shown."))
    return redirect("office:news")


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def about(request: HttpRequest) -> HttpResponse:
    """What a library says of itself (本馆概况), and a branch of itself on the list of sites."""
    options = permitted_places(request, ACTION)
    try:
        site = chosen_place(request, options)
    except LookupError:
        return render_error(request, 403)
    context: dict[str, Any] = {"sites": options, "site": site}
    if request.method == "GET":
        text = places.page_texts("about").get(site.id, "")
        context["form"] = AboutForm(initial={"text": text, "key": new_id()})
        return page(request, "office/about.html", context)
    form = context["form"] = AboutForm(request.POST)
    if form.is_valid():
        ctx = acting(request, channel="office", key=form.cleaned_data["key"])
        try:
            commands.set_page_text(
                place=site.id, key="about", text=form.cleaned_data["text"], ctx=ctx
            )
        except Refused as refused:
            _add(form, refused.decision)
        except FAULTS:
            form.add_error(
                None, gettext("The database is busy. Nothing was done: send the form again.")
            )
        else:
            messages.success(request, gettext("The text is saved."))
            return redirect(f"{reverse('office:about')}?{urlencode({'place': site.code})}")
    context["form"] = _again(form)
    return page(request, "office/about.html", context, 422)


def _again(form: Form) -> Form:
    """The form as it was typed, under a new key: other entries are another request."""
    form.data = form.data.copy()
    form.data["key"] = new_id()
    return form


def _mine(request: HttpRequest, one: places.AnnouncementView) -> bool:
    return all(may(request, ACTION, place) for place in one.places)


def _written(request: HttpRequest, form: AnnouncementForm, announcement: str) -> bool:
    if not form.is_valid():
        return False
    data = form.cleaned_data
    ctx: Context = acting(request, channel="office", key=data["key"])
    chosen = tuple(places.place_by_code(code).id for code in data["places"])
    try:
        commands.announce(
            title=data["title"],
            text=data["text"],
            places=chosen,
            first_day=data["first_day"],
            last_day=data["last_day"],
            announcement=announcement,
            ctx=ctx,
        )
    except Refused as refused:
        _add(form, refused.decision)
        return False
    except FAULTS:
        form.add_error(
            None, gettext("The database is busy. Nothing was done: send the form again.")
        )
        return False
    messages.success(request, gettext("The announcement is saved."))
    return True


def _add(form: forms.Form, decision: Decision) -> None:
    for reason in decision.refusing:
        field = _FIELD_OF.get(reason.code, str(reason.data.get("field", "")))
        form.add_error(field if field in form.fields else None, say(reason))
