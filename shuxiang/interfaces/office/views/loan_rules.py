"""Loan rules: the matrix at a place, and which row decides a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.circulation.queries import ANY, Rule
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common.staff import may, service_point, staff_required
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id

EDIT = "rules.edit"


class ExplainForm(forms.Form):
    """A case: which row would decide a loan there, for whom, of what, on which day?"""

    place = forms.ChoiceField(label=_("Site"))
    reader = forms.ChoiceField(label=_("Reader category"))
    item = forms.ChoiceField(label=_("Item category"))
    day = forms.DateField(
        label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, choices: dict[str, list[tuple[str, str]]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        for name, values in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = values


@dataclass(frozen=True, slots=True)
class Row:
    """A rule with its names. ``state`` is now, later or past on the day looked at; ``act`` what the
    clerk may do with the row: end, cancel, or nothing."""

    rule: Rule
    place: str
    reader: str
    item: str
    state: str
    act: str = ""


@require_safe
@staff_required()
def matrix(request: HttpRequest) -> HttpResponse:
    """Every rule said at the chosen place or above it; with a case, the row that decides it."""
    readers = {c.code: c.name for c in patrons.categories()}
    items = {code: name for code, name, _lendable in stock.categories()}
    sites = [p for p in places.all_places() if p.kind != "network"]
    asked = {"place", "reader", "item", "day"} <= set(request.GET)
    usual = next((p for p in sites if p.id == service_point(request).id), sites[0])
    first: dict[str, Any] = {
        "place": usual.code,
        "reader": next(iter(readers), ""),
        "item": next(iter(items), ""),
        "day": clock.business_date(clock.now()),
    }
    form = ExplainForm(
        request.GET if asked else None,
        initial=first,
        choices={
            "place": [(p.code, p.name) for p in sites],
            "reader": list(readers.items()),
            "item": list(items.items()),
        },
    )
    values = form.cleaned_data if form.is_valid() else first
    site = next(p for p in sites if p.code == values["place"])
    on, today = values["day"], clock.business_date(clock.now())
    names = {p.id: p.name for p in places.all_places()}

    def shown(rule: Rule) -> Row:
        anybody, anything = gettext("Any reader"), gettext("Any item")
        return Row(
            rule,
            names.get(rule.place, ""),
            anybody if rule.reader_category == ANY else readers.get(rule.reader_category, "?"),
            anything if rule.item_category == ANY else items.get(rule.item_category, "?"),
            _state(rule, on),
            _act(request, rule, today),
        )

    ordered = sorted(
        circulation.rules_at(site.id),
        key=lambda r: (
            r.depth,
            r.reader_category != ANY,
            r.reader_category,
            r.item_category,
            r.valid_from,
        ),
    )
    context: dict[str, Any] = {
        "form": form,
        "site": site,
        "rows": [shown(r) for r in ordered],
        "on": on,
        "asked": asked and form.is_valid(),
        "editing": bool(permitted_places(request, EDIT, network=True)),
        "key": new_id(),
    }
    if context["asked"]:
        found = circulation.explain(site.id, values["reader"], values["item"], on)
        context["overlay"] = found.overlay
        context["decides"] = shown(found.rule) if found.rule else None
        context["loses"] = [shown(r) for r in found.others]
        if found.rule and found.rule.lendable:
            context["due"] = circulation.due_date(site.id, on, found.rule.loan_days)
    return page(request, "office/rules.html", context, 422 if form.errors else 200)


def _act(request: HttpRequest, rule: Rule, today: date) -> str:
    if (rule.valid_to and rule.valid_to < today) or not may(request, EDIT, rule.place):
        return ""
    return "cancel" if rule.valid_from > today else "end"


def _state(rule: Rule, on: date) -> str:
    if rule.valid_from > on:
        return "later"
    return "past" if rule.valid_to and rule.valid_to < on else "now"
