"""Lists from spreadsheets: uploaded, mapped with a preview, given to the worker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.import_sheet import NOWHERE
from shuxiang.formats.sheets import CODED, FIELDS, SheetError, SheetMap, Survey
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.sheets import (
    KINDS,
    LABELS,
    READER_STATES,
    SOURCES,
    STATES,
    finding,
)
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.wording import TERMS, refusal
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

FOLDER = "imports"
MOST_BYTES = 64 << 20
"""The largest file that is taken here; a larger one is imported on the server."""
ACTION = "catalog.import"


class UploadForm(forms.Form):
    """A spreadsheet, what it is of, and where its rows belong."""

    file = forms.FileField(
        label=_("Spreadsheet"),
        help_text=_("xlsx, xls or csv; titles above the headings do no harm."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv,.tsv,.txt"}),
    )
    kind = forms.ChoiceField(
        label=_("A list of"),
        required=False,
        help_text=_("Left open, the headings decide."),
    )
    place = forms.ChoiceField(
        label=_("Where rows belong that name no library"),
    )

    def __init__(
        self,
        *args: Any,
        kinds: list[tuple[str, str | Promise]],
        sites: tuple[places.Place, ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("kind", [("", _("By its headings")), *kinds]),
            ("place", [(p.code, p.name) for p in sites]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file, read it once as a whole, and show how it would be imported."""
    kinds = [(code, kind.name) for code, kind in KINDS.items() if may(request, kind.action)]
    sites = permitted_places(request, ACTION)
    form = UploadForm(request.POST or None, request.FILES or None, kinds=kinds, sites=sites)
    if request.method == "POST" and form.is_valid():
        number = _take(request, form, sites)
        if number:
            return redirect("office:sheet_map", number=number)
    status = 200 if request.method == "GET" else 422
    return page(request, "office/sheet_upload.html", {"form": form, "most": MOST_BYTES}, status)


def _take(request: HttpRequest, form: UploadForm, sites: tuple[places.Place, ...]) -> str:
    """Keep the file as a draft; returns its number, '' with the errors in the form."""
    file: UploadedFile = form.cleaned_data["file"]
    site = next(p for p in sites if p.code == form.cleaned_data["place"])
    if (file.size or 0) > MOST_BYTES:
        form.add_error("file", gettext("The file is too large; import it on the server."))
        return ""
    name = Path(file.name or "list").name[:160]
    path = _stored(file)
    options = sheets.SheetOptions(place=site.id, kind=form.cleaned_data["kind"] or None)
    try:
        found = sheets.look(path, options)
        begun = sheets.begin_sheet(
            kind=found.map.kind,
            place=site.id,
            file_name=name,
            file_sha256=found.sha256,
            file_size=found.size,
            charset=found.charset,
            format=found.format,
            profile=found.map.to_dict(),
            rows=found.rows,
            draft=True,
            file_path=f"{FOLDER}/{path.name}",
            seen=found.facts(),
            ctx=acting(request, channel="office"),
        )
    except Refused as refused:
        path.unlink(missing_ok=True)
        for text in refusal(refused.decision):
            form.add_error("file", text)
        return ""
    kept = catalog.batch(begun.number)
    if kept is not None and kept.file_path != f"{FOLDER}/{path.name}":
        path.unlink(missing_ok=True)
    return begun.number


def _stored(file: UploadedFile) -> Path:
    """The upload under a name of our own, readable by nobody else."""
    folder = Path(settings.HOME) / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / new_id()
    with path.open("xb") as out:
        path.chmod(0o600)
        for piece in file.chunks():
            out.write(piece)
    return path


def found_batch(request: HttpRequest, number: str) -> catalog.BatchView:
    """A list's batch that the clerk may see. Raises Http404, PermissionError."""
    batch = catalog.batch(number)
    if batch is None or batch.kind not in KINDS:
        raise Http404
    if not may(request, KINDS[batch.kind].action, batch.place):
        raise PermissionError
    return batch


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def columns(request: HttpRequest, number: str) -> HttpResponse:
    """How a draft would be read: its columns and values to be mapped, its first rows as they would
    be imported. Posting keeps the map, starts the import or throws the draft away."""
    try:
        batch = found_batch(request, number)
    except PermissionError:
        return render_error(request, 403)
    if batch.status != "draft":
        return redirect("office:import", number=number)
    reasons: list[str] = []
    if request.method == "POST":
        try:
            answer = _act(request, batch)
        except Refused as refused:
            reasons = refusal(refused.decision)
        else:
            return answer
        batch = catalog.batch(number) or batch
    survey = survey_of(batch)
    seen = sheets.Preview(survey, (), {})
    try:
        seen = sheets.preview(
            survey.path,
            sheets.SheetOptions(place=batch.place, map=survey.map),
            KINDS[batch.kind].make,
            ctx=acting(request, channel="office"),
            found=survey,
        )
    except (OSError, SheetError):
        reasons.append(
            gettext("The uploaded file is gone; throw the list away and upload it again.")
        )
    # The row that says most gives the order; one that can't be taken says less.
    fullest = sorted(seen.rows, key=lambda row: -len(row.values))
    shown = list(dict.fromkeys(name for row in fullest for name in row.values))
    context = {
        "batch": batch,
        "kind": KINDS[batch.kind],
        "place": places.place(batch.place).name,
        "rows": survey.rows,
        "columns": _columns(survey),
        "fields": [(name, LABELS[name]) for name in FIELDS[survey.map.kind]],
        "meanings": _meanings(survey, seen),
        "unread": [name for name, header in survey.sheets if header is None],
        "shown": [LABELS[name] for name in shown],
        "preview": [_previewed(row, shown, batch.kind) for row in seen.rows],
        "reasons": reasons,
        "key": new_id(),
    }
    return page(request, "office/sheet_map.html", context, 409 if reasons else 200)


