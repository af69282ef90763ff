"""分类表与著者号码表: the library's own tables, imported under its own licence, browsed and found."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import classing as commands
from shuxiang.formats import clc
from shuxiang.formats.sheets import SheetError, open_book
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.wording import say
from shuxiang.interfaces.office.acts import KeyedForm, attempt
from shuxiang.interfaces.office.pages import page
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop

ACTION, IMPORT = "stock.view", "catalog.classification"
MOST_BYTES = 20_000_000
LISTED = 20
COUNTED = 200
"""Class numbers whose titles are counted on one page."""


class TableForm(KeyedForm):
    """A table to import."""

    kind = forms.ChoiceField(
        label=_("Table"),
        choices=(("classes", _("Class table")), ("authors", _("Author numbers"))),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "xlsx, xls, csv or text with tabs. Classes: number, heading, notes. Author numbers: "
            "beginning of the name (or one character), number."
        ),
    )
    replace = forms.BooleanField(
        label=_("Take out what this file does not have"), required=False, initial=False
    )
    licence = forms.BooleanField(
        label=_("The library has a licence for this table"),
        error_messages={"required": _("Only a table the library has a licence for is imported.")},
    )
    fields_of = {
        "class-table-empty": "file",
        "class-table-large": "file",
        "table-unreadable": "file",
    }


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def classes(request: HttpRequest) -> HttpResponse:
    """Classes below one, or found by number or word, with their titles; importing a table."""
    importer = may(request, IMPORT)
    form = TableForm(request.POST or None, request.FILES or None) if importer else None
    faults: list[str] = []
    if request.method == "POST":
        if form is None:
            return redirect("office:classes")
        made: list[tuple[int, int]] = []

        def act(ctx: Context) -> None:
            made.append(_import(form, faults, ctx))

        if attempt(request, form, act):
            count, skipped = made[0]
            said = ngettext("The table has %(n)s row.", "The table has %(n)s rows.", count)
            messages.success(request, said % {"n": count})
            if skipped:
                told = ngettext("%(n)s row was left out.", "%(n)s rows were left out.", skipped)
                messages.warning(request, " ".join([told % {"n": skipped}, *faults]))
            return redirect("office:classes")
    code = clc.normalise_class(request.GET.get("of", "")[:60])
    text = request.GET.get("q", "").strip()[:60]
    rows = _rows(code, text)
    prefixes = {row.code: _prefixes(row.code) for row in rows[:COUNTED]}
    counts = catalog.titles_in_classes([p for found in prefixes.values() for p in found][:COUNTED])
    context: dict[str, Any] = {
        "form": form,
        "faults": faults,
        "own": catalog.class_table_size(),
        "authors": catalog.author_table_size(),
        "of": catalog.class_entry(code) or _shipped_class(code),
        "text": text,
        "rows": [
            (row, sum([counts.get(p, 0) for p in prefixes.get(row.code, ())])) for row in rows
        ],
    }
    return page(request, "office/classes.html", context, 422 if form and form.errors else 200)


def _rows(code: str, text: str) -> list[catalog.ClassView]:
    """The classes of the library's own table and, where it has none of that number, those of the two
    levels that come with the program."""
    own = catalog.find_classes(text) if text else catalog.classes_below(code)
    found = {
        row.code: _view(row)
        for row in clc.classes()
        if (
            row.code.startswith(text.upper()) or text in row.name_zh if text else row.parent == code
        )
    }
    if not text:
        opened = catalog.classes_opened()
        found |= {c: replace(v, below=1) for c, v in found.items() if c in opened}
    found |= {row.code: row for row in own}
    return sorted(found.values(), key=lambda row: clc.class_key(row.code))


def _view(row: clc.ClcClass) -> catalog.ClassView:
    return catalog.ClassView(row.code, row.parent, row.name_zh, "", int(row.level == 1))


def _shipped_class(code: str) -> catalog.ClassView | None:
    row = clc.by_code().get(code)
    return _view(row) if row else None


def _prefixes(code: str) -> tuple[str, ...]:
    """What the numbers in a class begin with: a span such as ``I3/7`` has several beginnings."""
    row = clc.by_code().get(code)
    return row.prefixes if row else (code,)


def _import(form: TableForm, faults: list[str], ctx: Context) -> tuple[int, int]:
    upload = form.cleaned_data["file"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        if path.stat().st_size > MOST_BYTES:
            raise refuse(stop("table-unreadable"))
        try:
            book = open_book(path)
            table = [row.cells for row in book.rows(book.sheets[0])]
        except (SheetError, IndexError):
            raise refuse(stop("table-unreadable")) from None
    replace = form.cleaned_data["replace"]
    if form.cleaned_data["kind"] == "classes":
        rows, wrong = catalog.class_rows(table)
        count = commands.import_class_table(rows=tuple(rows), replace=replace, ctx=ctx)
    else:
        found, wrong = catalog.author_rows(table)
        pairs = tuple(found.items())
        count = commands.import_author_table(rows=pairs, replace=replace, ctx=ctx)
    faults += [say(reason) for reason in wrong[:LISTED]]
    return count, len(wrong)
