"""A reader's money at the desk: what is owed, deposited and left in points, and its receipts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shuxiang.apps.fees import commands, queries
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common import money as words
from shuxiang.interfaces.common import staff
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.common.words import yuan
from shuxiang.interfaces.desk import money_forms as f
from shuxiang.interfaces.desk.views.pages import FAULTS, fault_status, fault_words, show
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused

VIEW = "fees.view"
RIGHTS = ("charge", "pay", "refund", "void", "waive", "deposit", "forfeit", "credit")


@dataclass(frozen=True, slots=True)
class Done:
    """What to tell after an act, and the transaction whose receipt is printed."""

    said: str
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """A form of the page and the command it becomes; ``of`` is the charge, payment or credit named."""

    run: Callable[[patrons.LoanReader, str, dict[str, Any], Context], Done]
    form: type[forms.Form] = forms.Form


def _pay(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    done = commands.pay(
        card=who.number,
        card_library=who.library,
        amount_fen=data["amount"] or 0,
        method=data["method"],
        reference=data["reference"],
        ctx=ctx,
    )
    return Done(_("%(amount)s taken.") % {"amount": yuan(done.amount_fen)}, done.entry)


def _pay_one(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    charge = queries.charge(of)
    done = commands.pay(
        card=who.number,
        card_library=who.library,
        amount_fen=charge.open_fen if charge else 0,
        method=data["method"],
        charges=(of,),
        ctx=ctx,
    )
    return Done(_("%(amount)s taken.") % {"amount": yuan(done.amount_fen)}, done.entry)


def _charge(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    done = commands.charge(
        card=who.number,
        card_library=who.library,
        amount_fen=data["amount"] or 0,
        kind=data["kind"],
        note=data["note"],
        ctx=ctx,
    )
    return Done(_("%(amount)s charged.") % {"amount": yuan(done.amount_fen)})


def _waive(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    amount = commands.waive(charge=of, amount_fen=data["amount"], why=data["why"], ctx=ctx)
    return Done(_("%(amount)s waived.") % {"amount": yuan(amount)})


def _void(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    commands.void(charge=of, why=data["why"], ctx=ctx)
    return Done(_("The charge is taken back."))


def _refund(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    done = commands.refund(
        charge=of, amount_fen=data["amount"], method=data["method"], why=data["why"], ctx=ctx
    )
    return Done(_("%(amount)s given back.") % {"amount": yuan(done.amount_fen)}, done.entry)


def _reverse(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    done = commands.reverse_payment(entry=of, why=data["why"], ctx=ctx)
    return Done(_("The payment is taken back."), done.entry)


def _take_deposit(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    done = commands.take_deposit(
        card=who.number,
        card_library=who.library,
        amount_fen=data["amount"] or 0,
        method=data["method"],
        reference=data["note"],
        ctx=ctx,
    )
    return Done(_("%(amount)s taken.") % {"amount": yuan(done.amount_fen)}, done.entry)


def _refund_deposit(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    done = commands.refund_deposit(
        patron=who.patron,
        amount_fen=data["amount"],
        method=data["method"],
        note=data["note"],
        ctx=ctx,
    )
    return Done(_("%(amount)s given back.") % {"amount": yuan(done.amount_fen)}, done.entry)


def _keep_deposit(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    done = commands.forfeit_deposit(
        patron=who.patron, amount_fen=data["amount"] or 0, why=data["why"], ctx=ctx
    )
    return Done(_("%(amount)s kept.") % {"amount": yuan(done.amount_fen)}, done.entry)


def _take_over(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    amount = commands.take_over_deposit(patron=who.patron, ctx=ctx)
    return Done(_("%(amount)s taken over into the books.") % {"amount": yuan(amount)})


def _give_credit(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    commands.give_credit(patron=who.patron, **data, ctx=ctx)
    return Done(_("The reader borrows without a deposit."))


def _end_credit(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    commands.end_credit(credit=of, ctx=ctx)
    return Done(_("A deposit is needed again."))


def _restore(who: patrons.LoanReader, of: str, data: dict[str, Any], ctx: Context) -> Done:
    points = commands.restore_points(patron=who.patron, why=data["why"], ctx=ctx)
    return Done(_("%(points)s points given back.") % {"points": points})


ACTS: dict[str, Act] = {
    "pay": Act(_pay, f.PayForm),
    "pay-one": Act(_pay_one, f.PayOneForm),
    "charge": Act(_charge, f.ChargeForm),
    "waive": Act(_waive, f.WaiveForm),
    "void": Act(_void, f.WhyForm),
    "refund": Act(_refund, f.RefundForm),
    "reverse": Act(_reverse, f.WhyForm),
    "take-deposit": Act(_take_deposit, f.DepositForm),
    "refund-deposit": Act(_refund_deposit, f.DepositForm),
    "keep-deposit": Act(_keep_deposit, f.KeepForm),
    "take-over": Act(_take_over),
    "give-credit": Act(_give_credit, f.CreditForm),
    "end-credit": Act(_end_credit),
    "restore": Act(_restore, f.WhyForm),
}


@dataclass(slots=True)
class Shown:
    """What the page shows besides the reader: the form that was refused and why."""

    act: str = ""
    of: str = ""
    form: forms.Form | None = None
    reasons: list[str] = field(default_factory=list)


@require_safe
@staff.staff_required(VIEW)
def money(request: HttpRequest, patron: str) -> HttpResponse:
    """What the reader owes and why, the deposit, the points, and everything that was booked."""
    return _page(request, patron, Shown())


def _page(request: HttpRequest, patron: str, shown: Shown, status: int = 200) -> HttpResponse:
    who = patrons.loan_reader(patron)
    if who is None:
        return render_error(request, 404)
    today = clock.business_date(clock.now())
    here = staff.service_point(request)
    open_, settled = queries.charges(patron), queries.charges(patron, settled=True)
    owed = sum(c.open_fen for c in open_)
    held = queries.deposit_held(patron)
    needed = queries.in_force("deposit", here.id, who.category, today)
    made: dict[str, forms.Form] = {
        "pay": f.PayForm(initial={"amount": owed}, auto_id="pay_%s"),
        "charge": f.ChargeForm(auto_id="charge_%s"),
        "take-deposit": f.DepositForm(
            initial={"amount": max(needed.amount_fen - held, 0) or None if needed else None},
            auto_id="take_%s",
        ),
        "refund-deposit": f.DepositForm(initial={"amount": held}, auto_id="back_%s"),
        "keep-deposit": f.KeepForm(auto_id="keep_%s"),
        "give-credit": f.CreditForm(initial={"valid_from": today}, auto_id="credit_%s"),
        "restore": f.WhyForm(auto_id="restore_%s"),
    }
    if shown.form is not None and not shown.of:
        made[shown.act] = shown.form
    names = {p.id: p.name for p in places.all_places()}

    def row(charge: queries.ChargeView) -> dict[str, Any]:
        of = f.of_charge(charge)
        if shown.form is not None and shown.of == charge.id:
            of[shown.act] = shown.form
        return {
            "charge": charge,
            "kind": words.charge_words(charge.kind),
            "why": words.working_words(charge),
            "place": names.get(charge.place, ""),
            "forms": of,
        }

    entries = queries.statement(patron)
    context = {
        "who": who,
        "shown": shown,
        "forms": made,
        "owed": owed,
        "open": [row(c) for c in open_],
        "settled": [row(c) for c in settled[:50]],
        "held": held,
        "brought": patrons.brought(patron).deposit_fen,
        "needed": needed,
        "credit": queries.credit(patron, today),
        "points": queries.points(patron, who.category, here.id, today),
        "points_rows": queries.points_rows(patron),
        "entries": [
            {
                "entry": e,
                "what": words.entry_words(e.kind),
                "method": words.method_words(e.method) if e.method else "",
                "place": names.get(e.place, ""),
                "form": shown.form
                if shown.form is not None and shown.of == e.id
                else f.WhyForm(auto_id=f"reverse_{e.id}_%s"),
            }
            for e in entries
        ],
        "on": queries.at_desk(here.id),
        "may": {name: staff.may(request, f"fees.{name}") for name in RIGHTS},
        "may_restore": staff.may(request, "fees.restore_points"),
    }
    return show(request, "desk/money.html", context, status)


@require_POST
@staff.staff_required(VIEW)
def act(request: HttpRequest, patron: str, name: str) -> HttpResponse:
    """Do one act; its permission is the command's. Refused, the page comes back with every reason."""
    chosen = ACTS.get(name)
    who = patrons.loan_reader(patron)
    if chosen is None or who is None:
        return render_error(request, 404)
    of = request.POST.get("of", "")[:32]
    if of and not _theirs(of, patron):
        return render_error(request, 404)
    prefix = request.POST.get("auto_id", "")[:60]
    form = chosen.form(request.POST, auto_id=f"{prefix or name}_%s")
    shown = Shown(act=name, of=of, form=form)
    if not form.is_valid():
        # On top as well: what was sent need not stand on the page any more.
        for name, errors in form.errors.items():
            label = form.fields[name].label if name in form.fields else ""
            shown.reasons += [f"{label}{_(': ')}{error}" if label else error for error in errors]
        return _page(request, patron, shown, 422)
    ctx = staff.context(request, channel="desk", key=request.POST.get("request_key", "")[:64])
    try:
        done = chosen.run(who, of, form.cleaned_data, ctx)
    except Refused as refused:
        shown.reasons = refusal(refused.decision)
        status = 403 if "not-permitted" in refused.decision.codes else 422
        return _page(request, patron, shown, status)
    except FAULTS as fault:
        shown.reasons = [fault_words(fault)]
        return _page(request, patron, shown, fault_status(fault))
    messages.success(request, done.said)
    if done.entry:
        return redirect("desk:receipt", patron=patron, entry=done.entry)
    return redirect("desk:money", patron=patron)


def _theirs(of: str, patron: str) -> bool:
    charge = queries.charge(of)
    entry = queries.entry(of)
    return (
        (charge is not None and charge.patron == patron)
        or (entry is not None and entry.patron == patron)
        or any(c.id == of for c in queries.credits_of(patron))
    )


@require_safe
@staff.staff_required(VIEW)
def receipt(request: HttpRequest, patron: str, entry: str) -> HttpResponse:
    """A receipt to print, at once or again later."""
    found = queries.entry(entry)
    who = patrons.loan_reader(patron)
    if found is None or who is None or found.patron != patron or not found.receipt:
        raise Http404
    site = places.place(found.place)
    context = {
        "who": who,
        "entry": found,
        "what": words.entry_words(found.kind),
        "method": words.method_words(found.method),
        "site": site,
        "lines": [
            (words.charge_words(line.kind), line)
            for line in queries.lines(entry)
            if line.amount_fen > 0
        ],
        "owed": queries.owed(patron),
        "held": queries.deposit_held(patron),
    }
    return show(request, "desk/receipt.html", context)
