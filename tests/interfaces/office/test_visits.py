"""R1: visits entered by form; a correction keeps the old value; bad input in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shuxiang.statistics import queries as statistics
from tests.interfaces.office.conftest import Office, text_of
from tests.support.stocked import Stocked

At = Callable[[str], Office]
GOOD = {"place": "main", "span": "day", "day": "2021-03-01", "number": "57", "source": "device"}


def entries(played: Stocked, year: int = 2021) -> list[tuple[Any, ...]]:
    inside = (played.library.main, played.library.east)
    rows = statistics.entries(inside, date(year, 1, 1), date(year, 12, 31))
    return [(e.first_day.isoformat(), e.number, e.standing) for e in rows]


def test_r1_entered_corrected_and_still_to_be_seen(office: At, played: Stocked) -> None:
    desk = office("desk")
    answer = desk.post("/office/visits/", **GOOD)
    assert answer["Location"] == "/office/visits/?place=main&year=2021"
    page = desk.get(answer["Location"])
    assert "已录入：总馆，2021-03-01 至 2021-03-01，57 人次。" in page
    (entry,) = statistics.entries((played.library.main,), date(2021, 1, 1), date(2021, 12, 31))
    answer = desk.post(f"/office/visits/{entry.id}/", number="75", why="看错数字")
    assert answer.status_code == 302
    page = desk.get(answer["Location"])
    assert "2021 年共 75 人次" in page
    assert "更正：看错数字" in page
    assert sorted(entries(played)) == [("2021-03-01", 57, False), ("2021-03-01", 75, True)]


def test_a_month_from_any_of_its_days(office: At, played: Stocked) -> None:
    office("desk").post("/office/visits/", **GOOD | {"span": "month", "day": "2021-02-17"})
    assert entries(played) == [("2021-02-01", 57, True)]
    assert "2021-02 整月" in office("desk").get("/office/visits/", year="2021")


def test_the_same_form_sent_twice_counts_once(office: At, played: Stocked) -> None:
    desk = office("desk")
    for _ in range(2):
        assert desk.post("/office/visits/", **GOOD, key="0123456789abcdef").status_code == 302
    assert entries(played) == [("2021-03-01", 57, True)]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"number": ""}, "进馆人次 ：这个字段是必填项"),
        ({"number": "-1"}, "进馆人次 ："),
        ({"number": "many"}, "进馆人次 ："),
        ({"day": "2021-02-30"}, "日期 ："),
        ({"day": "2021-03-03"}, "2021"),
        ({"source": "guess"}, "来源 ："),
        ({"source": "estimate"}, "估计"),
        ({"place": "moon"}, "没有权限"),
        ({"place": "net"}, "没有权限"),
        ({"note": "x" * 201}, "备注 ："),
    ],
)
def test_bad_entries_change_nothing(
    office: At, played: Stocked, unchanged: Any, fields: dict[str, str], said: str
) -> None:
    desk = office("desk")
    with unchanged():
        answer = desk.post("/office/visits/", **GOOD | fields)
    assert answer.status_code in (403, 422)
    page = text_of(answer)
    if answer.status_code == 422:
        assert "尚未保存，请检查：" in page
        assert said in page
    assert entries(played) == []


def test_a_second_count_of_the_same_days_is_refused(office: At, played: Stocked) -> None:
    desk = office("desk")
    desk.post("/office/visits/", **GOOD)
    answer = desk.post("/office/visits/", **GOOD | {"number": "60"})
    assert answer.status_code == 422
    assert entries(played) == [("2021-03-01", 57, True)]


def test_a_branch_enters_its_own_only(office: At, played: Stocked) -> None:
    branch = office("branch")
    page = branch.get("/office/visits/")
    assert "东区分馆" in page
    assert "西区分馆" not in page
    assert branch.post("/office/visits/", **GOOD).status_code == 403
    assert branch.post("/office/visits/", **GOOD | {"place": "east"}).status_code == 302
    (entry,) = statistics.entries((played.library.main,), date(2020, 1, 1), date(2020, 12, 31))
    assert branch.post(f"/office/visits/{entry.id}/", number="1", why="x").status_code == 403


def test_unknown_entries_are_404(office: At) -> None:
    office("desk").get("/office/visits/" + "0" * 32 + "/", 404)
