"""Lost and damaged items: reported, settled, found again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.fees import queries as fees
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.money import METHODS
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, service_point, staff_required
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.office.book_forms import PriceField
from shuxiang.interfaces.office.item_words import KINDS, WAYS, Names
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

ACTION = "circulation.report_lost"
SHOWN = 50
CASES: dict[str, tuple[str, str | Promise]] = {
    "open": ("refused", gettext_lazy("Not settled")),
    "back": ("notice", gettext_lazy("Scanned again, to be closed")),
    "settled": ("ok", gettext_lazy("Settled")),
    "ended": ("muted", pgettext_lazy("case", "Closed")),
}


class ReportForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("What happened"),
        choices=tuple(KINDS.items()),
        widget=forms.RadioSelect,
        initial="lost",
    )
    why = forms.CharField(
        label=gettext_lazy("How it came about"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)


class SettleForm(forms.Form):
    how = forms.ChoiceField(label=gettext_lazy("Settled by"), widget=forms.RadioSelect)
    amount = PriceField(
        label=gettext_lazy("Amount in yuan"),
        required=False,
        help_text=gettext_lazy("Only when it is paid."),
    )
    method = forms.ChoiceField(label=gettext_lazy("Paid by"), choices=list(METHODS.items()))
    barcode = forms.CharField(
        label=gettext_lazy("Barcode of the copy given"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Empty: the next free one."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    why = forms.CharField(
        label=gettext_lazy("Why, or number of the receipt"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, may_waive: bool, money: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not money:
            del self.fields["method"]
        field = self.fields["how"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (way, words) for way, words in WAYS.items() if may_waive or way != "waived"
        ]


class FoundForm(forms.Form):
    why = forms.CharField(label=gettext_lazy("How it was found"), max_length=200)
    refunded = forms.BooleanField(label=gettext_lazy("What was paid is given back"), required=False)


class CancelForm(forms.Form):
    why = forms.CharField(label=gettext_lazy("Why it is taken back"), max_length=200)


@require_safe
@staff_required(ACTION)
def cases(request: HttpRequest) -> HttpResponse:
    """Reports at the places open to the clerk, newest first."""
    state = request.GET.get("state", "open")
    state = state if state in CASES else ""
    owners = [p.id for p in permitted_places(request, ACTION)]
    number = request.GET.get("page", "1")
    at = max(int(number), 1) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    rows, total = loans.lost_cases(owners, state=state, offset=(at - 1) * SHOWN, limit=SHOWN)
    names = Names()
    context = {
        "rows": [
            (case, CASES[case.state], KINDS[case.kind], names.places.get(case.place, ""))
            for case in rows
        ],
        "state": state,
        "states": [(code, words) for code, (_kind, words) in CASES.items()],
        "page": Paginator(range(total), SHOWN).get_page(at),
    }
    return page(request, "office/lost.html", context)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def report(request: HttpRequest, item_id: str) -> HttpResponse:
    """Report an item lost or damaged."""
    item = stock.scanned_item(item_id)
    if item is None:
        raise Http404
    form = ReportForm(request.POST or None, initial={"key": new_id(), "kind": "lost"})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            case = circulation.report_lost(
                item=item_id,
                kind=data["kind"],
                why=data["why"],
                ctx=acting(request, channel="office", key=data["key"]),
            )
        except Refused as refused:
            if "not-permitted" in refused.decision.codes:
                return render_error(request, 403)
            for said in refusal(refused.decision):
                form.add_error(None, said)
        else:
            messages.success(request, _("It is on record."))
            return redirect("office:lost_case", case_id=case)
    if form.is_bound:
        form.data = form.data.copy()
        form.data["key"] = new_id()
    loan = loans.open_loan_of(item_id)
    context = {"item": item, "form": form, "loan": loan, "known": loans.lost_case_of(item_id)}
    return page(request, "office/report_lost.html", context, 422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def case(request: HttpRequest, case_id: str) -> HttpResponse:
    """A report: how it stands, and the acts that are open."""
    found = loans.lost_case(case_id)
    if found is None:
        raise Http404
    if not (may(request, ACTION, found.place) or may(request, ACTION, found.owner)):
        return render_error(request, 403)
    may_waive = may(request, "circulation.waive_lost")
    money = fees.at_desk(service_point(request).id)
    made: dict[str, forms.Form] = {
        "settle": SettleForm(
            may_waive=may_waive, money=money, initial={"how": "replaced", "amount": found.price_fen}
        ),
        "found": FoundForm(auto_id="found_%s"),
        "cancel": CancelForm(auto_id="cancel_%s"),
    }
    reasons: list[str] = []
    chosen = request.POST.get("act", "")
    if request.method == "POST":
        if chosen == "settle":
            made["settle"] = SettleForm(request.POST, may_waive=may_waive, money=money)
        elif chosen == "found":
            made["found"] = FoundForm(request.POST, auto_id="found_%s")
        elif chosen == "cancel":
            made["cancel"] = CancelForm(request.POST, auto_id="cancel_%s")
        else:
            return render_error(request, 400)
        if made[chosen].is_valid():
            ctx = acting(request, channel="office", key=request.POST.get("key", "")[:60])
            try:
                said = _act(chosen, case_id, made[chosen].cleaned_data, ctx)
            except Refused as refused:
                if "not-permitted" in refused.decision.codes:
                    return render_error(request, 403)
                reasons = refusal(refused.decision)
            else:
                messages.success(request, said)
                return redirect("office:lost_case", case_id=case_id)
    names = Names()
    context = {
        "case": found,
        "state": CASES[found.state],
        "kind": KINDS[found.kind],
        "way": WAYS.get(found.settled_as, ""),
        "place": names.places.get(found.place, ""),
        "reported_by": _who(names, found.reported_by),
        "settled_by": _who(names, found.settled_by),
        "ended_by": _who(names, found.ended_by),
        "forms": made,
        "chosen": chosen,
        "reasons": reasons,
        "may_settle": may(request, "circulation.settle_lost"),
        "may_see_reader": may(request, "patrons.view"),
        "key": new_id(),
        "money": money,
        "payment": fees.payment_about(case_id),
    }
    return page(request, "office/lost_case.html", context, 422 if reasons or chosen else 200)


def _who(names: Names, account: str) -> str:
    return names.people.get(account, "") if account != "system" else names.actor("system", "")


def _act(name: str, case_id: str, data: dict[str, Any], ctx: Context) -> str:
    if name == "settle":
        circulation.settle_lost(
            case=case_id,
            how=data["how"],
            why=data["why"],
            amount_fen=data["amount"] if data["how"] == "paid" else None,
            barcode=data["barcode"],
            method=data.get("method", "cash"),
            ctx=ctx,
        )
        return _("It is settled.")
    if name == "found":
        circulation.found_again(case=case_id, why=data["why"], refunded=data["refunded"], ctx=ctx)
        return _("The book is available again and the report closed.")
    circulation.cancel_settlement(case=case_id, why=data["why"], ctx=ctx)
    return _("The settlement is taken back; the report is open again.")
