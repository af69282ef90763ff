"""规则模拟: last year's loans under other numbers, before and after (row D3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.circulation.queries import ANY
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.documents.charts import Chart, Series, chart_svg
from shuxiang.documents.errors import DocumentError
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import service_point, staff_required
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel import clock
from shuxiang.statistics.simulator import Change, Outcome, Row, Simulated, simulate
from shuxiang.statistics.tables import main_classes

ACTION = "rules.edit"
TITLES = 10


def _number(label: Any, least: int = 0) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=999,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class SimulateForm(forms.Form):
    """Which year's loans, of whom, under what numbers."""

    place = forms.ChoiceField(label=_("Site"), help_text=_("With everything below it."))
    year = forms.ChoiceField(label=_("Loans of the year"))
    reader_category = forms.ChoiceField(label=_("Reader category"))
    item_category = forms.ChoiceField(label=_("Item category"))
    loan_limit = _number(_("Books at a time"), 1)
    loan_days = _number(_("Loan days"), 1)
    renewal_limit = _number(_("Renewals"))
    renewal_days = _number(_("Days a renewal adds"))

    def __init__(self, *args: Any, choices: dict[str, list[tuple[str, Any]]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        for name, values in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = values

    @property
    def change(self) -> Change:
        """The new row."""
        given = self.cleaned_data
        names = ("loan_limit", "loan_days", "renewal_limit", "renewal_days")
        return Change(
            row=Row(**{name: given[name] for name in names}),
            reader_category=given["reader_category"],
            item_category=given["item_category"],
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A figure under the rules as they were, and under the new row by either assumption."""

    label: str
    was: str
    kept: str
    used: str
    differs: bool


@require_safe
@staff_required(ACTION)
def simulator(request: HttpRequest) -> HttpResponse:
    """The form, and once it is filled in the year before and after."""
    sites = permitted_places(request, ACTION, network=True)
    today = clock.business_date(clock.now())
    asked = "loan_days" in request.GET
    if asked and request.GET.get("place") not in {p.code for p in sites}:
        return render_error(request, 403)
    form = SimulateForm(
        request.GET if asked else None,
        initial={
            "place": service_point(request).code,
            "year": str(today.year - 1),
            "loan_limit": 5,
            "loan_days": 30,
            "renewal_limit": 1,
            "renewal_days": 30,
        },
        choices={
            "place": [(p.code, p.name) for p in sites],
            "year": [(str(y), str(y)) for y in range(today.year, today.year - 6, -1)],
            "reader_category": [
                (ANY, _("Any reader")),
                *((c.code, c.name) for c in patrons.categories()),
            ],
            "item_category": [
                (ANY, _("Any item")),
                *((code, name) for code, name, _l in stock.categories()),
            ],
        },
    )
    context: dict[str, Any] = {"form": form, "asked": asked}
    if asked and form.is_valid():
        site = places.place_by_code(form.cleaned_data["place"])
        inside = [p.id for p in places.subtree(site.id)]
        found = simulate(int(form.cleaned_data["year"]), inside, form.change, today=today)
        context |= {"found": found} | (_shown(found) if found.loans else {})
    return page(request, "office/simulator.html", context, 422 if form.errors else 200)


def _shown(found: Simulated) -> dict[str, Any]:
    titles = catalog.titles([title for title, _n in found.used.waiting.most_common(TITLES)])
    return {
        "lines": _lines(found),
        "classes": _classes(found),
        "waiting": [
            (titles[title].full_title, found.copies.get(title, 1), count)
            for title, count in found.used.waiting.most_common(TITLES)
            if title in titles
        ],
        "chart": _chart(found),
    }


def _lines(found: Simulated) -> list[Line]:
    def line(label: str, say: Any) -> Line:
        was, kept, used = say(found.was), say(found.kept), say(found.used)
        return Line(label, was, kept, used, kept != was or used != was)

    days = found.days
    return [
        line(gettext("Loans"), lambda o: f"{o.loans:,}"),
        line(gettext("Over the limit: refused or lent by exception"), lambda o: f"{o.refused:,}"),
        line(gettext("Loans that reached the limit"), lambda o: f"{o.at_limit:,}"),
        line(gettext("Days a loan may be kept, on average"), lambda o: str(o.term)),
        line(gettext("Renewals"), lambda o: f"{o.renewals:,}"),
        line(gettext("Loans overdue"), _overdue),
        line(gettext("Days overdue in all"), lambda o: f"{o.overdue_days:,}"),
        line(gettext("Copies out on an average day"), lambda o: f"{o.mean_out(days):,}"),
        line(gettext("Copies out at most"), lambda o: f"{o.peak:,}"),
        line(gettext("Loans that had to wait for a copy"), lambda o: f"{o.waits:,}"),
        line(gettext("Days waited in all"), lambda o: f"{o.wait_days:,}"),
    ]


def _overdue(outcome: Outcome) -> str:
    share = outcome.overdue_share
    return f"{outcome.overdue:,} ({share // 10}.{share % 10} %)"


def _classes(found: Simulated) -> list[tuple[str, int, int, int, int]]:
    names = dict(main_classes(set(found.was.classes)))
    rows = []
    for clc in sorted(found.was.classes):
        was, kept, used = (
            round(o.classes[clc] / found.days) for o in (found.was, found.kept, found.used)
        )
        name = names.get(clc, clc) or gettext("Without a class")
        rows.append((name, found.held.get(clc, 0), was, kept, used))
    return [r for r in rows if r[2] or r[4]]


def _chart(found: Simulated) -> str:
    months = max((n + 1 for n, days in enumerate(found.was.months) if days), default=1)

    def series(name: str, outcome: Outcome) -> Series:
        return Series(name, tuple(round(days / 30) for days in outcome.months[:months]))

    chart = Chart(
        name="copies-out",
        title=gettext("Copies out on an average day, by month"),
        kind="line",
        categories=tuple(gettext("%(n)s (month)") % {"n": n + 1} for n in range(months)),
        series=(
            series(gettext("as it was"), found.was),
            series(gettext("added days used up"), found.used),
        ),
        unit=gettext("copies"),
        alt=gettext("The table above has the same figures for the whole year."),
    )
    try:
        # Drawn by us from numbers, without scripts or style attributes; its texts are escaped.
        return mark_safe(chart_svg(chart))
    except DocumentError:
        return ""
