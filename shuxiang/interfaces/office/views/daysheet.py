"""日报 and 月报: what was done on a day or in a month, on the page and as a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shuxiang.apps.places.queries import Place
from shuxiang.documents.sheets import Column, Sheet, Value
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.office.pages import chosen_place, page, permitted_places
from shuxiang.interfaces.office.spreadsheets import spreadsheet
from shuxiang.interfaces.office.views.report import chosen_scope
from shuxiang.kernel import clock
from shuxiang.statistics import day_sheets
from shuxiang.statistics.day_sheets import Breakdown, DaySheet, month_of
from shuxiang.statistics.figures import SCOPES

ACTION = "statistics.day_sheet"
NOBODY_COUNTED = "—"
TOTAL = "合计"
PERIODS = ("day", "month")
EARLIEST = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class Column_:  # noqa: N801 - beside the spreadsheet's Column
    """A column as `common/table.html` draws it."""

    label: str
    numeric: bool


class Chosen:
    """The period, place and scope an address names; today at the place worked at without.

    Raises LookupError for a place that is not open to the clerk.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.today = clock.business_date(clock.now())
        self.places = permitted_places(request, ACTION)
        self.place: Place = chosen_place(request, self.places)
        self.scope = chosen_scope(request, self.place.id)
        self.period = "month" if request.GET.get("period") == "month" else "day"
        self.day = chosen_day(request.GET.get("day", ""), self.today)

    def sheet(self) -> DaySheet:
        first, last = (self.day, self.day) if self.period == "day" else month_of(self.day)
        scope = SCOPES[self.scope]
        return day_sheets.sheet(first, last, place_id=self.place.id, scope=scope, until=self.today)

    def query(self, day: date | None = None) -> str:
        values = {"period": self.period, "day": (day or self.day).isoformat()}
        return urlencode(values | {"place": self.place.code, "scope": self.scope})

    def beside(self) -> tuple[date, date | None]:
        """A day of the period before, and of the one after unless it is still to come."""
        if self.period == "day":
            before, after = self.day - timedelta(days=1), self.day + timedelta(days=1)
        else:
            before, after = (clock.add_months(self.day.replace(day=1), n) for n in (-1, 1))
        return max(before, EARLIEST), after if after <= self.today else None


def chosen_day(text: str, usual: date, *, latest: date | None = None) -> date:
    """The day of an address, none before 1990 nor after ``latest`` (``usual`` if not given);
    ``usual`` for what is no day."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return usual
    return min(max(day, EARLIEST), latest or usual)


@require_safe
@staff_required(ACTION)
def daysheet(request: HttpRequest) -> HttpResponse:
    """The day or month table of a site alone or with its branches."""
    try:
        chosen = Chosen(request)
    except LookupError:
        return render_error(request, 403)
    made = chosen.sheet()
    before, after = chosen.beside()
    address = reverse("office:daysheet")
    context: dict[str, Any] = {
        "chosen": chosen,
        "sheet": made,
        "tables": [_shown(table) for table in made.tables],
        "before": f"{address}?{chosen.query(before)}",
        "after": f"{address}?{chosen.query(after)}" if after else "",
        "file": f"{reverse('office:daysheet_file')}?{chosen.query()}",
    }
    return page(request, "office/daysheet.html", context)


def _shown(table: Breakdown) -> dict[str, Any]:
    columns = [Column_(table.head, False), *(Column_(m.name_zh, True) for m in table.measures)]
    return {
        "caption": table.title,
        "columns": columns,
        "rows": [[line.name, *_words(line.numbers)] for line in table.lines],
        "foot": [TOTAL, *_words(table.total)],
    }


def _words(numbers: tuple[int | None, ...]) -> list[str]:
    return [NOBODY_COUNTED if n is None else str(n) for n in numbers]


@require_safe
@staff_required(ACTION)
def file(request: HttpRequest) -> HttpResponse:
    """The same as a spreadsheet, a sheet a table."""
    try:
        chosen = Chosen(request)
    except LookupError:
        return render_error(request, 403)
    made = chosen.sheet()
    title = f"{made.title}（{made.scope}）"
    return spreadsheet(
        [_summary(made, title), *(_sheet(t, made, title) for t in made.tables)], title
    )


def _notes(made: DaySheet) -> tuple[str, ...]:
    at = clock.now().astimezone(clock.ZONE)
    behind = (_("Some acts of this period are still being counted."),) if made.behind else ()
    drawn = _("Drawn up at %(at)s") % {"at": f"{at:%Y-%m-%d %H:%M}"}
    return (drawn, *behind, *made.notes)


def _summary(made: DaySheet, title: str) -> Sheet:
    rows: list[tuple[Value, ...]] = [
        (one.measure.name_zh, one.value, one.before, one.measure.unit) for one in made.summary
    ]
    columns = (
        Column("指标", width=16),
        Column("数值", "number"),
        Column(made.compared, "number"),
        Column("单位"),
    )
    return Sheet(TOTAL, title, columns, rows, notes=_notes(made))


def _sheet(table: Breakdown, made: DaySheet, title: str) -> Sheet:
    columns = (
        Column(table.head, width=30 if table.by == "clc" else 22),
        *(Column(m.name_zh, "number") for m in table.measures),
    )
    rows = [(line.name, *line.numbers) for line in table.lines]
    return Sheet(table.title, f"{title} {table.title}", columns, rows, (TOTAL, *table.total))
