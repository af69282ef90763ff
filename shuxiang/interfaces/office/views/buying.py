"""采购: orders from draft to the shelf, received by scan, paid by invoice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.acquisitions import commands, queries
from shuxiang.apps.acquisitions.commands import NewLine
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.exchange import commands as exchange
from shuxiang.apps.exchange import queries as sent
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.formats.identifiers import parse_isbn
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, places_open_to, service_point, staff_required
from shuxiang.interfaces.office.acts import attempt, press
from shuxiang.interfaces.office.buying_forms import (
    InvoiceForm,
    LineForm,
    ListForm,
    OrderForm,
    ReceiveForm,
)
from shuxiang.interfaces.office.pages import page
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context, Override
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import yuan

VIEW, ORDER = "acquisitions.view", "acquisitions.order"
RECEIVE, MONEY = "acquisitions.receive", "acquisitions.money"
STATES: dict[str, tuple[str, str | Promise]] = {
    "draft": ("notice", _("Draft")),
    "placed": ("hold", _("Ordered")),
    "closed": ("muted", pgettext_lazy("work", "Closed")),
    "cancelled": ("refused", _("Cancelled")),
}


@require_http_methods(["GET", "POST"])
@staff_required(VIEW)
def orders(request: HttpRequest) -> HttpResponse:
    """The orders of the places open to the clerk, and a form to begin one here."""
    here = service_point(request)
    year = clock.business_date(clock.now()).year
    form = OrderForm(
        request.POST or None,
        choices={
            "supplier": [(s.id, s.name) for s in queries.suppliers(here.library, active=True)],
            "fund": [
                (f.id, f"{f.name} {f.year} · {yuan(f.left_fen)}")
                for f in queries.funds(here.library, year)
                if not f.closed
            ],
        },
    )
    made: list[str] = []
    if request.method == "POST":
        if not may(request, ORDER):
            return render_error(request, 403)

        def begin(ctx: Context) -> None:
            given = {k: form.cleaned_data[k] for k in ("supplier", "fund", "note")}
            made.append(commands.open_order(**given, ctx=ctx))

        if attempt(request, form, begin):
            return redirect("office:order", order_id=made[0])
    rows = [
        (o, STATES[o.state])
        for o in queries.orders([p.id for p in places_open_to(request)])
        if may(request, VIEW, o.place)
    ]
    context = {"form": form, "rows": rows, "may_order": may(request, ORDER), "here": here.name}
    return page(request, "office/orders.html", context, 422 if form.errors else 200)


def found_order(
    request: HttpRequest, order_id: str, action: str = VIEW
) -> queries.OrderView | HttpResponse:
    found = queries.order(order_id)
    if found is None:
        raise Http404
    return found if may(request, action, found.place) else render_error(request, 403)


def read_shares(text: str, here: str) -> dict[str, int]:
    """``3`` for this place, or ``main 2 east 3`` by site, by code or name; 总馆 is the main library and
    本馆 this place where no other is called so. Raises ValidationError."""
    words = text.replace("，", " ").replace(",", " ").replace("：", " ").replace(":", " ").split()
    if len(words) == 1 and words[0].isascii() and words[0].isdigit() and len(words[0]) < 4:
        return {here: int(words[0])}
    sites = {"总馆": places.main_library().id, "本馆": here}
    sites |= {key: p.id for p in places.all_places() for key in (p.code, p.name)}
    found: dict[str, int] = {}
    for site, number in zip(words[::2], words[1::2], strict=False):
        if site not in sites or not (number.isascii() and number.isdigit() and len(number) < 4):
            raise forms.ValidationError(
                gettext("This is not understood: %(text)s") % {"text": f"{site} {number}"}
            )
        found[sites[site]] = found.get(sites[site], 0) + int(number)
    if not found or len(words) % 2:
        raise forms.ValidationError(gettext("This is not understood: %(text)s") % {"text": text})
    return found


def shares_help(here: str) -> str:
    """How `read_shares` is written, with places of this library."""
    lending = [p for p in places.all_places() if p.kind in ("main_library", "branch")]
    named = sorted(lending, key=lambda p: (p.id != here, p.kind != "main_library", p.code))[:2]
    return gettext("A number for this place, or by site: %(example)s") % {
        "example": " ".join(f"{p.name} {n}" for n, p in enumerate(named, start=2))
    }


def _line(form: LineForm, here: str) -> NewLine:
    data = form.cleaned_data
    found = catalog.by_identifier(data["isbn"], "isbn") if data["isbn"] else ()
    known = found[0] if found and not data["title_text"] else None
    return NewLine(
        title_text=data["title_text"] or (known.full_title if known else ""),
        author=data["author"] or (known.responsibility if known else ""),
        publisher=data["publisher"] or (known.publisher if known else ""),
        year=data["year"] or (str(known.year or "") if known else ""),
        isbn=data["isbn"],
        price_fen=data["price_fen"]
        if data["price_fen"] is not None
        else (known.price_fen if known else None),
        rate=data["rate"],
        shares=read_shares(data["shares"], here),
        suggestion=data["suggestion"],
        title=(known.alias_of or known.id) if known else "",
    )


@require_http_methods(["GET", "POST"])
@staff_required(VIEW)
def order(request: HttpRequest, order_id: str) -> HttpResponse:
    """One order: its lines, who gets what, its invoices; a line added while it is a draft."""
    found = found_order(request, order_id)
    if isinstance(found, HttpResponse):
        return found
    drafting = found.state == "draft" and may(request, ORDER, found.place)
    start = {
        n: request.GET.get(n, "")[:300]
        for n in ("isbn", "title_text", "author", "publisher", "suggestion")
    }
    form = LineForm(request.POST or None, initial={k: v for k, v in start.items() if v})
    form.fields["shares"].help_text = shares_help(found.place)
    if request.method == "POST":
        if not drafting:
            return render_error(request, 403)

        def add(ctx: Context) -> None:
            commands.add_lines(order=order_id, lines=(_line(form, found.place),), ctx=ctx)

        try:
            if attempt(request, form, add):
                typed = form.cleaned_data["isbn"]
                if typed and not parse_isbn(typed).valid:
                    said = gettext("%(isbn)s is no right ISBN: please compare it with the book.")
                    messages.warning(request, said % {"isbn": typed})
                return redirect(request.path)
        except forms.ValidationError as error:
            form.add_error("shares", error)
    names = {p.id: p.name for p in places.all_places()}
    lines = queries.lines([order_id])
    held = stock.items_of([x.title for x in lines if x.title])
    context = {
        "order": found,
        "state": STATES[found.state],
        "place": names.get(found.place, ""),
        "fund": queries.fund(found.fund),
        "lines": [
            (x, [(names.get(s.place, ""), s) for s in x.shares], len(held.get(x.title or "", ())))
            for x in lines
        ],
        "distribution": [(names.get(d.place, ""), d) for d in sent.distribution(order_id)],
        "invoices": queries.invoices(order_id),
        "form": form,
        "upload": ListForm(),
        "drafting": drafting,
        "may_order": may(request, ORDER, found.place),
        "may_receive": found.state == "placed" and may(request, RECEIVE, found.place),
        "may_pay": found.state in ("placed", "closed") and may(request, MONEY, found.place),
        "may_exceed": may(request, "circulation.override.fund-exceeded", found.place),
        "here": service_point(request).id == found.place,
        "key": new_id(),
        "end_key": new_id(),
    }
    return page(request, "office/order.html", context, 422 if form.errors else 200)


@require_POST
@staff_required(VIEW)
def act(request: HttpRequest, order_id: str, name: str) -> HttpResponse:
    """A button of the order's page; the command checks who may."""
    found = found_order(request, order_id)
    if isinstance(found, HttpResponse):
        return found
    given = {k: request.POST.get(k, "")[:200] for k in ("line", "why", "place", "invoice", "item")}
    copies = request.POST.get("copies", "")
    number = int(copies) if copies.isascii() and copies.isdigit() and len(copies) < 4 else 0

    def place(ctx: Context) -> None:
        lift = (Override("fund-exceeded", given["why"]),) if given["why"] else ()
        commands.place_order(order=order_id, ctx=replace(ctx, overrides=lift))

    acts: dict[str, tuple[Callable[[Context], Any], str]] = {
        "place": (place, gettext("The order is placed and its money set aside.")),
        "end": (
            lambda ctx: commands.end_order(order=order_id, why=given["why"], ctx=ctx),
            gettext("The order is over."),
        ),
        "remove": (
            lambda ctx: commands.remove_line(line=given["line"], ctx=ctx),
            gettext("It is off the order."),
        ),
        "cancel": (
            lambda ctx: commands.cancel_copies(
                line=given["line"], copies=number, why=given["why"], ctx=ctx
            ),
            gettext("The copies are cancelled and their money is free."),
        ),
        "void": (
            lambda ctx: commands.void_invoice(invoice=given["invoice"], why=given["why"], ctx=ctx),
            gettext("The invoice counts no more."),
        ),
        "take-back": (
            lambda ctx: commands.take_back(item=given["item"], ctx=ctx),
            gettext("The copy is taken back."),
        ),
        "deliver": (
            lambda ctx: exchange.deliver_order(order=order_id, destination=given["place"], ctx=ctx),
            gettext("A delivery is packed: send it on the page of deliveries."),
        ),
    }
    if name not in acts:
        raise Http404
    press(request, *acts[name])
    back = "office:order_receive" if name == "take-back" else "office:order"
    return redirect(back, order_id=order_id)


