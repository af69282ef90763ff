"""Items: looked up, corrected, moved, their state set, withdrawn; with everything that happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import items as commands
from shuxiang.apps.stock.commands.labels import queue_labels
from shuxiang.apps.stock.commands.moving import move_items
from shuxiang.interfaces.common import finding
from shuxiang.interfaces.common.catalogue import Copy
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.wording import refusal, say
from shuxiang.interfaces.office.book_forms import (
    PriceField,
    age_mark_field,
    age_marks,
    shelf,
    shelves,
    within,
)
from shuxiang.interfaces.office.item_words import SOURCES, STATES, history, state
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.statistics.item_history import item_history

ACTION = "stock.view"
SHOWN = 50
HISTORY = 100
"""Rows of a list of items, and of an item's history, on a page."""
BY = {
    "any": gettext_lazy("Anything"),
    "number": gettext_lazy("Barcode or accession number"),
    "call": gettext_lazy("Call number, from its beginning"),
    "title": gettext_lazy("Title or author"),
}


class _AtCallNumber(Sequence[stock.ItemView]):
    """The items under a call number, read page by page."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __len__(self) -> int:
        return stock.count_at_call_number(self.text)

    def __getitem__(self, at: Any) -> Any:
        first = at.start or 0
        return stock.items_at_call_number(self.text, offset=first, limit=at.stop - first)


@require_safe
@staff_required(ACTION)
def look_up(request: HttpRequest) -> HttpResponse:
    """Find items; a single hit by number opens at once."""
    text = request.GET.get("q", "").strip()[: finding.LONGEST]
    by = request.GET.get("by", "any")
    by = by if by in BY else "any"
    context: dict[str, Any] = {"text": text, "by": by, "ways": BY.items()}
    if text:
        numbered = stock.by_number(text) if by in ("any", "number") else ()
        if len(numbered) == 1:
            return redirect("office:item", item_id=numbered[0].id)
        found: Sequence[stock.ItemView] = numbered
        if not numbered and (by == "call" or (by == "any" and finding.is_class(text.upper()))):
            found = _AtCallNumber(text)
        if not found and by in ("any", "title"):
            ids = finding.ask(text, {}, size=20).ids
            by_title = stock.items_of(ids, withdrawn=True)
            found = [item for id_ in ids for item in by_title.get(id_, ())]
        shown = Paginator(found, SHOWN).get_page(request.GET.get("page"))
        context |= {"page": shown, "rows": _rows(list(shown.object_list))}
    return page(request, "office/items.html", context)


def _rows(items: Sequence[stock.ItemView]) -> list[dict[str, Any]]:
    due = circulation.due_by_item([i.id for i in items])
    aside = circulation.quarantined([i.id for i in items if i.id not in due], clock.now())
    titles = catalog.titles({i.title for i in items})
    names = {p.id: p.name for p in places.all_places()}
    return [
        {
            "item": item,
            "title": titles[item.title],
            "holder": names.get(item.holder, ""),
            "owner": names.get(item.owner, ""),
            "state": state(Copy(item, due.get(item.id), aside.get(item.id))),
        }
        for item in items
    ]


# --- one item ----------------------------------------------------------------------------


class ChangeForm(forms.Form):
    barcode = forms.CharField(label=gettext_lazy("Barcode"), max_length=60)
    call_number = forms.CharField(
        label=gettext_lazy("Call number"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("The next copy of this title is offered the same."),
    )
    volume = forms.CharField(label=gettext_lazy("Part or volume"), max_length=60, required=False)
    accession_number = forms.CharField(
        label=gettext_lazy("Accession number"), max_length=40, required=False
    )
    category = forms.ChoiceField(label=gettext_lazy("Item category"))
    location = forms.ChoiceField(label=gettext_lazy("Location"), required=False)
    price = PriceField(label=gettext_lazy("Price"), required=False)
    least_age = age_mark_field()

    def __init__(self, *args: Any, item: stock.ItemView, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rooms = [(row.id, row.name) for row in places.locations([item.holder])]
        for name, choices in (
            ("category", [(code, words) for code, words, _lend in stock.categories()]),
            ("location", [("", "—"), *rooms]),
            ("least_age", age_marks(item.owner, item.least_age)),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices


class StatusForm(forms.Form):
    status = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=tuple(
            (code, words) for code, (_kind, words) in STATES.items() if code != "withdrawn"
        ),
    )
    why = forms.CharField(label=gettext_lazy("Why"), max_length=120, required=False)


class WhyForm(forms.Form):
    why = forms.CharField(label=gettext_lazy("Why"), max_length=120)


def _change(item: stock.ItemView, form: ChangeForm, ctx: Context) -> str:
    data = form.cleaned_data
    changed = commands.change_item(
        item=item.id,
        barcode=data["barcode"],
        call_number=data["call_number"],
        volume=data["volume"],
        accession_number=data["accession_number"],
        category=data["category"],
        location=data["location"] if data["location"] != (item.location or "") else None,
        price_fen=data["price"],
        least_age=int(data["least_age"] or 0),
        ctx=ctx,
    )
    return _("The correction is saved.") if changed else _("Nothing was changed.")


def _status(item: stock.ItemView, form: StatusForm, ctx: Context) -> str:
    data = form.cleaned_data
    commands.set_item_status(item=item.id, status=data["status"], why=data["why"], ctx=ctx)
    return _("The state is set.")


def _withdraw(item: stock.ItemView, form: WhyForm, ctx: Context) -> str:
    commands.withdraw_item(item=item.id, why=form.cleaned_data["why"], ctx=ctx)
    return _("The item is withdrawn; its barcode is never used again.")


def _label(item: stock.ItemView, form: forms.Form, ctx: Context) -> str:
    queue_labels(items=[item.id], ctx=ctx)
    return _("Its label is on the list to print.")


@dataclass(frozen=True, slots=True)
class Act:
    """A form of the item's page: the permission it is shown by, and the command it becomes."""

    action: str
    run: Callable[[stock.ItemView, Any, Context], str]
    form: Callable[..., forms.Form]