def survey_of(batch: catalog.BatchView) -> Survey:
    """The file of a draft as it was seen when it was last read as a whole."""
    return Survey.from_facts(
        Path(settings.HOME) / batch.file_path,
        batch.options.get("seen", {}),
        size=batch.file_size,
        sha256=batch.file_sha256,
        format=batch.format,
        charset=batch.charset,
        map=SheetMap.from_dict(batch.profile),
        rows=int(batch.options.get("rows", 0)),
    )


def _act(request: HttpRequest, batch: catalog.BatchView) -> HttpResponse:
    ctx = acting(request, channel="office", key=request.POST.get("key", "")[:60])
    path = Path(settings.HOME) / batch.file_path
    if request.POST.get("act") == "discard":
        sheets.discard_sheet(batch=batch.id, ctx=ctx)
        path.unlink(missing_ok=True)
        messages.success(request, gettext("The list was thrown away; nothing was imported."))
        return redirect("office:imports")
    before = SheetMap.from_dict(batch.profile)
    how = _given_map(request.POST, before)
    coded = CODED[how.kind]
    moved = any(how.columns.get(n) != before.columns.get(n) for n in coded)
    rows, seen = int(batch.options.get("rows", 0)), None
    if moved or how.row != before.row:
        options = sheets.SheetOptions(place=batch.place, map=how)
        found = sheets.look(path, options)
        rows, seen = found.rows, found.facts()
    sheets.map_sheet(
        batch=batch.id, profile=how.to_dict(), rows=rows, seen=seen, ctx=ctx.with_key("map")
    )
    if request.POST.get("act") != "start":
        return redirect("office:sheet_map", number=batch.number)
    sheets.queue_sheet(batch=batch.id, ctx=ctx.with_key("start"))
    return redirect("office:import", number=batch.number)


def _given_map(given: Mapping[str, Any], before: SheetMap) -> SheetMap:
    """The map of a form: ``c<column>`` is a field, ``v<field>.<n>`` a code for ``t<field>.<n>``."""
    columns: dict[str, int] = {}
    for index in range(len(before.headings)):
        name = given.get(f"c{index}", "")
        if name in FIELDS[before.kind] and name not in columns:
            columns[name] = index
    values: dict[str, dict[str, str]] = {n: dict(v) for n, v in before.values.items()}
    for name in CODED[before.kind]:
        number = 0
        while (text := given.get(f"t{name}.{number}")) is not None:
            code = given.get(f"v{name}.{number}", "")
            values.setdefault(name, {})
            if code:
                values[name][text] = code
            else:
                values[name].pop(text, None)
            number += 1
    return SheetMap(
        kind=before.kind,
        headings=before.headings,
        columns=columns,
        values={name: texts for name, texts in values.items() if texts},
        row=before.row,
    )


def _columns(survey: Survey) -> list[tuple[int, str, str]]:
    """(column, heading, our field or '') of the columns that have a heading."""
    fields = {index: name for name, index in survey.map.columns.items()}
    return [
        (index, heading, fields.get(index, ""))
        for index, heading in enumerate(survey.map.headings)
        if heading
    ]


def _meanings(survey: Survey, seen: sheets.Preview) -> list[dict[str, Any]]:
    """The coded columns with their texts, what each means, and what it could mean; those that mean
    nothing yet first."""
    return [
        {
            "name": name,
            "label": LABELS[name],
            "choices": _choices(name),
            "texts": sorted(texts, key=lambda each: (bool(each[2]), -each[1])),
            "unknown": sum(1 for text in texts if not text[2]),
        }
        for name, texts in seen.meanings.items()
        if name != "relation"
    ]


def _choices(name: str) -> list[tuple[str, str | Promise]]:
    if name in ("library", "holder", "home_library", "lending_place"):
        return [(p.code, p.name) for p in places.all_places() if p.kind != "network"]
    if name in ("location", "cur_location"):
        rows = {row.code: row.name for row in places.locations()}
        return [(NOWHERE, _("No location")), *rows.items()]
    if name == "item_type":
        return [(code, label) for code, label, _lendable in stock.categories()]
    if name == "reader_type":
        return [(kind.code, kind.name) for kind in patrons.categories()]
    if name == "id_type":
        kinds = TERMS["kind"]
        return [(code, gettext(kinds[code])) for code in kinds if code not in KINDS]
    if name == "gender":
        return [("M", _("Male")), ("F", _("Female"))]
    table = {"status": STATES, "reader_status": READER_STATES, "source": SOURCES}[name]
    return list(table.items())


def _previewed(row: sheets.PreviewedRow, shown: list[str], kind: str) -> dict[str, Any]:
    """A row of the preview with its cells under the columns ``shown``."""
    states = READER_STATES if kind == "readers" else STATES
    cells = []
    for name in shown:
        text = row.values.get(name, "")
        coded = name in ("status", "reader_status")
        cells.append(str(states.get(text, text)) if coded else text)
    return {
        "place": f"{row.sheet} {row.row}".strip(),
        "cells": cells,
        "notes": [finding(note) for note in row.notes],
        "refused": [finding(note) for note in row.refused],
    }


@require_safe
@staff_required(ACTION)
def map_file(request: HttpRequest, number: str) -> HttpResponse:
    """The column map of a list, to be given to another import."""
    try:
        batch = found_batch(request, number)
    except PermissionError:
        return render_error(request, 403)
    text = msgspec.json.format(msgspec.json.encode(batch.profile), indent=2)
    answer = HttpResponse(text, content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="map-{batch.number}.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
