from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from shuxiang.apps.patrons import models as patrons
from shuxiang.apps.places import commands as places
from shuxiang.documents.report import (
    BRANCHES_TOO,
    LIBRARY_ALONE,
    Table,
    dump,
    report_docx,
    report_html,
)
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.statistics import daily, queries, report
from shuxiang.statistics.figures import figures, rows_href, valid_cards
from tests.statistics.conftest import Names
from tests.statistics.rows import Rows
from tests.support.library import Contexts, Library, moment


@pytest.fixture
def two_years(library: Library, rows: Rows, reader: Names) -> Rows:
    """Small numbers in two years, two sites and two classes."""
    for day, place, count in (
        ("2019-03-05", library.main, 2),
        ("2020-03-05", library.main, 3),
        ("2020-07-07", library.east, 4),
    ):
        for n in range(count):
            rows.add("loan.opened", day, place, patron=reader(str(n)), clc="I" if n else "K")
        rows.add("visits.entered", day, place, quantity=count * 10, source="device")
    rows.add("item.accessioned", "2020-05-06", library.main, owner_place=library.main,
             source="purchase", clc="I")  # fmt: skip
    rows.add("card.issued", "2020-05-06", library.main, source="first")
    rows.add("card.issued", "2020-05-07", library.main, source="")
    daily.refresh()
    return rows


def table(made: report.AnnualReport, heading: str) -> Table:
    return next(s for s in made.appendix if s.heading == heading).tables[0]


def test_tables_add_up_to_the_figures(library: Library, two_years: Rows) -> None:
    made = report.build(2020, place=library.main, scope=BRANCHES_TOO)
    months = table(made, "各月业务量")
    assert months.columns[0] == "月份"
    loans, before = months.columns.index("外借册次"), months.columns.index("上年外借册次")
    visits = months.columns.index("进馆人次")
    assert [row[loans] for row in months.rows] == [0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0]
    assert [row[before] for row in months.rows] == [0, 0, 2] + [0] * 9
    assert [row[visits] for row in months.rows][:4] == [None, None, 30, None]
    assert months.total is not None
    assert (months.total[loans], months.total[visits]) == (7, 70)
    sites = table(made, "各馆点业务量")
    assert [(r[0], r[sites.columns.index("外借册次")]) for r in sites.rows] == [
        ("总馆", 3), ("东区分馆", 4), ("漂流书屋", 0), ("西区分馆", 0),
    ]  # fmt: skip
    classes = table(made, "按中图法大类统计")
    assert len(classes.rows) == 22
    assert {r[0]: r[1:] for r in classes.rows if any(r[1:])} == {
        "I 文学": (5, 1, 1), "K 历史、地理": (2, 0, 0),
    }  # fmt: skip
    assert made.figure("loan_vol", BRANCHES_TOO).value == 7
    assert made.figure("loan_vol", LIBRARY_ALONE).value == 3
    assert made.figure("loan_vol", BRANCHES_TOO).previous == 2
    assert made.figure("cards_new", LIBRARY_ALONE).value == 1


def test_the_text_has_the_sections_of_an_annual_report(library: Library, two_years: Rows) -> None:
    made = report.build(2020, place=library.main, scope=BRANCHES_TOO)
    assert [s.heading for s in made.sections] == [
        "开放保障与安全管理", "阵地服务", "群众文化活动", "党建工作", "队伍建设与业务学习", "存在问题",
    ]  # fmt: skip
    page = report_html(made)
    assert "总馆 2020 年年报" in page
    assert "进馆人次 <a" in page
    plain = re.sub("<[^>]+>", "", page)
    assert "（比上年增长 250.0%）" in plain
    assert "（与上年持平）" in plain
    assert "缺（未登记馆内阅览）" in page
    issued = report.draft(2020, place=library.main, scope=BRANCHES_TOO).report(
        edition=1, issued_on=date(2021, 1, 20)
    )
    assert [s.heading for s in issued.sections] == ["开放保障与安全管理", "阵地服务"]


def test_closures_are_told_in_the_librarys_words(
    library: Library, ctx: Contexts, two_years: Rows
) -> None:
    for day in range(24, 32):
        places.set_day(
            place=library.main, day=date(2020, 1, day), open=False, reason="疫情防控",
            ctx=ctx(at=moment("2020-01-20")),
        )  # fmt: skip
    made = report.build(2020, place=library.main, scope=BRANCHES_TOO)
    assert made.sections[0].paragraphs[-1] == "1月24日至1月31日闭馆（疫情防控）。"


