"""逾期清单 and 即将到期: on the page, printed and as spreadsheets.

Names and phones are masked until they are opened, with a reason that is logged for every reader.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from shuxiang.apps.patrons import commands as readers
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places.queries import Place
from shuxiang.documents.sheets import Column, Sheet, Value
from shuxiang.interfaces.common import words
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.office.pages import chosen_place, page, permitted_places
from shuxiang.interfaces.office.spreadsheets import spreadsheet
from shuxiang.interfaces.office.views.report import chosen_scope
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.statistics import lists
from shuxiang.statistics.figures import SCOPES
from shuxiang.statistics.figures import sites as within

ACTION, PHONES = "circulation.overdue_list", "patrons.view_phone"
Kind = Literal["overdue", "due-soon"]
USUAL_WITHIN = 3
MOST_DAYS = 3650
PRINTED = 1000
"""Rows on the page that is made for printing."""


class Chosen:
    """What an address asks of a list. Raises LookupError for a place not open to the clerk."""

    def __init__(self, request: HttpRequest, kind: Kind) -> None:
        values = request.POST if request.method == "POST" else request.GET
        self.kind = kind
        self.today = clock.business_date(clock.now())
        self.places = permitted_places(request, ACTION)
        self.place: Place = chosen_place(request, self.places)
        self.scope = chosen_scope(request, self.place.id)
        self.categories = patrons.categories()
        given = values.get("category", "")
        self.category = given if given in {c.code for c in self.categories} else ""
        self.least = number(values.get("least", ""), MOST_DAYS) or 1
        self.most = number(values.get("most", ""), MOST_DAYS)
        within_days = values.get("within", "")
        self.within = 0 if within_days == "0" else number(within_days, 90) or USUAL_WITHIN
        self.by_reader = values.get("order") == "reader"
        self.by_shelf = values.get("order") == "shelf"
        self.whole = bool(values.get("whole"))
        self.number = number(values.get("page", ""), 10**6) or 1

    def due(self) -> lists.Due:
        inside = tuple(p.id for p in within(self.place.id, SCOPES[self.scope]))
        if self.kind == "due-soon":
            return lists.due_soon(
                self.today,
                inside=inside,
                within=self.within,
                category=self.category,
                by_reader=self.by_reader,
                by_shelf=self.by_shelf,
            )
        return lists.overdue(
            self.today,
            inside=inside,
            least=self.least,
            most=self.most,
            category=self.category,
            by_reader=self.by_reader,
            by_shelf=self.by_shelf,
        )

    def rows(self) -> lists.DuePage:
        size = PRINTED if self.whole else lists.PAGE
        return lists.due_page(self.due(), self.number, size=size)

    @property
    def fields(self) -> dict[str, str]:
        """The address again, for links and hidden fields."""
        found = {"place": self.place.code, "scope": self.scope, "category": self.category}
        if self.kind == "due-soon":
            found["within"] = str(self.within)
        else:
            found |= {"least": str(self.least), "most": str(self.most or "")}
        order = "reader" if self.by_reader else "shelf" if self.by_shelf else ""
        found |= {"order": order, "whole": "1" if self.whole else ""}
        return {name: value for name, value in found.items() if value}

    def title(self) -> str:
        scope = SCOPES[self.scope]
        name = _("Overdue loans") if self.kind == "overdue" else _("Loans due soon")
        return f"{self.place.name}（{scope}）{name} {self.today:%Y-%m-%d}"


def number(text: str, most: int) -> int | None:
    """A whole number from 1 to ``most`` as typed, or None."""
    plain = text.isascii() and text.isdigit() and len(text) < 9
    return int(text) if plain and 1 <= int(text) <= most else None


class _Pages(Paginator):
    def __init__(self, found: lists.DuePage, size: int) -> None:
        super().__init__(range(found.loans), size)
        self._pages = found.pages

    @cached_property
    def num_pages(self) -> int:
        return self._pages


@dataclass(frozen=True, slots=True)
class Shown:
    """A loan as the page shows it."""

    loan: lists.DueLoan
    name: str
    phone: str
    shown_days: int
    """Days overdue, or days left on the list of what is due soon; never negative there."""


Phones = dict[str, readers.Phone]


def _shown(rows: Iterable[lists.DueLoan], chosen: Chosen, phones: Phones | None) -> list[Shown]:
    return [
        Shown(
            row,
            row.name if phones is not None else words.mask_name(row.name),
            _phone(row, phones),
            abs(row.days_over(chosen.today)),
        )
        for row in rows
    ]


def _phone(row: lists.DueLoan, phones: Phones | None) -> str:
    if phones is None:
        return ""
    phone = phones.get(row.patron)
    if phone is None:
        return _("none known")
    if phone.of_guardian:
        return _("%(number)s (%(guardian)s, guardian)") % {
            "number": phone.number,
            "guardian": phone.of_guardian,
        }
    return phone.number


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def due(request: HttpRequest, kind: Kind) -> HttpResponse:
    """A list of loans; posting a reason opens names and phones of what is shown, or of the whole
    list in a spreadsheet (``file``)."""
    try:
        chosen = Chosen(request, kind)
    except LookupError:
        return render_error(request, 403)
    may_call = may(request, PHONES)
    phones: Phones | None = None
    reasons: list[str] = []
    found = chosen.rows()
    if request.method == "POST":
        if not may_call:
            return render_error(request, 403)
        to_file = "file" in request.POST
        rows = list(lists.due_list(chosen.due())) if to_file else found.rows
        try:
            phones = _open(request, rows)
        except Refused as refused:
            reasons = refusal(refused.decision)
        else:
            if to_file:
                return _file(chosen, rows, phones)
    address = reverse(f"office:{kind}")
    query = urlencode(chosen.fields)
    context: dict[str, Any] = {
        "chosen": chosen,
        "kind": kind,
        "found": found,
        "rows": _shown(found.rows, chosen, phones),
        "opened": phones is not None,
        "may_call": may_call,
        "reasons": reasons,
        "why": request.POST.get("why", "") or _usual_why(kind),
        "key": new_id(),
        "page": Page(
            found.rows, found.page, _Pages(found, PRINTED if chosen.whole else lists.PAGE)
        ),
        "address": address,
        "whole": "" if chosen.whole else f"{address}?{urlencode(chosen.fields | {'whole': '1'})}",
        "file": f"{reverse(f'office:{kind}_file')}?{query}",
    }
    response = page(request, "office/due.html", context, 422 if reasons else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _usual_why(kind: Kind) -> str:
    return _("Asking for overdue books") if kind == "overdue" else _("Reminding of the due date")


def _open(request: HttpRequest, rows: Iterable[lists.DueLoan]) -> Phones:
    wanted = tuple(dict.fromkeys(row.patron for row in rows if row.patron))
    return readers.view_phones(
        patrons=wanted,
        why=request.POST.get("why", ""),
        ctx=acting(request, channel="office", key=request.POST.get("key", "")[:64]),
    )


@require_safe
@staff_required(ACTION)
def file(request: HttpRequest, kind: Kind) -> HttpResponse:
    """The whole list as a spreadsheet, names masked and without phones."""
    try:
        chosen = Chosen(request, kind)
    except LookupError:
        return render_error(request, 403)
    return _file(chosen, lists.due_list(chosen.due()), None)


def _file(chosen: Chosen, rows: Iterable[lists.DueLoan], phones: Phones | None) -> HttpResponse:
    late = chosen.kind == "overdue"
    columns = (
        Column("读者", width=14),
        Column("读者证号", width=18),
        Column("读者类型", width=14),
        *((Column("电话", width=26),) if phones is not None else ()),
        Column("题名", width=36),
        Column("条码号", width=18),
        Column("索书号", width=20),
        Column("借出地点", width=18),
        Column("借出日", "date", 12),
        Column("应还日", "date", 12),
        Column("逾期天数" if late else "剩余天数", "number", 10),
        Column("已续借次数", "number", 10),
    )
    made: Iterable[tuple[Value, ...]] = (
        (
            shown.name,
            shown.loan.card,
            shown.loan.category,
            *((shown.phone,) if phones is not None else ()),
            shown.loan.title,
            shown.loan.barcode,
            shown.loan.call_number,
            shown.loan.place,
            shown.loan.lent_on,
            shown.loan.due_on,
            shown.shown_days,
            shown.loan.renewals,
        )
        for row in rows
        for shown in _shown((row,), chosen, phones)
    )
    name = "逾期清单" if late else "即将到期"
    title = chosen.title()
    return spreadsheet([Sheet(name, title, columns, made)], title)
