"""Imports: what was read, what was made of it, what was set aside, and taking one back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import import_marc as importing
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.sheets import KINDS, reason
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.interfaces.office.views import sheet_results
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

ACTION = "catalog.import"
UNDO_HERE = 2_000
"""Titles of an import that a request may take back itself (about a second); larger ones are the
command line's."""

SHOWN = 20
_SHOWN_BYTES = 2_048

STATUS: dict[str, tuple[str, str | Promise]] = {
    "draft": ("notice", _("Not started")),
    "queued": ("notice", _("Waiting")),
    "failed": ("refused", _("Broken off")),
    "running": ("notice", _("Not finished")),
    "done": ("ok", _("Imported")),
    "undoing": ("notice", _("Being taken back")),
    "undone": ("muted", _("Taken back")),
}


@require_safe
@staff_required(ACTION)
def batches(request: HttpRequest) -> HttpResponse:
    """The newest imports into the places open to the clerk."""
    names = {p.id: p.name for p in permitted_places(request, ACTION)}
    rows = [
        (b, names[b.place], STATUS[b.status], KINDS[b.kind].name if b.kind in KINDS else "")
        for b in catalog.batches(100)
        if b.place in names and (b.kind not in KINDS or may(request, KINDS[b.kind].action))
    ]
    return page(request, "office/imports.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def batch(request: HttpRequest, number: str) -> HttpResponse:
    """The control sheet of an import; posting takes the import back."""
    found = catalog.batch(number)
    if found is not None and found.kind in KINDS:
        return _list(request, found)
    sheet = stock.control_sheet(number, listed=100)
    if sheet is None:
        raise Http404
    if not may(request, ACTION, sheet.batch.place):
        return render_error(request, 403)
    reasons: list[str] = []
    if request.method == "POST":
        reasons = _undo(request, sheet.batch)
        if not reasons:
            said = gettext("Import %(number)s was taken back: %(titles)s titles, %(items)s items.")
            facts = {
                "number": number,
                "titles": sheet.batch.titles,
                "items": sheet.batch.items,
            }
            messages.success(request, said % facts)
            return redirect("office:import", number=number)
    names = {p.id: p.name for p in places.all_places()}
    kinds = {code: name for code, name, _lendable in stock.categories()}
    context: dict[str, Any] = {
        "sheet": sheet,
        "batch": sheet.batch,
        "place": names.get(sheet.batch.place, ""),
        "status": STATUS[sheet.batch.status],
        "by_place": [(names.get(k, k), n) for k, n in sheet.items_by_place.items()],
        "by_category": [(kinds.get(k, k), n) for k, n in sheet.items_by_category.items()],
        "quarantined": [(reason(k), n) for k, n in sheet.quarantined.items()],
        "warnings": [(reason(k), n) for k, n in sheet.warnings.items()],
        "undo_here": sheet.batch.titles <= UNDO_HERE,
        "can_undo": sheet.batch.status in ("done", "running", "undoing"),
        "reasons": reasons,
        "key": new_id(),
    }
    return page(request, "office/import.html", context, 409 if reasons else 200)


def _list(request: HttpRequest, found: catalog.BatchView) -> HttpResponse:
    """A list from a spreadsheet: its map while it is a draft, else what became of it."""
    if not may(request, KINDS[found.kind].action, found.place):
        return render_error(request, 403)
    if found.status == "draft":
        return redirect("office:sheet_map", number=found.number)
    return sheet_results.control(request, found, STATUS[found.status])


def _undo(request: HttpRequest, found: catalog.BatchView) -> list[str]:
    if found.titles > UNDO_HERE:
        return [gettext("This import is too large to be taken back here; use the command line.")]
    try:
        importing.undo_import(
            found.number,
            ctx=acting(request, channel="office", key=request.POST.get("key", "")[:60]),
        )
    except Refused as refused:
        return refusal(refused.decision)
    return []


@dataclass(frozen=True, slots=True)
class Shown:
    """Something set aside: its bytes as text in the import's charset and as hex."""

    row: catalog.QuarantinedView
    words: str
    text: str
    hex: tuple[str, ...]
    cut: int


@require_safe
@staff_required(ACTION)
def set_aside(request: HttpRequest, number: str) -> HttpResponse:
    """What an import set aside, with the bytes it came in."""
    found = catalog.batch(number)
    if found is None:
        raise Http404
    if not may(request, ACTION, found.place):
        return render_error(request, 403)
    after = request.GET.get("after", "")
    after = after if len(after) == 32 and after.isalnum() and after.isascii() else ""
    if found.kind in KINDS:
        if not may(request, KINDS[found.kind].action, found.place):
            return render_error(request, 403)
        return sheet_results.set_aside(request, found, after)
    rows = catalog.quarantined(number, after=after, limit=SHOWN + 1)
    context = {
        "batch": found,
        "rows": [_shown(row, found.charset) for row in rows[:SHOWN]],
        "next": rows[SHOWN - 1].id if len(rows) > SHOWN else "",
        "later": bool(after),
    }
    return page(request, "office/set_aside.html", context)


_VISIBLE = str.maketrans({"\x1f": "‡", "\x1e": "¶\n", "\x1d": "■"})


def _shown(row: catalog.QuarantinedView, charset: str) -> Shown:
    data = row.data[:_SHOWN_BYTES]
    text = data.decode(charset or "utf-8", "replace").translate(_VISIBLE)
    text = "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
    lines = tuple(
        f"{n:06x}  {data[n : n + 16].hex(' ')}" for n in range(0, min(len(data), 512), 16)
    )
    words = reason(row.reason, **({"barcode": row.barcode} if row.barcode else {}))
    return Shown(row, words, text, lines, len(row.data) - len(data))
