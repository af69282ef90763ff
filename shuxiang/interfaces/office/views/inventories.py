"""清点: begun for a place and a range of call numbers, told what was scanned, closed, taken back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import queries as accounts
from shuxiang.apps.stockcontrol import commands, queries
from shuxiang.documents.sheets.xlsx import Column, Sheet
from shuxiang.formats import scanlist
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.office.acts import FAULTS, KeyedForm, attempt, busy, press
from shuxiang.interfaces.office.item_words import STATES as ITEM_STATES
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.interfaces.office.spreadsheets import spreadsheet
from shuxiang.kernel.context import Context, Override
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

ACTION = commands.INVENTORY
MOST_BYTES = 16 * 1024 * 1024
SHOWN = 200
STATES: dict[str, tuple[str, str | Promise]] = {
    "open": ("notice", _("Being counted")),
    "closed": ("ok", pgettext_lazy("work", "Closed")),
    "undone": ("muted", _("Taken back")),
}
LISTS: dict[str, tuple[str | Promise, str | Promise]] = {
    "missing": (_("Missing here"), _("Expected here and not scanned.")),
    "misplaced": (_("Wrong place"), _("Scanned here and recorded elsewhere.")),
    "order": (
        _("Wrong order"),
        _("By the order of the call numbers they stand in the wrong place of the shelf."),
    ),
    "unlisted": (_("Not of the stock"), _("Unknown, withdrawn, or of another library.")),
    "on_loan": (_("On loan but here"), _("Take them in at the desk: somebody is being charged.")),
    "under_way": (_("On their way but here"), _("Take them in at the desk, which ends their way.")),
    "found": (_("Found here"), _("They count as lost or missing; closing makes them available.")),
    "late": (
        _("Come back meanwhile"),
        _("Given back after the count began and not scanned: look whether they were shelved."),
    ),
}
SOURCES: dict[str, str | Promise] = {
    "file": _("File of a scanner"),
    "rfid": _("List of an RFID reader"),
    "phone": _("By phone camera"),
    "hand": _("Typed in"),
}
WHAT: dict[str, str | Promise] = {
    "unknown": _("unknown barcode"),
    "several": _("several libraries have it"),
}


class OpenForm(KeyedForm):
    """Which shelves."""

    place = forms.ChoiceField(label=_("Site"))
    location = forms.ChoiceField(label=_("Location"), required=False)
    call_from = forms.CharField(label=_("From call number"), max_length=80, required=False)
    call_to = forms.CharField(
        label=_("To call number"), max_length=80, required=False,
        help_text=_("Everything that begins with it included. Left empty: to the end."),
    )  # fmt: skip
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    fields_of = {
        "place-unknown": "place",
        "location-unknown": "location",
        "inventory-range": "call_to",
        "inventory-open-already": "call_from",
    }


class ScansForm(KeyedForm):
    """A lot of scans: a file, or a list pasted in."""

    source = forms.ChoiceField(label=_("What it comes from"))
    file = forms.FileField(
        label=_("File"), required=False, help_text=_("Text or CSV in UTF-8 or GBK, in any order.")
    )
    codes = forms.CharField(
        label=_("Or the scans themselves"), max_length=400_000, required=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    in_order = forms.BooleanField(
        label=_("Scanned along the shelf, so that the order is looked at"), required=False
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        file = given.get("file")
        if file is not None and file.size > MOST_BYTES:
            raise forms.ValidationError(gettext("The file is larger than 16 MB."))
        text = scanlist.text_of(file.read()) if file is not None else given.get("codes", "")
        rfid = given.get("source") == "rfid"
        found = scanlist.read_labels(text) if rfid else scanlist.read_scans(text)
        if not found.codes:
            raise forms.ValidationError(gettext("No barcode was found in it."))
        given["found"] = found
        return given


class CloseForm(KeyedForm):
    """Close it; where far too much is missing, with a why."""

    why = forms.CharField(
        label=_("Why so much is missing"), max_length=200, required=False,
        help_text=_("Needed only where more is missing than books get lost."),
    )  # fmt: skip
    fields_of = {"inventory-much-missing": "why"}


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def inventories(request: HttpRequest) -> HttpResponse:
    """Inventories of the places open to the clerk, and a form to begin one."""
    sites = permitted_places(request, ACTION)
    locations = places.locations([p.id for p in sites])
    names = {p.id: p.name for p in sites}
    form = OpenForm(
        request.POST or None,
        choices={
            "place": [(p.id, p.name) for p in sites],
            "location": [
                ("", gettext("All locations")),
                *((x.id, f"{names[x.place]} · {x.name}") for x in locations),
            ],
        },
    )
    made: list[str] = []

    def begin(ctx: Context) -> None:
        given = {k: v for k, v in form.cleaned_data.items() if k != "key"}
        made.append(commands.open_inventory(**given, ctx=ctx))

    if request.method == "POST" and attempt(request, form, begin):
        return redirect("office:inventory", inventory_id=made[0])
    rows = [(v, names.get(v.place, ""), STATES[v.state]) for v in queries.inventories(list(names))]
    context = {"form": form, "rows": rows}
    return page(request, "office/inventories.html", context, 422 if form.errors else 200)


def _found(request: HttpRequest, inventory_id: str) -> queries.InventoryView | HttpResponse:
    found = queries.inventory(inventory_id)
    if found is None:
        raise Http404
    return found if may(request, ACTION, found.place) else render_error(request, 403)


@require_safe
@staff_required(ACTION)
def inventory(request: HttpRequest, inventory_id: str) -> HttpResponse:
    """The figures, one of the lists, and what can be done."""
    found = _found(request, inventory_id)
    if isinstance(found, HttpResponse):
        return found
    return _page(request, found)


def _page(
    request: HttpRequest,
    found: queries.InventoryView,
    scans: ScansForm | None = None,
    close: CloseForm | None = None,
) -> HttpResponse:
    summary = queries.summary(found) if found.state == "open" else None
    figures = summary.as_dict() if summary else found.result
    chosen = request.GET.get("list", "")
    chosen = chosen if chosen in LISTS else next((n for n in LISTS if figures.get(n)), "missing")
    context: dict[str, Any] = {
        "row": found,
        "state": STATES[found.state],
        "place": places.place(found.place).name,
        "location": _locations(found).get(found.location or "", ""),
        "figures": figures,
        "tabs": [(n, LISTS[n][0], figures.get(n, 0), n == chosen) for n in LISTS],
        "chosen": LISTS[chosen],
        "runs": [
            (r, SOURCES.get(r.source, r.source), _who(r.sent_by)) for r in queries.runs(found.id)
        ],
        "scans": scans or ScansForm(choices={"source": SOURCES.items()}),
        "close": close or CloseForm(auto_id="close_%s"),
        "opened_by": _who(found.opened_by),
    }
    if found.state == "open":
        rows = queries.listed(found, chosen, limit=SHOWN)
        context["rows"] = [(x, *_told(found, x)) for x in rows]
        context["more"] = max(figures.get(chosen, 0) - SHOWN, 0)
    bad = (scans and scans.errors) or (close and close.errors)
    return page(request, "office/inventory.html", context, 422 if bad else 200)


def _who(account: str) -> str:
    found = accounts.account(account)
    return found.name if found else ""


def _locations(found: queries.InventoryView) -> dict[str, str]:
    return {x.id: x.name for x in places.locations([found.place])}


def _told(found: queries.InventoryView, line: queries.Listed) -> tuple[str, str]:
    """(where it is recorded, what is so of it)."""
    if line.what:
        return "", str(WHAT[line.what])
    where = places.place(line.holder).name
    if line.location:
        rooms = {x.id: x.name for x in places.locations([line.holder])}
        where = f"{where} · {rooms.get(line.location, '')}"
    return where, str(ITEM_STATES.get(line.status, ITEM_STATES["blocked"])[1])


@require_POST
@staff_required(ACTION)
def scans(request: HttpRequest, inventory_id: str) -> HttpResponse:
    """A lot of scans, from the form or (as JSON, answered so) from the phone's page."""
    found = _found(request, inventory_id)
    if isinstance(found, HttpResponse):
        return found
    if request.content_type == "application/json":
        return _from_phone(request, found)
    form = ScansForm(request.POST, request.FILES, choices={"source": SOURCES.items()})
    if form.is_valid():
        given = form.cleaned_data
        name = given["file"].name if given["file"] is not None else ""
        try:
            taken = _take(
                request, found, given["source"], name, given["in_order"], given["found"].codes
            )
        except Refused as refused:
            for text in refusal(refused.decision):
                form.add_error(None, text)
        except FAULTS:
            form.add_error(None, busy())
        else:
            said = gettext("%(new)s scans taken, %(again)s had been scanned before.")
            messages.success(request, said % {"new": taken.new, "again": taken.again})
            if given["found"].unread:
                left = gettext("%(n)s lines hold no barcode.") % {"n": given["found"].unread}
                messages.warning(request, left)
            return redirect("office:inventory", inventory_id=found.id)
    return _page(request, found, scans=form)


