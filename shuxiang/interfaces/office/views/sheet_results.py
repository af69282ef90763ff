"""What became of a list: progress, control sheet, rows set aside, taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.formats.sheets import workbook
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.sheets import KINDS, reason, undo
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.office.pages import page
from shuxiang.interfaces.office.views.sheets import ACTION, found_batch
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import yuan
from shuxiang.statistics import imports

SHOWN = 50
MOST_ROWS = 50_000
UNDO_HERE = 2_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COUNTED = {"holdings": "items_by_place", "readers": "readers_by_place", "loans": "loans_by_place"}


def control(request: HttpRequest, batch: catalog.BatchView, status: Any) -> HttpResponse:
    """The control sheet of a list so far; posting takes the import back."""
    reasons: list[str] = []
    if request.method == "POST":
        reasons = _undo(request, batch)
        if not reasons:
            said = gettext("Import %(number)s was taken back.")
            messages.success(request, said % {"number": batch.number})
            return redirect("office:import", number=batch.number)
    running = batch.status in ("queued", "running")
    rows = int(batch.options.get("rows", 0))
    context: dict[str, Any] = {
        "batch": batch,
        "kind": KINDS[batch.kind],
        "status": status,
        "place": places.place(batch.place).name,
        "running": running,
        "rows": rows,
        "failed": batch.control.get("failed", ""),
    }
    if request.GET.get("part") == "progress":
        answer = render(request, "office/sheet_progress.html", context)
        if not running:
            answer.headers["HX-Refresh"] = "true"
        return answer
    context |= _counts(batch) | {
        "agreement": None if running else imports.agreement(batch),
        "unreconciled": imports.unreconciled(SHOWN) if batch.kind == "loans" else (),
        "unreconciled_count": imports.unreconciled_count() if batch.kind == "loans" else 0,
        "can_undo": batch.status in ("done", "failed", "undoing"),
        "undo_here": batch.items <= UNDO_HERE,
        "reasons": reasons,
        "key": new_id(),
    }
    return page(request, "office/sheet.html", context, 409 if reasons else 200)


def _undo(request: HttpRequest, batch: catalog.BatchView) -> list[str]:
    if batch.items > UNDO_HERE:
        return [gettext("This import is too large to be taken back here; use the command line.")]
    try:
        undo(batch, ctx=acting(request, channel="office", key=request.POST.get("key", "")[:60]))
    except Refused as refused:
        return refusal(refused.decision)
    return []


def _counts(batch: catalog.BatchView) -> dict[str, Any]:
    """The groups of the control sheet as (label, number) and (label, number, 码洋 or deposit)."""
    found = batch.control
    names = {p.id: p.name for p in places.all_places()}
    sums = found.get("price_by_place") or found.get("deposits_by_place") or {}
    if batch.kind == "readers":
        kinds = {c.code: c.name for c in patrons.categories()}
        by_category = found.get("readers_by_category", {})
    else:
        kinds = {code: name for code, name, _lendable in stock.categories()}
        by_category = found.get("items_by_category", {})
    prices = found.get("price_by_category", {})
    figures = [(_("Rows read"), str(batch.records)), (_("Taken"), str(found.get("taken", 0)))]
    figures.append((_("Rows not taken"), str(batch.quarantined)))
    if batch.kind == "holdings":
        figures += [
            (_("Titles made"), str(batch.titles)),
            (_("Value at list price"), yuan(found.get("price_fen", 0))),
            (_("On loan in the old system"), str(found.get("on_loan_before", 0))),
        ]
    if batch.kind == "readers":
        figures += [
            (_("Deposits held, yuan"), yuan(found.get("deposit_fen", 0))),
            (_("Debts noted, yuan"), yuan(found.get("debt_fen", 0))),
            (_("To be verified"), str(found.get("to_verify", 0))),
            (_("Counted as new by date of issue"), str(found.get("dated", 0))),
        ]
    if batch.kind == "loans":
        figures.append((_("Overdue"), str(found.get("overdue", 0))))
    return {
        "figures": figures,
        "by_place": [
            (names.get(k, k), n, yuan(sums[k]) if k in sums else "")
            for k, n in found.get(_COUNTED[batch.kind], {}).items()
        ],
        "by_category": [
            (kinds.get(k, k), n, yuan(prices[k]) if k in prices else "")
            for k, n in by_category.items()
        ],
        "aside": [(reason(k), n) for k, n in found.get("quarantined", {}).items()],
        "warnings": [(reason(k), n) for k, n in found.get("warnings", {}).items()],
    }


def set_aside(request: HttpRequest, batch: catalog.BatchView, after: str) -> HttpResponse:
    """The rows a list left aside, with why, a page at a time."""
    rows = catalog.quarantined(batch.number, after=after, limit=SHOWN + 1)
    headings = batch.profile.get("headings", [])
    context = {
        "batch": batch,
        "headings": [h for h in headings if h],
        "rows": [
            {
                "place": row.position,
                "why": reason(row.reason, row.detail, barcode=row.barcode, number=row.barcode),
                "cells": _under(headings, sheets.cells_of(batch, row)),
            }
            for row in rows[:SHOWN]
        ],
        "next": rows[SHOWN - 1].id if len(rows) > SHOWN else "",
        "later": bool(after),
    }
    return page(request, "office/sheet_aside.html", context)


def _under(headings: list[str], cells: list[str]) -> list[str]:
    """The cells that stand under a heading."""
    return [
        cells[index] if index < len(cells) else ""
        for index, heading in enumerate(headings)
        if heading
    ]


@require_safe
@staff_required(ACTION)
def file(request: HttpRequest, number: str, part: str) -> HttpResponse:
    """The rows set aside (or those to be reconciled) as a workbook under the headings of the list,
    with row and reason: put right, it can be imported itself."""
    try:
        batch = found_batch(request, number)
    except PermissionError:
        return render_error(request, 403)
    kind = "claim" if part == "claims" else ""
    headings = batch.profile.get("headings", [])
    rows: list[list[str]] = []
    last = ""
    while len(rows) < MOST_ROWS and (
        found := catalog.quarantined(number, kind=kind, after=last, limit=1000)
    ):
        last = found[-1].id
        for row in found:
            why = reason(row.reason, row.detail, barcode=row.barcode, number=row.barcode)
            cells = _under(headings, sheets.cells_of(batch, row))
            rows.append([*cells, str(row.position), why])
    shown = [*[h for h in headings if h], gettext("Row of the list"), gettext("Why")]
    data = workbook(gettext("Set aside"), shown, rows)
    answer = HttpResponse(data, content_type=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="{part}-{number}.xlsx"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
