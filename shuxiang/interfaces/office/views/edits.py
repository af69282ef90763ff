"""批量修改: chosen, looked at, run in the background, taken back by number."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import editing as records
from shuxiang.apps.catalog.queries import EditView, RecordEdit
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import editing as items
from shuxiang.formats.notes import MESSAGES
from shuxiang.interfaces.common import finding
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.common.wording import WORDING
from shuxiang.interfaces.office.acts import KeyedForm, attempt, press
from shuxiang.interfaces.office.item_words import STATES as ITEM_STATES
from shuxiang.interfaces.office.item_words import Names
from shuxiang.interfaces.office.pages import page
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id

ACTION = "catalog.edit_batch"
AT_ONCE = 200
"""Titles asked of a search at a time."""
LISTED = 200

KINDS: dict[str, str | Promise] = {
    "replace": _("Replace a text in a subfield"),
    "set": _("Set a subfield"),
    "add": _("Add a field"),
    "remove": _("Remove a field or subfield"),
}
FIELDS: dict[str, str | Promise] = {
    "location": _("Location"),
    "category": _("Item category"),
    "status": _("State"),
    "call_number": _("Call number"),
    "volume": _("Part or volume"),
}
STATES: dict[str, tuple[str, str | Promise]] = {
    "draft": ("muted", pgettext_lazy("batch edit", "To be looked at")),
    "queued": ("notice", _("Waits for the background service")),
    "running": ("notice", _("Being changed")),
    "done": ("ok", _("Finished")),
    "undoing": ("notice", _("Being taken back")),
    "undone": ("muted", _("Taken back")),
}
ROWS: dict[str, str | Promise] = {
    "waiting": _("Still to do"),
    "changed": _("Changed"),
    "same": _("Nothing to change"),
    "refused": _("Refused"),
    "undone": _("Taken back"),
    "kept": _("Not taken back"),
}


class ChoiceForm(KeyedForm):
    """Which records or items: one way or several together."""

    numbers = forms.CharField(
        label=_("Barcodes or ISBNs"),
        required=False,
        max_length=400_000,
        help_text=_("One a line, scanned or pasted."),
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("or a file of them"), required=False, help_text=_("Text, one number a line.")
    )
    search = forms.CharField(
        label=_("or everything a search finds"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    fields_of = {"edit-nothing-chosen": "numbers", "edit-too-many": "numbers"}

    def numbers_given(self) -> list[str]:
        """What was typed, pasted and uploaded, each once."""
        text = self.cleaned_data["numbers"]
        upload = self.cleaned_data["file"]
        if upload is not None:
            data = upload.read(2_000_000)
            try:
                text += "\n" + data.decode("utf-8-sig")
            except UnicodeDecodeError:
                text += "\n" + data.decode("gb18030", "replace")
        lines = [line.split("\t")[0].split(",")[0].strip() for line in text.splitlines()]
        return list(dict.fromkeys(line for line in lines if line))


class RecordsForm(ChoiceForm):
    """A change of records."""

    kind = forms.ChoiceField(label=_("What is changed"), choices=tuple(KINDS.items()))
    tag = forms.CharField(label=_("Field"), max_length=3, help_text=_("Three digits, such as 210."))
    code = forms.CharField(label=_("Subfield"), max_length=1, required=False)
    indicators = forms.CharField(
        label=_("Indicators of a field added"), max_length=2, required=False, strip=False
    )
    find = forms.CharField(label=_("Text to find"), max_length=2000, required=False)
    value = forms.CharField(
        label=_("New text"),
        max_length=2000,
        required=False,
        help_text=_("Of a field added with its subfields: $a…$b…"),
    )
    whole = forms.BooleanField(label=_("Only where it is the whole text"), required=False)
    fields_of = ChoiceForm.fields_of | {
        "edit-tag-invalid": "tag",
        "edit-code-invalid": "code",
        "edit-find-missing": "find",
        "edit-value-missing": "value",
        "edit-subfields-unreadable": "value",
        "edit-indicators-invalid": "indicators",
    }
    field_order = ("kind", "tag", "code", "find", "value", "whole", "indicators", "numbers")

    def edit(self) -> RecordEdit:
        """What was asked for."""
        data = self.cleaned_data
        return RecordEdit(
            kind=data["kind"],
            tag=data["tag"],
            code=data["code"],
            find=data["find"],
            value=data["value"],
            indicators=(data["indicators"] or "").ljust(2)[:2],
            whole=data["whole"],
        )


class ItemsForm(ChoiceForm):
    """A change of items."""

    field = forms.ChoiceField(label=_("What is changed"), choices=tuple(FIELDS.items()))
    location = forms.ChoiceField(label=_("Location"), required=False)
    category = forms.ChoiceField(label=_("Item category"), required=False)
    status = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", "—"), *[(s, ITEM_STATES[s][1]) for s in stock.SETTABLE]],
    )
    find = forms.CharField(label=_("Text to find"), max_length=80, required=False)
    value = forms.CharField(label=_("New text"), max_length=80, required=False)
    fields_of = ChoiceForm.fields_of | {
        "category-unknown": "category",
        "status-unknown": "status",
        "edit-find-missing": "find",
    }
    field_order = ("field", "location", "category", "status", "find", "value", "numbers")

    def __init__(self, *args: Any, **kw: Any) -> None:
        names = {p.id: p.name for p in places.all_places()}
        rooms = [(r.id, f"{names.get(r.place, '')} · {r.name}") for r in places.locations()]
        kinds = [(code, name) for code, name, _lend in stock.categories()]
        kw["choices"] = {"location": [("", "—"), *rooms], "category": [("", "—"), *kinds]}
        super().__init__(*args, **kw)

    def edit(self) -> stock.ItemEdit:
        """What was asked for."""
        data = self.cleaned_data
        if data["field"] in ("location", "category", "status"):
            return stock.ItemEdit(data["field"], data[data["field"]])
        return stock.ItemEdit(data["field"], data["value"].strip(), data["find"])


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def edits(request: HttpRequest) -> HttpResponse:
    """The batches so far, and the form for another of records or items."""
    what = request.POST.get("what") or request.GET.get("what") or "records"
    of_items = what == "items"
    form: RecordsForm | ItemsForm = (ItemsForm if of_items else RecordsForm)(
        request.POST or None, request.FILES or None
    )
    if request.method == "POST":
        made: list[str] = []
        if attempt(request, form, lambda ctx: made.append(_prepare(form, ctx))):
            return redirect("office:edit", number=made[0])
    people = Names().people
    context = {
        "form": form,
        "what": "items" if of_items else "records",
        "rows": [
            (one, STATES[one.state], people.get(one.made_by, ""), said(one))
            for one in catalog.edits(50)
        ],
    }
    return page(request, "office/edits.html", context, 422 if form.errors else 200)


def _prepare(form: RecordsForm | ItemsForm, ctx: Context) -> str:
    given = form.numbers_given()
    text = form.cleaned_data["search"].strip()
    chosen = " · ".join(filter(None, [f"{len(given)}" if given else "", text]))
    if isinstance(form, ItemsForm):
        return items.prepare_edit(
            edit=form.edit(), items=tuple(_items(given, text)), chosen=chosen, ctx=ctx
        )
    return records.prepare_edit(
        edit=form.edit(), titles=tuple(_titles(given, text)), chosen=chosen, ctx=ctx
    )


def _titles(numbers: list[str], text: str) -> list[str]:
    found = [t for number in numbers for t in _titles_of(number)]
    return list(dict.fromkeys((*found, *_searched(text))))


def _titles_of(number: str) -> list[str]:
    copies = [i.title for i in stock.items_by_barcode(number)]
    return copies or [t.id for t in catalog.by_identifier(number)]


def _searched(text: str) -> list[str]:
    """Every title that has all the words. Those that have most of them, which a search of readers
    offers instead, are not what is to be changed."""
    if not text:
        return []
    text = finding.question(text)
    found = finding.ask(text, {}, size=AT_ONCE)
    if found.relaxed:
        return []
    if found.total > records.MOST:
        raise refuse(stop("edit-too-many", most=records.MOST, count=found.total))
    ids, page = list(found.ids), 2
    while len(ids) < found.total and (more := finding.ask(text, {}, page=page, size=AT_ONCE).ids):
        ids += more
        page += 1
    return ids


def _items(numbers: list[str], text: str) -> list[str]:
    found = [i.id for number in numbers for i in stock.items_by_barcode(number)]
    titles = _searched(text)
    for start in range(0, len(titles), AT_ONCE):
        by_title = stock.items_of(titles[start : start + AT_ONCE])
        found += [i.id for rows in by_title.values() for i in rows]
    return list(dict.fromkeys(found))


def said(one: EditView) -> str:
    """What a batch changes, in one line."""
    spec = one.spec
    if one.what == "items":
        field = str(FIELDS.get(spec["field"], ""))
        value = _value(spec["field"], spec.get("value", ""), Names())
        if spec.get("find"):
            return f"{field}：{spec['find']} → {spec['value'] or '—'}"
        return f"{field} → {value}"
    if spec["kind"] == "heading":
        return gettext("Heading %(old)s → %(new)s") % {"old": spec["find"], "new": spec["value"]}
    where = spec["tag"] + (f"${spec['code']}" if spec["code"] else "")
    text = f"{KINDS[spec['kind']]} {where}"
    if spec["kind"] == "replace":
        return f"{text}：{spec['find']} → {spec['value'] or '—'}"
    return f"{text}：{spec['value'] or spec['find'] or '—'}"


def _value(field: str, value: str, names: Names) -> str:
    name = {"location": "location_id", "category": "category_id"}.get(field, field)
    return names.value(name, value)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def edit(request: HttpRequest, number: str) -> HttpResponse:
    """One batch: a draft with what it would change; else how it went, and taking it back."""
    one = catalog.edit(number)
    if one is None:
        raise Http404
    if request.method == "POST":
        return _act(request, one)
    counts = catalog.edit_counts(one.id)
    context: dict[str, Any] = {
        "one": one,
        "said": said(one),
        "state": STATES[one.state],
        "made_by": Names().people.get(one.made_by, ""),
        "counts": [(words, counts[code]) for code, words in ROWS.items() if counts.get(code)],
        "under_way": one.state in ("queued", "running", "undoing"),
        "key": new_id(),
    }
    if one.state == "draft":
        context |= _preview(one)
    else:
        context["told"] = _told(one)
    return page(request, "office/edit.html", context)


def _act(request: HttpRequest, one: EditView) -> HttpResponse:
    act = request.POST.get("act", "")
    acts = {
        "run": (records.run_edit, gettext("The change runs in the background.")),
        "undo": (records.undo_edit, gettext("The change is being taken back.")),
        "discard": (records.discard_edit, gettext("The draft is dropped; nothing was changed.")),
    }
    if act not in acts:
        raise Http404
    command, words = acts[act]
    done = press(request, lambda ctx: command(number=one.number, ctx=ctx), words)
    if done and act == "discard":
        return redirect("office:edits")
    return redirect("office:edit", number=one.number)


def _preview(one: EditView) -> dict[str, Any]:
    if one.what == "items":
        looked = stock.preview_items(one)
        names = Names()
        views = {i: stock.item(i) for i, _before, _after in looked.first}
        titles = catalog.titles({v.title for v in views.values() if v})
        field = one.spec["field"]
        first = [
            (
                f"{view.barcode} {titles[view.title].full_title}",
                [("", _value(field, before, names), _value(field, after, names))],
            )
            for id_, before, after in looked.first
            if (view := views[id_]) is not None
        ]
        return {"looked": looked, "first": first}
    tried = catalog.preview_edit(one)
    titles = catalog.titles([i for i, _differences in tried.first])
    return {
        "looked": tried,
        "first": [
            (titles[i].full_title, [(d.tag, d.before or "—", d.after or "—") for d in differences])
            for i, differences in tried.first
            if i in titles
        ],
    }


def _told(one: EditView) -> list[tuple[str, str, list[str]]]:
    """Rows that were refused or kept, with why."""
    rows = [
        row
        for state in ("refused", "kept")
        for row in catalog.edit_rows(one.id, state=state, limit=LISTED)
    ]
    told = []
    for row in rows:
        why = [_plainly(code) for code in row.why]
        if one.what == "items":
            item = stock.item(row.subject)
            told.append((item.barcode if item else "—", str(ROWS[row.state]), why))
        else:
            title = catalog.title(row.subject)
            told.append((title.full_title if title else "—", str(ROWS[row.state]), why))
    return told


def _plainly(code: str) -> str:
    """A reason in words, without the facts it was refused with; a fault of a record with its field."""
    if code.startswith("["):
        tag, fault, values = json.loads(code)
        return f"{tag} {gettext(MESSAGES[fault]) % values}" if fault in MESSAGES else str(tag)
    words = gettext(WORDING[code]) if code in WORDING else ""
    return words if words and "%(" not in words else gettext("Refused by the rules for this field.")
