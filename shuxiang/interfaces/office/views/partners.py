"""Partner libraries: what is agreed, how they are reached, what they have not been told yet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.exchange import commands, queries
from shuxiang.apps.patrons import queries as patrons
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, day_field, press
from shuxiang.interfaces.office.pages import page
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id

ACTION = "exchange.edit"
ADAPTERS: dict[str, str | Promise] = {
    "manual": _("By hand: telephone, courier's list"),
    "file": _("By files that are exchanged"),
    "off": _("Not reached for now"),
}
SHOWN = ("number", "barcode", "title", "author", "isbn")
"""What of a message is told on the page."""
NUMBERS = ("card_digits", "loan_limit", "check_days", "offline_limit", "item_digits")
KINDS: dict[str, str | Promise] = {
    "return": _("Their book was given back here"),
    "ask": _("A book is asked for"),
    "cancel": _("A request is cancelled"),
    "back": _("A borrowed book is on its way back"),
}


class PartnerForm(KeyedForm):
    """Another library, and how it is reached."""

    code = forms.CharField(
        label=_("Code"), max_length=16, help_text=_("Lower-case letters, digits and hyphens.")
    )
    name = forms.CharField(label=_("Designation"), max_length=80)
    adapter = forms.ChoiceField(label=_("How it is reached"), choices=list(ADAPTERS.items()))
    fields_of = {
        "place-code-invalid": "code",
        "place-code-taken": "code",
        "name-missing": "name",
    }


class ReachForm(KeyedForm):
    """How a partner is reached, and whether at all."""

    adapter = forms.ChoiceField(label=_("How it is reached"), choices=list(ADAPTERS.items()))
    active = forms.BooleanField(label=_("We work with it"), required=False)


def _number(label: Any, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        min_value=0,
        max_value=999,
        initial=0,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class AgreementForm(KeyedForm):
    """A dated row of what is agreed."""

    valid_from = day_field(_("In force from"))
    valid_to = day_field(_("Last day"), _("Left empty: until another row."), required=False)
    cards = forms.BooleanField(label=_("Their cards are good here"), required=False)
    reader_category = forms.ChoiceField(
        label=_("Their readers borrow like"), required=False, choices=()
    )
    card_prefix = forms.CharField(label=_("Their card numbers begin with"), required=False)
    card_digits = _number(_("Digits after that"), _("0: not recognised by their form."))
    loan_limit = _number(_("Books at a time on their card"), _("0: as the loan rules say."))
    check_days = _number(_("A check of the card holds for days"))
    offline_limit = _number(
        _("Books that may be out without a check"), _("For when their system can't be reached.")
    )
    returns = forms.BooleanField(label=_("Their books are taken back here"), required=False)
    item_prefix = forms.CharField(label=_("Their barcodes begin with"), required=False)
    item_digits = _number(
        _("Digits of a barcode after that"), _("0: not recognised by their form.")
    )
    lending = forms.BooleanField(label=_("We borrow from them for our readers"), required=False)
    our_cards = forms.BooleanField(
        label=_("Our cards are good there"),
        required=False,
        help_text=_("Card numbers and last days are published to them, no names."),
    )
    note = forms.CharField(label=_("Note"), max_length=120, required=False)
    fields_of = {
        "agreement-dates": "valid_from",
        "agreement-exists": "valid_from",
        "category-unknown": "reader_category",
    }


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def partners(request: HttpRequest) -> HttpResponse:
    """Every partner, and a form to add one."""
    form = PartnerForm(request.POST or None)
    made: list[str] = []
    if request.method == "POST" and attempt(
        request,
        form,
        lambda ctx: made.append(
            commands.add_partner(
                code=form.cleaned_data["code"],
                name=form.cleaned_data["name"],
                adapter=form.cleaned_data["adapter"],
                ctx=ctx,
            )
        ),
    ):
        return redirect("office:partner", partner_id=made[0])
    rows = [(p, ADAPTERS[p.adapter]) for p in queries.partners()]
    context = {"form": form, "rows": rows}
    return page(request, "office/partners.html", context, 422 if form.errors else 200)


def _found(partner_id: str) -> queries.PartnerView:
    found = queries.partner(partner_id)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def partner(request: HttpRequest, partner_id: str) -> HttpResponse:
    """A partner: agreements, a form for the next one, and the queue of messages."""
    found = _found(partner_id)
    today = clock.business_date(clock.now())
    categories = [("", "—"), *((c.code, c.name) for c in patrons.categories())]
    form = AgreementForm(
        request.POST or None,
        initial={"valid_from": today, "check_days": 1},
        choices={"reader_category": categories},
    )

    def agree(ctx: Any) -> str:
        given = {k: v for k, v in form.cleaned_data.items() if k != "key"}
        given |= {n: given[n] or 0 for n in NUMBERS}
        return commands.agree(partner=found.id, **given, ctx=ctx)

    if request.method == "POST" and attempt(request, form, agree):
        messages.success(request, gettext("The agreement is entered."))
        return redirect("office:partner", partner_id=partner_id)
    agreed = queries.agreements(found.id)
    now = queries.terms(found.id, today)
    context = {
        "partner": found,
        "reached": ADAPTERS[found.adapter],
        "reach": ReachForm(initial={"adapter": found.adapter, "active": found.active}),
        "form": form,
        "agreed": [(a, now is not None and a.id == now.id) for a in agreed],
        "today": today,
        "messages_waiting": [
            (m, KINDS.get(m.kind, m.kind), [m.body[n] for n in SHOWN if m.body.get(n)])
            for m in queries.messages_waiting(found.id)
        ],
        "key": new_id(),
    }
    return page(request, "office/partner.html", context, 422 if form.errors else 200)


@require_POST
@staff_required(ACTION)
def reach(request: HttpRequest, partner_id: str) -> HttpResponse:
    """How the partner is reached from now on."""
    found = _found(partner_id)
    form = ReachForm(request.POST)
    adapter = form.data.get("adapter", "")
    press(
        request,
        lambda ctx: commands.change_partner(
            partner=found.id, adapter=adapter, active=bool(form.data.get("active")), ctx=ctx
        ),
        gettext("The change is saved."),
    )
    return redirect("office:partner", partner_id=partner_id)


@require_POST
@staff_required(ACTION)
def end(request: HttpRequest, partner_id: str) -> HttpResponse:
    """An agreement ends today."""
    found = _found(partner_id)
    agreement = request.POST.get("agreement", "")[:40]
    today = clock.business_date(clock.now())
    press(
        request,
        lambda ctx: commands.end_agreement(agreement=agreement, last_day=today, ctx=ctx),
        gettext("The agreement ends today."),
    )
    return redirect("office:partner", partner_id=found.id)


@require_POST
@staff_required(ACTION)
def settle(request: HttpRequest, partner_id: str) -> HttpResponse:
    """A message was told another way, or is given up."""
    found = _found(partner_id)
    message = request.POST.get("message", "")[:40]
    told = request.POST.get("told") == "1"
    press(
        request,
        lambda ctx: commands.settle_message(message=message, told=told, ctx=ctx),
        gettext("Marked as told.") if told else gettext("The message is given up."),
    )
    return redirect("office:partner", partner_id=found.id)