def _take(
    request: HttpRequest,
    found: queries.InventoryView,
    source: str,
    name: str,
    in_order: bool,
    codes: tuple[str, ...],
) -> commands.Taken:
    """A lot in pieces: broken off and sent again, what came before is told and not counted twice."""
    digest = hashlib.sha256("\n".join((source, str(in_order), *codes)).encode()).hexdigest()[:32]
    ctx = acting(request, channel="office", key=new_id())
    run = commands.begin_run(
        inventory=found.id, source=source, name=name, in_order=in_order, digest=digest, ctx=ctx
    )
    most = commands.MOST_AT_ONCE
    new = again = 0
    for start in range(0, len(codes), most):
        piece = codes[start : start + most]
        taken = commands.add_scans(
            run=run, first=start + 1, codes=piece, ctx=ctx.with_key(str(start))
        )
        new, again = new + taken.new, again + taken.again
    return commands.Taken(new=new, again=again)


def _from_phone(request: HttpRequest, found: queries.InventoryView) -> HttpResponse:
    """What the phone's page has kept: ``{"codes": […], "in_order": …}``."""
    try:
        given = json.loads(request.body)
        codes = tuple(str(code)[:60] for code in given["codes"])
        in_order = given["in_order"] is True
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"said": gettext("That could not be read.")}, status=400)
    if not 0 < len(codes) <= commands.MOST_AT_ONCE:
        return JsonResponse({"said": gettext("No barcode was found in it.")}, status=400)
    try:
        taken = _take(request, found, "phone", "", in_order, codes)
    except Refused as refused:
        return JsonResponse({"said": " ".join(refusal(refused.decision))}, status=409)
    except FAULTS:
        return JsonResponse({"said": str(busy())}, status=503)
    said = gettext("%(new)s scans taken, %(again)s had been scanned before.")
    return JsonResponse({"said": said % {"new": taken.new, "again": taken.again}})