@require_http_methods(["GET", "POST"])
@staff_required(RECEIVE)
def receive(request: HttpRequest, order_id: str) -> HttpResponse:
    """验收 by the keyboard alone: scan the ISBN, Enter; the number, Enter."""
    found = found_order(request, order_id, RECEIVE)
    if isinstance(found, HttpResponse):
        return found
    code = (request.POST.get("isbn") or request.GET.get("isbn") or "")[:40].strip()
    wanted = (request.POST.get("line") or request.GET.get("line") or "")[:32]
    lines = queries.lines([order_id])
    meant = [x for x in lines if x.id == wanted] or list(queries.find_lines(order_id, code))
    line = meant[0] if len(meant) == 1 else None
    form = ReceiveForm(
        (request.POST or None) if line else None,
        initial={"copies": line.waiting if line else 0},
        choices={"category": [(c, name) for c, name, _l in stock.categories()]},
    )
    form.fields["copies"].widget.attrs["autofocus"] = True
    got: list[commands.Received] = []
    if request.method == "POST" and line is not None:

        def take(ctx: Context) -> None:
            data = form.cleaned_data
            lift = (Override("receive-surplus", data["why"]),) if data["why"] else ()
            got.append(
                commands.receive(
                    line=line.id,
                    copies=data["copies"],
                    damaged=data["damaged"],
                    barcodes=tuple(data["barcodes"].split()),
                    category=data["category"],
                    ctx=replace(ctx, overrides=lift),
                )
            )

        if attempt(request, form, take):
            codes = "、".join(c for _i, c, _p in got[0].items)
            said = gettext("%(title)s: %(n)s received, %(left)s still to come. %(codes)s")
            messages.success(
                request,
                said % {"title": line.title_text, "n": len(got[0].items), "left": got[0].waiting, "codes": codes},
            )  # fmt: skip
            return redirect(request.path)
    names = {p.id: p.name for p in places.all_places()}
    context = {
        "order": found,
        "form": form,
        "line": line,
        "code": code,
        "several": meant if len(meant) > 1 else [],
        "unknown": bool(code) and not meant,
        "lines": [x for x in lines if x.waiting],
        "names": names,
        "shares": [(names.get(s.place, ""), s) for s in line.shares] if line else [],
    }
    status = 422 if form.errors or (code and line is None) else 200
    return page(request, "office/order_receive.html", context, status)


