"""荐购: what readers ask for, decided with a reason, put on an order."""

from __future__ import annotations

from dataclasses import replace

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.acquisitions import commands, queries
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.staff import may, service_point, staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, press
from shuxiang.interfaces.office.pages import page
from shuxiang.kernel.context import Context, Override
from shuxiang.kernel.ids import new_id

ACTION, ORDER = "acquisitions.decide", "acquisitions.order"
STATES: dict[str, tuple[str, str | Promise]] = {
    "asked": ("notice", _("Waits for an answer")),
    "accepted": ("hold", _("To be bought")),
    "ordered": ("hold", _("Ordered")),
    "arrived": ("ok", _("It has come")),
    "declined": ("muted", _("Not bought")),
}


class SuggestForm(KeyedForm):
    """A suggestion written down for a reader."""

    card = forms.CharField(label=_("Reader card"), max_length=40)
    title = forms.CharField(label=_("Title"), max_length=200)
    author = forms.CharField(label=_("Author"), max_length=120, required=False)
    isbn = forms.CharField(label="ISBN", max_length=40, required=False)
    publisher = forms.CharField(label=_("Publisher"), max_length=120, required=False)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)
    hold = forms.BooleanField(label=_("Reserve it for the reader when it comes"), required=False)
    why = forms.CharField(
        label=_("Why although it is here"), max_length=120, required=False,
        help_text=_("Only where the library has it already."),
    )  # fmt: skip
    fields_of = {
        "card-unknown": "card",
        "suggestion-again": "card",
        "suggestion-many": "card",
        "title-missing": "title",
        "suggestion-isbn": "isbn",
        "suggestion-held": "why",
    }


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def suggestions(request: HttpRequest) -> HttpResponse:
    """What is asked for: open first; a form for a reader at the desk."""
    library = service_point(request).library
    form = SuggestForm(request.POST or None)

    def act(ctx: Context) -> None:
        names = ("card", "title", "author", "isbn", "publisher", "note", "hold")
        why = form.cleaned_data["why"]
        lift = (Override("suggestion-held", why),) if why else ()
        given = {n: form.cleaned_data[n] for n in names}
        commands.suggest(**given, ctx=replace(ctx, overrides=lift))

    if request.method == "POST" and attempt(request, form, act):
        messages.success(request, gettext("The suggestion is written down."))
        return redirect("office:suggestions")
    shown = "done" if request.GET.get("show") == "done" else "open"
    states = ("arrived", "declined") if shown == "done" else ("asked", "accepted", "ordered")
    here = [p.id for p in places.subtree(library)]
    drafts = [
        o for o in queries.orders(here) if o.state == "draft" and may(request, ORDER, o.place)
    ]
    rows = []
    for one in queries.suggestions(library, states):
        query = urlencode(
            {"isbn": one.isbn, "title_text": one.title_text, "author": one.author,
             "publisher": one.publisher, "suggestion": one.id}
        )  # fmt: skip
        links = [
            (o.number, f"{reverse('office:order', kwargs={'order_id': o.id})}?{query}")
            for o in drafts
        ]
        at = commands.held(one.isbn, one.title_text) if one.state == "asked" else ""
        rows.append((one, STATES[one.state], links if one.state == "accepted" else [], at))
    context = {"form": form, "rows": rows, "shown": shown, "key": new_id()}
    return page(request, "office/suggestions.html", context, 422 if form.errors else 200)


@require_POST
@staff_required(ACTION)
def decide(request: HttpRequest, suggestion_id: str) -> HttpResponse:
    """Accept or decline."""
    accepted = request.POST.get("answer") == "accept"
    why = request.POST.get("why", "")[:200]
    said = (
        gettext("It will be bought; the readers are told.")
        if accepted
        else gettext("It will not be bought; the readers are told why.")
    )
    press(
        request,
        lambda ctx: commands.decide_suggestion(
            suggestion=suggestion_id, accepted=accepted, why=why, ctx=ctx
        ),
        said,
    )
    return redirect("office:suggestions")