@require_POST
@staff_required(ACTION)
def close(request: HttpRequest, inventory_id: str) -> HttpResponse:
    """What was not found counts as missing."""
    found = _found(request, inventory_id)
    if isinstance(found, HttpResponse):
        return found
    form = CloseForm(request.POST, auto_id="close_%s")
    done: list[commands.Closed] = []

    def act(ctx: Context) -> None:
        why = form.cleaned_data["why"].strip()
        sure = (Override("inventory-much-missing", why),) if why else ()
        done.append(commands.close_inventory(inventory=found.id, ctx=replace(ctx, overrides=sure)))

    if attempt(request, form, act):
        said = gettext("Closed: %(missing)s count as missing, %(found)s are available again.")
        messages.success(request, said % {"missing": done[0].missing, "found": done[0].found})
        return redirect("office:inventory", inventory_id=found.id)
    return _page(request, found, close=form)


@require_POST
@staff_required(ACTION)
def undo(request: HttpRequest, inventory_id: str) -> HttpResponse:
    """Take back what closing did."""
    found = _found(request, inventory_id)
    if isinstance(found, HttpResponse):
        return found
    press(
        request,
        lambda ctx: commands.undo_inventory(inventory=found.id, ctx=ctx),
        gettext("Taken back, but for what has happened to since."),
    )
    return redirect("office:inventory", inventory_id=found.id)


@require_safe
@staff_required(ACTION)
def sheet(request: HttpRequest, inventory_id: str) -> HttpResponse:
    """Every list as a spreadsheet: 清点报告."""
    found = _found(request, inventory_id)
    if isinstance(found, HttpResponse):
        return found
    figures = queries.summary(found).as_dict()
    labels = {"expected": "应有", "scans": "扫描", "right": "相符"}
    title = f"清点报告 {found.number}"
    site = places.place(found.place).name
    made = [
        Sheet(
            "汇总",
            f"{title}（{site}）",
            (Column("项目", width=16), Column("册数", "number")),
            [(labels.get(n) or str(LISTS[n][0]), figures[n]) for n in figures],
            notes=(f"范围 {found.call_from or '起'} — {found.call_to or '止'}",),
        )
    ]
    columns = (
        Column("条码", width=16), Column("题名", width=40), Column("索书号", width=20),
        Column("登记地点", width=24), Column("状态", width=16),
    )  # fmt: skip
    for name, (word, _why) in LISTS.items():
        rows = [
            (x.code, x.title_text, x.call_number, *_told(found, x))
            for x in queries.listed(found, name, limit=None)
        ]
        made.append(Sheet(str(word), f"{title} {word}", columns, rows))
    return spreadsheet(made, title)


@require_safe
@staff_required(ACTION)
def phone(request: HttpRequest, inventory_id: str) -> HttpResponse:
    """The page for a phone at the shelf: camera where the browser reads barcodes, typing elsewhere."""
    found = _found(request, inventory_id)
    if isinstance(found, HttpResponse):
        return found
    if found.state != "open":
        return redirect("office:inventory", inventory_id=found.id)
    context = {"row": found, "place": places.place(found.place).name}
    return page(request, "office/inventory_phone.html", context)