@require_http_methods(["GET", "POST"])
@staff_required(MONEY)
def invoice(request: HttpRequest, order_id: str) -> HttpResponse:
    """An invoice of an order, copies beside each line."""
    found = found_order(request, order_id, MONEY)
    if isinstance(found, HttpResponse):
        return found
    lines = queries.lines([order_id])
    counts = {x.id: _typed(request, x) for x in lines}
    form = InvoiceForm(
        request.POST or None,
        initial={
            "dated": clock.business_date(clock.now()),
            "total_fen": sum(queries.net(x.price_fen, counts[x.id], x.rate) for x in lines),
        },
    )

    def enter(ctx: Context) -> None:
        data = form.cleaned_data
        lifts = ("invoice-early", "fund-exceeded") if data["why"] else ()
        commands.enter_invoice(
            order=order_id,
            number=data["number"],
            dated=data["dated"],
            copies={line: n for line, n in counts.items() if n},
            total_fen=data["total_fen"],
            freight_fen=data["freight_fen"] or 0,
            ctx=replace(ctx, overrides=tuple(Override(c, data["why"]) for c in lifts)),
        )

    if request.method == "POST" and attempt(request, form, enter):
        messages.success(request, gettext("The invoice is entered."))
        return redirect("office:order", order_id=order_id)
    rows = [(x, counts[x.id], queries.net(x.price_fen, counts[x.id], x.rate)) for x in lines]
    context = {"order": found, "form": form, "rows": rows}
    return page(request, "office/order_invoice.html", context, 422 if form.errors else 200)


def _typed(request: HttpRequest, line: queries.LineView) -> int:
    text = request.POST.get(f"copies-{line.id}", "")
    if request.method != "POST":
        return line.payable
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
