"""The daily work with partner libraries: their cards here, their books given back, books borrowed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.exchange import commands, queries
from shuxiang.apps.places import queries as places
from shuxiang.documents.lists import ItemList
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.library import library_name
from shuxiang.interfaces.common.staff import may, service_point, staff_required
from shuxiang.interfaces.common.words import local_date
from shuxiang.interfaces.office.acts import KeyedForm, attempt, day_field, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.interfaces.office.scan_lists import ScansForm, each, printed, tidy
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.values import scanned

VISITORS, RETURNS, INTERLOANS = (
    "circulation.visitors",
    "circulation.check_in",
    "circulation.interloan",
)
STATES: dict[str, tuple[str, str | Promise]] = {
    "valid": ("ok", _("Valid")),
    "invalid": ("refused", _("Not valid")),
    "unchecked": ("notice", _("Not checked")),
}
INTERLOAN_STATES: dict[str, tuple[str, str | Promise]] = {
    "asked": ("notice", _("Asked for")),
    "received": ("ok", _("Here")),
    "returned": ("muted", _("Sent back")),
    "cancelled": ("muted", _("Cancelled")),
}


def _partners(on: date, **has: bool) -> list[tuple[str, str]]:
    """(id, name) of the partners whose agreement today includes something."""
    agreed = {t.partner for t in queries.in_force(on) if all(getattr(t, k) for k in has)}
    return [(p.id, p.name) for p in queries.partners() if p.id in agreed]


class CardForm(KeyedForm):
    """A card of a partner in the clerk's hand."""

    partner = forms.ChoiceField(label=_("Issued by"))
    number = forms.CharField(label=_("Card number"), max_length=40)
    name = forms.CharField(
        label=_("Name"), max_length=80, required=False, help_text=_("Needed the first time.")
    )
    born_on = day_field(_("Birth date"), required=False)
    said = forms.ChoiceField(
        label=_("What its library said"),
        choices=(
            ("", _("Ask it now")),
            ("valid", _("I asked: the card is valid")),
            ("invalid", _("I asked: it is not valid")),
        ),
        required=False,
    )
    fields_of = {"name-missing": "name", "visitor-number": "number", "agreement-none": "partner"}


@require_http_methods(["GET", "POST"])
@staff_required(VISITORS)
def visitors(request: HttpRequest) -> HttpResponse:
    """A partner's card is looked at, checked where the link is up, and good at the desk from then on."""
    today = clock.business_date(clock.now())
    issuers = _partners(today, cards=True)
    form = CardForm(
        request.POST or None,
        choices={"partner": issuers},
        initial={"number": request.GET.get("number", "")[:40]},
    )
    done: list[commands.Accepted] = []

    def accept(ctx: Context) -> None:
        data = form.cleaned_data
        said, how, until = data["said"], "clerk", None
        valid: bool | None = said == "valid"
        if not said:
            partner = queries.partner(data["partner"])
            answer = queries.verify(partner, scanned(data["number"])) if partner else None
            valid, how = (None, "none") if answer is None else (answer.valid, "link")
            until = answer.valid_until if answer else None
        done.append(
            commands.accept_card(
                partner=data["partner"], number=data["number"], name=data["name"],
                born_on=data["born_on"], valid=valid, how=how, valid_until=until, ctx=ctx,
            )
        )  # fmt: skip

    if request.method == "POST" and attempt(request, form, accept):
        said = {
            "valid": gettext("The card is valid: it borrows at the desk like any other."),
            "invalid": gettext(
                "Its library says that the card is not valid. Nothing is lent on it."
            ),
            "unchecked": gettext(
                "Its library could not be asked. What the agreement allows without a check is lent."
            ),
        }[done[0].state]
        (messages.success if done[0].state == "valid" else messages.warning)(request, said)
        return redirect("office:visitors")
    names = dict(issuers)
    rows = [
        (v, names.get(v.partner, ""), STATES[v.state])
        for v in queries.visitors([p.id for p in queries.partners()])
    ]
    context = {"form": form, "rows": rows, "issuers": issuers}
    return page(request, "office/visitors.html", context, 422 if form.errors else 200)


# --- 代还 ------------------------------------------------------------------------------------


class ReturnsForm(ScansForm):
    partner = forms.ChoiceField(label=_("Books of"))
    field_order = ("partner", "barcodes")


@require_http_methods(["GET", "POST"])
@staff_required(RETURNS)
def returns(request: HttpRequest) -> HttpResponse:
    """Books of partners given back here: scanned, waiting, sent on."""
    today = clock.business_date(clock.now())
    owners = _partners(today, returns=True)
    form = ReturnsForm(request.POST or None, choices={"partner": owners})
    context: dict[str, Any] = {"form": form, "owners": owners}
    if request.method == "POST" and form.is_valid():
        partner = form.cleaned_data["partner"]

        def take(code: str, ctx: Context) -> tuple[Reason, ...]:
            commands.take_return(partner=partner, barcode=code, ctx=ctx)
            return ()

        def ours(item: Any, ctx: Context) -> tuple[Reason, ...]:
            if item.library != partner:
                # It is a book of ours: the desk takes it back.
                raise refuse(stop("barcode-taken", barcode=item.barcode))
            return take(item.barcode, ctx)

        context["outcome"] = each(request, form, ours, unknown=take)
    here = service_point(request)
    names = {p.id: p.name for p in queries.partners()}
    waiting = queries.returns_waiting([here.id])
    context |= {
        "here": here.name,
        "rows": [(w, names.get(w.partner, "")) for w in waiting],
        "to_send": [(i, n) for i, n in names.items() if any(w.partner == i for w in waiting)],
    }
    return page(request, "office/returns.html", context, 422 if form.errors else 200)


