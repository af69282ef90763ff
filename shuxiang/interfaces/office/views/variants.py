"""异形词: spellings of one word that a search for either finds, the same for the whole tree."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from shuxiang.apps.places import queries as places
from shuxiang.apps.search import commands as search
from shuxiang.apps.search.queries import spelling_variants
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, press
from shuxiang.interfaces.office.pages import page
from shuxiang.kernel.ids import new_id

EDIT = "catalog.edit_variants"


class SpellingsForm(KeyedForm):
    """The spellings of one word, apart by blanks."""

    spellings = forms.CharField(
        label=_("Spellings"),
        max_length=80,
        help_text=_("Two to five, with a blank between them: 身份 身分"),
    )
    fields_of = {"variant-count-invalid": "spellings", "text-too-long": "spellings"}


@require_http_methods(["GET", "POST"])
@staff_required(EDIT)
def variants(request: HttpRequest) -> HttpResponse:
    """The spellings in use; a form to add some, a button to leave some out of use."""
    if not may(request, EDIT, places.top().id):
        return render_error(request, 403)
    if request.method == "POST" and request.POST.get("act") == "remove":
        row = tuple(request.POST.get("row", "").split())
        press(
            request,
            lambda ctx: search.set_variant(spellings=row, active=False, ctx=ctx),
            gettext("Not used any more: %(row)s") % {"row": " ".join(row)},
        )
        return redirect("office:variants")
    form = SpellingsForm(request.POST or None)
    if request.method == "POST" and attempt(
        request,
        form,
        lambda ctx: search.set_variant(
            spellings=tuple(form.cleaned_data["spellings"].split()), active=True, ctx=ctx
        ),
    ):
        messages.success(request, gettext("Saved."))
        return redirect("office:variants")
    context = {"form": form, "rows": sorted(spelling_variants()), "key": new_id()}
    return page(request, "office/variants.html", context, 422 if form.errors else 200)
