"""Reader and item categories, the same for the whole tree."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from shuxiang.apps.patrons import commands as readers
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import categories as items
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt
from shuxiang.interfaces.office.pages import page

READERS = "patrons.edit_categories"
ITEMS = "stock.edit_categories"
_CODE_HELP = _("Lower-case letters, digits and -; it stays for good.")


def _age(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=120, required=False)


class ReaderForm(KeyedForm):
    """A reader category."""

    code = forms.CharField(label=_("Code"), max_length=32, help_text=_CODE_HELP)
    name = forms.CharField(label=_("Designation"), max_length=40)
    least_age = _age(_("Least age"))
    most_age = _age(_("Greatest age"))
    needs_guardian = forms.BooleanField(label=_("Needs a guardian"), required=False)
    for_groups = forms.BooleanField(label=_("For groups"), required=False)
    valid_months = forms.IntegerField(
        label=_("A card is valid for so many months"), min_value=1, max_value=1200, initial=60
    )
    fields_of = {
        "category-code-invalid": "code",
        "ages-reversed": "most_age",
        "valid-months-missing": "valid_months",
    }


class ItemForm(KeyedForm):
    """An item category."""

    code = forms.CharField(label=_("Code"), max_length=32, help_text=_CODE_HELP)
    name = forms.CharField(label=_("Designation"), max_length=40)
    lendable = forms.BooleanField(
        label=_("May be lent"),
        required=False,
        initial=True,
        help_text=_("Otherwise all of them stay in the house, whatever the loan rules say."),
    )
    fields_of = {"category-code-invalid": "code"}


@require_http_methods(["GET", "POST"])
@staff_required(READERS)
def reader_categories(request: HttpRequest) -> HttpResponse:
    """The reader categories, and a form to add or change one."""
    if not may(request, READERS, places.top().id):
        return render_error(request, 403)
    rows = patrons.categories()
    form = ReaderForm(request.POST or None, initial=_first(request, rows, ReaderForm))
    if request.method == "POST" and attempt(
        request, form, lambda ctx: readers.set_category(**_given(form), ctx=ctx)
    ):
        messages.success(request, gettext("Saved."))
        return redirect("office:reader_categories")
    context = {"form": form, "rows": rows, "editing": request.GET.get("code", "")}
    return page(request, "office/reader_categories.html", context, 422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff_required(ITEMS)
def item_categories(request: HttpRequest) -> HttpResponse:
    """The item categories, and a form to add or change one."""
    if not may(request, ITEMS, places.top().id):
        return render_error(request, 403)
    rows = [
        {"code": code, "name": name, "lendable": lendable}
        for code, name, lendable in stock.categories()
    ]
    form = ItemForm(request.POST or None, initial=_first(request, rows, ItemForm))
    if request.method == "POST" and attempt(
        request, form, lambda ctx: items.set_category(**_given(form), ctx=ctx)
    ):
        messages.success(request, gettext("Saved."))
        return redirect("office:item_categories")
    context = {"form": form, "rows": rows, "editing": request.GET.get("code", "")}
    return page(request, "office/item_categories.html", context, 422 if form.errors else 200)


def _given(form: KeyedForm) -> dict[str, Any]:
    return {k: v for k, v in form.cleaned_data.items() if k != "key"}


def _first(request: HttpRequest, rows: Any, form: type[KeyedForm]) -> dict[str, Any]:
    """The values of the category that the address names, for changing it."""
    code = request.GET.get("code", "")
    for row in rows:
        values = (
            row if isinstance(row, dict) else {n: getattr(row, n, None) for n in form.base_fields}
        )
        if code and values["code"] == code:
            return {n: values[n] for n in form.base_fields if n != "key"}
    return {}
