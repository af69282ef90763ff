"""Labels: which wait, printed as PDF, marked as printed."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.places import queries as places
from shuxiang.apps.processing import queries as processing
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.labels import labels_printed
from shuxiang.documents.errors import DocumentError
from shuxiang.documents.labels import (
    SHEETS,
    BarcodeTooWide,
    Label,
    Sheet,
    labels_pdf,
    parse_sheet,
)
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import service_point, staff_required
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.office.item_words import Names
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

ACTION = "stock.labels"
SHOWN = 200
MOST = 2_000
CONTENTS: tuple[tuple[str, str | Promise], ...] = (
    ("both", gettext_lazy("Call number and barcode")),
    ("spine", gettext_lazy("Call number only (spine)")),
    ("barcode", gettext_lazy("Barcode only")),
)
PLAIN = "plain"


class PrintForm(forms.Form):
    """How the chosen labels are printed."""

    content = forms.ChoiceField(label=gettext_lazy("What"), choices=CONTENTS)
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"))
    start = forms.IntegerField(
        label=gettext_lazy("First free label"),
        min_value=1,
        initial=1,
        help_text=gettext_lazy("For a sheet used before: counted by rows from the top left."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, custom: Sheet | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["sheet"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("3x7", _("21 a sheet (3 × 7), 63.5 × 38.1 mm")),
            ("4x10", _("40 a sheet (4 × 10), 48.5 × 25.4 mm")),
            *(
                [
                    (
                        "custom",
                        _("The sheet of the settings (%(measures)s)")
                        % {"measures": _measures(custom)},
                    )
                ]
                if custom
                else []
            ),
            (PLAIN, _("Plain paper to cut (3 × 7)")),
        ]


def _measures(sheet: Sheet) -> str:
    return f"{sheet.columns} × {sheet.rows}, {sheet.width:g} × {sheet.height:g} mm"


def _custom(request: HttpRequest) -> Sheet | None:
    text = str(places.setting(service_point(request).id, "labels.custom").value)
    try:
        return parse_sheet(text) if text.strip() else None
    except DocumentError:
        return None


class Chosen:
    """Which labels an address asks for."""

    def __init__(self, request: HttpRequest) -> None:
        asked = request.GET
        self.today = clock.business_date(clock.now())
        self.printed = asked.get("state") == "printed"
        self.mine = asked.get("by") == "me"
        self.batch = asked.get("batch", "").strip()[:24]
        self.entry = asked.get("entry", "").strip()[:32]
        try:
            self.day: date | None = date.fromisoformat(asked.get("day", ""))
        except ValueError:
            self.day = None
        self.owners = [p.id for p in permitted_places(request, ACTION)]
        self.account = str(request.user.pk)

    def labels(self, number: int) -> tuple[tuple[stock.LabelRow, ...], int]:
        since = clock.at_local(self.day, time.min) if self.day else None
        until = clock.at_local(self.day + timedelta(days=1), time.min) if self.day else None
        return stock.labels(
            self.owners,
            printed=self.printed,
            by=self.account if self.mine else "",
            since=since,
            until=until,
            offset=(number - 1) * SHOWN,
            limit=SHOWN,
        )


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def labels(request: HttpRequest) -> HttpResponse:
    """The list; posting prints the ticked ones (a PDF) or marks them as printed."""
    chosen = Chosen(request)
    custom = _custom(request)
    reasons: list[str] = []
    form = PrintForm(
        request.POST or None,
        custom=custom,
        initial={"content": "both", "sheet": "custom" if custom else "3x7", "start": 1},
    )
    if request.method == "POST":
        ticked = request.POST.getlist("item")[: MOST + 1]
        if request.POST.get("act") == "printed":
            answer = _mark(request, ticked)
        else:
            answer = _print(request, form, ticked, chosen.owners, custom)
        if isinstance(answer, HttpResponse):
            return answer
        reasons = answer
    return page(
        request,
        "office/labels.html",
        _context(request, chosen, form, reasons),
        422 if reasons else 200,
    )


def _context(
    request: HttpRequest, chosen: Chosen, form: PrintForm, reasons: list[str]
) -> dict[str, Any]:
    number = request.GET.get("page", "1")
    at = max(int(number), 1) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    names = Names()
    context: dict[str, Any] = {
        "form": form,
        "reasons": reasons,
        "chosen": chosen,
        "key": new_id(),
        "query": request.GET.urlencode(),
    }
    shown: list[dict[str, Any]]
    if chosen.entry:
        entered = processing.batch(chosen.entry)
        if entered is not None and entered.place not in chosen.owners:
            entered = None
        lines = processing.lines(entered.id) if entered else ()
        total = len(lines)
        context["entered"] = entered
        shown = [
            {
                "item": line.item,
                "barcode": line.barcode,
                "call": line.call_number,
                "volume": line.volume,
                "title": line.title_text,
            }
            for line in lines[(at - 1) * SHOWN : at * SHOWN]
        ]
    elif chosen.batch:
        batch = catalog.batch(chosen.batch)
        if batch is not None and batch.place not in chosen.owners:
            batch = None
        rows = stock.items_of_batch(batch.id, offset=(at - 1) * SHOWN, limit=SHOWN) if batch else ()
        total = batch.items if batch else 0
        shown = [
            {"item": r[0], "barcode": r[1], "call": r[2], "volume": r[3], "title": r[4]}
            for r in rows
        ]
    else:
        found, total = chosen.labels(at)
        shown = [
            {
                "item": row.item,
                "barcode": row.barcode,
                "call": row.call_number,
                "volume": row.volume,
                "title": row.title_text,
                "at": row.printed_at or row.queued_at,
                "by": names.people.get(row.queued_by, ""),
                "owner": names.places.get(row.owner, ""),
            }
            for row in found
        ]
    pages = Paginator(range(total), SHOWN)
    return context | {"rows": shown, "total": total, "page": pages.get_page(at)}


def _mark(request: HttpRequest, ticked: list[str]) -> HttpResponse | list[str]:
    try:
        count = labels_printed(
            items=ticked,
            ctx=acting(request, channel="office", key=request.POST.get("key", "")[:60]),
        )
    except Refused as refused:
        return refusal(refused.decision)
    said = ngettext(
        "%(n)s label is marked as printed.", "%(n)s labels are marked as printed.", count
    )
    messages.success(request, said % {"n": count})
    query = urlencode({k: v for k, v in request.GET.items() if k != "page"})
    return HttpResponseRedirect(f"{reverse('office:labels')}?{query}")


def _print(
    request: HttpRequest,
    form: PrintForm,
    ticked: list[str],
    owners: list[str],
    custom: Sheet | None,
) -> HttpResponse | list[str]:
    if not form.is_valid():
        return [str(error) for errors in form.errors.values() for error in errors]
    rows = [row for row in stock.to_print(ticked) if row.owner in owners]
    if not rows:
        return [_("Choose at least one label.")]
    if len(rows) > MOST:
        return [_("At most %(most)s labels at a time.") % {"most": MOST}]
    data = form.cleaned_data
    sheet = (
        custom if data["sheet"] == "custom" and custom else SHEETS.get(data["sheet"], SHEETS["3x7"])
    )
    if data["start"] > sheet.count:
        return [_("The sheet has %(n)s labels.") % {"n": sheet.count}]
    heading = places.place(places.place(rows[0].owner).library).name
    made = [Label(r.barcode, r.call_number, r.volume, heading) for r in rows]
    if data["content"] == "spine" and not any(label.lines for label in made):
        return [_("None of these has a call number yet.")]
    try:
        pdf = labels_pdf(
            made,
            sheet,
            data["content"],
            start=data["start"],
            outlines=data["sheet"] == PLAIN,
        )
    except BarcodeTooWide as wide:
        said = _("Too long for these labels to be scanned: %(codes)s. Choose larger labels.")
        return [said % {"codes": "、".join(wide.barcodes[:10])}]
    except DocumentError:
        bad = [r.barcode for r in rows if not r.barcode.isascii()]
        said = _(
            "These barcodes can't be printed, they hold more than Latin letters and digits: %(codes)s"
        )
        return [said % {"codes": "、".join(bad[:10])}]
    response = HttpResponse(pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="labels.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response