@require_POST
@staff_required(RETURNS)
def send(request: HttpRequest) -> HttpResponse:
    """Everything of a partner that waits here goes with the courier."""
    partner = request.POST.get("partner", "")[:40]
    sent: list[int] = []
    press(
        request,
        lambda ctx: sent.append(commands.send_returns(partner=partner, ctx=ctx)),
        gettext("The books are on their way."),
    )
    return redirect("office:returns")


@require_safe
@staff_required(RETURNS)
def returns_list(request: HttpRequest, partner_id: str) -> HttpResponse:
    """What waits here for a partner, to go with the courier."""
    here = service_point(request)
    waiting = [w for w in queries.returns_waiting([here.id]) if w.partner == partner_id]
    if not waiting:
        raise Http404
    made = ItemList(
        title="代还图书转送清单",
        library_name=library_name(here.library),
        facts=tidy(
            {
                "转送至": library_name(partner_id),
                "代还地点": here.name,
                "日期": local_date(clock.business_date(clock.now())),
            }
        ),
        columns=("条码", "还入时间"),
        widths=(3, 3),
        rows=[(w.barcode, f"{clock.local(w.taken_at):%Y-%m-%d %H:%M}") for w in waiting],
        signatures=("交出", "物流", "接收"),
        printed_at=clock.local(clock.now()),
    )
    return printed(made, "returns")


# --- 馆际互借 --------------------------------------------------------------------------------


class AskForm(KeyedForm):
    """A book to be borrowed from a partner for a reader."""

    partner = forms.ChoiceField(label=_("Borrow from"))
    card = forms.CharField(label=_("Card of the reader"), max_length=40)
    title = forms.CharField(label=_("Title"), max_length=200)
    author = forms.CharField(label=_("Author"), max_length=120, required=False)
    isbn = forms.CharField(label=_("ISBN"), max_length=24, required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    fields_of = {
        "card-unknown": "card",
        "card-ambiguous": "card",
        "title-missing": "title",
        "agreement-none": "partner",
    }


class ReceiveForm(KeyedForm):
    """The book arrived."""

    barcode = forms.CharField(label=_("Barcode"), max_length=40)
    back_by = day_field(_("Must be back at its library on"))
    fields_of = {
        "barcode-missing": "barcode",
        "barcode-taken": "barcode",
        "interloan-back-by": "back_by",
    }


@require_http_methods(["GET", "POST"])
@staff_required(INTERLOANS)
def interloans(request: HttpRequest) -> HttpResponse:
    """Requests of the places open to the clerk, and a form for a new one."""
    today = clock.business_date(clock.now())
    lenders = _partners(today, lending=True)
    # From the page of what others have.
    given = {n: request.GET.get(n, "")[:200] for n in ("partner", "title", "author", "isbn")}
    form = AskForm(request.POST or None, initial=given, choices={"partner": lenders})
    made: list[str] = []

    def ask(ctx: Context) -> None:
        given = {k: v for k, v in form.cleaned_data.items() if k != "key"}
        made.append(commands.ask_interloan(**given, ctx=ctx))

    if request.method == "POST" and attempt(request, form, ask):
        return redirect("office:interloan", interloan_id=made[0])
    names = {p.id: p.name for p in permitted_places(request, INTERLOANS)}
    partners = {p.id: p.name for p in queries.partners()}
    rows = [
        (r, partners.get(r.partner, ""), names.get(r.place, ""), INTERLOAN_STATES[r.state])
        for r in queries.interloans(list(names))
    ]
    context = {"form": form, "rows": rows, "lenders": lenders, "today": today}
    context["filled"] = bool(given["title"])
    return page(request, "office/interloans.html", context, 422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff_required(INTERLOANS)
def interloan(request: HttpRequest, interloan_id: str) -> HttpResponse:
    """A request: what it is, and what comes next."""
    found = queries.interloan(interloan_id)
    if found is None:
        raise Http404
    if not may(request, INTERLOANS, found.place):
        return render_error(request, 403)
    form = ReceiveForm(request.POST or None)
    if request.method == "POST" and attempt(
        request,
        form,
        lambda ctx: commands.receive_interloan(
            interloan=found.id,
            barcode=form.cleaned_data["barcode"],
            back_by=form.cleaned_data["back_by"],
            ctx=ctx,
        ),
    ):
        messages.success(
            request, gettext("The book is here: it is lent at the desk like any other.")
        )
        return redirect("office:interloan", interloan_id=interloan_id)
    context = {
        "row": found,
        "state": INTERLOAN_STATES[found.state],
        "partner": library_name(found.partner),
        "place": places.place(found.place).name,
        "loan": circulation.open_loan_of(found.item) if found.item else None,
        "may_see": may(request, "patrons.view"),
        "form": form,
    }
    return page(request, "office/interloan.html", context, 422 if form.errors else 200)


@require_POST
@staff_required(INTERLOANS)
def interloan_act(request: HttpRequest, interloan_id: str, name: str) -> HttpResponse:
    """Send the book back, or cancel the request."""
    found = queries.interloan(interloan_id)
    acts = {
        "back": (commands.return_interloan, gettext("The book is on its way back.")),
        "cancel": (commands.cancel_interloan, gettext("The request is cancelled.")),
    }
    if found is None or name not in acts:
        raise Http404
    if not may(request, INTERLOANS, found.place):
        return render_error(request, 403)
    act, said = acts[name]
    press(request, lambda ctx: act(interloan=found.id, ctx=ctx), said)
    return redirect("office:interloan", interloan_id=interloan_id)