def test_the_same_ledger_gives_the_same_bytes(library: Library, two_years: Rows) -> None:
    first = report.build(2020, place=library.main, scope=BRANCHES_TOO)
    daily.rebuild(date(2019, 1, 1), date(2020, 12, 31))
    second = report.build(2020, place=library.main, scope=BRANCHES_TOO)
    assert dump(first) == dump(second)
    assert report_docx(first) == report_docx(second)


def test_links_lead_to_the_rows_of_a_figure(library: Library, two_years: Rows) -> None:
    found = figures(2020, place=library.main, scope=LIBRARY_ALONE, link=rows_href(2020, "main"))
    assert found["loan_vol"].href == "/office/statistics/2020/loan_vol/?place=main&scope=main"
    assert found["open_days"].href == ""


@pytest.mark.parametrize(
    ("code", "scope", "month"),
    [
        ("loan_vol", LIBRARY_ALONE, None),
        ("loan_vol", BRANCHES_TOO, None),
        ("loan_vol", BRANCHES_TOO, 7),
        ("visit_gate", BRANCHES_TOO, None),
        ("new_coll", BRANCHES_TOO, None),
        ("coll", BRANCHES_TOO, None),
        ("cards_new", BRANCHES_TOO, None),
    ],
)
def test_the_rows_behind_a_figure_add_up_to_it(
    library: Library, two_years: Rows, code: str, scope: Any, month: int | None
) -> None:
    page = queries.drill(code, 2020, place=library.main, scope=scope, month=month)
    found = figures(2020, place=library.main, scope=scope)[code]
    expected = 4 if month else found.value
    assert sum(row.adds for row in page.rows) == expected
    assert [row.seq for row in page.rows] == sorted(row.seq for row in page.rows)


def test_rows_come_in_pages(library: Library, rows: Rows) -> None:
    for _ in range(queries.PAGE + 3):
        rows.add("loan.opened", "2020-06-10", library.main)
    daily.refresh()
    first = queries.drill("loan_vol", 2020, place=library.main, scope=LIBRARY_ALONE)
    assert (first.count, first.pages, len(first.rows)) == (53, 2, 50)
    last = queries.drill("loan_vol", 2020, place=library.main, scope=LIBRARY_ALONE, page=9)
    assert (last.page, len(last.rows)) == (2, 3)
    assert queries.drill("open_days", 2020, place=library.main, scope=LIBRARY_ALONE).count == 0


@pytest.fixture
def card(library: Library) -> Callable[..., str]:
    """A card as its table keeps it: issued, last day, ended."""
    patrons.Category.objects.get_or_create(code="adult", name="成人")

    def make(issued: str, expires: str, ended: datetime | None = None) -> str:
        at = moment(issued)
        patron = patrons.Patron.objects.create(
            library=library.main,
            home_id=library.main,
            category_id="adult",
            name="甲",
            created_at=at,
        )
        made = patrons.Card.objects.create(
            library=library.main, number=new_id(), patron=patron, channel="desk", issued_at=at,
            issued_on=clock.business_date(at), issued_place_id=library.main,
            expires_on=date.fromisoformat(expires), ended_at=ended,
            status="closed" if ended else "active",
        )  # fmt: skip
        return str(made.id)

    return make


def test_cards_valid_at_the_end_of_a_year(
    library: Library, rows: Rows, card: Callable[..., str]
) -> None:
    card("2019-02-01", "2024-02-01")
    card("2019-02-01", "2020-12-30")
    card("2019-02-01", "2020-12-31")
    card("2019-02-01", "2024-02-01", moment("2020-12-31", "23:30"))
    card("2019-02-01", "2024-02-01", moment("2021-01-01", "00:30"))
    card("2021-01-02", "2026-01-02")
    renewed = card("2015-01-01", "2026-03-01")
    rows.add("card.renewed", "2021-03-01", library.main, subject=renewed,
             data='{"before": "2020-01-01", "until": "2026-03-01"}')  # fmt: skip
    again = card("2015-01-01", "2028-03-01")
    for day, before in (("2022-03-01", "2021-06-01"), ("2024-01-01", "2023-06-01")):
        rows.add("card.renewed", day, library.main, subject=again,
                 data=f'{{"before": "{before}", "until": "2028-03-01"}}')  # fmt: skip
    assert valid_cards([library.main], date(2020, 12, 31)) == 4
    assert valid_cards([library.east], date(2020, 12, 31)) == 0
    assert valid_cards([library.main], date(2022, 12, 31)) == 4
