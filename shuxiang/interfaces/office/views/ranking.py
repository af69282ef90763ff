"""借阅排行: the titles lent most in a period, on the page and as a spreadsheet."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places.queries import Place
from shuxiang.documents.sheets import Column, Sheet
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.office.pages import chosen_place, page, permitted_places
from shuxiang.interfaces.office.spreadsheets import spreadsheet
from shuxiang.interfaces.office.views.daysheet import ACTION, chosen_day
from shuxiang.interfaces.office.views.report import chosen_scope
from shuxiang.kernel import clock
from shuxiang.statistics import lists
from shuxiang.statistics.figures import SCOPES
from shuxiang.statistics.figures import sites as within
from shuxiang.statistics.tables import main_classes

RANKED = (20, 50, 100, 200, 500)


class Chosen:
    """The period, place and limits of a ranking; this year so far without."""

    def __init__(self, request: HttpRequest) -> None:
        self.today = clock.business_date(clock.now())
        self.places = permitted_places(request, ACTION)
        self.place: Place = chosen_place(request, self.places)
        self.scope = chosen_scope(request, self.place.id)
        self.last = chosen_day(request.GET.get("last", ""), self.today)
        january = self.last.replace(month=1, day=1)
        self.first = chosen_day(request.GET.get("first", ""), january, latest=self.last)
        self.cut = (self.last - self.first).days >= lists.MOST_DAYS
        if self.cut:
            self.first = clock.add_months(self.last, -12) + timedelta(days=1)
        self.classes = main_classes(set())
        given = request.GET.get("clc", "")
        self.clc = given if given in dict(self.classes) else ""
        self.categories = patrons.categories()
        given = request.GET.get("category", "")
        self.category = given if given in {c.code for c in self.categories} else ""
        sizes = {str(size): size for size in RANKED}
        self.most = sizes.get(request.GET.get("most", ""), 50)

    def ranking(self) -> lists.Ranking:
        return lists.ranking(
            self.first,
            self.last,
            inside=[p.id for p in within(self.place.id, SCOPES[self.scope])],
            clc=self.clc,
            category=self.category,
            most=self.most,
        )

    def query(self) -> str:
        values = {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "place": self.place.code,
            "scope": self.scope,
            "clc": self.clc,
            "category": self.category,
            "most": str(self.most),
        }
        return urlencode({name: value for name, value in values.items() if value})


@require_safe
@staff_required(ACTION)
def ranking(request: HttpRequest) -> HttpResponse:
    """The titles lent most in a period."""
    try:
        chosen = Chosen(request)
    except LookupError:
        return render_error(request, 403)
    context = {
        "chosen": chosen,
        "found": chosen.ranking(),
        "sizes": RANKED,
        "file": f"{reverse('office:ranking_file')}?{chosen.query()}",
    }
    return page(request, "office/ranking.html", context)


@require_safe
@staff_required(ACTION)
def file(request: HttpRequest) -> HttpResponse:
    """The same as a spreadsheet."""
    try:
        chosen = Chosen(request)
    except LookupError:
        return render_error(request, 403)
    found = chosen.ranking()
    columns = (
        Column("名次", "number", 8),
        Column("题名", width=40),
        Column("责任者", width=24),
        Column("出版社", width=22),
        Column("出版年", "number", 8),
        Column("ISBN", width=18),
        Column("分类号", width=14),
        Column("外借册次", "number", 10),
    )
    rows = [
        (r.rank, r.title_text, r.responsibility, r.publisher, r.year, r.isbn, r.clc, r.loans)
        for r in found.rows
    ]
    title = f"{chosen.place.name} 借阅排行 {chosen.first:%Y-%m-%d} 至 {chosen.last:%Y-%m-%d}"
    notes = [f"{SCOPES[chosen.scope]}；共 {found.titles} 种、{found.loans} 册次外借"]
    if found.left_out:
        rank, often, titles = found.left_out
        notes.append(f"并列第 {rank} 名的 {titles} 种各借 {often} 册次，过多，未列出")
    return spreadsheet([Sheet("借阅排行", title, columns, rows, notes=tuple(notes))], title)
