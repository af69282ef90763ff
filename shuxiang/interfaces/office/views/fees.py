"""收费规则: the dated rows of what a place charges, and deposits brought along taken into the books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.fees import commands
from shuxiang.apps.fees import queries as fees
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.money import YuanField
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, service_point, staff_required
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.common.words import yuan
from shuxiang.interfaces.office.acts import KeyedForm, attempt, day_field, press
from shuxiang.interfaces.office.pages import chosen_place, page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

ACTION = "fees.rules"
KINDS: dict[str, str | Promise] = {
    "overdue": _("Overdue charge"),
    "points": _("Credit points"),
    "deposit": _("Deposit needed"),
    "limit": _("Lending stops above"),
    "card": _("Replaced card"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A rule with its names and what it says. ``state`` is now, later or past; ``act`` what the clerk
    may do with it: end, cancel, or nothing."""

    rule: fees.Rule
    kind: str | Promise
    place: str
    reader: str
    item: str
    terms: str
    state: str
    act: str


@require_safe
@staff_required(ACTION)
def rules(request: HttpRequest) -> HttpResponse:
    """Every row said at the chosen place or above it, and the switch."""
    options = permitted_places(request, ACTION, network=True)
    try:
        site = chosen_place(request, options)
    except LookupError:
        return render_error(request, 403)
    today = clock.business_date(clock.now())
    names = {p.id: p.name for p in places.all_places()}
    readers = {fees.ANY: gettext("Any reader")} | {c.code: c.name for c in patrons.categories()}
    items = {fees.ANY: gettext("Any item")} | {code: n for code, n, _l in stock.categories()}
    order = list(KINDS)
    found = sorted(
        fees.rules_at(site.id),
        key=lambda r: (order.index(r.kind), r.depth, r.reader_category, r.valid_from),
    )
    rows = [
        Row(
            r,
            KINDS[r.kind],
            names.get(r.place, ""),
            readers.get(r.reader_category, "?"),
            items.get(r.item_category, "?"),
            terms(r),
            _state(r, today),
            _act(request, r, today),
        )
        for r in found
    ]
    switch = places.setting(site.id, "fees.at_desk")
    count, amount = patrons.brought_deposits(site.id)
    context = {
        "site": site,
        "options": options,
        "rows": rows,
        "kinds": KINDS.items(),
        "on": bool(switch.value),
        "origin": switch.origin.name if switch.origin else "",
        "may_switch": may(request, "places.edit", site.id),
        "brought": count if may(request, "fees.deposit", site.id) else 0,
        "brought_fen": amount,
        "key": new_id(),
    }
    return page(request, "office/fees.html", context)


def terms(rule: fees.Rule) -> str:
    """What a row says, in words."""
    said: list[str] = []
    if rule.kind == "overdue":
        if not rule.amount_fen:
            return gettext("nothing is charged")
        said.append(gettext("%(fen)s an open day") % {"fen": yuan(rule.amount_fen)})
        if rule.cap_fen is not None:
            said.append(gettext("at most %(fen)s a book") % {"fen": yuan(rule.cap_fen)})
    elif rule.kind == "points":
        said.append(gettext("%(points)s points") % {"points": rule.points})
        said.append(gettext("%(points)s lost a book and open day") % {"points": rule.per_day})
        said.append(
            gettext("back after %(days)s days") % {"days": rule.restore_days}
            if rule.restore_days
            else gettext("back when somebody gives them")
        )
    elif rule.kind == "deposit":
        said.append(yuan(rule.amount_fen) if rule.amount_fen else gettext("no deposit"))
        if rule.price_cap:
            said.append(gettext("no book dearer than the deposit"))
    elif rule.kind == "card":
        said.append(gettext("%(fen)s a card") % {"fen": yuan(rule.amount_fen)})
    else:
        said.append(gettext("owing more than %(fen)s") % {"fen": yuan(rule.amount_fen)})
    if rule.grace_days:
        said.append(gettext("the first %(days)s days free") % {"days": rule.grace_days})
    return gettext(", ").join(said)


def _state(rule: fees.Rule, on: date) -> str:
    if rule.valid_from > on:
        return "later"
    return "past" if rule.valid_to and rule.valid_to < on else "now"


def _act(request: HttpRequest, rule: fees.Rule, today: date) -> str:
    if (rule.valid_to and rule.valid_to < today) or not may(request, ACTION, rule.place):
        return ""
    return "cancel" if rule.valid_from > today else "end"


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
    """What every row has: where, for whom, from when."""

    place = forms.ChoiceField(label=_("Site"), help_text=_("With everything below it."))
    reader_category = forms.ChoiceField(label=_("Reader category"))
    valid_from = day_field(_("In force from"), _("Today at the earliest."))
    valid_to = day_field(_("Last day"), _("Left empty: until another row."), required=False)
    note = forms.CharField(
        label=_("Note"), max_length=120, required=False, help_text=_("Such as the decision it is.")
    )
    fields_of = {
        "rule-dates": "valid_to",
        "rule-exists": "valid_from",
        "fee-rule-past": "valid_from",
    }


