"""配送单: packed and shipped at one place, received by scan at another, with lists to print."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.exchange import commands, queries
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock.queries import ItemView
from shuxiang.documents.lists import ItemList
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.library import library_name
from shuxiang.interfaces.common.staff import may, places_open_to, service_point, staff_required
from shuxiang.interfaces.common.words import local_date
from shuxiang.interfaces.office.acts import KeyedForm, attempt, press
from shuxiang.interfaces.office.pages import page
from shuxiang.interfaces.office.scan_lists import ScansForm, each, printed, tidy
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, tell

RECEIVE, SEND = "circulation.check_in", "stock.move"
STATES: dict[str, tuple[str, str | Promise]] = {
    "packed": ("notice", _("Being packed")),
    "shipped": ("hold", _("On its way")),
    "closed": ("muted", _("Received and closed")),
}
LINES: dict[str, tuple[str, str | Promise]] = {
    "packed": ("notice", _("Packed")),
    "shipped": ("hold", _("On its way")),
    "received": ("ok", _("Received")),
    "missing": ("refused", _("Missing")),
    "extra": ("refused", _("Not on the list")),
}


class OpenForm(KeyedForm):
    """Where the books go."""

    destination = forms.ChoiceField(label=_("Goes to"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    fields_of = {"delivery-same-place": "destination", "place-unknown": "destination"}


class CloseForm(KeyedForm):
    """The boxes are empty."""

    why = forms.CharField(
        label=_("What explains a difference"), max_length=200, required=False,
        help_text=_("Needed where something is missing or was not on the list."),
    )  # fmt: skip
    fields_of = {"delivery-difference": "why"}


@require_http_methods(["GET", "POST"])
@staff_required(RECEIVE)
def deliveries(request: HttpRequest) -> HttpResponse:
    """Deliveries from and to the places open to the clerk; a form to begin one here."""
    sites = [p for p in places.all_places() if p.kind != "network"]
    here = service_point(request)
    form = OpenForm(
        request.POST or None,
        choices={"destination": [(p.id, p.name) for p in sites if p.id != here.id]},
    )
    made: list[str] = []

    def begin(ctx: Context) -> None:
        given = {k: form.cleaned_data[k] for k in ("destination", "note")}
        made.append(commands.open_delivery(**given, ctx=ctx))

    if request.method == "POST":
        if not may(request, SEND):
            return render_error(request, 403)
        if attempt(request, form, begin):
            return redirect("office:delivery", delivery_id=made[0])
    names = {p.id: p.name for p in sites}
    rows = [
        (d, names.get(d.origin, ""), names.get(d.destination, ""), STATES[d.state])
        for d in queries.deliveries([p.id for p in places_open_to(request)])
    ]
    context = {"form": form, "rows": rows, "may_send": may(request, SEND), "here": here.name}
    return page(request, "office/deliveries.html", context, 422 if form.errors else 200)


def _found(request: HttpRequest, delivery_id: str) -> queries.DeliveryView | HttpResponse:
    found = queries.delivery(delivery_id)
    if found is None:
        raise Http404
    allowed = may(request, SEND, found.origin) or may(request, RECEIVE, found.destination)
    return found if allowed else render_error(request, 403)


@require_http_methods(["GET", "POST"])
@staff_required(RECEIVE)
def delivery(request: HttpRequest, delivery_id: str) -> HttpResponse:
    """One delivery: packing where it begins, receiving where it goes."""
    found = _found(request, delivery_id)
    if isinstance(found, HttpResponse):
        return found
    here = service_point(request).id
    packing = found.state == "packed" and may(request, SEND, found.origin) and here == found.origin
    receiving = found.state == "shipped" and here == found.destination and may(request, RECEIVE)
    form = ScansForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and (packing or receiving) and form.is_valid():

        def pack(item: ItemView, ctx: Context) -> tuple[Reason, ...]:
            commands.pack(delivery=found.id, item=item.id, ctx=ctx)
            return ()

        def receive(item: ItemView, ctx: Context) -> tuple[Reason, ...]:
            listed = commands.receive(delivery=found.id, item=item.id, ctx=ctx)
            return () if listed else (tell("delivery-extra"),)

        context["outcome"] = each(request, form, pack if packing else receive)
        again = queries.delivery(delivery_id)
        assert again is not None
        found = again
    context |= {
        "row": found,
        "state": STATES[found.state],
        "origin": places.place(found.origin).name,
        "destination": places.place(found.destination).name,
        "lines": [(li, LINES[li.state]) for li in queries.delivery_lines(found.id)],
        "packing": packing,
        "receiving": receiving,
        "close": CloseForm(auto_id="close_%s"),
    }
    return page(request, "office/delivery.html", context, 422 if form.errors else 200)


@require_POST
@staff_required(RECEIVE)
def act(request: HttpRequest, delivery_id: str, name: str) -> HttpResponse:
    """Ship it, close it, or take a line off."""
    found = _found(request, delivery_id)
    if isinstance(found, HttpResponse):
        return found
    line, why = request.POST.get("line", "")[:40], request.POST.get("why", "")[:200]
    acts = {
        "ship": (
            lambda ctx: commands.ship(delivery=found.id, ctx=ctx),
            gettext("The boxes are on their way."),
        ),
        "close": (
            lambda ctx: commands.close_delivery(delivery=found.id, why=why, ctx=ctx),
            gettext("The delivery is closed."),
        ),
        "unpack": (
            lambda ctx: commands.unpack(line=line, ctx=ctx),
            gettext("It is off the list."),
        ),
    }
    if name not in acts:
        raise Http404
    press(request, *acts[name])
    return redirect("office:delivery", delivery_id=delivery_id)


@require_safe
@staff_required(RECEIVE)
def print_list(request: HttpRequest, delivery_id: str) -> HttpResponse:
    """The list to go with the boxes, and after the receipt with what became of each item."""
    found = _found(request, delivery_id)
    if isinstance(found, HttpResponse):
        return found
    shown = found.state == "closed"
    lines = queries.delivery_lines(found.id)
    made = ItemList(
        title="图书配送签收单" if shown else "图书配送单",
        library_name=library_name(places.place(found.origin).library),
        facts=tidy(
            {
                "单号": found.number,
                "发出": places.place(found.origin).name,
                "送达": places.place(found.destination).name,
                "发出日期": local_date(clock.business_date(found.shipped_at))
                if found.shipped_at
                else "",
                "备注": found.note,
                "差异说明": found.why,
            }
        ),
        columns=("条码", "题名", "索书号", "签收"),
        widths=(3, 7, 4, 2),
        rows=[
            (li.barcode, li.title_text, li.call_number, str(LINES[li.state][1]) if shown else "")
            for li in lines
        ],
        signatures=("发出人", "送货人", "签收人"),
        printed_at=clock.local(clock.now()),
    )
    return printed(made, found.number)
