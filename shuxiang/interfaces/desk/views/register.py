"""办证: one form, every refusal at its field, nothing typed is lost."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shuxiang.apps.patrons import commands, queries
from shuxiang.formats.identifiers import parse_id_number
from shuxiang.interfaces.common import consents, staff
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.wording import say
from shuxiang.interfaces.desk import refusals, slips
from shuxiang.interfaces.desk.forms import RELATIONS, RegisterForm
from shuxiang.interfaces.desk.views.pages import FAULTS, fault_status, fault_words, show
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context, Override
from shuxiang.kernel.decision import Decision, Refused, stop

CITIZEN_KINDS = ("idcard", "hukou", "hmt-residence", "foreigner-permanent")


@require_http_methods(["GET", "POST"])
@staff.staff_required("patrons.register")
def register(request: HttpRequest) -> HttpResponse:
    """The form, and what became of it. The same form sent twice registers once."""
    if request.method == "GET":
        family = request.GET.get("family", "")[:32]
        initial = {"category": "child" if family else "adult", "family": family}
        return _page(request, RegisterForm(initial=initial))
    form = RegisterForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    lifts = tuple(Override(code, form.cleaned_data["why"]) for code in request.POST.getlist("lift"))
    ctx = staff.context(
        request, channel="desk", key=request.POST.get("request_key", "")[:64], overrides=lifts
    )
    try:
        done = _register(form, ctx)
    except Refused as refused:
        refusals.add_to(form, refused.decision)
        if lifts and not form.cleaned_data["why"].strip():
            form.add_error("why", say(stop("why-missing")))
        return _page(request, form, refused.decision, status=422)
    except FAULTS as fault:
        form.add_error(None, fault_words(fault))
        return _page(request, form, status=fault_status(fault))
    try:
        slips.give(request, done.patron, ctx, first=True)
    except (Refused, *FAULTS):
        # The card is issued all the same; the form sent twice finds the PIN of the first time.
        pass
    return redirect("desk:registered", patron=done.patron)


def _register(form: RegisterForm, ctx: Context) -> commands.Registered:
    data = form.cleaned_data
    guardian = None if data["family"] else form.guardian()
    kind = queries.category(data["category"])
    if guardian is not None and kind is not None and kind.for_groups and not guardian.relation:
        guardian = commands.GuardianGiven(
            name=guardian.name,
            relation="responsible",
            phone=guardian.phone,
            document=guardian.document,
        )
    return commands.register(
        name=data["name"],
        category=data["category"],
        document=form.given(),
        born_on=data["born_on"],
        sex=data["sex"],
        phone=data["phone"],
        guardian=guardian,
        family=data["family"],
        relation=data["guardian_relation"] if data["family"] else "",
        consents=form.consents_given(),
        card_number=data["card_number"],
        note=data["note"],
        ctx=ctx,
    )


def _page(
    request: HttpRequest,
    form: RegisterForm,
    decision: Decision | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    lifts = refusals.liftable(request, decision) if decision else ()
    chosen = request.POST.getlist("lift")
    reasons = {r.code: say(r) for r in decision.refusing} if decision else {}
    return show(
        request,
        "desk/register.html",
        {
            "form": form,
            "family": _family(form["family"].value()),
            "texts": [(form[f"consent_{t.purpose}".replace("-", "_")], t) for t in consents.TEXTS],
            "version": consents.VERSION,
            "relations": RELATIONS,
            "lifts": [(code, reasons[code], code in chosen) for code in lifts],
            "needs": {
                c.code: "group" if c.for_groups else "guardian" if c.needs_guardian else ""
                for c in queries.categories()
            },
        },
        status,
    )


def _family(patron: str | None) -> queries.Profile | None:
    """The reader whose family the new one belongs to, masked; None for none or an unknown one."""
    try:
        return queries.masked(patron) if patron else None
    except queries.UnknownPatron:
        return None


@require_POST
@staff.staff_required("patrons.register")
def check_document(request: HttpRequest) -> HttpResponse:
    """For the form while it is filled in: what an ID number tells, and who already holds it."""
    kind = request.POST.get("document_kind", "")
    number = request.POST.get("document", "")
    context: dict[str, Any] = {}
    if number.strip():
        today = clock.business_date(clock.now())
        if kind in CITIZEN_KINDS:
            context = _citizen(kind, number, today)
        holder = queries.by_document(kind, number, today=today)
        context["holder"] = queries.masked(holder) if holder else None
    return show(request, "desk/document_says.html", context)


def _citizen(kind: str, number: str, today: date) -> dict[str, Any]:
    found = parse_id_number(number, today=today)
    if found.valid:
        return {"born_on": found.birth_date, "sex": "M" if found.sex == "male" else "F"}
    if kind == "foreigner-permanent":
        # The older card has a number of its own form, which tells nothing.
        return {}
    return {"fault": say(stop("document-invalid", kind=kind, fault=found.fault))}


@require_GET
@staff.staff_required("patrons.register")
def registered(request: HttpRequest, patron: str) -> HttpResponse:
    """The new card: its number, a slip, and on to lending."""
    try:
        profile = queries.masked(patron)
    except queries.UnknownPatron:
        return render_error(request, 404)
    return show(
        request,
        "desk/registered.html",
        {
            "profile": profile,
            "at": clock.now(),
            "facts": profile.facts,
            "pin": slips.shown(request, patron),
            "portal": slips.where_to_sign_in(request),
        },
    )
