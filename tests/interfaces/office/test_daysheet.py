"""Day and month tables in the office, on the page and as a spreadsheet; Build 9."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from tests.interfaces.office.conftest import Office, text_of
from tests.support.statements import counted
from tests.support.stocked import Stocked

At = Callable[[str], Office]
JUNE_10 = {"period": "day", "day": "2020-06-10", "place": "main", "scope": "subtree"}


def opened(answer: Any) -> openpyxl.Workbook:
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "filename*=utf-8''" in answer.headers["Content-Disposition"]
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def table(book: openpyxl.Workbook, name: str) -> list[list[Any]]:
    """Headings and lines of a sheet, without its title and notes."""
    rows = [[cell.value for cell in row] for row in book[name].rows]
    return rows[next(at for at, row in enumerate(rows) if row[1] is not None) :]


def test_a_day_on_the_page(office: At, played: Stocked) -> None:
    page = office("director").get("/office/daysheet/", **JUNE_10)
    assert "总馆 2020-06-10 日报" in page
    assert "2 外借册次 上周同日 0" in page
    for told in ("按馆点", "按经办人", "按读者类型", "按中图法大类", "I 文学 2 0 0 —"):
        assert told in page
    assert "流通馆员 2 0 0 — 0 0" in page
    assert "— 进馆人次 上周同日 —" in page


def test_a_month_with_its_days_and_the_count_of_a_whole_month(office: At, played: Stocked) -> None:
    page = office("director").get("/office/daysheet/", **(JUNE_10 | {"period": "month"}))
    assert "总馆 2020 年 6 月月报" in page
    assert "06-10 周三 — 1 2 0 0 " in page
    assert "120 进馆人次 上年同月 —" in page
    assert "进馆人次中有 120 是按月录入的（2020 年 6 月），记在 6 月 1 日" in page


def test_the_spreadsheet_says_the_same(office: At, played: Stocked) -> None:
    answer = office("branch").http.get("/office/daysheet/xlsx/", {"place": "east"})
    assert answer.status_code == 200
    answer = office("director").http.get("/office/daysheet/xlsx/", JUNE_10 | {"period": "month"})
    book = opened(answer)
    assert book.sheetnames == ["合计", "按日", "按馆点", "按经办人", "按读者类型", "按中图法大类"]
    summary = {row[0]: row[1:3] for row in table(book, "合计")[1:]}
    assert summary["外借册次"] == [2, 0]
    assert summary["进馆人次"] == [120, None]
    days = table(book, "按日")
    assert days[0][:4] == ["日期", "进馆人次", "外借人次", "外借册次"]
    assert days[10][:4] == ["06-10 周三", None, 1, 2]
    assert days[-1][:4] == ["合计", 120, 1, 2]
    classes = {row[0]: row[1] for row in table(book, "按中图法大类")}
    assert (classes["I 文学"], classes["合计"]) == (2, 2)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, "总馆 2021-03-02 日报"),
        ({"day": "nonsense"}, "总馆 2021-03-02 日报"),
        ({"day": "2999-01-01"}, "总馆 2021-03-02 日报"),
        ({"day": "0001-01-01"}, "总馆 1990-01-01 日报"),
        ({"period": "year"}, "总馆 2021-03-02 日报"),
        ({"period": "month", "day": "1990-01-31"}, "总馆 1990 年 1 月月报"),
    ],
)
def test_odd_addresses(office: At, given: dict[str, str], shown: str) -> None:
    assert shown in office("director").get("/office/daysheet/", **given)


def test_the_days_beside(office: At, played: Stocked) -> None:
    page = office("director").http.get("/office/daysheet/", JUNE_10).content.decode()
    assert "day=2020-06-09" in page
    assert "day=2020-06-11" in page
    today = office("director").http.get("/office/daysheet/", {"day": "2021-03-02"})
    assert "后一天" not in text_of(today)


def test_who_may_see_what(office: At, played: Stocked) -> None:
    """X1: a branch keeper sees the own branch; the cataloguer has no day sheet."""
    assert "东区分馆" in office("branch").get("/office/daysheet/", day="2020-06-10")
    office("branch").get("/office/daysheet/", 403, place="main")
    office("branch").get("/office/daysheet/xlsx/", 403, place="west")
    office("cataloguer").get("/office/daysheet/", 403)
    office("desk").get("/office/daysheet/")


def test_a_year_of_rows_costs_no_more_queries(office: At, played: Stocked) -> None:
    director = office("director")

    def cost(**query: str) -> int:
        director.http.get("/office/daysheet/", query)
        with counted() as ran:
            director.http.get("/office/daysheet/", query)
        return ran.number

    assert cost(**JUNE_10) <= 30
    assert cost(**(JUNE_10 | {"period": "month"})) <= 31
