"""Rows of the loan rules: adding a dated one, ending one in force, cancelling one to come."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.circulation import commands
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.circulation.queries import ANY
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, day_field, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel import clock

ACTION = "rules.edit"


def _number(label: Any, help_text: Any = "", **values: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        min_value=0,
        max_value=9999,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        **values,
    )


class RuleForm(KeyedForm):
    """A row of the rules, for whom and from when."""

    place = forms.ChoiceField(label=_("Site"), help_text=_("With everything below it."))
    reader_category = forms.ChoiceField(label=_("Reader category"))
    item_category = forms.ChoiceField(label=_("Item category"))
    valid_from = day_field(_("In force from"))
    valid_to = day_field(_("Last day"), _("Left empty: until another row."), required=False)
    lendable = forms.BooleanField(label=_("May be lent"), required=False, initial=True)
    loan_limit = _number(_("Books at a time"))
    loan_days = _number(_("Loan days"))
    renewal_limit = _number(_("Renewals"), initial=1)
    renewal_days = _number(_("Days a renewal adds"), initial=30)
    renew_from = forms.ChoiceField(
        label=_("A renewal counts"),
        choices=(("due", _("from the due date")), ("today", _("from the day of renewal"))),
    )
    renew_within_days = _number(
        _("Renewed at most so many days before it is due"),
        _("Left empty: at any time."),
        required=False,
    )
    most_extra_days = _number(
        _("All renewals add at most so many days"), _("Left empty: no such limit."), required=False
    )
    renew_overdue = forms.BooleanField(label=_("Overdue books may be renewed"), required=False)
    overdue_blocks = forms.BooleanField(
        label=_("Overdue books stop lending"), required=False, initial=True
    )
    hold_limit = _number(_("Reservations at a time"), _("0: this reader can't reserve."), initial=5)
    hold_on_shelf = forms.ChoiceField(
        label=_("Books on a shelf may be reserved"),
        choices=(
            ("always", _("always")),
            ("elsewhere", _("only where none stands at the pickup place")),
            ("never", _("never: only when every copy is out")),
        ),
    )
    hold_days = _number(
        _("A reservation waits at most so many days"),
        _("Left empty: without end."),
        required=False,
        initial=180,
    )
    pickup_days = _number(_("Days it is kept for pickup"), initial=5)
    renew_when_held = forms.BooleanField(
        label=_("May be renewed although others wait"), required=False
    )
    note = forms.CharField(
        label=_("Note"), max_length=120, required=False, help_text=_("Such as the decision it is.")
    )
    fields_of = {
        "rule-dates": "valid_to",
        "rule-exists": "valid_from",
        "rule-numbers": "loan_limit",
    }


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def add(request: HttpRequest) -> HttpResponse:
    """Add a dated row. One of the same cell that began earlier gives way from that day on."""
    sites = permitted_places(request, ACTION, network=True)
    readers = [(ANY, _("Any reader")), *((c.code, c.name) for c in patrons.categories())]
    items = [(ANY, _("Any item")), *((code, name) for code, name, _l in stock.categories())]
    choices = {
        "place": [(p.code, p.name) for p in sites],
        "reader_category": readers,
        "item_category": items,
    }
    today = clock.business_date(clock.now())
    if request.method == "GET":
        form = RuleForm(initial=_first(request, today), choices=choices)
    else:
        if request.POST.get("place") not in {p.code for p in sites}:
            return render_error(request, 403)
        form = RuleForm(request.POST, choices=choices)
        if attempt(request, form, lambda ctx: _add(form, ctx)):
            messages.success(request, gettext("The rule is entered."))
            return redirect("office:rules")
    context = {
        "form": form,
        "title": _("Add a rule"),
        "back": "office:rules",
        "back_label": _("Loan rules"),
        "about": _(
            "A row is never changed once in force: other numbers are another row from a later day."
        ),
    }
    return page(request, "office/form.html", context, 422 if form.errors else 200)


def _first(request: HttpRequest, today: Any) -> dict[str, Any]:
    like = circulation.rule(request.GET.get("like", ""))
    if like is None:
        return {"valid_from": today}
    first = {name: getattr(like, name) for name in RuleForm.base_fields if hasattr(like, name)}
    return first | {
        "place": places.place(like.place).code,
        "valid_from": today,
        "valid_to": None,
    }


def _add(form: RuleForm, ctx: Any) -> str:
    given = {k: v for k, v in form.cleaned_data.items() if k not in ("key", "place")}
    if not given["lendable"]:
        given |= {"loan_limit": given["loan_limit"] or 0, "loan_days": given["loan_days"] or 0}
    site = places.place_by_code(form.cleaned_data["place"])
    return commands.add_rule(place=site.id, **given, ctx=ctx)


def _mine(request: HttpRequest, rule_id: str) -> circulation.Rule | HttpResponse:
    found = circulation.rule(rule_id)
    if found is None:
        raise Http404
    return found if may(request, ACTION, found.place) else render_error(request, 403)


@require_POST
@staff_required(ACTION)
def cancel(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Take back a row that has not come into force."""
    found = _mine(request, rule_id)
    if isinstance(found, HttpResponse):
        return found
    press(
        request,
        lambda ctx: commands.cancel_rule(rule=found.id, ctx=ctx),
        gettext("The row is cancelled."),
    )
    return redirect("office:rules")


class EndForm(KeyedForm):
    """The last day of a row in force."""

    last_day = day_field(
        _("Last day"), _("Today at the earliest; afterwards less specific rows hold.")
    )
    fields_of = {"rule-dates": "last_day"}


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def end(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Let a row in force end on a day."""
    found = _mine(request, rule_id)
    if isinstance(found, HttpResponse):
        return found
    form = EndForm(request.POST or None, initial={"last_day": found.valid_to})
    if request.method == "POST" and attempt(
        request,
        form,
        lambda ctx: commands.end_rule(
            rule=found.id, last_day=form.cleaned_data["last_day"], ctx=ctx
        ),
    ):
        messages.success(request, gettext("The row ends on that day."))
        return redirect("office:rules")
    context = {
        "form": form,
        "title": _("End a rule"),
        "back": "office:rules",
        "back_label": _("Loan rules"),
    }
    return page(request, "office/form.html", context, 422 if form.errors else 200)
