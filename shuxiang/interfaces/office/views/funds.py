"""经费 and 书商."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.acquisitions import commands, queries
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, service_point, staff_required
from shuxiang.interfaces.office.acts import attempt, press
from shuxiang.interfaces.office.buying_forms import SOURCES, BudgetForm, FundForm, SupplierForm
from shuxiang.interfaces.office.pages import chosen_year, page
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id

VIEW, MONEY = "acquisitions.view", "acquisitions.money"
KINDS = {"budget": _("Budget"), "encumbered": _("Encumbered"), "spent": _("Spent")}


@require_http_methods(["GET", "POST"])
@staff_required(VIEW)
def funds(request: HttpRequest) -> HttpResponse:
    """The funds of a year with what is left of them, and a form to add one."""
    this = clock.business_date(clock.now()).year
    year = chosen_year(request, this)
    form = FundForm(request.POST or None, initial={"year": year})
    if request.method == "POST":
        if not may(request, MONEY):
            return render_error(request, 403)

        def act(ctx: Context) -> None:
            given = {k: v for k, v in form.cleaned_data.items() if k != "key"}
            commands.add_fund(**given, ctx=ctx)

        if attempt(request, form, act):
            messages.success(request, gettext("The fund is there."))
            return redirect(f"{request.path}?year={form.cleaned_data['year']}")
    rows = queries.funds(service_point(request).library, year)
    sums = [
        sum(getattr(f, name) for f in rows)
        for name in ("budget_fen", "encumbered_fen", "spent_fen", "left_fen")
    ]
    context = {
        "form": form, "rows": rows, "sums": sums, "year": year, "sources": dict(SOURCES),
        "may_edit": may(request, MONEY), "years": range(this + 1, this - 6, -1),
    }  # fmt: skip
    return page(request, "office/funds.html", context, 422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff_required(VIEW)
def fund(request: HttpRequest, fund_id: str) -> HttpResponse:
    """Every movement of a fund; its budget changed, the fund closed."""
    found = queries.fund(fund_id)
    if found is None:
        raise Http404
    if found.library != service_point(request).library:
        return render_error(request, 403)
    form = BudgetForm(request.POST or None)
    if request.method == "POST":

        def act(ctx: Context) -> None:
            given = {k: form.cleaned_data[k] for k in ("amount_fen", "why")}
            commands.change_budget(fund=fund_id, **given, ctx=ctx)

        if not may(request, MONEY, found.library):
            return render_error(request, 403)
        if attempt(request, form, act):
            return redirect(request.path)
    moves = [(KINDS[e.kind], e) for e in queries.entries(fund_id)]
    context = {
        "form": form, "fund": found, "moves": moves, "sources": dict(SOURCES),
        "may_edit": may(request, MONEY, found.library), "close_key": new_id(),
    }  # fmt: skip
    return page(request, "office/fund.html", context, 422 if form.errors else 200)


@require_POST
@staff_required(MONEY)
def close(request: HttpRequest, fund_id: str) -> HttpResponse:
    """Close a fund, or open it again."""
    closed = request.POST.get("closed") == "1"
    said = gettext("The fund is closed.") if closed else gettext("The fund is open again.")
    press(request, lambda ctx: commands.close_fund(fund=fund_id, closed=closed, ctx=ctx), said)
    return redirect("office:fund", fund_id=fund_id)


@require_http_methods(["GET", "POST"])
@staff_required(MONEY)
def suppliers(request: HttpRequest, supplier_id: str = "") -> HttpResponse:
    """The suppliers, one to change or a new one."""
    library = service_point(request).library
    known = queries.suppliers(library)
    chosen = next((s for s in known if s.id == supplier_id), None)
    if supplier_id and chosen is None:
        raise Http404
    names = ("code", "name", "rate", "contact", "phone", "mail", "note", "active")
    form = SupplierForm(
        request.POST or None, initial={n: getattr(chosen, n) for n in names} if chosen else None
    )

    def act(ctx: Context) -> None:
        given = {n: form.cleaned_data[n] for n in names}
        commands.save_supplier(supplier=supplier_id, **given, ctx=ctx)

    if request.method == "POST" and attempt(request, form, act):
        messages.success(request, gettext("The supplier is saved."))
        return redirect("office:suppliers")
    context = {"form": form, "rows": known, "chosen": chosen}
    return page(request, "office/suppliers.html", context, 422 if form.errors else 200)