ACTS: dict[str, Act] = {
    "change": Act("stock.edit", _change, ChangeForm),
    "status": Act("stock.edit", _status, StatusForm),
    "withdraw": Act("stock.withdraw", _withdraw, WhyForm),
    "label": Act("stock.labels", _label, forms.Form),
}


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def item(request: HttpRequest, item_id: str) -> HttpResponse:
    """An item, its history, and what the clerk may do with it; each form posts here by its name."""
    view = stock.item(item_id)
    if view is None:
        raise Http404
    made = _forms(view)
    chosen = request.POST.get("act", "")
    reasons: list[str] = []
    if request.method == "POST":
        act = ACTS.get(chosen)
        if act is None:
            return render_error(request, 400)
        extra = {"item": view} if chosen == "change" else {}
        form = made[chosen] = act.form(request.POST, auto_id=f"{chosen}_%s", **extra)
        if form.is_valid():
            ctx = acting(request, channel="office", key=request.POST.get("key", "")[:60])
            try:
                said = act.run(view, form, ctx)
            except Refused as refused:
                if "not-permitted" in refused.decision.codes:
                    return render_error(request, 403)
                reasons = refusal(refused.decision)
            else:
                messages.success(request, said)
                return redirect("office:item", item_id=item_id)
    title = catalog.title(view.title)
    assert title is not None, "items hold their title"
    case = circulation.lost_case_of(view.id)
    (row,) = _rows([view])
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
    events = item_history(view.id, limit=HISTORY, before=before)
    may_at = {name: _may(request, act, view) for name, act in ACTS.items()}
    context = row | {
        "forms": made,
        "chosen": chosen,
        "reasons": reasons,
        "key": new_id(),
        "may": may_at,
        "may_report": case is None and may(request, "circulation.report_lost"),
        "case": case,
        "loan": circulation.open_loan_of(view.id),
        "may_see_reader": may(request, "patrons.view"),
        "source": SOURCES.get(view.source, ""),
        "label_waits": stock.label_waits(view.id),
        "history": history(events),
        "earlier": events[-1].number if len(events) == HISTORY and events[-1].number > 1 else 0,
        "later": bool(before),
    }
    return page(request, "office/item.html", context, 422 if reasons or chosen else 200)


def _may(request: HttpRequest, act: Act, view: stock.ItemView) -> bool:
    where = view.holder if act.run is _status else view.owner
    open_ = view.status != "withdrawn"
    if act.run is _withdraw and not places.setting(view.owner, "stock.withdraw_one").value:
        return False
    return open_ and may(request, act.action) and may(request, act.action, where)


def _forms(view: stock.ItemView) -> dict[str, forms.Form]:
    initial = {
        "barcode": view.barcode,
        "call_number": view.call_number,
        "volume": view.volume,
        "accession_number": view.accession_number,
        "category": view.category,
        "location": view.location or "",
        "price": view.price_fen,
        "least_age": view.least_age or "",
    }
    return {
        "change": ChangeForm(item=view, initial=initial, auto_id="change_%s"),
        "status": StatusForm(initial={"status": view.status}, auto_id="status_%s"),
        "withdraw": WhyForm(auto_id="withdraw_%s"),
        "label": forms.Form(),
    }


# --- many at once --------------------------------------------------------------------------


class MoveForm(forms.Form):
    where = forms.ChoiceField(label=gettext_lazy("Goes to"))
    with_owner = forms.BooleanField(
        label=gettext_lazy("They belong there from now on"), required=False
    )
    barcodes = forms.CharField(
        label=gettext_lazy("Barcodes"),
        max_length=40_000,
        help_text=gettext_lazy(
            "Scan one after the other, one a line. Of a barcode of several libraries write "
            "barcode@library code."
        ),
        widget=forms.Textarea(attrs={"rows": 10, "autocomplete": "off", "spellcheck": "false"}),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, sites: Sequence[places.Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["where"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = shelves(sites)


@require_http_methods(["GET", "POST"])
@staff_required("stock.move")
def move(request: HttpRequest) -> HttpResponse:
    """调拨 by a list of scans; what can't be moved is listed with why and stays in the box."""
    sites = permitted_places(request, "stock.move")
    if not within(request, sites):
        return render_error(request, 403)
    form = MoveForm(request.POST or None, sites=sites, initial={"key": new_id()})
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        place, location = shelf(data["where"])
        try:
            done = move_items(
                barcodes=data["barcodes"].split(),
                holder=place,
                location=location,
                with_owner=data["with_owner"],
                ctx=acting(request, channel="office", key=data["key"]),
            )
        except Refused as refused:
            for said in refusal(refused.decision):
                form.add_error(None, said)
        else:
            context["done"] = done
            context["refused"] = [(code, [say(r) for r in why]) for code, why in done.refused]
            form.data = form.data.copy()
            form.data["barcodes"] = "\n".join(code for code, _why in done.refused)
    if form.is_bound:
        form.data = form.data.copy()
        form.data["key"] = new_id()
    return page(request, "office/move_items.html", context, 422 if form.errors else 200)