class OverdueForm(RuleForm):
    """逾期费."""

    item_category = forms.ChoiceField(label=_("Item category"))
    amount_fen = YuanField(
        label=_("Yuan an open day"), help_text=_("0: nothing is charged for these.")
    )
    cap_fen = YuanField(
        label=_("At most yuan a book"), required=False, help_text=_("Left empty: no cap.")
    )
    grace_days = _number(_("Days of grace"), _("So many open days are free."), initial=0)


class PointsForm(RuleForm):
    """信用分."""

    item_category = forms.ChoiceField(label=_("Item category"))
    points = _number(_("Points to begin with"), initial=10)
    per_day = _number(_("Points lost a book and open day"), initial=1)
    grace_days = _number(_("Days of grace"), _("So many open days are free."), initial=0)
    restore_days = _number(
        _("Back after so many days"),
        _("Left empty: only when somebody gives them back."),
        required=False,
    )


class DepositForm(RuleForm):
    """押金."""

    amount_fen = YuanField(label=_("Yuan of deposit"), help_text=_("0: none for these."))
    price_cap = forms.BooleanField(label=_("No book dearer than the deposit"), required=False)


class LimitForm(RuleForm):
    """欠费停借."""

    amount_fen = YuanField(label=_("Lending stops when more yuan is owed than"))


class CardForm(RuleForm):
    """补证工本费."""

    amount_fen = YuanField(
        label=_("Yuan a card"), help_text=_("Charged when a card is replaced, paid at the desk.")
    )


FORMS: dict[str, type[RuleForm]] = {
    "overdue": OverdueForm,
    "points": PointsForm,
    "deposit": DepositForm,
    "limit": LimitForm,
    "card": CardForm,
}


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """Add a dated row of a kind."""
    if kind not in FORMS:
        raise Http404
    sites = permitted_places(request, ACTION, network=True)
    choices: dict[str, Any] = {
        "place": [(p.code, p.name) for p in sites],
        "reader_category": [
            (fees.ANY, _("Any reader")),
            *((c.code, c.name) for c in patrons.categories()),
        ],
    }
    if kind in ("overdue", "points"):
        every = ((code, name) for code, name, _l in stock.categories())
        choices["item_category"] = [(fees.ANY, _("Any item")), *every]
    today = clock.business_date(clock.now())
    if request.method == "GET":
        first = {"valid_from": today, "place": service_point(request).code}
        form = FORMS[kind](initial=first, choices=choices)
    else:
        if request.POST.get("place") not in {p.code for p in sites}:
            return render_error(request, 403)
        form = FORMS[kind](request.POST, choices=choices)
        if attempt(request, form, lambda ctx: _add(kind, form, ctx)):
            messages.success(request, gettext("The rule is entered."))
            return redirect("office:fees")
    context = {
        "form": form,
        "title": KINDS[kind],
        "back": "office:fees",
        "back_label": _("Fee rules"),
        "about": _(
            "Nothing is charged for days before it begins, nor for days on which the library was closed."
        ),
    }
    return page(request, "office/form.html", context, 422 if form.errors else 200)


def _add(kind: str, form: RuleForm, ctx: Any) -> str:
    given = {k: v for k, v in form.cleaned_data.items() if k not in ("key", "place")}
    site = places.place_by_code(form.cleaned_data["place"])
    return commands.add_rule(kind=kind, place=site.id, **given, ctx=ctx)


def _mine(request: HttpRequest, rule_id: str) -> fees.Rule | HttpResponse:
    found = fees.rule(rule_id)
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
    return redirect("office:fees")


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
        return redirect("office:fees")
    context = {
        "form": form,
        "title": _("End a rule"),
        "back": "office:fees",
        "back_label": _("Fee rules"),
        "about": terms(found),
    }
    return page(request, "office/form.html", context, 422 if form.errors else 200)


@require_POST
@staff_required("fees.deposit")
def take_over(request: HttpRequest) -> HttpResponse:
    """Take every deposit brought along to a place and below it into the books."""
    try:
        site = chosen_place(request, permitted_places(request, "fees.deposit", network=True))
    except LookupError:
        return render_error(request, 403)
    ctx = acting(request, channel="office", key=request.POST.get("key", "")[:40])
    try:
        count, amount = commands.take_over_deposits(place=site.id, ctx=ctx)
    except Refused as refused:
        messages.error(request, " ".join(refusal(refused.decision)))
    else:
        said = ngettext(
            "The deposit of %(n)s reader, %(amount)s, is in the books.",
            "The deposits of %(n)s readers, %(amount)s, are in the books.",
            count,
        )
        messages.success(request, said % {"n": count, "amount": yuan(amount)})
    back = "office:fees" if may(request, ACTION) else "office:cash"
    return redirect(back)
