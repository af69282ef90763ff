"""图书财产账 by year: on the page, as pages to sign, as a spreadsheet with every item."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Place
from shuxiang.apps.stock import queries as stock
from shuxiang.documents.property import Part, property_pdf
from shuxiang.documents.sheets import Column, Sheet
from shuxiang.formats import clc
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.library import library_name
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.office.pages import chosen_place, chosen_year, page, permitted_places
from shuxiang.interfaces.office.spreadsheets import money, spreadsheet
from shuxiang.interfaces.office.views.withdrawals import CAUSES
from shuxiang.kernel import clock
from shuxiang.kernel.values import yuan
from shuxiang.statistics import property as books

ACTION = "stock.view"


class Asked:
    """A place with everything below it, and a year. Raises LookupError for a place not open to the
    clerk."""

    def __init__(self, request: HttpRequest) -> None:
        self.places = permitted_places(request, ACTION)
        self.place: Place = chosen_place(request, self.places)
        self.today = clock.business_date(clock.now())
        self.year = chosen_year(request, self.today.year)
        self.sites = [p.id for p in places.subtree(self.place.id)]
        self.books = books.books(date(self.year, 1, 1), date(self.year, 12, 31), self.sites)
        self.scope = f"{self.place.name}（含分馆）" if len(self.sites) > 1 else self.place.name
        self.title = f"图书财产账 {self.year} 年 {self.scope}"


def _balance(made: books.Books) -> list[tuple[str, str, int, int]]:
    """Label, 种, 册, 码洋 of each line of the balance."""
    came, left = made.total(made.entered), made.total(made.withdrawn)
    rows = [
        (_("At the beginning"), str(made.opening[0]), made.opening[1], made.opening[2]),
        (_("Entered in the books"), "", *came),
        (_("Struck off"), "", -left[0], -left[1]),
    ]
    if any(made.owner):
        rows.append((_("From and to other owners"), "", *made.owner))
    if made.prices:
        rows.append((_("Prices corrected"), "", 0, made.prices))
    rows.append((_("At the end"), str(made.closing[0]), made.closing[1], made.closing[2]))
    return rows


def _source(entry: books.Entry) -> str:
    return books.SOURCE_ZH.get(entry.source, entry.source)


def _cause(entry: books.Entry) -> str:
    return str(CAUSES.get(entry.source, entry.source))


def _class(code: str) -> str:
    known = clc.by_code().get(code)
    return f"{code} {known.name_zh}" if known else code or "无分类号"


@require_safe
@staff_required(ACTION)
def property_books(request: HttpRequest) -> HttpResponse:
    """The balance of a year, what came in by batch and class, what was withdrawn."""
    try:
        asked = Asked(request)
    except LookupError:
        return render_error(request, 403)
    context = {
        "asked": asked,
        "balance": _balance(asked.books),
        "entered": [(e, _source(e)) for e in asked.books.entered],
        "withdrawn": [(e, _cause(e)) for e in asked.books.withdrawn],
        "years": range(asked.today.year, asked.today.year - 10, -1),
        "query": request.GET.urlencode(),
    }
    return page(request, "office/property.html", context)


@require_safe
@staff_required(ACTION)
def pdf(request: HttpRequest) -> HttpResponse:
    """总括登记账, 注销账 and the balance to sign."""
    try:
        asked = Asked(request)
    except LookupError:
        return render_error(request, 403)
    made = asked.books
    came, left = made.total(made.entered), made.total(made.withdrawn)
    content = property_pdf(
        title=asked.title,
        library_name=library_name(asked.place.library),
        balance=[(name, t, str(n), yuan(fen)) for name, t, n, fen in _balance(made)],
        parts=(
            Part(
                "总括登记账",
                ("日期", "来源", "单据", "各类（类：册）", "种", "册", "码洋（元）"),
                (3, 3, 5, 8, 2, 2, 3),
                [
                    (
                        f"{e.day:%Y-%m-%d}", _source(e), e.voucher,
                        "　".join(f"{c or '无'}：{n}" for c, (_t, n, _p) in e.by_class.items()),
                        str(e.titles), str(e.items), yuan(e.price_fen),
                    )
                    for e in made.entered
                ],
                ("合计", "", "", "", "", str(came[0]), yuan(came[1])),
            ),
            Part(
                "注销账",
                ("日期", "原因", "剔旧清单", "种", "册", "码洋（元）"),
                (3, 8, 5, 2, 2, 3),
                [
                    (
                        f"{e.day:%Y-%m-%d}", _cause(e), e.voucher, str(e.titles), str(e.items),
                        yuan(e.price_fen),
                    )
                    for e in made.withdrawn
                ],
                ("合计", "", "", "", str(left[0]), yuan(left[1])),
            ),
        ),
        printed_at=clock.local(clock.now()),
    )  # fmt: skip
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="property-{asked.year}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
@staff_required(ACTION)
def file(request: HttpRequest) -> HttpResponse:
    """The books as a spreadsheet, with 个别登记账: every item that came in that year."""
    try:
        asked = Asked(request)
    except LookupError:
        return render_error(request, 403)
    made = asked.books
    sheets = [
        Sheet(
            "结存", asked.title,
            (Column("项目", width=20), Column("种"), Column("册", "number"), Column("码洋（元）", "number")),
            rows=[(name, t, n, money(fen)) for name, t, n, fen in _balance(made)],
        ),
        Sheet(
            "总括登记账", asked.title,
            (Column("日期", "date"), Column("来源"), Column("单据", width=24), Column("类"),
             Column("种", "number"), Column("册", "number"), Column("码洋（元）", "number")),
            rows=[
                (e.day, _source(e), e.voucher, _class(c), t, n, money(p))
                for e in made.entered
                for c, (t, n, p) in e.by_class.items()
            ],
        ),
        Sheet(
            "个别登记账", asked.title,
            (Column("财产号", width=16), Column("条码"), Column("题名", width=30), Column("责任者", width=20),
             Column("出版者", width=20), Column("价格（元）", "number"), Column("来源"), Column("登记日期", "date"),
             Column("注销")),
            rows=[
                (
                    r.number, r.barcode, r.title_text, r.responsibility, r.publisher,
                    None if r.price_fen is None else money(r.price_fen),
                    books.SOURCE_ZH.get(r.source, r.source), r.day, "已注销" if r.withdrawn else "",
                )
                for r in stock.registered(asked.sites, date(asked.year, 1, 1), date(asked.year, 12, 31))
            ],
        ),
        Sheet(
            "注销账", asked.title,
            (Column("日期", "date"), Column("原因", width=30), Column("剔旧清单", width=24),
             Column("种", "number"), Column("册", "number"), Column("码洋（元）", "number")),
            rows=[
                (e.day, _cause(e), e.voucher, e.titles, e.items, money(e.price_fen))
                for e in made.withdrawn
            ],
        ),
    ]  # fmt: skip
    return spreadsheet(sheets, asked.title)
